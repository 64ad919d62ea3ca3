"""Cases over HTTP, with real tokens: an authority opens one, the party answers, it is handed over and decided; nobody else learns that it is there."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from auth.client_secrets import hash_secret
from auth.clients import Client, RoleGrant, SecretHash
from resolvers.database import case_store
from resolvers.database.auth_store import AuthStore
from resolvers.identifiers import make_credit_code
from resolvers.ledger.cases.proof import prove_cases
from resolvers.ledger.finding_rows import FindingRow
from resolvers.ledger.findings.rows import readers_of_row
from tests.conftest import Databases
from tests.recording.world import FIRMS, NOW, Book, E, code, rows
from tests.reporting.serving import LONG_AGO, SECRET, Parties, parties_of
from tests.sweep.bench import put

NUMBERS = itertools.count(1)
AUTHORITIES = {"pr44": ("PR", "44"), "pr43": ("PR", "43"), "me": ("ME", None), "sa": ("SA", None)}
CASE = (
    "{ id title state authority province provinces owners dueOn party { uscc } findings { id rule state } "
    "events { totalCount nodes { number kind role text state toAuthority } } }"
)
REPORT = "{ outcome rule message clientReference recordedAt case " + CASE + " }"
CALLS = {
    "openCase": "OpenCaseInput",
    "askInCase": "AskInCaseInput",
    "answerInCase": "AnswerInCaseInput",
    "decideCase": "DecideCaseInput",
    "handOverCase": "HandOverCaseInput",
}


@pytest.fixture(scope="module")
async def parties(databases: Databases) -> AsyncIterator[Parties]:
    database = await databases.make()
    async with parties_of(database) as served:
        store = AuthStore(database)
        for number, (name, (role, province)) in enumerate(AUTHORITIES.items()):
            party = make_credit_code("110000", f"MAA{number:05}", authority="1")
            granted = (RoleGrant(role, LONG_AGO),)
            await store.grant_roles(party, granted)
            jurisdiction = frozenset({province}) if province else frozenset()
            client = Client(name, party, name, frozenset({role}), jurisdiction, ("supervision",), SecretHash(hash_secret(SECRET)), LONG_AGO, granted=granted)
            await store.register(client)
        yield served
    await databases.drop(database)


async def finding(
    parties: Parties, *, party: str = "scrap", owners: tuple[str, ...] = ("MI", "ME"), provinces: tuple[str, ...] = ("43", "44"), tried: bool = False
) -> str:
    number = next(NUMBERS)
    attempt = {"type": "PRODUCED"} if tried else None
    seen = NOW - timedelta(days=5)
    row = FindingRow(
        code(number), f"{number:032x}", "R04", 1, "HIGH", "OPEN", owners, provinces, FIRMS[party], (1,), attempt, "told", {"a": 1}, seen, NOW,
    )  # fmt: skip
    await put(parties.database, [row, *readers_of_row(row)])
    return row.id


async def do(parties: Parties, by: str, call: str, *, only: bool = False, scope: str | None = None, **given: Any) -> Any:
    query = f"mutation ($input: {CALLS[call]}!, $only: Boolean) {{ told: {call}(input: $input, validateOnly: $only) {REPORT} }}"
    variables = {"input": {"clientReference": f"r{next(NUMBERS)}", **given}, "only": only}
    body = await parties.ask(by, query, variables, scope=scope)
    return body["data"]["told"] if body.get("data") and body["data"]["told"] else body


async def opened(parties: Parties, by: str = "pr44", **of: Any) -> str:
    told = await do(parties, by, "openCase", findings=[await finding(parties, **of)], title="A pack that went nowhere")
    assert told["outcome"] == "RECORDED", told
    return str(told["case"]["id"])


async def seen(parties: Parties, by: str, case_id: str) -> Any:
    return await parties.ask(by, "query ($id: ID!) { case(id: $id) " + CASE + " }", {"id": case_id})


async def listed(parties: Parties, by: str) -> list[str]:
    body = await parties.ask(by, "{ cases(first: 200) { totalCount nodes { id } } }")
    ids = [each["id"] for each in body["data"]["cases"]["nodes"]]
    assert body["data"]["cases"]["totalCount"] == len(ids)
    return ids


async def test_a_case_from_its_opening_to_its_end(parties: Parties) -> None:
    case_id = await opened(parties)
    asked = await do(parties, "pr44", "askInCase", case=case_id, text="Where is it?", dueOn="2026-12-01")
    assert (asked["outcome"], asked["case"]["dueOn"]) == ("RECORDED", "2026-12-01")
    answered = await do(parties, "scrap", "answerInCase", case=case_id, text="In the yard.\nBehind the shed.")
    assert (answered["outcome"], answered["case"]["dueOn"]) == ("RECORDED", None)
    handed = await do(parties, "pr44", "handOverCase", case=case_id, authority="ME", reason="A matter of waste.")
    assert (handed["outcome"], handed["case"]["authority"], handed["case"]["province"]) == ("RECORDED", "ME", None)
    decided = await do(parties, "me", "decideCase", case=case_id, state="CONFIRMED", reason="So it is.")
    assert (decided["case"]["state"], decided["case"]["findings"][0]["state"]) == ("CONFIRMED", "CONFIRMED")
    case = (await seen(parties, "scrap", case_id))["data"]["case"]
    assert [(each["kind"], each["role"], each["toAuthority"]) for each in case["events"]["nodes"]] == [
        ("OPENED", "PR", "PR"), ("ASKED", "PR", None), ("ANSWERED", None, None), ("HANDED_OVER", "PR", "ME"), ("DECIDED", "ME", None),
    ]  # fmt: skip
    assert case["events"]["totalCount"] == 5
    (state,) = await rows(parties.database, "select state, reason, actor from battery.finding_state order by recorded_at desc limit 1")
    assert (state["state"], state["reason"]) == ("CONFIRMED", "So it is.")


DIGEST = "a1" * 32
EVENTS = "{ battery(code: $code) { events(first: 20) { nodes { id } } } }"
EVIDENCE = "query ($id: ID!) { case(id: $id) { events { nodes { kind documents { kind reference sha256 } evidence evidenceCodes } } } }"


async def lives(parties: Parties, number: int) -> dict[str, list[str]]:
    """A pack that its maker made and sold, the event ids as each party is told them."""
    book = Book(parties.database)
    await book.one("maker", 0.1, E.PRODUCED, number, reference=f"made {number}")
    await book.one("maker", 3, E.SOLD, number, to="oem", reference=f"sold {number}")
    told = {}
    for by in ("maker", "recycler"):
        body = await parties.ask(by, "query ($code: BatteryCode!) " + EVENTS, {"code": code(number)})
        pack = (body.get("data") or {}).get("battery") or {}
        told[by] = [each["id"] for each in ((pack.get("events") or {}).get("nodes") or [])]
    return told


async def test_an_answer_rests_on_documents_and_events(parties: Parties) -> None:
    ids = (await lives(parties, 7001))["maker"]
    assert len(ids) == 2
    case_id = await opened(parties, party="maker")
    document = {"kind": "invoice", "reference": "No. 7", "sha256": DIGEST}
    given = {"case": case_id, "text": "Sold.", "documents": [document], "events": [{"code": code(7001), "id": ids[1]}], "clientReference": "with evidence"}
    tried = await do(parties, "maker", "answerInCase", only=True, **given)
    assert tried["outcome"] == "VALID", tried
    assert (await do(parties, "maker", "answerInCase", **given))["outcome"] == "RECORDED"
    assert (await do(parties, "maker", "answerInCase", **given))["outcome"] == "REPLAYED"
    other = {**given, "documents": [{**document, "sha256": "b2" * 32}]}
    assert (await do(parties, "maker", "answerInCase", **other))["rule"] == "CLIENT_REFERENCE_REUSED"
    for by, id_ in (("maker", ids[1]), ("pr44", None)):
        first, told = (await parties.ask(by, EVIDENCE, {"id": case_id}))["data"]["case"]["events"]["nodes"]
        assert (first["documents"], first["evidence"]) == ([], [])
        assert (told["documents"], told["evidenceCodes"]) == ([document], [code(7001)])
        # Each is told ids of its own.
        assert len(told["evidence"]) == 1
        assert (told["evidence"][0] == ids[1]) == (id_ is not None)


@pytest.mark.parametrize("digest", ["", "A1" * 32, "a1" * 31, "g1" * 32, "a1" * 32 + "\n"])
async def test_a_digest_is_one_of_sha_256(parties: Parties, digest: str) -> None:
    case_id = await opened(parties)
    told = await do(parties, "scrap", "answerInCase", case=case_id, text="x", documents=[{"kind": "slip", "reference": "1", "sha256": digest}])
    assert told["rule"] == "INVALID_FIELD"
    assert told["message"].startswith("documents[0].sha256: ")
    many = [{"kind": "slip", "reference": "1", "sha256": DIGEST}] * 21
    assert (await do(parties, "scrap", "answerInCase", case=case_id, text="x", documents=many))["rule"] == "INVALID_FIELD"


async def test_an_event_that_is_hidden_and_none_at_all_are_the_same(parties: Parties) -> None:
    """Also where the party knows the event's id, which a finding may have told it."""
    ids = await lives(parties, 7002)
    # Who names a code is told that it was made, not to whom it was sold; and it is no event of its own for that.
    assert (len(ids["recycler"]), len(ids["maker"])) == (1, 2)
    case_id = await opened(parties, party="recycler")
    hidden = parties.opaque.fact_id(FIRMS["recycler"], "event", code(7002), 2)
    named = [
        (code(7002), hidden),
        (code(7002), ids["maker"][0]),
        (code(7002), ids["recycler"][0]),
        (code(7002), "nothing"),
        (code(7999), hidden),
        (code(7999), "nothing"),
    ]
    told = [
        await do(parties, "recycler", "answerInCase", case=case_id, text="x", events=[{"code": code_, "id": id_}], clientReference="hidden")
        for code_, id_ in named
    ]  # fmt: skip
    assert all(each == told[0] for each in told)
    assert (told[0]["outcome"], told[0]["rule"]) == ("REFUSED", "EVIDENCE_UNKNOWN")
    # Who has no part in the case learns nothing of the event, nor of the case.
    stranger = await do(parties, "oem", "answerInCase", case=case_id, text="x", events=[{"code": code(7002), "id": "nothing"}])
    assert stranger["rule"] == "CASE_UNKNOWN"


