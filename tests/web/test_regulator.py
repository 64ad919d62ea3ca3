"""This module is in charge of the regulator's desk: as ministry and as province, recycler and automaker, each figure the graph's own, and not the same."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from resolvers.demo.parties import demo_parties, sample_codes
from tests.web.desk_reading import accessible, figure, graph, settled, token_of
from tests.web.pages import WORLD, Pages
from tests.web.test_browser import reached, tab

PARTIES = demo_parties(WORLD)
GRADED = sample_codes(WORLD)["held_by_recycler"]
SERIES = ("production", "sales", "retirements", "reprocessing")
# Written down once more, and asked for otherwise than the page does: whole periods where it adds up months.
FIGURES = """{ statistics {
  production(by: []) { packs } sales(by: []) { packs } retirements(by: []) { packs } reprocessing(by: []) { packs }
  custodyFlows(by: [ROLE, TO_ROLE]) { fromRole toRole packs }
  stock(by: [PROVINCE]) { province { code } packs }
  recovery(by: [MONTH]) { month element rate norm }
  lateReports(by: []) { reports late }
  findings(from: "2000-01-01", by: [STATE]) { state findings }
  takeBacks(by: []) { requests }
} }"""
FOUND = "{ findings(first: 50, states: [OPEN EXPLAINED CONFIRMED]) { totalCount } }"


def total(rows: list[dict[str, Any]], name: str = "packs") -> int:
    """The sum of a column."""
    return sum(row[name] for row in rows)


async def shown(page: Page) -> dict[str, Any]:
    """The figures on the desk."""
    found: dict[str, Any] = {each: figure(await page.locator("#" + each).inner_text()) for each in SERIES}
    found["late"] = figure(await page.locator("section", has_text="Late reports").locator(".count").first.inner_text())
    await page.locator("summary", has_text="as a table").click()
    found["flows"] = [figure(each) for each in await page.locator(".flows tbody td:nth-of-type(2)").all_inner_texts()]
    tiles = await page.locator(".tile:not(:disabled)").all()
    found["stock"] = sorted([figure(await each.locator("strong").inner_text()) for each in tiles])
    return found


SITES = "{ notices(first: 50, types: [UNLICENSED_SITE_SEEN]) { totalCount nodes { place circumstances operatorCode operator { uscc } } } }"


@pytest.mark.parametrize("party", ["miit", "province", "mee", "recycler"])
async def test_who_is_told_of_sites_reads_them_and_companies_have_no_place_for_them(browser: Browser, demo_pages: Pages, party: str) -> None:
    told = (await graph(demo_pages, await token_of(demo_pages, party), SITES))["notices"]
    async with tab(browser, demo_pages) as page:
        await page.goto(f"/regulator#as={party}")
        await settled(page)
        sites = page.locator("section", has=page.get_by_role("heading", name="Sites without a licence"))
        if party == "recycler":
            await expect(sites).to_have_count(0)
            return
        assert told["totalCount"] >= 2
        assert figure(await sites.locator(".count").first.inner_text()) == told["totalCount"]
        assert await sites.locator("strong").all_inner_texts() == [each["place"] for each in told["nodes"]]
        for each in told["nodes"]:
            await expect(sites).to_contain_text(each["circumstances"])
            await expect(sites).to_contain_text(each["operatorCode"] or "")
        nobody = [each for each in told["nodes"] if each["operatorCode"] and each["operator"] is None]
        assert len(nobody) == (party != "province"), "who runs a site without a licence often is not registered"
        await accessible(page)


async def test_a_recalled_battery_says_so_and_one_that_was_put_right_does_not(browser: Browser, demo_pages: Pages) -> None:
    codes = sample_codes(WORLD)
    async with tab(browser, demo_pages) as page:
        for name, there in (("in_service_since_a_year", 1), ("in_service_since_30_days", 0)):
            await page.goto(f"/regulator#as=miit&pack={codes[name]}")
            await settled(page)
            await expect(page.locator(".facts").get_by_text("Made on")).to_have_count(1)
            await expect(page.locator(".facts").get_by_text("recalled, not put right yet")).to_have_count(there)


@pytest.mark.parametrize("party", ["miit", "province"])
async def test_an_authority_sees_the_figures_of_its_jurisdiction(browser: Browser, demo_pages: Pages, party: str) -> None:
    token = await token_of(demo_pages, party)
    told = (await graph(demo_pages, token, FIGURES))["statistics"]
    async with tab(browser, demo_pages) as page:
        await page.goto(f"/regulator#as={party}")
        await settled(page)
        await expect(page.locator("#party")).to_have_text(PARTIES[party].name)
        found = await shown(page)
        assert {each: found[each] for each in SERIES} == {each: total(told[each]) for each in SERIES}
        assert found["late"] == total(told["lateReports"], "late")
        assert sorted(found["flows"]) == sorted(each["packs"] for each in told["custodyFlows"] if each["packs"])
        assert found["stock"] == sorted(each["packs"] for each in told["stock"] if each["province"])
        assert len(found["stock"]) > 1 if party == "miit" else len(found["stock"]) == 1
        last = {each["element"]: each["rate"] for each in sorted(told["recovery"], key=lambda each: each["month"]) if each["rate"] is not None}
        assert await page.locator(".recovery .element").count() == len(last)
        for row in await page.locator(".recovery li").all():
            rate = await row.locator(".rate").evaluate("each => each.firstChild.textContent")
            assert rate == f"{last[await row.locator('.element').inner_text()]:.1%}"
        findings = page.locator("section", has=page.get_by_role("heading", name="Findings"))
        for state in ("OPEN", "EXPLAINED", "CONFIRMED", "CLOSED"):
            counted = sum(each["findings"] for each in told["findings"] if each["state"] == state)
            await expect(findings.get_by_role("button", name=f"{state.title()} {counted}", exact=True)).to_have_count(1)
        asked = total(told["takeBacks"], "requests")
        await expect(page.locator(".taken")).to_contain_text(f"{asked} requests" if asked else "None in these months")
        assert figure(await findings.locator(".count").first.inner_text()) == (await graph(demo_pages, token, FOUND))["findings"]["totalCount"]


PROVINCES = """{ statistics {
  custodyFlows(by: [PROVINCE, TO_PROVINCE]) { fromProvince { code } toProvince { code } packs }
  reprocessing(by: [KIND]) { kind packs }
} }"""


@pytest.mark.parametrize("party", ["miit", "province"])
async def test_flows_stand_between_provinces_and_products_by_their_use(browser: Browser, demo_pages: Pages, party: str) -> None:
    told = (await graph(demo_pages, await token_of(demo_pages, party), PROVINCES))["statistics"]
    async with tab(browser, demo_pages) as page:
        await page.goto(f"/regulator#as={party}")
        await settled(page)
        if await page.locator("summary", has_text="more pairs").count():
            await page.locator("summary", has_text="more pairs").click()
        shown_ = [figure(each) for each in await page.locator("table.between tbody td:nth-of-type(3)").all_inner_texts()]
        assert shown_ == sorted([each["packs"] for each in told["custodyFlows"] if each["packs"]], reverse=True)
        line = await page.locator(".uses").inner_text()
        assert sum(figure(each) for each in re.findall(r"[\d,]+", line)) == total(told["reprocessing"])
        assert "Stationary storage" in line


async def test_what_is_expected_stands_beside_what_left_and_the_month_that_runs_says_so(browser: Browser, demo_pages: Pages) -> None:
    query = "{ statistics { expectedRetirements { month packs } } }"
    expected = (await graph(demo_pages, await token_of(demo_pages, "miit"), query))["statistics"]["expectedRetirements"]
    async with tab(browser, demo_pages, "zh-CN") as page:
        await page.goto("/regulator#as=miit")
        await settled(page)
        await expect(page.locator("#party")).to_have_text(PARTIES["miit"].name_zh)
        assert figure(await page.locator("#expected").inner_text()) == round(sum(each["packs"] for each in expected))
        assert await page.locator(".bar.expected").count() == len(expected)
        assert await page.locator(".bar.running").count() == 4
        assert await page.locator("rect.bar:not(.expected)").count() == 4 * 12
        await expect(page.locator(".series", has=page.locator("#production")).locator(".ends")).to_contain_text("2026-11（未完）")
        await expect(page.locator(".series", has=page.locator("#expected")).locator(".ends")).to_contain_text(expected[0]["month"][:7])


async def test_nothing_is_cut_off_in_english_either(browser: Browser, demo_pages: Pages) -> None:
    for width in (1280, 390):
        async with tab(browser, demo_pages) as page:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.goto("/regulator#as=miit")
            await settled(page)
            await accessible(page)


async def test_more_out_than_in_is_no_good_recovery(browser: Browser, demo_pages: Pages) -> None:
    query = "{ statistics { recovery(by: [MONTH]) { month element rate } } }"
    told = (await graph(demo_pages, await token_of(demo_pages, "miit"), query))["statistics"]["recovery"]
    last = {each["element"]: each["rate"] for each in sorted(told, key=lambda each: each["month"]) if each["rate"] is not None}
    async with tab(browser, demo_pages) as page:
        await page.goto("/regulator#as=miit")
        await settled(page)
        for row in await page.locator(".recovery li").all():
            beyond = last[await row.locator(".element").inner_text()] > 1
            assert ("more out than in" in await row.locator(".rate").inner_text()) == beyond


async def test_the_ministry_and_the_province_see_different_figures(demo_pages: Pages) -> None:
    first, second = [(await graph(demo_pages, await token_of(demo_pages, party), FIGURES))["statistics"] for party in ("miit", "province")]
    assert total(first["stock"]) > total(second["stock"]) > 0
    assert total(first["production"]) > total(second["production"])


@pytest.mark.parametrize(("party", "recovers"), [("recycler", True), ("automaker", False)])
async def test_a_company_gets_what_is_its_own_and_no_statistics(browser: Browser, demo_pages: Pages, party: str, recovers: bool) -> None:
    token = await token_of(demo_pages, party)
    query = "query($me: CreditCode!) { enterprise(uscc: $me) { recoveryRates { element rate } } }"
    rates = (await graph(demo_pages, token, query, me=PARTIES[party].uscc))["enterprise"]["recoveryRates"] or []
    async with tab(browser, demo_pages) as page:
        await page.goto(f"/regulator#as={party}")
        await settled(page)
        await expect(page.locator(".scope")).to_contain_text("Exact statistics are for authorities")
        assert await page.locator(".sankey, .tiles, .numbers").count() == 0
        assert await page.locator(".recovery .element").count() == len({each["element"] for each in rates if each["rate"] is not None})
        assert (await page.locator(".recovery .element").count() > 0) == recovers


async def test_a_province_narrows_the_desk(browser: Browser, demo_pages: Pages) -> None:
    token = await token_of(demo_pages, "miit")
    query = '{ statistics { production(by: [], province: "440000") { packs } } }'
    told = (await graph(demo_pages, token, query))["statistics"]["production"]
    async with tab(browser, demo_pages) as page:
        await page.goto("/regulator#as=miit")
        await settled(page)
        await page.get_by_role("button", name="Guangdong").click()
        await expect(page.locator(".scope")).to_contain_text("Narrowed to Guangdong")
        await settled(page)
        assert figure(await page.locator("#production").inner_text()) == total(told)
        await page.get_by_role("button", name="Show all again").click()
        await expect(page.locator(".scope")).to_contain_text("All that this token sees")


async def test_a_code_opens_a_life_and_findings_stand_at_their_evidence(browser: Browser, demo_pages: Pages) -> None:
    token = await token_of(demo_pages, "miit")
    found = (await graph(demo_pages, token, "{ findings(first: 50) { totalCount nodes { rule battery { code } evidence } } }"))["findings"]
    shown_of = next(each for each in found["nodes"][:20] if each["battery"] and each["evidence"])
    async with tab(browser, demo_pages) as page:
        await page.goto("/regulator#as=miit")
        await settled(page)
        await expect(page.locator(".finding")).to_have_count(min(found["totalCount"], 20))
        await page.get_by_role("button", name=re.compile("^Closed ")).focus()
        await page.keyboard.press("Enter")
        await settled(page)
        await expect(page.get_by_role("button", name=re.compile("^Closed "))).to_be_focused()
        await expect(page.get_by_role("button", name=re.compile("^Closed "))).to_have_attribute("aria-pressed", "true")
        await page.get_by_role("button", name="Not closed").click()
        await settled(page)
        await page.locator(f'.finding a[href="#pack={shown_of["battery"]["code"]}"]').first.click()
        await expect(page.get_by_role("dialog").locator(".moment .flag .rule").first).to_have_text(shown_of["rule"].split("_")[0])
        await page.keyboard.press("Escape")
        await page.get_by_label("Battery code").fill(GRADED.lower())
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_contain_text("Tested and graded")
        assert await page.get_by_role("dialog").locator(".moment").count() > 3


async def test_it_can_be_read_by_day_and_by_night_and_by_keyboard(browser: Browser, demo_pages: Pages) -> None:
    for scheme, width in (("light", 1280), ("dark", 360)):
        async with tab(browser, demo_pages, "zh-CN", color_scheme=scheme) as page:
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto("/regulator#as=miit")
            await settled(page)
            await expect(page.get_by_role("heading", level=1)).to_have_text("监管工作台")
            await accessible(page)
            if width == 1280:
                found = await reached(page, 240)
                assert {"月份", "动力电池编码", "查看生命周期", "当前存量", "以表格查看", "高"} <= set(found)
                assert sum(each.startswith("广东") for each in found) == 1
