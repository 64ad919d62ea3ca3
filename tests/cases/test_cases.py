"""This module is in charge of the cases: each folder beside it holds one operation, its plan, its SQL and its answers (README.md)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cases.asking import Answer, Asking

CASES: Final = Path(__file__).parent
NAMES: Final = sorted(path.parent.name for path in CASES.glob("*/operation.graphql"))
WRITING: Final = os.environ.get("CELLGATE_WRITE_CASES") == "1"
# Where a statement, which is sent as one line, is broken to be read.
BREAK: Final = re.compile(r" (?=(?:from|where|union|union all|join|left join|cross join|order by) )")
WIDTH: Final = 140
GIVEN: Final = {"operation.graphql", "case.json", "shares.csv"}


@dataclass(frozen=True, slots=True)
class Case:
    """One folder: the operation, who asks it, and with which variables, by the name of the question."""

    folder: Path
    operation: str
    parties: tuple[str, ...]
    questions: Mapping[str, Mapping[str, Any]]


def case(name: str) -> Case:
    """The case of that folder."""
    folder = CASES / name
    told = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    return Case(folder, (folder / "operation.graphql").read_text(encoding="utf-8"), tuple(told["parties"]), told.get("questions", {"": {}}))


def valued(value: Any, asking: Asking, before: Mapping[str, Answer]) -> Any:
    """Variables as they are sent: "@example" is the code of that example pack, "$party" that party's credit code, and
    "<question: a.b>" what stands there in the answer to an earlier question."""
    match value:
        case str() if value.startswith("@"):
            return asking.codes[value[1:]]
        case str() if value.startswith("$"):
            return asking.parties[value[1:]].uscc
        case str() if value.startswith("<") and value.endswith(">"):
            question, _, path = value[1:-1].partition(": ")
            return reduce(lambda found, step: found and found[step], path.split("."), before[question].body["data"])
        case dict():
            return {name: valued(each, asking, before) for name, each in value.items()}
        case list():
            return [valued(each, asking, before) for each in value]
        case _:
            return value


async def found(told: Case, asking: Asking) -> dict[str, str]:
    """The contents of the files that the case should have, by name."""
    files: dict[str, str] = {}
    plans: dict[str, list[str]] = {}
    for party in told.parties:
        plans.setdefault(await asking.plan(party, told.operation), []).append(party)
        asking.statements.clear()
        answers: dict[str, Answer] = {}
        for question, variables in told.questions.items():
            answers[question] = await asking.ask(party, told.operation, valued(variables, asking, answers))
        name = party.replace(":", "-for-")
        files[name + ".sql"] = sql_text(asking.statements)
        files[name + ".json"] = answer_text(answers)
    files["plan.txt"] = "\n\n".join(f"# {', '.join(parties)}\n{plan.rstrip()}" for plan, parties in plans.items()) + "\n"
    return files


def sql_text(statements: list[str]) -> str:
    """Each statement once, whatever its arguments were; in alphabetical order, as fetches that run at once have none."""
    lines = [BREAK.sub("\n", each.strip()) + ";" for each in sorted(set(statements))]
    return "\n\n".join(lines) + "\n" if lines else "-- no statement is sent\n"


def answer_text(answers: Mapping[str, Answer]) -> str:
    """Status and body of each question, or of the only one, which has no name."""
    said = {question: {"status": each.status, "body": each.body} for question, each in answers.items()}
    return short_json(said[""] if said.keys() == {""} else said) + "\n"


def short_json(value: Any, indent: str = "") -> str:
    """JSON in which what fits in a line stands in one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) <= WIDTH or not isinstance(value, dict | list):
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + short_json(each, inner) for each in value) + "\n" + indent + "]"
    lines = [f"{inner}{json.dumps(name, ensure_ascii=False)}: {short_json(each, inner)}" for name, each in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + indent + "}"


def expected(folder: Path) -> dict[str, str]:
    """What the folder holds."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.name not in GIVEN}


@pytest.mark.parametrize("name", NAMES)
async def test_case(name: str, asking: Asking) -> None:
    told = case(name)
    files = await found(told, asking)
    if WRITING:
        for path in told.folder.iterdir():
            if path.name not in {*files, *GIVEN}:
                path.unlink()
        for file, text in files.items():
            (told.folder / file).write_text(text, encoding="utf-8")
    assert expected(told.folder) == files