async def test_who_sees_a_case(parties: Parties) -> None:
    case_id = await opened(parties)
    sees = {name for name in (*AUTHORITIES, "miit", "scrap", "oem", "recycler") if (await seen(parties, name, case_id))["data"]["case"]}
    assert sees == {"pr44", "miit", "scrap"}
    await do(parties, "pr44", "handOverCase", case=case_id, authority="PR", province="43", reason="Your province.")
    assert {name for name in AUTHORITIES if case_id in await listed(parties, name)} == {"pr44", "pr43"}
    assert case_id in await listed(parties, "scrap")
    assert case_id not in await listed(parties, "oem")


@pytest.mark.parametrize("by", ["pr43", "me", "oem", "scrap"])
async def test_a_case_of_somebody_else_and_none_at_all_are_the_same(parties: Parties, by: str) -> None:
    hidden, none = await opened(parties, party="recycler", owners=("MI", "SA"), provinces=("44",)), "0" * 32
    assert await seen(parties, by, hidden) == await seen(parties, by, none)
    acts: dict[str, dict[str, Any]] = {"answerInCase": {"text": "?"}} if by in FIRMS else {
        "askInCase": {"text": "?"}, "decideCase": {"state": "CLOSED", "reason": "?"}, "handOverCase": {"authority": "MI", "reason": "?"},
    }  # fmt: skip
    for call, given in acts.items():
        one, other = [await do(parties, by, call, case=each, clientReference="same", **given) for each in (hidden, none)]
        assert one == other
        assert one["rule"] == "CASE_UNKNOWN"


