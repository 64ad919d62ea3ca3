"""This module is in charge of the company view: under a strict policy, each figure the graph's, for each party its own, by keyboard, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from gateway.web.desk import FOLDER
from resolvers.demo.parties import demo_parties, sample_codes
from resolvers.ledger.findings.register import RULES
from resolvers.ledger.recovery.balance import ELEMENTS
from resolvers.ledger.rules import load_rules
from tests.web.desk_reading import accessible, figure, graph, settled, token_of
from tests.web.pages import ABSENT, WORLD, Pages
from tests.web.test_browser import reached, tab

PARTIES = demo_parties(WORLD)
GRADED = sample_codes(WORLD)["held_by_recycler"]
STAGES = {
    "made": "CODED SOLD INSTALLED",
    "use": "IN_SERVICE SWAP_POOL",
    "out": "REMOVED IN_SCRAP_VEHICLE RETIRED",
    "moving": "IN_TRANSIT",
    "store": "STORED GRADED",
    "ended": "DISMANTLED REPROCESSED RECYCLED DISPOSED EXPORTED",
    "missing": "MISSING",
}
FOREIGN = re.compile(r"https?://(?!www\.w3\.org/2000/svg)|innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b")


async def test_the_policy_lets_nothing_run_but_the_page_s_own_files(served_pages: Pages) -> None:
    page = await served_pages.get("/fleet")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    directives = dict(each.strip().split(" ", 1) for each in page.headers["content-security-policy"].split(";"))
    assert directives["default-src"] == directives["frame-ancestors"] == directives["trusted-types"] == "'none'"
    assert directives["script-src"] == directives["style-src"] == directives["connect-src"] == "'self'"
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert all(each.startswith("/") for each in named)
    for address in named:
        assert (await served_pages.get(address)).status in (200, 303), address
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|<[^>]+\s(?:on\w+|style)=", page.text)


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_a_file_names_no_other_host_and_writes_no_markup(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not FOREIGN.search(text)
    assert text.count("\n") <= 250


async def test_both_languages_have_the_same_words(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages) as page:
        await page.goto("/fleet")
        for path in sorted(FOLDER.glob("words_*.js")):
            words = await page.evaluate("path => import(path).then(each => Object.values(each)[0])", f"/desk/{path.name}")
            assert _keys(words["en"]) == _keys(words["zh"]), path.name


def _keys(words: object) -> object:
    return {name: _keys(each) for name, each in words.items()} if isinstance(words, dict) else None


# Groups of words, and the enum of the graph whose values each has to have: a value without a word stands on the page in capitals.
ENUMS = {
    "duties": "ObligationDuty", "statuses": "BatteryStatus", "events": "EventType", "safety": "SafetyClass", "severities": "FindingSeverity",
    "states": "FindingState", "outcomes": "TakeBackOutcome", "dwells": "DwellClass", "activities": "SiteActivity", "publishedTables": "PublishedCube",
    "partyRoles": "PartyRole", "caseEvents": "CaseEventKind", "fieldsOfUse": "FieldOfUse",
}  # fmt: skip


async def test_each_word_has_one_meaning_and_each_value_of_the_graph_its_word(browser: Browser, demo_pages: Pages) -> None:
    asked = " ".join(f'{group}: __type(name: "{name}") {{ enumValues {{ name }} }}' for group, name in ENUMS.items())
    values = await graph(demo_pages, await token_of(demo_pages, "miit"), "{ " + asked + " }")
    async with tab(browser, demo_pages) as page:
        await page.goto("/fleet")
        named: dict[str, object] = {}
        for path in sorted(FOLDER.glob("words_*.js")):
            words = await page.evaluate("path => import(path).then(each => Object.values(each)[0].en)", f"/desk/{path.name}")
            assert not named.keys() & words.keys(), path.name
            named |= words
    for group, told in values.items():
        found = named[group]
        assert isinstance(found, dict)
        assert {each["name"] for each in told["enumValues"]} <= found.keys(), group
    rules = named["rules"]
    assert isinstance(rules, dict)
    assert RULES.keys() <= rules.keys()
    elements = named["elements"]
    assert isinstance(elements, dict)
    assert elements.keys() == set(ELEMENTS)
    asked_of = {("deadline", "REJECTED"), ("deadline", "TAKE_BACK_ANSWER"), ("deadline.dismantling_information", "CODE_FILED")}
    bases = named["bases"]
    assert isinstance(bases, dict)
    assert {each.basis for each in load_rules() if (each.name, each.node_type) in asked_of} == bases.keys()


@pytest.mark.parametrize("party", ["recycler", "automaker", "battery-maker"])
async def test_each_figure_is_the_graph_s(browser: Browser, demo_pages: Pages, party: str) -> None:
    token = await token_of(demo_pages, party)
    counts = " ".join(f"{stage}: batteries(first: 1, filter: {{status: {{in: [{statuses}]}}}}) {{ totalCount }}" for stage, statuses in STAGES.items())
    rest = "findings(first: 1, states: [OPEN EXPLAINED CONFIRMED]) { totalCount } enterprise(uscc: $me) { obligations { dueOn } }"
    query = f"query($me: CreditCode!) {{ whole: batteries(first: 25) {{ totalCount nodes {{ code }} }} {counts} {rest} }}"
    told = await graph(demo_pages, token, query, me=PARTIES[party].uscc)
    async with tab(browser, demo_pages) as page:
        await page.goto(f"/fleet#as={party}")
        await settled(page)
        await expect(page.locator("#party")).to_have_text(PARTIES[party].name)
        assert figure(await page.locator("#whole").inner_text()) == told["whole"]["totalCount"] > 0
        shown = [figure(each) for each in await page.locator(".stage strong").all_inner_texts()]
        assert shown == [told["whole"]["totalCount"], *(told[stage]["totalCount"] for stage in STAGES)]
        assert sum(shown[1:]) == shown[0]
        codes = await page.locator(".packs tbody th").all_inner_texts()
        assert ["".join(each.split()) for each in codes] == [each["code"] for each in told["whole"]["nodes"]]
        due = page.get_by_role("region", name="What is due").or_(page.locator("section", has_text="What is due")).first
        assert figure(await due.locator(".count").inner_text()) == len(told["enterprise"]["obligations"])
        assert await due.locator("time").all_inner_texts() == [each["dueOn"] for each in told["enterprise"]["obligations"]]
        found = page.locator("section", has_text="Findings about you").first
        assert figure(await found.locator(".count").inner_text()) == told["findings"]["totalCount"]


async def test_a_stage_narrows_the_list_and_pages_turn(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages) as page:
        await page.goto("/fleet#as=battery-maker")
        await settled(page)
        first = await page.locator(".packs tbody th").first.inner_text()
        await page.get_by_role("button", name="Next").click()
        await expect(page.locator(".packs tbody th").first).not_to_have_text(first)
        await page.get_by_role("button", name="Previous").click()
        await expect(page.locator(".packs tbody th").first).to_have_text(first)
        chosen = page.get_by_role("button", name="Missing")
        count = figure(await chosen.locator("strong").inner_text())
        await chosen.click()
        await expect(page.locator(".packs tbody tr")).to_have_count(count)
        await expect(page.get_by_role("button", name="Missing")).to_have_attribute("aria-pressed", "true")
        assert set(await page.locator(".packs .status").all_inner_texts()) == {"Missing"}


LIVES = [
    ("INSTALLED VEHICLE_SOLD VEHICLE_SCRAPPED", "IN_SCRAP_VEHICLE", True), ("INSTALLED VEHICLE_SOLD VEHICLE_SCRAPPED PACK_DETACHED", "RETIRED", True),
    ("INSTALLED VEHICLE_SOLD VEHICLE_SCRAPPED", "IN_SERVICE", False), ("INSTALLED VEHICLE_SOLD VEHICLE_SCRAPPED REPLACED", "REMOVED", False),
    ("INSTALLED VEHICLE_SOLD VEHICLE_SCRAPPED SAFETY_EVENT", "IN_SERVICE", False), ("SWAP_IN VEHICLE_SCRAPPED SWAP_OUT", "SWAP_POOL", False),
]  # fmt: skip


async def test_a_vehicle_that_was_scrapped_without_its_battery_leaves_that_in_use(browser: Browser, demo_pages: Pages) -> None:
    """The colour of each event is where the battery stood then; whether it came with the vehicle shows in what came next."""
    read = "([types, status]) => import('/desk/pack.js').then(each => each.stagesOf(types.map(type => ({ type })), status))"
    stage = "status => import('/desk/stages.js').then(each => each.stageOf(status))"
    async with tab(browser, demo_pages) as page:
        await page.goto("/fleet#as=recycler")
        await settled(page)
        gone = await page.evaluate(stage, "IN_SCRAP_VEHICLE")
        for types, status, came in LIVES:
            told = await page.evaluate(read, [types.split(), status])
            at = types.split().index("VEHICLE_SCRAPPED")
            assert len(told) == len(types.split())
            assert told[at] == (gone if came else told[at - 1]), (types, status)
            assert told[at - 1] != gone


async def test_a_battery_s_life_and_what_is_not_shown_of_it(browser: Browser, demo_pages: Pages) -> None:
    token = await token_of(demo_pages, "recycler")
    told = await graph(demo_pages, token, "query($code: BatteryCode!) { battery(code: $code) { events { nodes { occurredAt } } } }", code=GRADED)
    async with tab(browser, demo_pages) as page:
        await page.goto("/fleet#as=recycler")
        await settled(page)
        await page.locator(f'a[href="#pack={GRADED}"]').first.click()
        sheet = page.get_by_role("dialog")
        await expect(sheet.locator(".moment")).to_have_count(len(told["battery"]["events"]["nodes"]))
        await expect(sheet).to_contain_text("Tested and graded")
        await expect(sheet.get_by_role("img")).to_be_visible()
        # The arrow goes the way of the battery, whoever reported it; and what is withheld is not called withheld from a publication.
        ways = [await sheet.locator(".moment", has_text=each).locator("p").first.inner_text() for each in ("Handed over", "Received")]
        assert ways[0].split(" → ")[0] == ways[1].split(" → ")[0] != PARTIES["recycler"].name
        await expect(sheet.locator(".withheld")).to_contain_text("Withheld from this token: ")
        await page.keyboard.press("Escape")
        await expect(sheet).to_have_count(0)
        await expect(page).not_to_have_url(re.compile("pack="))
        await page.goto(f"/fleet#as=recycler&pack={ABSENT}")
        await expect(page.get_by_role("dialog")).to_contain_text("No battery is shown")


async def test_offers_are_counted_by_the_graph_and_recovery_stands_with_who_recovers(browser: Browser, demo_pages: Pages) -> None:
    query = "query($me: CreditCode!) { batteries(first: 1, filter: {status: {eq: IN_TRANSIT}, custodian: {eq: $me}}) { totalCount } }"
    for party, recovers in (("recycler", 1), ("automaker", 0), ("miit", 0)):
        told = await graph(demo_pages, await token_of(demo_pages, party), query, me=PARTIES[party].uscc)
        async with tab(browser, demo_pages) as page:
            await page.goto(f"/fleet#as={party}")
            await settled(page)
            await expect(page.get_by_role("heading", name="Recovery against the norm")).to_have_count(recovers)
            offers = page.locator("section", has=page.get_by_role("heading", name="Offers you made"))
            assert figure(await offers.locator(".count").first.inner_text()) == told["batteries"]["totalCount"]


async def test_it_can_be_read_by_day_and_by_night_on_a_desk_and_on_a_telephone(browser: Browser, demo_pages: Pages) -> None:
    for scheme, width in (("light", 1280), ("dark", 360)):
        async with tab(browser, demo_pages, "zh-CN", color_scheme=scheme) as page:
            await page.set_viewport_size({"width": width, "height": 800})
            await page.goto("/fleet")
            await expect(page.get_by_role("heading", level=1)).to_have_text("以谁的身份查询？")
            await accessible(page)
            await page.get_by_role("button", name="综合利用企业").click()
            await settled(page)
            await accessible(page)
            await page.evaluate("code => { location.hash = '#as=recycler&pack=' + code }", GRADED)
            await page.locator(".moment").first.wait_for()
            await accessible(page)


async def test_the_keyboard_alone(browser: Browser, demo_pages: Pages) -> None:
    async with tab(browser, demo_pages) as page:
        await page.goto("/fleet")
        await page.get_by_role("button", name="Recycler").focus()
        await page.keyboard.press("Enter")
        await settled(page)
        # As for who comes back: the party stands in the address, and the page begins at its top.
        await page.reload()
        await settled(page)
        found = await reached(page, 120)
        assert found[0] == "To the content"
        assert {"Company", "Explorer", "Scan a label", "切换到中文", "Ask as somebody else", "Batteries"} <= set(found)
        assert {each for each in found if each.startswith("In store")}
        packs = set(await page.locator(".packs .pack-link").all_text_contents())
        assert len(packs) > 10
        assert packs <= set(found)
        await page.locator(f'.packs a[href="#pack={GRADED}"]').focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Close", exact=True)).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator(f'.packs a[href="#pack={GRADED}"]')).to_be_focused()


async def test_a_token_that_is_refused_is_told_and_kept_by_the_page_alone(browser: Browser, served_pages: Pages, demo_pages: Pages) -> None:
    token = await token_of(demo_pages, "recycler")
    async with tab(browser, served_pages) as page:
        await page.goto("/fleet")
        assert await page.locator(".party").count() == 0
        field = page.get_by_label("Access token")
        await field.fill("not a token")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("three parts")
        # A token of another issuer: well made, and refused.
        await field.fill(token)
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert").first).to_contain_text("INVALID_TOKEN")
        await expect(page.get_by_role("button", name="Ask again").first).to_be_visible()
        kept = await page.evaluate("JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, location.href])")
        assert token.split(".")[2] not in kept


@pytest.mark.parametrize(("language", "told"), [("en-GB", "The public has no fleet"), ("zh-CN", "公众没有名下的电池")])
async def test_the_public_is_told_calmly_that_it_has_no_fleet(browser: Browser, demo_pages: Pages, language: str, told: str) -> None:
    """It has no credit code to ask by, and no list: nothing is asked that has to fail."""
    async with tab(browser, demo_pages, language) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.post_data or "") if request.url.endswith("/graphql") else None)
        await page.goto("/fleet#as=public")
        await settled(page)
        await expect(page.locator("main > .nothing")).to_contain_text(told)
        assert await page.locator("[role=alert], .failure").count() == 0
        assert not [each for each in asked if "batteries" in each or "enterprise(" in each or "batteryCounts" in each]
        await accessible(page)
