"""This module is in charge of testing the house rules that a reader of one file at a time would not see broken."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("auth", "resolvers", "schema", "gateway")
SKIPPED = {".venv", ".git", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "cases"}
FILE_LINES = 450
FUNCTION_LINES = 60
TELLS_NOTHING = re.compile(r"(utils?|helpers?|common|managers?|misc|base)")

STATEMENT = (
    r"^\s*(select\s|insert\s+into\s|delete\s+from\s|update\s+\S+\s+set\s|(create|alter|drop)\s+(table|role|database|schema|index|view|function)"
    r"|set\s+(local|session|role)\s|grant\s|revoke\s|truncate\s|copy\s+\S+\s+(from|to)\s|with\s+\S+\s+as\s*\()"
)
CLAUSE = r"\bselect\s+(?!from\b).+\bfrom\s|\(\s*select\s|\bwhere\b.*(=|\bin\b|\blike\b)|\border\s+by\b|\bgroup\s+by\b|\bunion\s+all\b|\bvalues\s*\("
SQL = re.compile(f"{STATEMENT}|{CLAUSE}", re.IGNORECASE | re.DOTALL)

# In pieces, so that this file does not name them either.
FOREIGN = re.compile("|".join(["py" + r"pi\.org", "python" + "hosted", r"registry\.npm" + "js", "/wo" + "rk/", "/tmp/" + "brief", r"\bcla" + r"ude\b"]), re.I)


def source_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if not SKIPPED & set(path.relative_to(ROOT).parts))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def constant_text(node: ast.AST) -> str:
    """The constant pieces of a string expression."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "\0".join(constant_text(value) for value in values)
        case _:
            return ""


def builds_sql(node: ast.AST) -> bool:
    """A string with SQL in it that something is put into: an f-string, `+` or `%` with a variable, or `.format`."""
    match node:
        case ast.JoinedStr(values=values):
            return any(isinstance(value, ast.FormattedValue) for value in values) and bool(SQL.search(constant_text(node)))
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            constant = isinstance(left, ast.Constant) and isinstance(right, ast.Constant)
            return not constant and any(SQL.search(constant_text(side)) for side in (left, right))
        case ast.Call(func=ast.Attribute(value=template, attr="format" | "format_map")):
            return bool(SQL.search(constant_text(template)))
        case _:
            return False


def fixed_text(node: ast.AST) -> bool:
    """A literal, or a name in capitals, which the house keeps for Final constants."""
    match node:
        case ast.Constant(value=str()):
            return True
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.isupper()
        case ast.IfExp(body=body, orelse=orelse):
            return fixed_text(body) and fixed_text(orelse)
        case _:
            return False


def loose_syntax(module: ast.Module) -> Iterator[ast.Call]:
    """Calls of sql.text and sql.join whose syntax is not fixed."""
    imported = [node for node in module.body if isinstance(node, ast.ImportFrom) and node.module == "resolvers.database.sql"]
    names = {alias.asname or alias.name for node in imported for alias in node.names if alias.name in {"text", "join", "opening"}}
    for node in ast.walk(module):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in names and not fixed_text(first):
                yield node


def test_modules_say_what_they_are_in_charge_of() -> None:
    silent = [str(path.relative_to(ROOT)) for path in source_files(*PACKAGES) if "in charge of" not in (ast.get_docstring(tree(path)) or "")]
    silent += [str(path.relative_to(ROOT)) for path in source_files("tests", "benchmarks") if not ast.get_docstring(tree(path))]
    assert not silent


def test_files_are_short() -> None:
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in source_files(*PACKAGES, "tests", "benchmarks")}
    assert {name: lines for name, lines in lengths.items() if lines > FILE_LINES} == {}


def test_functions_are_short() -> None:
    long = [
        f"{place(path, node)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in source_files(*PACKAGES, "tests", "benchmarks")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES
    ]
    assert not long


def test_module_names_tell_something() -> None:
    assert not [str(path) for path in source_files(*PACKAGES) for part in path.relative_to(ROOT).with_suffix("").parts if TELLS_NOTHING.fullmatch(part)]


def test_no_test_folder_hides_a_package() -> None:
    assert not [str(path) for path in (ROOT / "tests").rglob("*") if path.is_dir() and path.name in PACKAGES]


def test_values_never_go_into_sql_text() -> None:
    allowed = ROOT / "resolvers/database/sql.py"
    found = [place(path, node) for path in source_files(*PACKAGES, "benchmarks") if path != allowed for node in ast.walk(tree(path)) if builds_sql(node)]
    assert not found


def test_sql_syntax_is_fixed_text() -> None:
    assert not [place(path, node) for path in source_files(*PACKAGES, "benchmarks") for node in loose_syntax(tree(path))]


@pytest.mark.parametrize(
    "planted",
    [
        "f'select * from t where a = {x}'",
        "'SELECT a FROM ' + table",
        "'select a from %s' % table",
        "'insert into {} values (1)'.format(t)",
        "f' where code = {x}'",
        "'set local role ' + role",
        "f'{a} order by {b}'",
    ],
)
def test_planted_sql_is_found(planted: str) -> None:
    assert any(builds_sql(node) for node in ast.walk(ast.parse(planted)))


@pytest.mark.parametrize(
    "innocent",
    [
        "f'choose from {x}'",
        "f'{x} has no fields to select from'",
        "'a' 'select 1 from t'",
        "f'the update of {x} is late'",
        "'select 1'",
        "f'{x}'",
    ],
)
def test_prose_is_not_taken_for_sql(innocent: str) -> None:
    assert not any(builds_sql(node) for node in ast.walk(ast.parse(innocent)))


def test_planted_loose_syntax_is_found() -> None:
    header = "from resolvers.database.sql import text, join\n"
    assert len(list(loose_syntax(ast.parse(header + "text(name)\njoin(f', {x}', [])\ntext('a' + b)")))) == 3
    assert not list(loose_syntax(ast.parse(header + "text('a')\njoin(COMMA, [])\ntext('asc' if up else 'desc')\ntext(sql.ASC)")))


def test_the_project_speaks_of_itself_alone() -> None:
    found = []
    for path in sorted(ROOT.rglob("*")):
        if SKIPPED & set(path.relative_to(ROOT).parts) or not path.is_file() or path.stat().st_size > 2_000_000:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if FOREIGN.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert not found


def test_imports_go_one_way() -> None:
    # A process of its own: the linter's logging set-up silences every logger there is.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(config_filename='pyproject.toml', no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def checked(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)


def test_ruff_finds_nothing() -> None:
    done = checked("ruff", "check", "--output-format", "concise", "--no-cache", ".")
    assert done.returncode == 0, done.stdout


def test_mypy_finds_nothing() -> None:
    done = checked("mypy")
    assert done.returncode == 0, done.stdout


def test_migrations_are_numbered_without_gaps() -> None:
    """Two branches may each have written the next one: a number that is there twice is found here, not by the first server that starts."""
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "resolvers" / "database" / "migrations").glob("*.sql"))]
    assert numbers == [*range(1, len(numbers) + 1)]