async def test_findings_of_somebody_else_and_none_at_all_are_the_same(parties: Parties) -> None:
    hidden = await finding(parties, owners=("MI", "SA"), provinces=("44",))
    told = [await do(parties, by, "openCase", findings=[each], title="x", clientReference="same") for by in ("pr43", "me") for each in (hidden, "f" * 32)]
    assert all(each == told[0] for each in told)
    assert told[0]["rule"] == "FINDING_UNKNOWN"


async def test_what_a_case_is_opened_on(parties: Parties) -> None:
    one, other, third = await finding(parties), await finding(parties, party="recycler"), await finding(parties)
    assert (await do(parties, "pr44", "openCase", findings=[one, other], title="x"))["rule"] == "FINDINGS_OF_SEVERAL"
    assert (await do(parties, "pr44", "openCase", findings=[], title="x"))["rule"] == "INVALID_FIELD"
    assert (await do(parties, "pr44", "openCase", findings=[one], title="two\nlines"))["rule"] == "INVALID_FIELD"
    told = await do(parties, "pr44", "openCase", findings=[one, third, one], title="x")
    assert len(told["case"]["findings"]) == 2
    assert (await do(parties, "pr44", "openCase", findings=[one], title="again"))["rule"] == "FINDING_IN_CASE"
    # Another authority has its own case on it, and is told nothing of the first.
    assert (await do(parties, "me", "openCase", findings=[one], title="ours"))["outcome"] == "RECORDED"
    await do(parties, "pr44", "decideCase", case=told["case"]["id"], state="CLOSED", reason="done")
    assert (await do(parties, "pr44", "openCase", findings=[one], title="again"))["outcome"] == "RECORDED"


