"""This module is in charge of a finding's way to a case on the pages: by keyboard, both sides, each state the graph's, nothing lost when it is refused."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from playwright.async_api import Browser, Locator, Page, Route, expect

from gateway.foundation import Foundation
from resolvers.demo.parties import demo_parties
from resolvers.demo.registry import DEMO_PROVINCE
from resolvers.ledger.finding_rows import FindingRow
from resolvers.ledger.findings.rows import readers_of_row
from tests.sweep.bench import put
from tests.web.desk_reading import accessible, figure, graph, settled, token_of
from tests.web.pages import WORLD, Pages
from tests.web.test_browser import reached, tab

PARTIES = demo_parties(WORLD)
# Where a case stands, asked for otherwise than the pages do.
CASE = (
    "query ($id: ID!) { case(id: $id) { title state authority dueOn findings { id state } "
    "events(first: 50) { nodes { kind text state dueOn documents { kind reference sha256 } } } } }"
)
FINDINGS = "{ findings(first: 50, states: [OPEN EXPLAINED CONFIRMED]) { nodes { id } } }"
QUESTION = "Where did it go?\nName the place and the day."
DOCUMENT = {"kind": "weighing slip", "reference": "W-17", "sha256": "c3" * 32}
ANSWER = "It stands in hall 3.\nThe report follows."


async def found_about(small_demo: Foundation, party: str) -> FindingRow:
    """A finding about one of the demonstration's parties as a whole, such as sweeps write them: its own world has not been swept."""
    uscc = PARTIES[party].uscc
    provinces = (DEMO_PROVINCE,)
    since = WORLD.moment - timedelta(days=5)
    row = FindingRow(
        uscc, "5" * 32, "R05", 1, "INFO", "OPEN", ("MI", "ME"), provinces, uscc, (), None, "It is not on the norm list.", {"packs": 3}, since, WORLD.moment,
        "ENTERPRISE", (), "SWEEP",
    )  # fmt: skip
    await put(small_demo.database, [row, *readers_of_row(row)])
    return row


async def typed(page: Page, form: Locator, **values: str) -> None:
    """Fill the form by keyboard, its fields in order, and send it by its button: whether the Tab key leads there."""
    await form.locator("input, select, textarea").first.focus()
    for name, value in values.items():
        assert await page.evaluate("document.activeElement.name") == name
        if name in ("dueOn", "state", "to"):
            await (form.locator("[name=dueOn]").fill(value) if name == "dueOn" else page.keyboard.type(value))
        else:
            await page.keyboard.press("Control+A")
            await page.keyboard.insert_text(value)
        await page.keyboard.press("Tab")
        # A field for a day has parts, and a button.
        while name == "dueOn" and await page.evaluate("document.activeElement.name") == name:
            await page.keyboard.press("Tab")
    await expect(form.get_by_role("button")).to_be_focused()
    await page.keyboard.press("Enter")


async def same(sheet: Locator, pages: Pages, token: str, case_id: str) -> dict[str, Any]:
    """The sheet shows the case as the graph has it."""
    case: dict[str, Any] = (await graph(pages, token, CASE, id=case_id))["case"]
    nodes = case["events"]["nodes"]
    await expect(sheet.locator(".moment")).to_have_count(len(nodes))
    assert [await each.get_attribute("data-kind") for each in await sheet.locator(".moment").all()] == [each["kind"] for each in nodes]
    assert await sheet.locator(".moment .said").all_inner_texts() == [each["text"] for each in nodes if each["text"]]
    await expect(sheet.locator(".now")).to_have_attribute("data-state", case["state"])
    await expect(sheet.get_by_role("heading", level=2)).to_have_text(case["title"])
    return case


