"""docs/errors.md names every code that an operator can get, and none that there is not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.harness import Broken, Missing
from gateway.command_line import USAGE
from gateway.commands import OPERATOR_ERRORS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8").partition("## For operators")[2]
RAISED = re.compile(r'(?:DatabaseUnusable|KeysUnusable|DemoTokenRefused|ImportRefused|ConsoleRefused)\(\s*"([A-Z_]+)"')
RULE = re.compile(r'(?:CellFault\(|[^a-zA-Z]Fault\([^,()]+, )"([A-Z_]+)"')
SHARED_RULE = re.compile(r'Implausible\((?:"[a-z_]+"|field), "([A-Z_]+)"')
"""Of a battery, whether a line or a report tells of it."""
IDENTIFIER_RULE = re.compile(r'(?:refuse\(_?[A-Za-z_.]+, |IdentifierError\()"([A-Z_]+)"')


def used(pattern: re.Pattern[str], *folders: str) -> set[str]:
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return {code for source in sources for code in pattern.findall(source)}


def test_operator_codes_are_those_of_the_page() -> None:
    fixed = {each.code for each in OPERATOR_ERRORS if isinstance(getattr(each, "code", None), str)} | {"JWKS_REFUSED", USAGE, Missing.code, Broken.code}
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(rows) == used(RAISED, "auth", "resolvers", "gateway") | fixed


def test_rules_of_lines_are_those_of_the_page() -> None:
    section = PAGE.partition("### Rules")[2].partition("### Composition")[0]
    told = set(re.findall(r"`([A-Z_]+)`", section))
    assert told == used(RULE, "resolvers/importing") | used(SHARED_RULE, "resolvers/ledger/recording") | used(IDENTIFIER_RULE, "resolvers/identifiers")


@pytest.mark.parametrize(
    ("arguments", "told_of"),
    [
        (["nope"], "'nope'"),
        (["bench"], "'name'"),
        (["bench", "nope"], "federation"),
        (["bench", "read", "--events", "100000"], "--events"),
        (["bench", "--nope"], "cellgate bench --help"),
        (["demo", "--port", "65536"], "--port"),
        (["token", "--as"], "cellgate token --help"),
        (["token", "--as", "miit", "--data", ""], "--data"),
        (["bench", "read", "--data", " "], "--data"),
        (["ledger", "nope"], "cellgate ledger --help"),
        (["sweep", "--as-of", "yesterday"], "--as-of"),
        (["serve", "--no-auth"], "--no-auth"),
        (["serve", "--no-auth", "--nope"], "--nope"),
    ],
)
def test_a_command_line_that_is_none_is_said_in_one_line(arguments: list[str], told_of: str) -> None:
    done = subprocess.run([sys.executable, "-m", "gateway.cli", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"USAGE: .+\n", done.stderr)
    assert told_of in done.stderr


def test_the_name_of_a_file_does_not_break_the_line() -> None:
    done = subprocess.run([sys.executable, "-m", "gateway.cli", "import", "no\nsuch\x1b[2J"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "FILE_UNREADABLE: no\\nsuch\\x1b[2J is not a file\n")


def test_help_is_no_error() -> None:
    done = subprocess.run([sys.executable, "-m", "gateway.cli", "bench", "--help"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