async def test_a_case_on_attempts_alone_is_told_to_who_made_them_when_it_is_asked(parties: Parties) -> None:
    case_id, none = await opened(parties, tried=True), "0" * 32
    assert len((await seen(parties, "pr44", case_id))["data"]["case"]["findings"]) == 1
    # As a case that there is not: in reading, in lists, and in what is answered.
    assert await seen(parties, "scrap", case_id) == await seen(parties, "scrap", none)
    assert case_id not in await listed(parties, "scrap")
    one, other = [await do(parties, "scrap", "answerInCase", case=each, text="?", clientReference="guessed") for each in (case_id, none)]
    assert (one, one["rule"]) == (other, "CASE_UNKNOWN")
    assert (await do(parties, "pr44", "askInCase", case=case_id, text="What did you want to report?"))["outcome"] == "RECORDED"
    case = (await seen(parties, "scrap", case_id))["data"]["case"]
    assert (case["findings"], case["owners"], case["provinces"], case["authority"]) == ([], [], [], "PR")
    assert case_id in await listed(parties, "scrap")
    assert (await do(parties, "scrap", "answerInCase", case=case_id, text="A mistake."))["outcome"] == "RECORDED"
    async with parties.database.transaction("ledger") as connection:
        assert [each for each in await prove_cases(connection, write=False) if each.key[0] == case_id] == []


async def test_a_case_names_to_its_party_what_the_findings_say_that_it_reads(parties: Parties) -> None:
    told = [await finding(parties, owners=("MI", "PR"), provinces=("44",)), await finding(parties, owners=("MI", "SA"), provinces=("43", "44"), tried=True)]
    case_id = (await do(parties, "pr44", "openCase", findings=told, title="Two of a kind"))["case"]["id"]
    for by, owners, provinces, count in (("pr44", ["MI", "PR", "SA"], ["43", "44"], 2), ("scrap", ["MI", "PR"], ["44"], 1)):
        case = (await seen(parties, by, case_id))["data"]["case"]
        assert (case["owners"], case["provinces"], len(case["findings"])) == (owners, provinces, count), by
        body = await parties.ask(by, "{ cases(first: 200) { nodes { id owners provinces } } findings(first: 200) { nodes { cases { id owners provinces } } } }")
        found = [*body["data"]["cases"]["nodes"], *(case for each in body["data"]["findings"]["nodes"] for case in each["cases"])]
        shown = [each for each in found if each["id"] == case_id]
        assert len(shown) > 1
        assert all((each["owners"], each["provinces"]) == (owners, provinces) for each in shown), by