async def listed(page: Page, pages: Pages, token: str, case: dict[str, Any]) -> None:
    """The list beside has all cases that the graph has, and this one as it stands."""
    told = await graph(pages, token, "{ cases(first: 50) { totalCount nodes { title state dueOn } } }")
    shown = page.locator(".case")
    await expect(shown).to_have_count(told["cases"]["totalCount"])
    await expect(shown.first).to_have_attribute("data-state", case["state"])
    assert await page.locator(".case-link").first.text_content() == told["cases"]["nodes"][0]["title"] == case["title"]
    days = [await each.get_attribute("datetime") for each in await shown.locator("time").all()]
    assert days == [each["dueOn"] for each in told["cases"]["nodes"] if each["dueOn"]]
    assert figure(await page.locator("section", has=page.locator(".cases")).locator(".count").inner_text() or "0") == told["cases"]["totalCount"]


async def opened(page: Page, pages: Pages, token: str, finding: FindingRow) -> str:
    """Open a case on the finding: refused first, for a title that is too long, with all that was written kept."""
    place = page.locator(".finding").nth([each["id"] for each in (await graph(pages, token, FINDINGS))["findings"]["nodes"]].index(finding.id))
    await place.locator("summary").focus()
    await page.keyboard.press("Enter")
    form = place.locator("form")
    await expect(form.locator("[name=title]")).to_have_value("R05 Not on the norm list")
    await typed(page, form, title="T" * 201, text="We look into it.")
    await expect(form.locator(".refused")).to_contain_text("INVALID_FIELD title: has to be 1 to 200 characters on one line")
    await expect(form.locator("[name=title]")).to_have_attribute("aria-invalid", "true")
    assert await form.locator("[name=text]").input_value() == "We look into it."
    await typed(page, form, title="A pack without a place", text="We look into it.")
    sheet = page.get_by_role("dialog")
    await expect(sheet.get_by_role("heading", level=2)).to_have_text("A pack without a place")
    return (await graph(pages, token, "{ cases(first: 1) { nodes { id } } }"))["cases"]["nodes"][0]["id"]  # type: ignore[no-any-return]


async def ministry_asks(page: Page, pages: Pages, token: str, finding: FindingRow) -> str:
    """Open the case and ask in it, by a day that is refused first."""
    await page.goto("/regulator#as=miit")
    await settled(page)
    case_id = await opened(page, pages, token, finding)
    sheet = page.get_by_role("dialog")
    await same(sheet, pages, token, case_id)
    form = sheet.locator("details", has_text="Ask the enterprise").locator("form")
    day = (WORLD.moment.date().replace(year=WORLD.moment.year + 1)).isoformat()
    await typed(page, form, text=QUESTION, dueOn="2020-01-01")
    await expect(form.locator(".refused")).to_contain_text("DUE_IN_PAST dueOn: is not after today.")
    # What is not recorded outlives the sheet, too.
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page).not_to_have_url(re.compile("case="))
    await page.locator(".case-link").first.focus()
    await page.keyboard.press("Enter")
    await expect(form.locator("textarea")).to_have_value(QUESTION)
    await accessible(page)
    await typed(page, form, text=QUESTION, dueOn=day)
    await expect(sheet.get_by_role("status")).to_have_text("The question is recorded.")
    case = await same(sheet, pages, token, case_id)
    assert (case["state"], case["dueOn"], case["events"]["nodes"][1]["text"]) == ("OPEN", day, QUESTION)
    await page.keyboard.press("Escape")
    await settled(page)
    await listed(page, pages, token, case)
    return case_id


async def lost(route: Route) -> None:
    """The request arrives; its answer does not."""
    await route.fetch()
    await route.abort()


