"""This module is in charge of what the README and the docs promise: command lines that the program takes, links that lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from gateway.commands import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md")), ROOT / "examples" / "README.md", *sorted((ROOT / "tests").glob("**/README.md"))]
LINE = re.compile(r"\./cellgate[^\n`)]*")
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
LAW = ("full text", "default")


def command_lines() -> list[tuple[str, str]]:
    """Every command line in the pages that names a command, with its page."""
    found = []
    for page in PAGES:
        for line in LINE.findall(page.read_text(encoding="utf-8").replace("\\\n", " ")):
            words = line.removeprefix("./cellgate").strip()
            # `./cellgate …` and `./cellgate` speak of the script as such; `test` is its own.
            if words and words[0].isalpha() and words.split()[0] != "test":
                found.append((str(page.relative_to(ROOT)), words))
    return found


def refusal(words: str) -> str | None:
    """What the command line says to these words, without doing anything."""
    arguments = shlex.split(words.rstrip(",;:."))
    arguments = arguments[: next((n for n, each in enumerate(arguments) if each in {"|", ">", "&&"}), len(arguments))]
    group = get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    command = group.commands.get(arguments[0])
    if command is None:
        return f"no command {arguments[0]}"
    if isinstance(command, typer.core.TyperGroup):
        arguments = arguments[1:]
        found = command.commands.get(arguments[0]) if arguments else None
        if found is None:
            return f"no command {words}"
        command = found
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    wrong = [each for each in arguments[1:] if each.startswith("--") and each.split("=")[0] not in known]
    return f"no options {wrong}" if wrong else None


def test_there_are_command_lines_to_look_at() -> None:
    assert {page for page, _ in command_lines()} >= {"README.md", "docs/operations.md"}
    assert len(command_lines()) > 15


@pytest.mark.parametrize(("page", "words"), command_lines())
def test_command_lines_are_taken(page: str, words: str) -> None:
    assert refusal(words) is None, page


@pytest.mark.parametrize("words", ["dmeo", "demo --prot 1", "query --for miit x.graphql", "platform", "platform forget", "platform send --refused"])
def test_wrong_command_lines_are_not(words: str) -> None:
    assert refusal(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / link.split()[0]).exists()]
    assert dead == []


@pytest.mark.parametrize("name", ["README.md", "docs/security-model.md", "docs/domain.md"])
def test_they_say_what_is_known_of_the_law(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert all(words in text for words in LAW)


def test_every_module_of_the_pipeline_is_in_the_architecture() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    folders = [path for path in (ROOT / "gateway").iterdir() if path.is_dir() and (path / "__init__.py").exists()]
    assert [path.name for path in folders if f"gateway/{path.name}/" not in text] == []