async def test_no_finding_comes_to_be_in_two_open_cases_of_one_authority(parties: Parties) -> None:
    one = await finding(parties)
    mine, theirs = [(await do(parties, by, "openCase", findings=[one], title=by))["case"]["id"] for by in ("me", "pr44")]
    given: dict[str, Any] = {"case": mine, "authority": "PR", "province": "44", "reason": "Yours."}
    assert (await do(parties, "me", "handOverCase", **given))["rule"] == "FINDING_IN_CASE"
    assert (await seen(parties, "me", mine))["data"]["case"]["authority"] == "ME"
    assert (await do(parties, "me", "handOverCase", **{**given, "province": "43"}))["outcome"] == "RECORDED"
    # Nor by opening again what was closed.
    await do(parties, "pr44", "decideCase", case=theirs, state="CLOSED", reason="Done.")
    assert (await do(parties, "pr44", "openCase", findings=[one], title="again"))["outcome"] == "RECORDED"
    assert (await do(parties, "pr44", "decideCase", case=theirs, state="OPEN", reason="Not done."))["rule"] == "FINDING_IN_CASE"
    # Nor where both are done at once.
    third = await finding(parties)
    case_id = (await do(parties, "me", "openCase", findings=[third], title="me"))["case"]["id"]
    both = await asyncio.gather(
        do(parties, "me", "handOverCase", **{**given, "case": case_id}),
        *[do(parties, "pr44", "openCase", findings=[third], title=f"{n}") for n in range(4)],
    )
    assert [each["outcome"] for each in both].count("RECORDED") == 1, both


async def test_the_same_reference_is_the_same_act_once(parties: Parties) -> None:
    case_id = await opened(parties)
    given: dict[str, Any] = {"case": case_id, "text": "Once.", "clientReference": f"once {case_id}"}
    told = await asyncio.gather(*[do(parties, "pr44", "askInCase", **given) for _ in range(6)])
    assert sorted(each["outcome"] for each in told) == ["RECORDED"] + ["REPLAYED"] * 5
    assert {each["recordedAt"] for each in told} == {told[0]["recordedAt"]}
    assert (await do(parties, "pr44", "askInCase", **{**given, "text": "Twice."}))["rule"] == "CLIENT_REFERENCE_REUSED"
    # Others have references of their own.
    assert (await do(parties, "scrap", "answerInCase", **given))["outcome"] == "RECORDED"
    assert [each["number"] for each in (await seen(parties, "pr44", case_id))["data"]["case"]["events"]["nodes"]] == [1, 2, 3]


async def test_what_is_only_tried_is_not_written(parties: Parties) -> None:
    found = await finding(parties)
    told = await do(parties, "pr44", "openCase", only=True, findings=[found], title="x")
    assert (told["outcome"], told["case"], told["recordedAt"]) == ("VALID", None, None)
    assert await rows(parties.database, f"select 1 from enterprise.case_finding where id = '{found}'") == []


async def test_many_at_once_leave_one_order(parties: Parties) -> None:
    case_id = await opened(parties)
    told = await asyncio.gather(
        *[do(parties, "pr44", "askInCase", case=case_id, text=f"{n}?") for n in range(8)],
        *[do(parties, "scrap", "answerInCase", case=case_id, text=f"{n}!") for n in range(8)],
    )
    assert {each["outcome"] for each in told} == {"RECORDED"}
    async with parties.database.transaction("ledger") as connection:
        events = await case_store.events(connection, case_id)
        file = await case_store.locked(connection, case_id)
    assert [each.number for each in events] == list(range(1, 18))
    # The row is what the events make of it.
    (row,) = await rows(parties.database, f"select state, authority, province, changed_at, due_on from enterprise.case_file where case_id = '{case_id}'")
    assert file is not None
    assert tuple(row.values()) == (file.state, file.authority, file.province, file.changed_at, file.due_on)


async def test_a_token_without_the_scope_has_no_such_field(parties: Parties) -> None:
    case_id = await opened(parties)
    for by, call, scope in (("pr44", "askInCase", "battery:identity findings:read"), ("scrap", "answerInCase", "battery:identity report:SD")):
        body = await do(parties, by, call, scope=scope, case=case_id, text="?")
        assert body["errors"], body
    body = await do(parties, "scrap", "decideCase", case=case_id, state="CLOSED", reason="We close it ourselves.")
    assert body["errors"], body
    assert (await seen(parties, "pr44", case_id))["data"]["case"]["state"] == "OPEN"


async def test_events_are_facts(parties: Parties) -> None:
    """Not even the ledger's own login changes or deletes what happened to a case."""
    await opened(parties)
    for statement in ("update enterprise.case_event set text = 'x'", "delete from enterprise.case_event", "delete from enterprise.case_file"):
        with pytest.raises(Exception, match="permission denied"):
            async with parties.database.transaction("ledger") as connection:
                await connection.execute(statement)


