"""This module is in charge of the planning cases: each folder holds subgraphs, an operation with a sentence on top, and the plan.

CELLGATE_WRITE_CASES=1 writes the plans anew; the difference is then to be read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest
from graphql import parse, validate

from gateway.planning.plan import Plan
from gateway.planning.printer import print_plan
from tests.planning.composing import plan_of, supergraph_in

CASES: Final = Path(__file__).parent / "cases"
NAMES: Final = sorted(path.parent.name for path in CASES.glob("*/op.graphql"))
WRITING: Final = os.environ.get("CELLGATE_WRITE_CASES") == "1"


def made(name: str) -> Plan:
    folder = CASES / name
    return plan_of(supergraph_in(folder), (folder / "op.graphql").read_text())


def test_there_are_cases() -> None:
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_is_the_one_that_was_read(name: str) -> None:
    printed = print_plan(made(name))
    expected = CASES / name / "plan.txt"
    if WRITING:
        expected.write_text(printed)
    assert printed == expected.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_what_is_sent_is_graphql(name: str) -> None:
    for fetch in made(name).fetches:
        assert parse(fetch.document)
        assert all(each < fetch.id for each in fetch.depends_on)


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_is_the_same_every_time(name: str) -> None:
    assert made(name) == made(name)


def test_validate_is_what_the_cases_pass() -> None:
    folder = CASES / NAMES[0]
    assert validate(supergraph_in(folder).api_schema, parse("{ no_such_field }")) != []
