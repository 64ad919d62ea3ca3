"""Tests of what comparisons are made of; the comparisons themselves are run by `cellgate bench`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

import pytest

from benchmarks import harness
from benchmarks.harness import Figure, Missing, require, table, verdict
from benchmarks.read import __main__ as read
from benchmarks.read import statements
from benchmarks.read.stages import STAGES
from benchmarks.scale import codes, growth, parties
from benchmarks.worlds import BenchWorld
from gateway import bench
from gateway.foundation import Foundation
from gateway.settings import Settings
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
