"""What hangs on a battery without dates, as of a past moment: its model's documents, the batches that took it in, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auth.principal import Principal
from resolvers.database.recording_write import insert
from resolvers.database.sweep_write import change
from resolvers.ledger.recording.report import Recorded
from resolvers.ledger.recovery.rows import RecoveryBatch, RecoveryInput
from resolvers.ledger.rows import ModelDismantling, ModelMaterial
from tests.door.principals import principal
from tests.recording.batches import recycled
from tests.recording.gateways import asked, codes
from tests.recording.making import dismantled, equipped, held, modular, module, product, reprocessed
from tests.recording.test_past import DRIVEN, MINISTRY, OFFICE, day, lived, reported, spelled
from tests.recording.world import FIRMS, MODEL, NOW, Book, E, code, rows, vin

DOCUMENTS = """query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) {
  composition { component material massKg hazardous } dismantling { manual steps minutes hazards } } }"""


async def told(book: Book, who: Principal, text: str, at: float | None, moment: datetime = NOW, subject: str | None = None) -> tuple[Any, Mapping[str, str]]:
    """What the party is told of the battery, and by which field it is told that something is closed to it."""
    variables = {"code": subject or code(1), **({} if at is None else {"asOf": spelled(day(at))})}
    answer = await asked(book.database, who, text, variables, moment)
    assert "errors" not in answer, answer
    return answer["data"]["battery"], {each["path"][-1]: each["policyId"] for each in answer.get("extensions", {}).get("redactions", ())}


async def filed(book: Book, manual: str) -> None:
    """The documents of the model, for all who may read them of some pack."""
    readers = tuple(sorted(FIRMS.values()))
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [ModelMaterial(MODEL, "CATHODE", "LFP", 120.5, False, readers)])
        await insert(connection, [ModelDismantling(MODEL, manual, ("discharge", "open"), ("key",), 45, "to 0 %", "water", ("voltage",), 400.0, readers)])


async def test_documents_of_the_model_are_those_of_now(book: Book) -> None:
    await lived(book)
    await filed(book, "Second edition")
    now, _ = await told(book, MINISTRY, DOCUMENTS, None)
    assert (now["composition"][0]["massKg"], now["dismantling"]["manual"]) == (120.5, "Second edition")
    assert [await told(book, MINISTRY, DOCUMENTS, at) for at in (2, 13, 106)] == [(now, {})] * 3
    assert (await told(book, MINISTRY, DOCUMENTS, 0.5))[0] is None, "of a battery that was not known there is nothing"


async def test_documents_are_told_of_the_past_to_whom_they_are_open_now_and_not_by_an_offer(book: Book) -> None:
    await lived(book)
    await filed(book, "First edition")
    recycler, scrap, pending = principal(FIRMS["recycler"], "CU"), principal(FIRMS["scrap"], "SD"), day(104)
    # While the pack is on offer the receiver may read how it is taken apart: of now, and of no past moment.
    now, closed = await told(book, recycler, DOCUMENTS, None, pending)
    assert (now["composition"], now["dismantling"]["manual"], closed) == (None, "First edition", {"composition": "B:receiver+took_part+exact_code"})
    then, closed = await told(book, recycler, DOCUMENTS, 103.9, pending)
    assert then == {"composition": None, "dismantling": None}
    assert closed == {"composition": "B:took_part+exact_code", "dismantling": "C:took_part+exact_code"}
    # Once it has the pack, of the time before too; who held it then and has handed it on, of no time.
    held, closed = await told(book, recycler, DOCUMENTS, 13)
    assert (held["composition"][0]["material"], held["dismantling"]["manual"], closed) == ("LFP", "First edition", {})
    manual = DOCUMENTS[: DOCUMENTS.index("composition")] + "dismantling { manual } } }"
    assert [await told(book, scrap, manual, at) for at in (None, 102.5)] == [({"dismantling": None}, {"dismantling": "C:took_part+exact_code"})] * 2


RECOVERY = """query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) { recovery {
  id operator { uscc } province { code } finishedAt inputMassKg outputMassKg packMassKg elements { element rate inputKg } steps { number name }
  assays { element recoveredKg } materials { kind material massKg } } } }"""


async def batch(book: Book, who: Principal, at: float | None, moment: datetime = NOW) -> Any:
    return (await told(book, who, RECOVERY, at, moment))[0]["recovery"]


async def recovered(book: Book) -> None:
    """The pack of `lived` goes into a batch on day 110, which is reported half a day later."""
    await lived(book)
    before = await batch(book, MINISTRY, None, day(109))
    (outcome,) = await book.tell("recycler", recycled({1: 380.0}, day=110), moment=day(110.5))
    assert isinstance(outcome, Recorded), outcome
    # Whoever asked at that moment was told what this is told by now.
    assert (before, await batch(book, MINISTRY, 109)) == ([], [])


async def test_batches_are_told_from_when_they_were_recorded(book: Book) -> None:
    await recovered(book)
    plant = principal(OFFICE, "PR", jurisdiction=("42",))
    for who in (MINISTRY, principal(OFFICE, "ME"), principal(FIRMS["recycler"], "CU"), plant):
        now = await batch(book, who, None)
        assert [(each["finishedAt"], len(each["elements"]), len(each["steps"]), len(each["materials"])) for each in now] == [(spelled(day(109.9)), 2, 2, 3)]
        assert [await batch(book, who, at) for at in (101, 110.2, 110.4999, 110.5, 111)] == [[], [], [], now, now]
    other = principal(OFFICE, "PR", jurisdiction=("35",))
    assert [await batch(book, other, at) for at in (None, 111)] == [[], []], "the plant lies in another province"


async def test_who_has_a_share_of_what_was_recovered_is_not_told_by_moments_when_that_was(book: Book) -> None:
    await recovered(book)
    automaker = principal(FIRMS["oem"], "OEM")
    text = RECOVERY[: RECOVERY.index("id operator")] + "elements { element rate } } } }"
    now, closed = await told(book, automaker, text, None)
    assert ([each["element"] for each in now["recovery"][0]["elements"]], closed) == (["Fe", "Li"], {})
    shut = ({"recovery": None}, {"recovery": "K:automaker+took_part+exact_code"})
    assert [await told(book, automaker, text, at) for at in (50, 110.4, 110.5, 112)] == [shut] * 4


async def test_a_batch_that_follows_from_no_event_is_known_by_when_it_was_recorded_itself(book: Book) -> None:
    await lived(book)
    assert isinstance(await book.one("recycler", 110, E.RECYCLED, details={"batch": "OLD"}, moment=day(110.1)), Recorded)
    async with book.database.transaction("ledger") as connection:
        for name, recorded in (("OLD", 112), ("OTHER", 110)):
            times = (day(109), day(110), day(recorded))
            await insert(connection, [RecoveryBatch(name, FIRMS["recycler"], "42", "LFP", "MECHANICAL", *times, 420.0, 400.0, 15.0, None)])
            await insert(connection, [RecoveryInput(code(1), name, 380.0)])
    found = [[each["id"] for each in await batch(book, MINISTRY, at)] for at in (110.05, 111, 112)]
    assert found == [[], [], ["OLD"]], "one that no event of the pack names is of now alone"


async def test_a_batch_is_known_no_earlier_than_what_was_told_before_it(book: Book) -> None:
    await lived(book)
    measured = {"stateOfHealth": 70.5, "method": "BMS"}
    assert isinstance(await book.one("recycler", 108, E.HEALTH_MEASURED, details=measured, moment=day(120)), Recorded)
    (outcome,) = await book.tell("recycler", recycled({1: 380.0}, day=110), moment=day(115))
    assert isinstance(outcome, Recorded), outcome
    assert [len(await batch(book, MINISTRY, at)) for at in (116, 120)] == [0, 1]


LINEAGE = """query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) {
  products { totalCount nodes { code status } } sources { nodes { code } } } }"""


async def related(book: Book, who: Principal, subject: str, at: float | None) -> tuple[list[str], list[str]]:
    """Codes of products and sources."""
    found, _ = await told(book, who, LINEAGE, at, subject=subject)
    assert found["products"]["totalCount"] == len(found["products"]["nodes"])
    products, sources = ([each["code"] for each in found[name]["nodes"]] for name in ("products", "sources"))
    return products, sources


async def made(book: Book) -> str:
    """Pack 1 is taken apart on day 12, and pack 2 made into a product on day 10; that is told on day 14 and 15. The product's code."""
    await equipped(book)
    await held(book, 1, 2, pack=modular, moment=day(9))
    store = product(1)
    for report, at in ((dismantled(1, module(1, 1), module(1, 2)), 14), (reprocessed(store, 2), 15)):
        (outcome,) = await book.tell("recycler", report, moment=day(at))
        assert isinstance(outcome, Recorded), outcome
    return store


