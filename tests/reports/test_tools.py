"""This module is in charge of the pages about tools: the programs on those that say they were tried are run as they stand, against a gateway."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.reports.conftest import Desk

PAGES = Path(__file__).parents[2] / "docs" / "tools"
PROGRAM = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
TRIED = ["curl", "duckdb", "pandas", "pyarrow"]


async def run(desk: Desk, name: str, folder: Path) -> str:
    """What the page's program prints; it has to end well."""
    found = PROGRAM.search((PAGES / f"{name}.md").read_text(encoding="utf-8"))
    assert found is not None
    text = found.group(2).replace("https://cellgate.example", desk.pages.url)
    secret = json.loads((desk.base / "keys" / "clients.json").read_text())["miit"]
    environment = {**os.environ, "CELLGATE_CLIENT": "miit", "CELLGATE_SECRET": secret["secret"]}
    command = [sys.executable, "-c", text] if found.group(1) == "python" else ["bash", "-euc", text]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=pipe, stderr=pipe)
    out, wrong = await process.communicate()
    assert process.returncode == 0, wrong.decode()
    return out.decode()


@pytest.mark.parametrize("name", TRIED)
async def test_the_program_on_the_page_reads_the_report(desk: Desk, name: str, tmp_path: Path) -> None:
    rows = json.loads((await desk.read("miit", "/packs.json")).text)["rows"]
    told = await run(desk, name, tmp_path)
    mass = {chemistry: sum(row["massKg"] for row in rows if row["chemistry"] == chemistry) for chemistry in {row["chemistry"] for row in rows}}
    match name:
        case "curl":
            assert [each["name"] for each in json.loads(told)["reports"]] == ["packs", "events"]
            assert (tmp_path / "packs.csv").read_bytes() == (await desk.read("miit", "/packs.csv")).body
        case "pandas":
            read = {words[0]: float(words[1]) for words in map(str.split, told.splitlines()) if words[0] in mass}
            assert read == {chemistry: pytest.approx(each) for chemistry, each in mass.items()}
        case "pyarrow":
            assert [float(each) for each in told.split()] == [len(rows), pytest.approx(sum(mass.values()))]
        case _:
            assert {row["status"] for row in rows} <= set(re.findall(r"[A-Z_]+", told))


def test_each_page_says_whether_it_was_tried() -> None:
    untried = sorted(path.stem for path in PAGES.glob("*.md") if path.stem not in {*TRIED, "README"})
    assert untried == ["excel", "grafana", "power-bi", "tableau"]
    for name in untried:
        assert "**Not tried.** Written from" in (PAGES / f"{name}.md").read_text(encoding="utf-8")
