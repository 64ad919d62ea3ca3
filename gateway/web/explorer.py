"""This module is in charge of serving the explorer: GraphiQL, built into static files that are part of this package.

`npm ci && npm run build` in gateway/web/explorer makes gateway/web/static/explorer; nothing is loaded from anywhere else.
The page asks the public graph with the token that its user gives it, and keeps that token in its memory alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

STATIC: Final = Path(__file__).with_name("static")
FOLDER: Final = STATIC / "explorer"
# The editor makes style elements of its own, hence 'unsafe-inline' for styles; for scripts there is nothing of the kind.
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "worker-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
# The files keep their names from build to build: asked for again each time, answered by 304 where nothing changed.
REVALIDATED: Final = {"cache-control": "no-cache"}
_KIND: Final = '<meta name="cellgate" content="serve" />'


def explorer_routes(*, demo: bool = False) -> list[BaseRoute]:
    """`/`, and the files it needs below `/explorer`. With `demo` the page offers the demonstration's parties (`demo_tokens`)."""
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert _KIND in page
    if demo:
        page = page.replace(_KIND, _KIND.replace("serve", "demo"))

    async def explorer(_request: Request) -> Response:
        return Response(page, media_type="text/html", headers={"content-security-policy": POLICY, **REVALIDATED})

    return [Route("/", explorer), Mount("/explorer", Files(directory=FOLDER))]


class Files(StaticFiles):
    """Static files that are asked for again each time."""

    def file_response(self, *arguments: object, **options: object) -> Response:
        """As the base class, with the header."""
        response = super().file_response(*arguments, **options)  # type: ignore[arg-type]
        response.headers.update(REVALIDATED)
        return response