async def test_what_came_of_a_pack_is_told_from_when_that_was_recorded(book: Book) -> None:
    store, modules = await made(book), [module(1, 1), module(1, 2)]
    for who in (MINISTRY, principal(FIRMS["recycler"], "CU"), principal(OFFICE, "PR", jurisdiction=("42",))):
        for subject, recorded, expected in ((code(1), 14, modules), (code(2), 15, [store])):
            now = await related(book, who, subject, None)
            assert now == (expected, [])
            assert [await related(book, who, subject, at) for at in (10, 12, recorded - 0.001)] == [([], [])] * 3
            assert [await related(book, who, subject, at) for at in (recorded, 20)] == [now, now]
        assert await related(book, who, store, 15) == ([], [code(2)])
        assert await related(book, who, module(1, 1), 14) == ([], [code(1)])


async def test_who_may_not_see_when_a_pack_was_taken_apart_is_not_told_it_by_what_came_of_it(book: Book) -> None:
    await made(book)
    maker = principal(FIRMS["maker"], "BM")
    assert await related(book, maker, code(1), None) == ([module(1, 1), module(1, 2)], []), "its own modules it knows"
    assert [await related(book, maker, code(1), at) for at in (13, 14, 20)] == [([], [])] * 3
    # Who held the pack before has nothing to do with what came of it, then as now.
    pool = principal(FIRMS["swap"], "SW")
    assert [await related(book, pool, code(1), at) for at in (None, 13, 20)] == [([], [])] * 3