async def company_answers(page: Page, pages: Pages, party: str, case_id: str) -> None:
    """The company finds the case on its own page, answers, and can do nothing else."""
    token = await token_of(pages, party)
    await page.goto(f"/fleet#as={party}")
    await settled(page)
    await page.locator(".case-link").first.focus()
    await page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    await same(sheet, pages, token, case_id)
    await accessible(page)
    assert await sheet.locator("summary").all_inner_texts() == ["Answer the authority"]
    # The answer to the answer is lost on the way: the same words sent again are recorded once.
    await page.route("**/graphql", lost, times=1)
    await typed(page, sheet.locator("form"), text=ANSWER, **DOCUMENT, code="", id="")
    await expect(sheet.locator(".refused")).to_contain_text("The gateway cannot be reached.")
    assert len((await graph(pages, token, CASE, id=case_id))["case"]["events"]["nodes"]) == 3
    await typed(page, sheet.locator("form"), text=ANSWER, **DOCUMENT, code="", id="")
    await expect(sheet.get_by_role("status")).to_have_text("Your answer is recorded.")
    case = await same(sheet, pages, token, case_id)
    assert ([each["kind"] for each in case["events"]["nodes"]], case["dueOn"]) == (["OPENED", "ASKED", "ANSWERED"], None)
    assert case["events"]["nodes"][2]["documents"] == [DOCUMENT]
    assert await sheet.locator(".moment .evidence").all_inner_texts() == [" ".join(DOCUMENT.values())]
    await page.keyboard.press("Escape")
    await expect(page.locator(".case-link").first).to_be_focused()
    await listed(page, pages, token, case)


async def test_a_finding_s_way_to_a_decision(browser: Browser, demo_pages: Pages, small_demo: Foundation) -> None:
    token = await token_of(demo_pages, "miit")
    finding = await found_about(small_demo, "recycler")
    async with tab(browser, demo_pages) as page:
        case_id = await ministry_asks(page, demo_pages, token, finding)
        await company_answers(page, demo_pages, "recycler", case_id)
        await page.goto(f"/regulator#as=miit&case={case_id}")
        sheet = page.get_by_role("dialog")
        await same(sheet, demo_pages, token, case_id)
        deciding = sheet.locator("details", has_text="Decide")
        await deciding.locator("summary").focus()
        await page.keyboard.press("Enter")
        await typed(page, deciding.locator("form"), state="Conf", reason="So it is.")
        await expect(sheet.get_by_role("status")).to_have_text("The decision is recorded.")
        case = await same(sheet, demo_pages, token, case_id)
        assert (case["state"], [each["state"] for each in case["findings"]]) == ("CONFIRMED", ["CONFIRMED"])
        assert await deciding.locator("option").all_text_contents() == ["Closed", "Open"]
        await page.keyboard.press("Escape")
        await settled(page)
        await listed(page, demo_pages, token, case)
        # The finding itself leads to its case now, and a second one cannot be opened from it.
        assert await page.locator(".finding .case-link").all_inner_texts() == [case["title"]]
        await page.locator(".finding .case-link").focus()
        await page.keyboard.press("Enter")
        handing = sheet.locator("details", has_text="Hand over")
        await handing.locator("summary").focus()
        await page.keyboard.press("Enter")
        await typed(page, handing.locator("form"), to="env", reason="A matter of waste.")
        await expect(sheet.get_by_role("status")).to_have_text("The case is handed over.")
        case = await same(sheet, demo_pages, token, case_id)
        assert (case["authority"], case["events"]["nodes"][-1]["kind"]) == ("ME", "HANDED_OVER")
        await expect(sheet.locator(".facts")).to_contain_text("Environment ministry")
        # Who handed it over goes on seeing it, and does nothing in it any more.
        await expect(sheet.locator("form")).to_have_count(0)


async def several(small_demo: Foundation, party: str, letters: str) -> list[FindingRow]:
    """Findings about one of the demonstration's parties, one for each letter."""
    uscc, since = PARTIES[party].uscc, WORLD.moment - timedelta(days=4)
    rows = [
        FindingRow(
            uscc, each * 32, "R10", 1, "MEDIUM", "OPEN", ("PR",), (DEMO_PROVINCE,), uscc, (), None, "3 of 30 reports of 2026-01 came late",
            {"late": 3, "reports": 30, "month": "2026-01"}, since, WORLD.moment, "ENTERPRISE", (), "SWEEP",
        )
        for each in letters
    ]  # fmt: skip
    await put(small_demo.database, [made for row in rows for made in (row, *readers_of_row(row))])
    return rows


