"""This module is in charge of the desk: the company view at `/fleet` and the regulator's at `/regulator`, modules of JavaScript without a build.

Its pages ask the public graph with the token that their user gives them, and keep it in the memory of the page alone. They write no markup:
everything is made of elements and text, so that the policy can refuse markup from strings altogether (Trusted Types).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.web.explorer import REVALIDATED, STATIC, Files
from gateway.web.joined import joined, kept

FOLDER: Final = STATIC / "desk"
PAGES: Final = ("fleet", "regulator")
# In this order: what comes later adds to what came before.
STYLES: Final = ("frame", "figures", "regulator", "cases")
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
)
_TEMPLATES: Final = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined)


def desk_routes(*, demo: bool = False) -> list[BaseRoute]:
    """The pages, and the files they need below `/desk`. With `demo` they offer the demonstration's parties (`demo_tokens`)."""
    modules = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.js")}
    styles = "".join((FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)
    scripts = [Route(f"/desk/page/{page}.js", kept(joined(modules, page), "text/javascript")) for page in PAGES]
    pages = [Route("/" + page, _page(page, demo), methods=["GET"]) for page in PAGES]
    return [*pages, *scripts, Route("/desk/page/styles.css", kept(styles, "text/css")), Mount("/desk", Files(directory=FOLDER))]


def _page(page: str, demo: bool) -> Callable[[Request], Awaitable[Response]]:
    html = _TEMPLATES.get_template("desk.html").render(kind="demo" if demo else "serve", page=page)

    async def answered(_request: Request) -> Response:
        return Response(html, media_type="text/html", headers={"content-security-policy": POLICY, **REVALIDATED})

    return answered
