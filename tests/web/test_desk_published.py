"""This module is in charge of what is published, as the pages show it: each cell the graph's, withheld ones apart from zeros, by version, for companies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.foundation import Foundation
from resolvers.database.statistics import later
from resolvers.database.statistics_publish import publish
from resolvers.database.statistics_write import add_changes
from resolvers.demo.parties import demo_parties
from resolvers.ledger.statistics.contributions import Amounts, Key
from resolvers.ledger.statistics.cubes import Cube
from tests.web.desk_reading import accessible, graph, settled, token_of
from tests.web.pages import WORLD, Pages
from tests.web.test_browser import reached, tab

CUBES = ("SALES", "CUSTODY_FLOWS", "RECOVERY")
MONTH = later(WORLD.moment.date().replace(day=1), -3)
TOLD = """query ($cube: PublishedCube, $month: Date, $version: Int) { statistics { published(cube: $cube, month: $month, version: $version) {
  month version province { code } chemistry fromRole toRole kind value suppressed } } }"""


@pytest.fixture(scope="module")
async def released(small_demo: Foundation) -> None:
    """What is due of the world's months, and a revision of one of them."""
    database, today = small_demo.database, WORLD.moment.date()
    firms = [demo_parties(WORLD)[each].uscc for each in ("battery-maker", "automaker", "swap-operator", "recycler")]
    places = [(province, chemistry) for province in ("31", "44", "50") for chemistry in ("LFP", "NCM523", "NCM811")]
    sold = {Key(Cube.LIFE, MONTH, *place, party, kind="VEHICLE_SOLD"): Amounts(20 + at) for place in places for at, party in enumerate(firms)}
    # Sold before the month was published, and as many reported after it: the second version tells of them.
    for day in (today, today + timedelta(days=400)):
        async with database.transaction("ledger") as connection:
            await add_changes(connection, sold)
        assert await publish(database, day) > 0


def cells(told: list[dict[str, Any]]) -> list[str]:
    """The cells as a reader would write them: a number, or that it is withheld."""
    return sorted("withheld" if each["suppressed"] else f"{each['value']:,.0f}" for each in told)


async def shown(page: Page) -> list[str]:
    """The cells of the table on the page; those that the graph does not have are zeros of a class of their own."""
    assert set(await page.locator(".published td.none").all_inner_texts()) <= {"0"}
    return sorted(await page.locator(".published td:not(.none)").all_inner_texts())


@pytest.mark.parametrize(("address", "party"), [("/regulator", "automaker"), ("/fleet", "recycler")])
async def test_a_company_reads_the_published_tables(browser: Browser, demo_pages: Pages, released: None, address: str, party: str) -> None:
    token = await token_of(demo_pages, party)
    async with tab(browser, demo_pages) as page:
        await page.goto(f"{address}#as={party}")
        await settled(page)
        panel = page.locator("section", has=page.get_by_role("heading", name="Published statistics"))
        for cube in CUBES:
            await panel.get_by_label("Table").select_option(cube)
            await settled(page)
            told = (await graph(demo_pages, token, TOLD, cube=cube))["statistics"]["published"]
            assert await shown(page) == cells(told), cube
            # A withheld cell is drawn as itself: neither empty, nor a zero.
            assert await panel.locator(".withheld abbr").count() == sum(each["suppressed"] for each in told) > 0
            await expect(panel).to_contain_text(f"version {told[0]['version']} of ")


async def test_each_version_can_be_read(browser: Browser, demo_pages: Pages, released: None) -> None:
    token = await token_of(demo_pages, "recycler")
    last = (await graph(demo_pages, token, TOLD, month=f"{MONTH}"))["statistics"]["published"]
    number = last[0]["version"]
    assert number > 1
    async with tab(browser, demo_pages) as page:
        await page.goto("/regulator#as=recycler")
        await settled(page)
        panel = page.locator("section", has=page.get_by_role("heading", name="Published statistics"))
        await panel.get_by_label("Month").select_option(f"{MONTH}")
        await settled(page)
        await page.locator("h1").click()
        assert {"Table", "Month", "Version"} <= set(await reached(page))
        assert await panel.get_by_label("Version").locator("option").count() == number
        seen = {}
        for version in range(1, number + 1):
            await panel.get_by_label("Version").select_option(str(version))
            await settled(page)
            await expect(panel.get_by_label("Version")).to_be_focused()
            told = (await graph(demo_pages, token, TOLD, month=f"{MONTH}", version=version))["statistics"]["published"]
            seen[version] = await shown(page)
            assert seen[version] == cells(told)
        assert any(each != "withheld" for each in seen[number]), "a world of which nothing is told shows nothing"
        await accessible(page)
        await page.route("**/graphql", lambda route: route.fulfill(json={"data": {"statistics": {"published": []}}}))
        await panel.get_by_label("Table").select_option("PRODUCTION")
        await expect(panel).to_contain_text("Nothing is published of this month.")
        assert await panel.locator("table").count() == 0
