"""This module is in charge of the label's pages over HTTP: what they show, what they do not, and what may be scanned."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.foundation import Foundation
from gateway.web.label import QUERY, SCOPES, scanned
from gateway.web.label_texts import TEXTS
from gateway.web.language import Language, language_of
from resolvers.demo.parties import sample_codes
from schema.graph import load_graphs
from tests.web.pages import ABSENT, WORLD, Pages, pages_over

CODES = sample_codes(WORLD)
GRADED = CODES["held_by_recycler"]


class Elements(HTMLParser):
    """All start tags of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def without(text: str, code: str) -> str:
    return text.replace(code, "CODE")


@pytest.mark.parametrize(
    ("accept", "words"), [("zh-CN,zh;q=0.9,en;q=0.5", "公开信息"), ("en-GB,en;q=0.9", "What the label says to everybody"), ("fr", "公开信息")]
)
async def test_a_pack_is_shown_in_the_reader_s_language(served_pages: Pages, accept: str, words: str) -> None:
    page = await served_pages.get("/b/" + GRADED, accept_language=accept)
    assert page.status == 200
    assert words in page.text
    assert GRADED in page.text
    assert page.headers["vary"] == "accept-language"
    assert page.headers["content-language"] in {"zh-CN", "en"}


@pytest.mark.parametrize("label", sorted(CODES))
async def test_every_kind_of_pack_has_its_page_and_gives_no_more_than_identity(served_pages: Pages, label: str) -> None:
    page = await served_pages.get(f"/b/{CODES[label]}?lang=en")
    assert page.status == 200
    told = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", page.text))
    words = TEXTS[Language.ENGLISH]
    public = ("maker", "model", "chemistry", "produced", "energy", "capacity", "voltage", "mass", "cells", "reprocessed")
    assert told.keys() <= {words[each] for each in public}
    assert {words["chemistry"], words["produced"]} <= told.keys()


def test_the_page_asks_for_category_a_and_the_maker_s_name_alone() -> None:
    sdl = {name: graph.sdl for name, graph in load_graphs().items()}
    battery = sdl["battery"].split("type Battery @key", 1)[1].split("\n}\n", 1)[0]
    asked = set(re.findall(r"\w+", QUERY.split("battery(code: $code)", 1)[1])) - {"name", "nameEn"}
    for field in asked:
        line = re.search(rf"^  {field}[:(].*$", battery, re.MULTILINE)
        assert line is not None, field
        assert 'names: ["A"]' in line[0], field
    assert {"battery:identity", "enterprise:read"} == SCOPES


async def test_hidden_and_missing_are_one_page(served_pages: Pages) -> None:
    other = ABSENT[:-1] + "8"
    first, second = [await served_pages.get("/b/" + code, accept_language="en") for code in (ABSENT, other)]
    assert first.status == second.status == 404
    assert without(first.text, ABSENT) == without(second.text, other)


@pytest.mark.parametrize(
    ("typed", "status", "leads"),
    [
        (GRADED, 303, GRADED),
        (f"  {GRADED.lower()}%0D%0A", 303, GRADED),
        (f"{GRADED[:8]} {GRADED[8:16]} {GRADED[16:]}", 303, GRADED),
        (f"https://cellgate.example/b/{GRADED}?lang=zh", 303, GRADED),
        (CODES["product"], 303, CODES["product"]),
        ("Z00PB", 400, None),
        ("<script>alert(1)</script>", 400, None),
        ("Z00QB000000A3GG2D0000023", 400, None),
        ("%00", 400, None),
    ],
)
async def test_the_field_takes_what_a_scanner_types(served_pages: Pages, typed: str, status: int, leads: str | None) -> None:
    page = await served_pages.get("/b?lang=en&code=" + typed.replace(" ", "+"))
    assert page.status == status
    if leads is not None:
        assert page.headers["location"] == f"/b/{leads}?lang=en"
    assert "<script" not in page.text


def test_a_product_made_of_used_batteries_has_a_code_of_19_characters() -> None:
    assert len(CODES["product"]) == 19


async def test_a_wrong_character_is_named(served_pages: Pages) -> None:
    page = await served_pages.get("/b/Z00QB000000A3GG2D0000023", accept_language="en")
    assert page.status == 400
    assert "Character 4: the product type is P (pack), M (module) or C (cell)" in page.text
    assert 'aria-invalid="true"' in page.text


async def test_pages_need_no_script_and_nothing_from_elsewhere(served_pages: Pages) -> None:
    for path in ("/b", "/b/" + GRADED, "/b/" + ABSENT):
        page = await served_pages.get(path)
        elements = Elements(page.text).found
        assert not [tag for tag, _ in elements if tag in {"script", "iframe", "object", "style"}]
        assert not [attributes for _, attributes in elements if any(name.startswith("on") or name == "style" for name in attributes)]
        addresses = [attributes.get(name) or "" for _, attributes in elements for name in ("href", "src", "action")]
        assert all(each.startswith("/") and not each.startswith("//") for each in addresses if each)
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy
        assert page.headers["cache-control"] == "no-store"
        assert "set-cookie" not in page.headers
        for address in filter(None, addresses):
            assert (await served_pages.get(address)).status in {200, 400, 404}


async def test_misses_are_rationed_and_then_hits_wait_too(small_demo: Foundation) -> None:
    async with pages_over(small_demo, misses=3) as pages:
        answers = [(await pages.get(f"/b/{ABSENT[:-1]}{number}")).status for number in range(5)]
        assert answers == [404, 404, 404, 429, 429]
        hit = await pages.get("/b/" + GRADED, accept_language="en")
        assert hit.status == 429
        assert int(hit.headers["retry-after"]) > 0
        assert GRADED not in re.sub(r"<input[^>]*>|href=\"[^\"]*\"", "", hit.text)
        # The field itself is no look-up.
        assert (await pages.get("/b")).status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_other_methods_are_refused(served_pages: Pages, method: str) -> None:
    assert (await served_pages.get("/b/" + GRADED, method)).status == 405


def test_both_languages_say_the_same_things() -> None:
    def shape(value: object) -> object:
        return {name: shape(each) for name, each in value.items()} if isinstance(value, dict) else len(value) if isinstance(value, tuple) else str

    chinese, english = (shape(dict(TEXTS[language])) for language in (Language.CHINESE, Language.ENGLISH))
    assert chinese == english


def test_every_status_and_chemistry_has_words() -> None:
    sdl = load_graphs()["battery"].sdl
    for enum, key in (("BatteryStatus", "statuses"), ("Chemistry", "chemistries")):
        body = sdl.split(f"enum {enum} {{", 1)[1].split("\n}", 1)[0]
        values = set(re.findall(r"^  ([A-Z][A-Z0-9_]*)", body, re.MULTILINE))
        assert values
        for language in Language:
            assert set(TEXTS[language][key]) == values


@pytest.mark.parametrize(
    ("stated", "accept", "expected"),
    [
        ("en", "zh", "en"),
        ("zh", "en", "zh"),
        ("xx", "en", "en"),
        (None, None, "zh"),
        (None, "en;q=0.2, zh-Hant;q=0.3", "zh"),
        (None, "zh;q=0, en;q=0.001", "en"),
        (None, "english", "zh"),
        (None, "en;q=nan", "zh"),
        (None, "en-US", "en"),
    ],
)
def test_the_language_is_the_reader_s(stated: str | None, accept: str | None, expected: str) -> None:
    assert language_of(stated, accept) == expected


@given(st.text(max_size=300))
def test_no_header_and_no_scan_raises(text: str) -> None:
    assert language_of(text, text) in set(Language)
    assert isinstance(scanned(text), str)
