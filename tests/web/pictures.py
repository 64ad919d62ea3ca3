"""This module is in charge of the pictures in the documents: taken of a running demonstration by `make pictures`, with at most 256 colours each.

    ./cellgate demo &                     # a fresh one: a case is opened in it
    make pictures                         # ADDRESS=http://127.0.0.1:4000

A Chinese font has to be there (Debian: fonts-wqy-zenhei), or Chinese stands as boxes.
"""

from __future__ import annotations

import asyncio
import base64
import os
import shutil
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright, expect

FOLDER: Final = Path(__file__).parents[2] / "docs" / "images"
GRADED: Final = "Z00PB000000A3GG2D0000023"
MOST_BYTES: Final = 200_000
# A screenshot as numbers of a palette: the commonest colours, and of each other colour the nearest of them.
INDEXED: Final = """async (png) => {
  const image = new Image()
  image.src = 'data:image/png;base64,' + png
  await image.decode()
  const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')
  canvas.drawImage(image, 0, 0)
  const pixels = new Uint32Array(canvas.getImageData(0, 0, image.width, image.height).data.buffer)
  const counts = new Map()
  for (const each of pixels) counts.set(each, (counts.get(each) ?? 0) + 1)
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([colour]) => colour)
  const parts = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255]
  const known = palette.map(parts)
  const nearest = new Map(palette.map((colour, at) => [colour, at]))
  for (const colour of counts.keys()) {
    if (nearest.has(colour)) continue
    const [r, g, b] = parts(colour)
    let best = 0
    let least = Infinity
    known.forEach(([x, y, z], at) => {
      const far = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2
      if (far < least) [least, best] = [far, at]
    })
    nearest.set(colour, best)
  }
  const numbers = Uint8Array.from(pixels, (each) => nearest.get(each))
  let text = ''
  for (let at = 0; at < numbers.length; at += 32768) text += String.fromCharCode(...numbers.subarray(at, at + 32768))
  return { wide: image.width, high: image.height, palette: known.flat(), numbers: btoa(text) }
}"""


def png(wide: int, high: int, palette: bytes, numbers: bytes) -> bytes:
    """A PNG of colours by number (RFC 2083, colour type 3)."""

    def part(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    lines = b"".join(b"\0" + numbers[at : at + wide] for at in range(0, wide * high, wide))
    head = struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"PLTE", palette) + part(b"IDAT", zlib.compress(lines, 9)) + part(b"IEND", b"")


async def settled(page: Page) -> None:
    """Everything is there that the page asked for."""
    await page.locator("#party").wait_for()
    await expect(page.locator("[aria-busy]")).to_have_count(0)
    await page.wait_for_timeout(400)


async def desk(page: Page) -> None:
    await page.goto("/regulator#as=miit")
    await settled(page)


async def case(page: Page) -> None:
    """A case on what was stored too long: opened, and a question asked in it, where there is none yet."""
    await page.goto("/regulator#as=miit")
    await settled(page)
    found = page.locator(".finding", has_text="属危险电池").first
    if await found.locator(".case-link").count() == 0:
        await found.locator("summary").click()
        await found.get_by_label("告知企业的内容").fill("请说明该电池自 2026-09-21 起的贮存情况。")
        await found.get_by_role("button", name="确认立案").click()
        sheet = page.get_by_role("dialog")
        await sheet.get_by_label("问题").fill("何时移交处置？请附检测报告。")
        await sheet.get_by_role("button", name="发出询问").click()
        await expect(sheet.get_by_role("status")).to_have_text("询问已记录。")
    else:
        await found.locator(".case-link").click()
    await page.wait_for_timeout(600)


async def fleet(page: Page) -> None:
    await page.goto(f"/fleet#as=recycler&pack={GRADED}")
    await settled(page)
    await page.locator(".moment").first.wait_for()
    await page.evaluate("document.activeElement.blur()")


async def explorer(page: Page) -> None:
    await page.goto("/")
    await page.locator(".graphiql-query-editor .view-lines").first.wait_for()
    await page.get_by_role("button", name="recycler", exact=True).click()
    await page.wait_for_timeout(1500)
    await page.locator(".graphiql-query-editor .view-lines").first.click()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator("#beside li").first).to_be_visible()
    await page.wait_for_timeout(400)


async def label(page: Page) -> None:
    await page.goto("/b/" + GRADED)


# Name: what to do, language, light, width and height.
PICTURES: Final[dict[str, tuple[Any, str, str, int, int]]] = {
    "regulator": (desk, "en-GB", "light", 1280, 1260),
    "case": (case, "zh-CN", "light", 1280, 860),
    "fleet": (fleet, "zh-CN", "dark", 1280, 860),
    "explorer": (explorer, "en-GB", "light", 1280, 720),
    "label": (label, "zh-CN", "light", 900, 1130),
    "telephone": (desk, "zh-CN", "dark", 390, 1500),
}


async def take(browser: Browser, address: str, name: str) -> None:
    """One picture, into the documents."""
    act, language, light, wide, high = PICTURES[name]
    context = await browser.new_context(base_url=address, locale=language, color_scheme=light, viewport={"width": wide, "height": high})  # type: ignore[arg-type]
    page = await context.new_page()
    await act(page)
    shot = await page.screenshot()
    blank = await context.new_page()
    told = await blank.evaluate(INDEXED, base64.b64encode(shot).decode())
    made = png(told["wide"], told["high"], bytes(told["palette"]), base64.b64decode(told["numbers"]))
    if len(made) > MOST_BYTES:
        raise SystemExit(f"{name}: {len(made)} bytes, and at most {MOST_BYTES} are wanted")
    (FOLDER / f"{name}.png").write_bytes(made)
    print(f"{name}.png {told['wide']}x{told['high']} {len(made) // 1000} kB")
    await context.close()


async def main(address: str) -> None:
    """All of them, of the demonstration at that address."""
    async with async_playwright() as playwright:
        spoken: dict[str, str | float | bool] = {**os.environ, "LANGUAGE": "zh_CN"}
        browser = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"], env=spoken)
        for name in PICTURES:
            await take(browser, address, name)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
