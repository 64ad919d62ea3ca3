"""Reading the statistics: exact and live for the country and for a province's own, shut for everybody else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from resolvers.batching import BadArgument
from resolvers.database import door, tables
from resolvers.database.recording_write import insert
from resolvers.database.statistics_write import add_recovery, fold
from resolvers.ledger.enterprise_rows import Outlet
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.rows import RecoveryBatch, RecoveryOutput
from tests.recording.world import FIRMS, NOW, Book
from tests.statistics.world import asked, scrapped

MAY, AUGUST = date(2026, 5, 1), date(2026, 8, 1)
PACKS = tables.PACK_STATISTIC
SIZE = {"packs": 1, "energy_kwh": 60.0, "mass_kg": 420.0}


@pytest.mark.parametrize("folded", [False, True], ids=["waiting", "folded"])
async def test_figures_of_the_country_and_of_provinces(book: Book, folded: bool) -> None:
    await scrapped(book)
    if folded:
        async with book.database.transaction("ledger") as connection:
            await fold(connection)
    for role in ("MI", "ME", "SA"):
        assert await asked(book.database, door.production, PACKS, role) == [{"month": MAY, **SIZE}]
    by = {"by": ["MONTH", "PROVINCE", "ENTERPRISE"]}
    assert await asked(book.database, door.sales, PACKS, "MI", **by) == [{"month": MAY, "province": "44", "party": FIRMS["oem"], **SIZE}]
    assert await asked(book.database, door.sales, PACKS, "PR", "44") == [{"month": MAY, **SIZE}]
    assert await asked(book.database, door.sales, PACKS, "PR", "35") == []
    assert await asked(book.database, door.retirements, PACKS, "PR", "43", by=["PROVINCE"]) == [{"province": "43", **SIZE}]
    assert await asked(book.database, door.retirements, PACKS, "MI", to=date(2026, 7, 31)) == []
    assert await asked(book.database, door.production, PACKS, "MI", enterprise=FIRMS["maker2"]) == []


async def test_flows_are_of_the_province_they_begin_in_and_of_the_one_they_end_in(book: Book) -> None:
    await scrapped(book)
    size = {"packs": 1, "mass_kg": 420.0}
    made, taken, sent = {"role": "BM", "to_role": "OEM", **size}, {"to_role": "SD", **size}, {"role": "SD", "to_role": "CU", **size}
    flows = tables.FLOW_STATISTIC
    assert await asked(book.database, door.custody_flows, flows, "MI") == [taken, made, sent]
    assert await asked(book.database, door.custody_flows, flows, "PR", "43") == [taken, sent]
    assert await asked(book.database, door.custody_flows, flows, "PR", "42") == [sent]
    assert await asked(book.database, door.custody_flows, flows, "MI", province="31") == [made]
    places = {"province": "43", "to_province": "42"}
    assert await asked(book.database, door.custody_flows, flows, "PR", "42", by=["PROVINCE", "TO_PROVINCE"]) == [{**places, **size}]


async def test_who_holds_stock_is_told_to_whom_custody_is_open(book: Book) -> None:
    await scrapped(book)
    stock = tables.STOCK_STATISTIC
    assert await asked(book.database, door.stock, stock, "MI", by=["ENTERPRISE"]) == [{"party": FIRMS["recycler"], **SIZE}]
    for given in ({"by": ["ENTERPRISE"]}, {"enterprise": FIRMS["recycler"]}):
        with pytest.raises(BadArgument, match="category H"):
            await asked(book.database, door.stock, stock, "SA", **given)
    assert await asked(book.database, door.stock, stock, "SA", by=["ROLE"]) == [{"role": "CU", **SIZE}]


async def test_stock_by_state_and_dwell_time(book: Book) -> None:
    await scrapped(book)
    assert await asked(book.database, door.stock, tables.STOCK_STATISTIC, "MI", by=["KIND", "DWELL", "ROLE"]) == [
        {"status": "STORED", "dwell": "UP_TO_6_MONTHS", "role": "CU", **SIZE}
    ]
    assert await asked(book.database, door.stock, tables.STOCK_STATISTIC, "PR", "44") == []


async def test_recovery_against_the_norm(book: Book) -> None:
    finished = NOW - timedelta(days=60)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [RecoveryBatch("B1", FIRMS["recycler"], "42", "LFP", "MECHANICAL", finished, finished, finished, 420.0, 400.0, 15.0, None)])
        await insert(connection, [RecoveryOutput("B1", "Li", 10.0, 9.5), RecoveryOutput("B1", "Al", 50.0, 20.0)])
        await add_recovery(connection, ["B1"])
    table = tables.RECOVERY_STATISTIC
    aluminium = {"element": "Al", "input_kg": 50.0, "recovered_kg": 20.0, "rate": 0.4}
    lithium = {"element": "Li", "input_kg": 10.0, "recovered_kg": 9.5, "rate": 0.95, "norm": 0.9, "meets": True}
    assert await asked(book.database, door.recovery_statistics, table, "MI") == [aluminium, lithium]
    assert await asked(book.database, door.recovery_statistics, table, "PR", "42") == [aluminium, lithium]
    assert await asked(book.database, door.recovery_statistics, table, "PR", "44") == []
    assert (await rebuild(book.database, lambda _stage, _done: None)).differences == []


async def test_reports_and_late_ones(book: Book) -> None:
    await scrapped(book)
    total = await asked(book.database, door.late_reports, tables.REPORT_STATISTIC, "MI", by=[])
    assert total == [{"reports": 8, "late": 8, "late_rate": 1.0}]
    assert await asked(book.database, door.late_reports, tables.REPORT_STATISTIC, "PR", "42", by=["KIND"]) == [
        {"event_type": "RECEIVED", "reports": 1, "late": 1, "late_rate": 1.0}
    ]


async def test_outlets_where_packs_were_sold(book: Book) -> None:
    await scrapped(book)
    opened = date(2026, 1, 1)
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [Outlet(FIRMS["oem"], 1, "Here", "440300", "44", "Street 1", None, opened, None)])
        await insert(connection, [Outlet(FIRMS["maker"], 1, "Closed", "440300", "44", "Street 2", None, opened, date(2026, 6, 1))])
    found = await asked(book.database, door.outlet_coverage, tables.OUTLET_STATISTIC, "MI")
    maker = {"province": "44", "role": "BM", "enterprises": 1, "covered": 0, "outlets": 0, "packs": 1}
    assert found == [maker, {**maker, "role": "OEM", "covered": 1, "outlets": 1}]
    assert await asked(book.database, door.outlet_coverage, tables.OUTLET_STATISTIC, "PR", "35") == []


async def test_expected_retirements(book: Book) -> None:
    await scrapped(book)
    far = await asked(
        book.database, door.expected_retirements, tables.EXPECTED_STATISTIC, "MI", **{"from": date(2026, 5, 1), "to": date(2066, 5, 1), "by": ["CHEMISTRY"]}
    )
    assert {each["chemistry"] for each in far} == {"LFP"}
    assert sum(each["packs"] for each in far) == pytest.approx(1.0)
    assert max(far, key=lambda each: each["packs"])["month"].year in (2035, 2036)
    assert len(await asked(book.database, door.expected_retirements, tables.EXPECTED_STATISTIC, "MI")) == 12


async def test_everybody_else_is_shut_out(book: Book) -> None:
    await scrapped(book)
    for role in ("BM", "OEM", "SW", "RS", "SD", "CU", "PB"):
        for resolve in (door.production, door.custody_flows, door.stock, door.recovery_statistics, door.outlet_coverage, door.expected_retirements):
            assert await asked(book.database, resolve, PACKS, role) is None, role


async def test_what_cannot_be_asked(book: Book) -> None:
    for resolve, arguments, message in (
        (door.production, {"by": ["TO_ROLE"]}, "TO_ROLE is not a dimension"), (door.stock, {"by": ["MONTH"]}, "MONTH is not a dimension"),
        (door.sales, {"from": date(2026, 8, 1), "to": date(2026, 7, 31)}, "the first month is after the last"),
    ):  # fmt: skip
        with pytest.raises(BadArgument, match=message):
            await asked(book.database, resolve, PACKS, "MI", **arguments)
