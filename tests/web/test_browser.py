"""This module is in charge of the pages as people have them: in a browser, by mouse, by keyboard, by scanner, in both languages."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from resolvers.demo.parties import demo_parties, sample_codes
from tests.web.pages import ABSENT, WORLD, Pages

GRADED = sample_codes(WORLD)["held_by_recycler"]
QUERY = "{ batteries(first: 2) { totalCount edges { node { code stateOfHealth vehicle { vin } } } } }"


@contextlib.asynccontextmanager
async def tab(browser: Browser, pages: Pages, locale: str = "en-GB", **options: Any) -> AsyncIterator[Page]:
    """A new tab. Fails when the page asked for anything of another host, broke its own policy, or raised."""
    context = await browser.new_context(locale=locale, base_url=pages.url, viewport={"width": 1280, "height": 800}, **options)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    page.on("request", lambda request: None if request.url.startswith((pages.url, "data:", "blob:")) else wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if "Content Security Policy" in message.text else None)
    yield page
    await context.close()
    assert wrong == []


async def explorer(page: Page, query: str) -> None:
    """The explorer with that query in its editor."""
    await page.goto("/")
    await page.evaluate("query => localStorage.setItem('graphiql:tabState', JSON.stringify({activeTabIndex: 0, tabs: [{id: '1', query}]}))", query)
    await page.reload()


async def answer(page: Page) -> dict[str, Any]:
    """Run the query, and what was answered to it."""
    async with page.expect_response(lambda response: response.url.endswith("/graphql") and "Introspection" not in (response.request.post_data or "")) as got:
        await page.keyboard.press("Control+Enter")
    response = await got.value
    found: dict[str, Any] = await response.json()
    return found


async def choose(page: Page, party: str) -> None:
    """Ask as that party, from the query's editor."""
    await page.get_by_role("button", name=party, exact=True).click()
    await expect(page.get_by_role("button", name=party, exact=True)).to_have_attribute("aria-pressed", "true")
    await page.locator(".graphiql-query-editor .view-lines").first.click()


async def test_one_query_as_two_parties(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages) as page:
        await explorer(page, QUERY)
        found = {}
        for party in ("recycler", "automaker"):
            await choose(page, party)
            found[party] = await answer(page)
            total = found[party]["data"]["batteries"]["totalCount"]
            await expect(page.locator(".result-window")).to_contain_text(f'"totalCount": {total}')
            withheld = found[party].get("extensions", {}).get("redactions", [])
            await expect(page.locator("#beside li")).to_have_count(len(withheld))
            for each in withheld:
                await expect(page.locator("#beside")).to_contain_text(".".join(each["path"]))
        assert found["recycler"]["data"] != found["automaker"]["data"]
        assert found["recycler"]["extensions"]["redactions"]


async def test_the_plan_stands_beside_the_answer_of_who_may_see_it(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages) as page:
        await explorer(page, QUERY)
        await choose(page, "miit")
        found = await answer(page)
        await page.get_by_role("tab", name="Plan").click()
        await expect(page.locator("#beside pre")).to_have_text(found["extensions"]["plan"])
        await expect(page.locator(".result-window")).not_to_contain_text('"plan"')
        await choose(page, "recycler")
        assert "plan" not in (await answer(page)).get("extensions", {})
        await expect(page.locator("#beside")).to_contain_text("gateway:plan")


async def test_the_documentation_is_of_the_token_s_view(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages) as page:
        await explorer(page, QUERY)
        schemas = {}
        for party in ("public", "miit"):
            async with page.expect_response(lambda response: "Introspection" in (response.request.post_data or "")) as got:
                await page.get_by_role("button", name=party, exact=True).click()
            schema = (await (await got.value).json())["data"]["__schema"]
            schemas[party] = {each["name"]: {field["name"] for field in each["fields"] or ()} for each in schema["types"]}
        assert "stateOfHealth" not in schemas["public"]["Battery"]
        assert "stateOfHealth" in schemas["miit"]["Battery"]


async def test_a_pasted_token_is_kept_by_the_page_alone(browser: Browser, served_pages: Pages, demo_pages: Pages) -> None:
    given = await demo_pages.get("/demo/tokens/recycler", "POST", x_cellgate_demo="1")
    token = json.loads(given.text)["access_token"]
    async with tab(browser, demo_pages) as page:
        await page.goto("/")
        await page.get_by_label("Access token").fill("not a token")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("three parts")
        await page.get_by_label("Access token").fill(token)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("roles: CU")
        kept = await page.evaluate("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie])")
        assert token.split(".")[2] not in kept
        await page.get_by_role("button", name="Forget it").click()
        await expect(page.get_by_role("status")).to_contain_text("No token yet")
    async with tab(browser, served_pages) as page:
        await page.goto("/")
        await expect(page.get_by_role("status")).to_contain_text("paste an access token")
        assert await page.get_by_role("group", name="Ask as").count() == 0


