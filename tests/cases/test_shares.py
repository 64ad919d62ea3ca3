"""This module is in charge of the eleven shares of one query: what each party gets of which pack, against a table made by hand from the matrix."""

from __future__ import annotations

import csv
import json
from typing import Any, Final

import pytest

from tests.cases.asking import Asking
from tests.cases.test_cases import CASES

FOLDER: Final = CASES / "eleven-shares"
LIST_QUERY: Final = (CASES / "list-of-batteries" / "operation.graphql").read_text(encoding="utf-8")
# The fields of the operation that a category opens, some by one of its parts alone; a category is open in full when all of them are.
PROBES: Final = {
    "A": ("chemistry", "events"),
    "B": ("composition",),
    "C": ("dismantling", "modules"),
    "D": ("vehicle", "vehicle.vin", "swapModel", "powertrain", "installations"),
    "F": ("stateOfHealth", "cycleCount", "healthRecords"),
    "G": ("safetyClass", "safetyEvents"),
    "H": ("custody", "custodian", "priorHolder", "originProvince", "province", "statusSince"),
    "J": ("gradings",),
    "K": ("recovery",),
    "L": ("takeBackOutlets", "manufacturer.name"),
}


def table() -> list[tuple[str, str, str]]:
    """(party, pack, share); a share names the categories that are open, with `-` those that are open in part."""
    with (FOLDER / "shares.csv").open(encoding="utf-8", newline="") as lines:
        return [(row["party"], pack, share) for row in csv.DictReader(lines) for pack, share in row.items() if pack != "party"]


def closed(body: dict[str, Any]) -> set[str]:
    """The fields below `battery` that the answer says are closed, for the whole view or for this row."""
    told = [*body.get("errors", []), *body.get("extensions", {}).get("redactions", [])]
    return {".".join(each["path"][1:]) for each in told}


def share(body: dict[str, Any]) -> str:
    """What the answer opens, in the table's form."""
    shut = closed(body)
    opened = {letter: [f for f in fields if f not in shut and f.split(".")[0] not in shut] for letter, fields in PROBES.items()}
    return " ".join(letter + ("" if len(some) == len(PROBES[letter]) else "-") for letter, some in opened.items() if some)


def leaks(value: Any, path: str, shut: set[str]) -> list[str]:
    """Places with a value that the answer says are closed to every row."""
    found = [path] if path in shut and value is not None else []
    match value:
        case dict():
            return found + [leak for name, each in value.items() for leak in leaks(each, f"{path}.{name}".strip("."), shut)]
        case list():
            return found + [leak for each in value for leak in leaks(each, path, shut - {path})]
        case _:
            return found


@pytest.mark.parametrize(("party", "pack", "wanted"), table())
def test_share(party: str, pack: str, wanted: str) -> None:
    body = json.loads((FOLDER / (party.replace(":", "-for-") + ".json")).read_text(encoding="utf-8"))[pack]["body"]
    assert share(body) == wanted
    view = {".".join(each["path"][1:]) for each in body.get("errors", [])}
    assert {each["extensions"]["code"] for each in body.get("errors", [])} <= {"UNAUTHORIZED_FIELD_OR_TYPE"}
    assert leaks(body["data"]["battery"], "", view) == []


def test_the_table_is_whole() -> None:
    asked = json.loads((FOLDER / "case.json").read_text(encoding="utf-8"))
    assert {(party, pack) for party, pack, _ in table()} == {(party, pack) for party in asked["parties"] for pack in asked["questions"]}
    assert len({party.partition(":")[0] for party in asked["parties"]}) == 11


async def test_one_list_three_answers(asking: Asking) -> None:
    answers = [await asking.ask(party, LIST_QUERY) for party in ("recycler", "automaker", "miit")]
    assert [each.status for each in answers] == [200, 200, 200]
    lists = [each.body["data"]["batteries"] for each in answers]
    assert all(len(each["edges"]) == 22 and each["totalCount"] >= 22 for each in lists)
    assert len({json.dumps(each) for each in lists}) == 3
    assert len({each["totalCount"] for each in lists}) == 3


async def test_no_token_no_answer(asking: Asking) -> None:
    answer = await asking.ask(None, LIST_QUERY)
    assert answer.status == 401
    assert "data" not in answer.body


async def test_a_hidden_field_is_one_that_never_was(asking: Asking) -> None:
    code = asking.codes["held_by_dismantler"]
    hidden, unknown = [await asking.ask("dismantler-hide", f'{{ battery(code: "{code}") {{ code {name} {{ id }} }} }}') for name in ("recovery", "recoverx")]
    assert hidden.status == unknown.status == 400
    assert json.dumps(hidden.body).replace("recovery", "recoverx") == json.dumps(unknown.body)