async def test_pages_of_cases_walk_both_ways(parties: Parties) -> None:
    for _ in range(3):
        await opened(parties, provinces=("44",))
    whole = await listed(parties, "pr44")
    walked: list[str] = []
    after: str | None = None
    while True:
        query = "query ($after: String) { cases(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"
        page = (await parties.ask("pr44", query, {"after": after}))["data"]["cases"]
        walked += [each["id"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert walked == whole
    stolen = await parties.ask("scrap", "query ($after: String) { cases(first: 2, after: $after) { nodes { id } } }", {"after": after})
    assert stolen["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"


OF_FINDING = "{ findings(first: 200) { nodes { id cases { id title } } } }"


async def cases_on(parties: Parties, by: str, finding_id: str) -> list[str] | None:
    """The cases that the finding names to the party; None where it does not see the finding."""
    body = await parties.ask(by, OF_FINDING)
    found = {each["id"]: [case["id"] for case in each["cases"]] for each in body["data"]["findings"]["nodes"]}
    return found.get(finding_id)


async def test_a_finding_names_the_cases_that_who_asks_may_see(parties: Parties) -> None:
    both, other = await finding(parties), await finding(parties)
    assert await cases_on(parties, "pr44", both) == []
    # Each has it in a case of its own: of the other's there is no sign, the company and the ministry have both.
    told = {by: await do(parties, by, "openCase", findings=[both], title=by) for by in ("pr44", "pr43")}
    ids = {by: each["case"]["id"] for by, each in told.items()}
    assert await cases_on(parties, "pr44", both) == [ids["pr44"]]
    assert await cases_on(parties, "pr43", both) == [ids["pr43"]]
    assert await cases_on(parties, "me", both) == []
    assert set(await cases_on(parties, "scrap", both) or ()) == set(ids.values())
    assert await cases_on(parties, "pr44", other) == []
    # What a party may see of a finding's cases is what it may see of cases.
    for by in ("pr44", "pr43", "me", "sa", "scrap"):
        mine = set(await listed(parties, by))
        body = await parties.ask(by, OF_FINDING)
        assert {case["id"] for each in body["data"]["findings"]["nodes"] for case in each["cases"]} <= mine, by
        for each in ids.values():
            assert (each in mine) == (((await seen(parties, by, each))["data"]["case"]) is not None), by
    assert (await do(parties, "pr44", "handOverCase", case=ids["pr44"], authority="ME", reason="Waste."))["outcome"] == "RECORDED"
    assert await cases_on(parties, "me", both) == [ids["pr44"]]


async def test_one_case_rests_on_several_findings_and_each_names_it(parties: Parties) -> None:
    ids = [await finding(parties), await finding(parties)]
    told = await do(parties, "pr44", "openCase", findings=ids, title="Two of a kind")
    assert {each["id"] for each in told["case"]["findings"]} == set(ids)
    assert [await cases_on(parties, "pr44", each) for each in ids] == [[told["case"]["id"]]] * 2


async def test_a_rebuild_proves_cases_and_puts_them_right(parties: Parties) -> None:
    case_id = await opened(parties)
    handed = await do(parties, "pr44", "handOverCase", case=case_id, authority="ME", reason="Waste.")
    assert handed["outcome"] == "RECORDED"

    async def proved(*, write: bool) -> list[tuple[str, str, tuple[str, ...]]]:
        async with parties.database.transaction("ledger") as connection:
            return [(each.table, each.fault, each.fields) for each in await prove_cases(connection, write=write) if each.key[0] == case_id]

    assert await proved(write=False) == []
    async with parties.database.transaction("ledger") as connection:
        await connection.execute("update enterprise.case_file set state = 'CLOSED', authority = 'SA' where case_id = $1", case_id)
        await connection.execute("insert into enterprise.case_reader values ($1, 'authority:SA', now())", case_id)
        await connection.execute("delete from enterprise.case_reader where case_id = $1 and grantee = 'authority:ME'", case_id)
    wrong = [
        ("enterprise.case_file", "differs", ("state", "authority")), ("enterprise.case_reader", "is missing", ()),
        ("enterprise.case_reader", "is one too many", ()),
    ]  # fmt: skip
    assert await proved(write=False) == wrong
    assert await proved(write=True) == wrong
    assert await proved(write=False) == []
    assert (await seen(parties, "sa", case_id))["data"]["case"] is None
    assert (await seen(parties, "me", case_id))["data"]["case"] is not None
