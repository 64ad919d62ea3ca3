"""This module is in charge of what tests read off the desk's pages: figures, contrasts, names; and of asking the graph the same beside them."""

from __future__ import annotations

import json
from typing import Any

from playwright.async_api import Page, expect

from tests.web.pages import Pages

# Text on its ground, by WCAG 2.2, 1.4.3: the worst ratio among all that is shown, large text (24 px, or 18.66 px bold) at 3:1 counted as 4.5:1.
WORST_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true})
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = colour
    canvas.fillRect(0, 0, 1, 1)
    return canvas.getImageData(0, 0, 1, 1).data
  }
  const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const ground = (at) => {
    for (; at; at = at.parentElement) {
      const found = rgba(getComputedStyle(at).backgroundColor)
      if (found[3] > 250) return found
    }
    return [255, 255, 255]
  }
  let worst = {ratio: 21, text: ''}
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement
    const text = walk.currentNode.textContent.trim()
    if (!text || !element.checkVisibility() || element.closest('.silent, .skip, :disabled, svg, noscript')) continue
    const style = getComputedStyle(element)
    const [a, b] = [light(rgba(style.color)), light(ground(element))]
    const size = parseFloat(style.fontSize)
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700)
    const ratio = ((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)) * (large ? 1.5 : 1)
    if (ratio < worst.ratio) worst = {ratio, text}
  }
  return worst
}"""

# What can be used but has no name for who does not see it, and pictures that say nothing.
NAMELESS = """() => [...document.querySelectorAll(
  'a, button, input, select, textarea, summary, [role=img], [role=region], section, dialog, nav',
)].filter((each) => {
  if (!each.checkVisibility()) return false
  const other = each.getAttribute('aria-labelledby')
  const label = each.getAttribute('aria-label') || (other && document.getElementById(other)?.textContent)
  return !(label || each.labels?.length || (['A', 'BUTTON', 'SUMMARY'].includes(each.tagName) && each.textContent.trim()))
}).map((each) => each.outerHTML.slice(0, 120))"""


# What does not fit where it stands: cut off, or over the edge of its panel or of its small figure. Tables that scroll by themselves do.
UNFIT = """() => [...document.querySelectorAll('body *')].filter((each) => {
  if (!each.checkVisibility() || each.closest('.silent, .skip, .scroll, svg, select')) return false
  const box = each.getBoundingClientRect()
  const around = each.parentElement.closest('.series, .panel, nav, main, dialog')?.getBoundingClientRect()
  const cut = getComputedStyle(each).overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1 && !each.matches('input, textarea')
  return box.width > 0 && (cut || (around && box.right > around.right + 1))
}).concat([...document.querySelectorAll('svg text')].filter((each) => {
  const [box, around] = [each.getBoundingClientRect(), each.closest('svg').getBoundingClientRect()]
  return box.left < around.left - 1 || box.right > around.right + 1
})).map((each) => each.outerHTML.slice(0, 120))"""


async def accessible(page: Page) -> None:
    """Whether the page as it stands can be read: contrast, names, one first heading, nothing cut off, no sideways scrolling."""
    worst = await page.evaluate(WORST_CONTRAST)
    assert worst["ratio"] >= 4.5, worst
    assert await page.evaluate(NAMELESS) == []
    assert await page.evaluate(UNFIT) == []
    assert await page.locator("h1").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


async def settled(page: Page) -> None:
    """Somebody asks, nothing is being asked for any more, and nothing failed."""
    await page.locator("#party").wait_for()
    await expect(page.locator("[aria-busy]")).to_have_count(0)
    await expect(page.locator(".failure")).to_have_count(0)


async def token_of(pages: Pages, party: str) -> str:
    """An access token of the demonstration."""
    given = await pages.get("/demo/tokens/" + party, "POST", x_cellgate_demo="1")
    return str(json.loads(given.text)["access_token"])


async def graph(pages: Pages, token: str, query: str, **variables: Any) -> dict[str, Any]:
    """The data of the graph's answer, asked for beside the page."""
    headers = {"authorization": "Bearer " + token}
    async with pages.client.post(pages.url + "/graphql", json={"query": query, "variables": variables}, headers=headers) as response:
        answer: dict[str, Any] = await response.json()
    found: dict[str, Any] = answer["data"]
    return found


def figure(text: str) -> int:
    """A number as a page writes it."""
    return int(text.replace(",", "").replace("\u202f", ""))