async def test_pages_of_what_came_of_a_pack_are_of_their_moment(book: Book) -> None:
    await made(book)
    text = """query ($code: BatteryCode!, $asOf: DateTime, $after: String) { battery(code: $code, asOf: $asOf) {
      products(first: 1, after: $after) { totalCount nodes { code } pageInfo { hasNextPage endCursor } } } }"""
    given = {"code": code(1), "asOf": spelled(day(14))}
    first = (await asked(book.database, MINISTRY, text, given))["data"]["battery"]["products"]
    second = (await asked(book.database, MINISTRY, text, {**given, "after": first["pageInfo"]["endCursor"]}))["data"]["battery"]["products"]
    assert [each["nodes"] for each in (first, second)] == [[{"code": module(1, place)}] for place in (1, 2)]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    other = await asked(book.database, MINISTRY, text, {**given, "asOf": spelled(day(16)), "after": first["pageInfo"]["endCursor"]})
    assert codes(other) == [("INVALID_CURSOR", ("battery", "products"))]


FINDINGS = """query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) {
  findings { totalCount nodes { id rule state severity message party { uscc } evidence figures { name value } recordedAt } } } }"""


async def findings(book: Book, who: Principal, at: float | None, moment: datetime = NOW) -> list[Any]:
    found, _ = await told(book, who, FINDINGS, at, moment)
    assert found["findings"]["totalCount"] == len(found["findings"]["nodes"])
    return list(found["findings"]["nodes"])