async def test_one_case_is_opened_on_several_findings_by_keyboard(browser: Browser, demo_pages: Pages, small_demo: Foundation) -> None:
    token = await token_of(demo_pages, "miit")
    mine, others = await several(small_demo, "dismantler", "ab"), await several(small_demo, "automaker", "c")
    async with tab(browser, demo_pages) as page:
        await page.goto("/regulator#as=miit")
        await settled(page)
        boxes = [page.locator(f"[name=chosen][value='{each.id}']") for each in (*mine, *others)]
        bar = page.locator(".chosen")
        await expect(bar).to_be_hidden()
        for each in boxes[:2]:
            await each.focus()
            await page.keyboard.press("Space")
            await expect(each).to_be_focused()
        await expect(bar.get_by_role("status")).to_contain_text("2 chosen, about")
        # A case is about one enterprise: the other's wait until nothing is chosen.
        await expect(boxes[2]).to_be_disabled()
        # What is chosen outlives the language and the drawing anew.
        await page.get_by_role("button", name="切换到中文").click()
        await settled(page)
        await expect(boxes[0]).to_be_checked()
        await expect(bar.get_by_role("status")).to_contain_text("已选 2 项")
        await expect(page.locator(".finding", has=boxes[0]).locator(".message")).to_have_text("2026-01 的 30 次报送中有 3 次逾期")
        await expect(page.locator(".finding", has=boxes[0]).locator(".message")).to_have_attribute("lang", "zh-CN")
        await accessible(page)
        await page.get_by_role("button", name="Switch to English").click()
        await settled(page)
        # Nothing of the page is wider than a telephone.
        await page.set_viewport_size({"width": 390, "height": 844})
        assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
        await page.set_viewport_size({"width": 1280, "height": 800})
        await bar.locator("summary").focus()
        await page.keyboard.press("Enter")
        await typed(page, bar.locator("form"), title="Two of a kind", text="Why so late?")
        sheet = page.get_by_role("dialog")
        await expect(sheet.get_by_role("heading", level=2)).to_have_text("Two of a kind")
        case_id = (await graph(demo_pages, token, "{ cases(first: 1) { nodes { id } } }"))["cases"]["nodes"][0]["id"]
        case = await same(sheet, demo_pages, token, case_id)
        assert {each["id"] for each in case["findings"]} == {each.id for each in mine}
        await page.keyboard.press("Escape")
        await settled(page)
        await expect(bar).to_be_hidden()
        # They lead to their case, and cannot be chosen again.
        await expect(boxes[0]).to_have_count(0)
        assert (await page.locator(".finding .case-link").all_inner_texts()).count("Two of a kind") == 2
        await expect(boxes[2]).to_be_enabled()
    async with tab(browser, demo_pages) as page:
        await page.goto("/fleet#as=dismantler")
        await settled(page)
        # The company's own page names the case, and offers no choice.
        assert (await page.locator(".finding .case-link").all_inner_texts()).count("Two of a kind") == 2
        await expect(page.locator("[name=chosen]")).to_have_count(0)


async def test_cases_in_chinese_on_a_telephone_at_night_and_where_there_is_none(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages, "zh-CN", color_scheme="dark") as page:
        await page.set_viewport_size({"width": 360, "height": 800})
        await page.goto("/regulator#as=miit&case=none")
        await expect(page.get_by_role("dialog")).to_contain_text("未向该令牌显示此案件。")
        # What waited for the answer is gone from the title, too.
        await expect(page.get_by_role("dialog").get_by_role("heading")).to_have_text("案件")
        await page.keyboard.press("Escape")
        await settled(page)
        await page.locator(".finding summary").first.click()
        await page.locator(".finding").first.get_by_label("告知企业的内容").fill("请说明去向。")
        await accessible(page)
        await page.get_by_role("button", name="Switch to English").click()
        await settled(page)
        await expect(page.locator(".finding").first.get_by_label("What the enterprise is to know")).to_have_value("请说明去向。")
        await page.get_by_role("button", name="切换到中文").click()
        await settled(page)
        await page.locator(".finding summary").first.focus()
        assert {"案件标题", "告知企业的内容 （选填）", "确认立案"} <= set(await reached(page))
