"""This module is in charge of what a page fetches: one script and one style sheet, made of modules that stay as they are written."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from gateway.web.desk import FOLDER, PAGES, STYLES
from gateway.web.joined import NotJoined, evaluated, joined
from tests.web.desk_reading import settled
from tests.web.pages import Pages
from tests.web.test_browser import tab

MODULES = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js")}
# A module that is joined is a function, which hides its names from the others, and is called once, though two need it.
SMALL = {
    "top": "import { a as left, add } from './left.js'\nimport { a } from './right.js'\nadd()\nwindow.told = [left, a, add()]\n",
    "left": "import { count } from './base.js'\nexport const a = 'left'\nconst hidden = 1\nexport function add() {\n  return (count.at += hidden)\n}\n",
    "right": "import { count } from './base.js'\nconst hidden = 10\ncount.at += hidden\nexport const a = 'right'\nexport class Unused {}\n",
    "base": "export const count = { at: 0 }\n",
}


async def test_a_joined_script_does_what_its_modules_do(browser: Browser) -> None:
    assert evaluated(SMALL, "top") == ["base", "left", "right", "top"]
    page = await browser.new_page()
    await page.add_script_tag(content=joined(SMALL, "top"), type="module")
    # A module's script runs after it was added.
    await page.wait_for_function("window.told")
    assert await page.evaluate("window.told") == ["left", "right", 12]
    await page.close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import base from './base.js'\n", "import base from"),
        ("import * as base from './base.js'\n", "import . as base"),
        ("import {\n  count,\n} from './base.js'\n", "import {"),
        ("const later = () => import('./base.js')\n", "const later"),
        ("const here = import.meta.url\n", "const here"),
        ("export default 1\n", "export default"),
        ("export let count = 1\n", "export let"),
        ("const count = 1\nexport { count }\n", "export { count }"),
        ("export const { a, b } = window\n", "export const { a"),
        ("import { a } from './absent.js'\n", "absent.js: there is no such module for top"),
        ("import { a } from './around.js'\n", "it needs itself: page, top, around, top"),
    ],
)
def test_what_is_not_understood_stops_the_start(text: str, told: str) -> None:
    with pytest.raises(NotJoined, match=told):
        joined({**SMALL, "top": text, "around": "import { b } from './top.js'\nexport const a = 1\n"}, "top")


def test_every_module_is_part_of_a_page_and_every_style_of_the_sheet() -> None:
    assert {name for page in PAGES for name in evaluated(MODULES, page)} == MODULES.keys()
    assert set(STYLES) == {path.stem for path in FOLDER.glob("*.css")}


@pytest.mark.parametrize("page_name", PAGES)
async def test_a_page_fetches_one_script_and_one_style_sheet(browser: Browser, demo_pages: Pages, page_name: str) -> None:
    fetched: list[str] = []
    async with tab(browser, demo_pages) as page:
        page.on("request", lambda request: fetched.append(request.url.removeprefix(demo_pages.url)))
        await page.goto(f"/{page_name}#as=miit")
        await settled(page)
    assert sorted(each for each in fetched if each.startswith("/desk/")) == [f"/desk/page/{page_name}.js", "/desk/page/styles.css"]


@pytest.mark.parametrize("address", ["/desk/page/fleet.js", "/desk/page/styles.css"])
async def test_what_did_not_change_is_not_sent_again(served_pages: Pages, address: str) -> None:
    whole = await served_pages.get(address)
    tag = whole.headers["etag"]
    assert (whole.status, whole.headers["cache-control"]) == (200, "no-cache")
    for held in (tag, f"W/{tag}", f'"other", {tag}'):
        again = await served_pages.get(address, if_none_match=held)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert (await served_pages.get(address, if_none_match='"other"')).body == whole.body
