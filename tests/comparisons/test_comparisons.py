"""Tests of what comparisons are made of; the comparisons themselves are run by `cellgate bench`."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks import harness
from benchmarks.harness import Broken, Figure, Missing, require, table, verdict
from benchmarks.program import ended
from benchmarks.read import __main__ as read
from benchmarks.read import statements
from benchmarks.read.stages import STAGES
from benchmarks.scale import codes, growth, parties
from benchmarks.worlds import BenchWorld
from gateway import bench
from gateway.foundation import Foundation
from gateway.settings import Settings
from resolvers.database import DatabaseUnusable
from resolvers.database.pool import Database
from resolvers.database.sql import slot, text
from resolvers.demo.load import load
from resolvers.demo.options import WorldOptions
from resolvers.identifiers import parse_battery_code


def test_unknown_comparison_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.run("nothing") == 2
    assert "read, scale" in capsys.readouterr().err
    assert [bench.run("read", events=100_000), bench.run("ingest", events=9)] == [2, 2]
    assert "at least 10,000" in capsys.readouterr().err


def test_missing_program_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness.shutil, "which", lambda _name: None)
    with pytest.raises(Missing, match="apt-get install wrk"):
        require("wrk")


def failing(failure: BaseException) -> int:
    raise failure


@pytest.mark.parametrize(
    ("failure", "status", "told"),
    [
        (Missing("wrk not found"), 3, "COMPARISON_NEEDS: wrk not found\n"),
        (
            Broken("raw does not answer; the end of its log:\naddress in use"),
            3,
            "COMPARISON_FAILED: raw does not answer; the end of its log:\naddress in use\n",
        ),
        (DatabaseUnusable("SERVER_FAILED", "it did not start"), 3, "SERVER_FAILED: it did not start\n"),
        (ConnectionRefusedError(111, "refused"), 3, "COMPARISON_FAILED: ConnectionRefusedError: [Errno 111] refused\n"),
        (RuntimeError("raw answers otherwise"), 3, "COMPARISON_FAILED: raw answers otherwise\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_one_that_cannot_run_is_told_apart_from_a_figure_that_does_not_hold(
    failure: BaseException, status: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ending:
        ended(lambda: failing(failure))
    assert (ending.value.code, capsys.readouterr().err) == (status, told)


def test_a_defect_of_a_comparison_is_told_with_its_trace(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        ended(lambda: failing(KeyError("x")))
    told = capsys.readouterr().err
    assert (ending.value.code, told.splitlines()[-1]) == (3, "COMPARISON_FAILED: it ended by KeyError; the trace is above")
    assert "Traceback" in told


def test_a_comparison_without_its_program_ends_so(tmp_path: Path) -> None:
    """As the command runs it: on this PATH there is no wrk."""
    done = subprocess.run(
        [sys.executable, "-m", "gateway.cli", "bench", "federation", "--data", str(tmp_path)],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert re.fullmatch(r"COMPARISON_NEEDS: .*wrk.* not found\. Install it: .+\n", done.stderr)


def test_comparisons_are_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    assert bench.run("read") == 3
    assert capsys.readouterr().err.startswith("COMPARISON_NEEDS: ")


def test_one_that_is_killed_has_no_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(bench.sys, "executable", str(shutil.which("false")))
    assert bench.run("read") == 1
    killed = tmp_path / "killed"
    killed.write_text("#!/bin/sh\nkill -9 $$\n")
    killed.chmod(0o755)
    monkeypatch.setattr(bench.sys, "executable", str(killed))
    assert bench.run("read") == 3
    assert capsys.readouterr().err == "COMPARISON_FAILED: it was ended by SIGKILL\n"


@pytest.mark.parametrize(("value", "at_least", "holds"), [(3.0, True, True), (2.9, True, False), (3.0, False, True), (3.1, False, False)])
def test_figure(value: float, at_least: bool, holds: bool, capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict([Figure("right", 1, 1), Figure("this", value, 3, at_least)]) == (0 if holds else 1)
    assert ("DOES NOT HOLD: this" in capsys.readouterr().out) is not holds


def test_table_is_aligned() -> None:
    lines = table(("a", "bb"), [["xyz", "1"]]).splitlines()
    assert lines == ["| a   | bb |", "| --- | -- |", "| xyz | 1  |"]


def test_answers_are_compared_without_their_form() -> None:
    ours = {"events": {"edges": [{"node": {"type": "SOLD", "occurredAt": "2026-01-02T03:04:05Z"}}]}, "code": "Z00"}
    theirs = {"code": "Z00", "events": [{"type": "SOLD", "occurredAt": "2026-01-02T11:04:05+08:00"}]}
    assert read.flat(ours) == read.flat(theirs)
    assert read.flat(ours)["events"][0]["occurredAt"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert read.flat(ours) != read.flat({**theirs, "code": "Z01"})


async def test_every_statement_is_one_the_database_takes(database: Database) -> None:
    copies = [growth.copying(schema, name, ["code", "vin"]) for schema, name in (("battery", "pack"), ("battery", "event"))]
    peers = [statements.MANY, statements.ONE, statements.ENTERPRISES, statements.VEHICLES, statements.EVENTS]
    own = [read.MAKERS, read.CODES, codes.CODES, parties.MAKERS, parties.HELD, parties.ROLES, growth.COLUMNS]
    async with database.transaction("admin") as connection:
        for statement in [*peers, *own, *(each.compile().text for each in copies)]:
            assert (await connection.prepare(statement)).get_query() == statement


@pytest.mark.parametrize("code", ["Z00PB000000A3GE610000695", "Y00PB6DF850097058RM"])
async def test_a_copied_code_is_a_code_of_its_own(database: Database, code: str) -> None:
    statement = text("select ") + growth.SERIAL + text(" from (select ") + slot("code") + text("::text as code) t, (values (7)) c (n)")
    async with database.transaction("admin") as connection:
        copied = await connection.fetchval(statement.compile().text, code)
    told, made = parse_battery_code(code), parse_battery_code(copied)
    assert made == replace(told, value=copied, serial=told.serial + 700_000)


async def test_a_world_grows(database: Database) -> None:
    await load(WorldOptions(40), database)
    async with database.transaction("admin") as connection:
        told = await connection.fetchval("select count(*) from battery.pack")
    # Of what the world stands on only the database is asked.
    stands_on = cast(Foundation, SimpleNamespace(database=database))
    await growth.grown(BenchWorld(stands_on, Settings(), WorldOptions(40)), told * 3, growth.ALL)
    async with database.transaction("admin") as connection:
        assert await connection.fetchval("select count(*) from battery.pack") == told * 3
        left = "select count(*) from pg_constraint where conrelid = 'battery.pack'::regclass and contype = 'p'"
        assert await connection.fetchval(left) == 1


def test_every_stage_that_is_measured_is_there() -> None:
    assert [(stage, name) for stage, places in STAGES.items() for owner, name in places if not callable(getattr(owner, name, None))] == []