async def test_the_explorer_is_dark_as_a_whole_and_has_room_for_a_query_on_a_telephone(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages, "zh-CN", color_scheme="dark") as page:
        await page.set_viewport_size({"width": 390, "height": 844})
        await page.goto("/")
        await page.locator(".graphiql-query-editor .view-lines").first.wait_for()
        grounds = await page.locator(".identity, .beside, .graphiql-container").evaluate_all("them => them.map(each => getComputedStyle(each).backgroundColor)")
        assert len(grounds) == 3
        assert all(max(map(int, re.findall(r"\d+", each)[:3])) < 80 for each in grounds), grounds
        await expect(page.locator(".result-window")).to_be_hidden()
        for place in (".graphiql-query-editor .graphiql-editor", ".graphiql-response"):
            box = await page.locator(place).first.bounding_box()
            assert box is not None
            assert box["width"] > 200, place
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        await page.get_by_role("button", name="综合利用企业", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text(demo_parties(WORLD)["recycler"].name_zh)
        await expect(page.locator(".result-window")).to_be_visible()
        await page.get_by_role("link", name="企业", exact=True).click()
        await expect(page.locator("#party")).to_have_text(demo_parties(WORLD)["recycler"].name_zh)


async def test_both_languages(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages, "zh-CN") as page:
        await page.goto("/")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("查询台")
        await page.get_by_role("button", name="Switch to English").click()
        await page.reload()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("explorer")
        await page.goto("/b")
        await expect(page.get_by_label("动力电池编码")).to_be_focused()
        await page.get_by_role("link", name="Switch to English").click()
        await expect(page.get_by_label("Battery code")).to_be_focused()


FOCUSED = """() => {
  const at = document.activeElement
  if (at === null || at === document.body) return null
  if (at.closest('.graphiql-query-editor')) return 'query editor'
  if (at.closest('.graphiql-response, .result-window')) return 'answer'
  return at.getAttribute('aria-label') || at.labels?.[0]?.textContent || at.textContent.trim() || at.id
}"""


async def reached(page: Page, most: int = 80) -> list[str]:
    """Where the Tab key leads, until it leaves the page."""
    found: list[str] = []
    for _ in range(most):
        await page.keyboard.press("Tab")
        name = await page.evaluate(FOCUSED)
        if name is None or (found and name == found[0] and len(found) > 3):
            return found
        found.append(name)
    raise AssertionError(f"the Tab key is caught: {found[-10:]}")


async def test_the_keyboard_alone_reaches_everything_in_the_explorer(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages) as page:
        await explorer(page, QUERY)
        await page.locator(".graphiql-query-editor .view-lines").first.wait_for()
        found = await reached(page)
        wanted = {"Access token", "Use", "Scan a label", "切换到中文", "recycler", "public", "query editor"}
        assert wanted <= set(found)
        assert {each.split("Withheld")[0] for each in found if each.startswith("Withheld")} == {""}
        # From the parties on: choose one, run, and read what stands beside the answer, all without a mouse.
        await page.get_by_role("button", name="recycler", exact=True).focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("roles: CU")
        for _ in range(40):
            await page.keyboard.press("Tab")
            if await page.evaluate(FOCUSED) == "query editor":
                break
        assert (await answer(page))["data"]["batteries"]["totalCount"] > 0
        assert "answer" in await reached(page)
        await page.get_by_role("tab", name="Withheld").focus()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("tab", name="Plan")).to_be_focused()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Tab")
        await expect(page.locator("#beside")).to_be_focused()
        await expect(page.locator("#beside")).to_contain_text("battery:identity")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
async def test_a_page_opens_from_a_scanned_code(browser: Browser, served_pages: Pages, script: bool) -> None:
    async with tab(browser, served_pages, java_script_enabled=script) as page:
        await page.goto("/b")
        await expect(page.get_by_label("Battery code")).to_be_focused()
        # A scanner is a keyboard that types fast, and Enter at the end.
        await page.keyboard.type(GRADED)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/b/" + GRADED + "*")
        await expect(page.get_by_role("heading", level=1)).to_have_text(GRADED)
        await expect(page.get_by_text("Tested and graded")).to_be_visible()
        await expect(page.get_by_role("img", name="This page as a code")).to_be_visible()


async def test_the_label_by_keyboard_and_on_a_telephone(browser: Browser, served_pages: Pages) -> None:
    async with tab(browser, served_pages) as page:
        await page.set_viewport_size({"width": 360, "height": 740})
        for path in ("/b", "/b/" + GRADED, "/b/" + ABSENT):
            await page.goto(path)
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        await page.goto("/b/" + GRADED)
        assert await reached(page) == ["Battery label", "切换到中文", "Another label", "Look up"]
