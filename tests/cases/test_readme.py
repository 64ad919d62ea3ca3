"""This module is in charge of the answers in the README: they are those of the demonstration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cases.asking import Asking

README: Final = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
QUERY: Final = re.findall(r"```graphql\n(.*?)```", README, re.DOTALL)[0]
LIST: Final = "{ batteries(first: 5) { totalCount edges { node { code stateOfHealth } } } }"
ROWS: Final = [[cell.strip(" `") for cell in line.strip("|\n").split("|")] for line in re.findall(r"^\| `.*\|$", README, re.MULTILINE)]
PARTIES: Final = ("recycler", "automaker", "province", "public")


def at(value: Any, path: str) -> str:
    """A cell of the table: what stands at the path, null where it ends."""
    for name in path.split("."):
        value = value[name] if value is not None else None
    return "null" if value is None else str(value).removesuffix(" Co., Ltd.")


@pytest.mark.parametrize("party", PARTIES)
async def test_the_four_answers(asking: Asking, party: str) -> None:
    answer = await asking.ask(party, QUERY)
    column = 1 + PARTIES.index(party)
    assert {row[0]: at(answer.body["data"]["battery"], row[0]) for row in ROWS} == {row[0]: row[column] for row in ROWS}
    assert len(ROWS) == 6


async def test_the_counts(asking: Asking) -> None:
    totals = [(await asking.ask(party, LIST)).body["data"]["batteries"]["totalCount"] for party in ("recycler", "automaker", "miit")]
    assert LIST in README
    assert "counts {} packs\nfor the recycler, {} for the automaker, {:,} for the ministry".format(*totals) in README


async def test_the_redaction(asking: Asking) -> None:
    (redaction,) = (await asking.ask("recycler", QUERY)).body["extensions"]["redactions"]
    assert f'"policyId": "{redaction["policyId"]}"' in README
    assert redaction["path"] == ["battery", "vehicle"]