async def missed(book: Book) -> None:
    """A pack that was not in its vehicle when that was scrapped: R01, found on day 100 and an hour."""
    car = vin(1)
    await reported(
        book,
        *DRIVEN,
        ("scrap", 100, E.VEHICLE_SCRAPPED, {"vin": car, "details": {"packFound": False}}),
    )


async def becomes(book: Book, state: str, at: float) -> None:
    async with book.database.transaction("ledger") as connection:
        keys = [(row["code"], row["id"]) for row in await connection.fetch("select code, id from battery.finding")]
        await change(connection, keys, state, "as it was decided", OFFICE, day(at))


async def test_findings_stand_as_they_stood(book: Book) -> None:
    await missed(book)
    parties = (MINISTRY, principal(OFFICE, "PR", jurisdiction=("44",)))
    known = {100.05: [await findings(book, who, None, day(100.05)) for who in parties]}
    for state, at in (("EXPLAINED", 120), ("OPEN", 125), ("CLOSED", 130)):
        await becomes(book, state, at)
        known[at] = [await findings(book, who, None, day(at)) for who in parties]
    assert [[(each["rule"], each["state"]) for each in told[0]] for told in known.values()] == [
        [("R01", state)] for state in ("OPEN", "EXPLAINED", "OPEN", "CLOSED")
    ]
    for place, who in enumerate(parties):
        assert await findings(book, who, 100.04) == []
        # Whoever asked at that moment was told what this is told by now, and up to the next change.
        for at, then in known.items():
            assert [await findings(book, who, at), await findings(book, who, at + 0.9)] == [then[place]] * 2, at
    oem = principal(FIRMS["oem"], "OEM")
    assert [await findings(book, oem, at) for at in (None, 101, 126)] == [[]] * 3, "it is about another party"


async def test_who_never_had_the_pack_is_told_of_its_finding_in_its_own_list(book: Book) -> None:
    await missed(book)
    yard = principal(FIRMS["scrap"], "SD")
    for at in (None, 101):
        assert (await told(book, yard, FINDINGS, at))[0]["findings"] is None, "of the pack it knows the code alone"
    text = "{ findings { nodes { rule state battery { code } } } }"
    answer = await asked(book.database, yard, text, {})
    assert answer["data"]["findings"]["nodes"] == [{"rule": "R01", "state": "OPEN", "battery": None}]


async def test_a_finding_of_a_refusal_is_not_told_of_the_past_to_who_was_refused(book: Book) -> None:
    await lived(book)
    abroad = {"country": "DE", "hsCode": "850760", "customsDeclaration": "2"}
    await book.one("recycler", 110, E.EXPORTED, details=abroad, moment=day(110.5))
    assert len(await rows(book.database, "select from battery.finding where attempt is not null")) == 1
    recycler = principal(FIRMS["recycler"], "CU")
    for at in (None, 110.5, 120):
        attempts = [[each for each in await findings(book, who, at) if each["rule"] == "R22"] for who in (MINISTRY, recycler)]
        assert [len(each) for each in attempts] == [1, 0], at
    assert not [each for each in await findings(book, MINISTRY, 110.4) if each["rule"] == "R22"]


async def test_cases_below_a_finding_of_the_past_are_refused_by_name(book: Book) -> None:
    await missed(book)
    text = "query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) { findings { nodes { rule cases { id } } } } }"
    answer = await asked(book.database, MINISTRY, text, {"code": code(1), "asOf": spelled(day(101))})
    assert codes(answer) == [("AS_OF_UNSUPPORTED", ("battery", "findings", "nodes", 0, "cases"))]
    assert answer["data"]["battery"]["findings"]["nodes"] == [{"rule": "R01", "cases": None}]
