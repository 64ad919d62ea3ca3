"""This module is in charge of the scanned label: `/b` takes what a scanner reads, `/b/{code}` shows the pack's public facts.

Whoever stands before a battery has no token. The pages ask the graph as the public does, by the same pipeline: what its role opens
to one who knows a code, cut down to identity (category A) and the maker's name in the public register (L). Misses are rationed as everywhere, each address
its own ration; hidden and missing are the same bytes. No script, no cookie, nothing from anywhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import orjson
import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from auth.principal import Principal
from gateway.budgets import CostBudgets
from gateway.edge.graphql import Served
from gateway.edge.middleware import request_id_of
from gateway.operation.document import GraphQLRequest
from gateway.operation.persisted import PersistedDocuments
from gateway.pipeline import Call, GraphQLResponse, run
from gateway.rations import MissRation
from gateway.web.explorer import STATIC, Files
from gateway.web.label_texts import TEXTS
from gateway.web.language import Language, language_of
from resolvers.identifiers.battery_code import parse_battery_code
from resolvers.identifiers.error import IdentifierError

POLICY: Final = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
QUERY: Final = """query Label($code: BatteryCode!) {
  battery(code: $code) {
    code status chemistry producedOn nominalEnergyKwh nominalCapacityAh nominalVoltageV massKg cellCount reprocessed
    model { name } manufacturer { name nameEn }
  }
}"""
SCOPES: Final = frozenset({"battery:identity", "enterprise:read"})
CLIENT: Final = "label"
_PUBLIC: Final = Principal(
    party="public",
    roles=frozenset({"PB"}),
    scopes=SCOPES,
    jurisdiction=frozenset(),
    purpose="public_information",
    client_id=CLIENT,
    token_id="",
    expires_at=datetime.max,
    view_mode="redact",
)
_TEMPLATES: Final = Environment(loader=FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True, undefined=StrictUndefined)


def label_routes(served: Served, url: str) -> list[BaseRoute]:
    """The pages and their one style sheet. `url` is where this gateway is reached, for the QR of a page."""
    label = _Label(served, url)
    return [Route("/b", label.form), Route("/b/{code:path}", label.battery), Mount("/label", Files(directory=STATIC / "label"))]


class AddressMisses(MissRation):
    """The ration of misses where no client is known: each address stands for one, and draws on the address's own bucket, too."""

    def __init__(self, misses: MissRation) -> None:
        self._misses = misses

    def wait(self, client: str, address: str, moment: datetime) -> int:
        """As MissRation, for the address."""
        return self._misses.wait(f"{client} {address}", address, moment)

    def missed(self, client: str, address: str, misses: int, moment: datetime) -> bool:
        """As MissRation, from the address's two buckets."""
        return self._misses.missed(f"{client} {address}", address, misses, moment)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Why there is no battery on a page: a key of TEXTS, a sentence, the HTTP status."""

    key: str
    told: str
    status: int
    headers: tuple[tuple[str, str], ...] = ()


class _Label:
    def __init__(self, served: Served, url: str) -> None:
        self._served = served
        # The one document that is asked is ours: neither a folder of trusted ones nor a client's budget has a say in it.
        self._ports = replace(served.ports, misses=AddressMisses(served.ports.misses), documents=PersistedDocuments(), budgets=CostBudgets())
        self._url = url.rstrip("/")

    async def form(self, request: Request) -> Response:
        """GET /b: the field; with `code` the way to that code's page."""
        language = _language(request)
        given = request.query_params.get("code", "")
        if not given:
            return self._page(language, "/b")
        code = scanned(given)
        try:
            return _to(parse_battery_code(code).value, request)
        except IdentifierError as wrong:
            return self._page(language, "/b", given=given, problem=_malformed(wrong, language))

    async def battery(self, request: Request) -> Response:
        """GET /b/{code}: the public facts of that pack."""
        language, given = _language(request), request.path_params["code"]
        try:
            code = parse_battery_code(given).value
        except IdentifierError as wrong:
            return self._page(language, "/b", given=given, problem=_malformed(wrong, language))
        if code != given:
            return _to(code, request)
        found = await self._ask(code, request)
        if isinstance(found, dict):
            return self._page(language, "/b/" + code, battery=found)
        return self._page(language, "/b/" + code, given=code, problem=_problem(found, language))

    async def _ask(self, code: str, request: Request) -> dict[str, Any] | GraphQLResponse:
        """The pack, or the answer that has none."""
        served, now = self._served, self._served.now()
        call = Call(
            request_id=request_id_of(request.scope),
            moment=served.as_of(now),
            deadline=asyncio.get_running_loop().time() + served.limits.timeout_s,
            read_only=True,
            address=request.client.host if request.client else "",
            asked_at=now,
        )
        principal = replace(_PUBLIC, expires_at=now + timedelta(minutes=1))
        response = await run(GraphQLRequest(QUERY, {"code": code}, "Label"), principal, served.generation(), self._ports, call)
        request.scope["state"].update(client_id=CLIENT, outcome=response.outcome)
        answer = orjson.loads(response.body)
        found = (answer.get("data") or {}).get("battery")
        return found if isinstance(found, dict) else response

    def _page(self, language: Language, path: str, *, battery: dict[str, Any] | None = None, given: str = "", problem: _Problem | None = None) -> Response:
        words = TEXTS[language]
        html = _TEMPLATES.get_template("label.html").render(
            t=words,
            language=language,
            switch=f"{path}?{urlencode({'lang': language.other})}",
            battery=battery,
            code=battery["code"] if battery else "",
            rows=_rows(battery, language) if battery else (),
            qr=_qr(f"{self._url}/b/{battery['code']}", words["share"]) if battery else "",
            given=given,
            problem=problem.key if problem else None,
            told=problem.told if problem else "",
        )
        headers = {
            "content-security-policy": POLICY,
            "content-language": language.tag,
            "vary": "accept-language",
            "cache-control": "no-store",
            **dict(problem.headers if problem else ()),
        }
        return Response(html, problem.status if problem else 200, headers, media_type="text/html")


def scanned(text: str) -> str:
    """The code in what a scanner typed: the bare code, with any blanks in it, or the address in a QR of ours."""
    code = "".join(text.split())
    _, found, rest = urlsplit(code).path.rpartition("/b/") if "/" in code else ("", "", "")
    return rest if found else code


def _language(request: Request) -> Language:
    return language_of(request.query_params.get("lang"), request.headers.get("accept-language"))


def _to(code: str, request: Request) -> Response:
    stated = request.query_params.get("lang")
    query = "?" + urlencode({"lang": stated}) if stated in set(Language) else ""
    return RedirectResponse(f"/b/{quote(code)}{query}", 303, {"cache-control": "no-store"})


def _malformed(wrong: IdentifierError, language: Language) -> _Problem:
    words = TEXTS[language]
    rule = words["rules"].get(wrong.code, wrong.rule)
    told = rule if wrong.position is None else words["position"].format(position=wrong.position, rule=rule)
    return _Problem("malformed", told, 400)


def _problem(response: GraphQLResponse, language: Language) -> _Problem:
    words = TEXTS[language]
    if response.outcome == "answered" and response.status == 200:
        return _Problem("absent", words["absent_hint"], 404)
    headers: Mapping[str, str] = dict(response.headers)
    if response.outcome == "TOO_MANY_REQUESTS":
        wait = headers["retry-after"]
        return _Problem("wait", words["wait_hint"].format(seconds=wait), 429, (("retry-after", wait),))
    return _Problem("failed", words["failed_hint"], 503)


def _rows(battery: Mapping[str, Any], language: Language) -> list[tuple[str, str]]:
    """What the page lists, each with its name; what is not known is left out."""
    words, number = TEXTS[language], _number
    maker = battery["manufacturer"] or {}
    names = [maker.get("name"), maker.get("nameEn")]
    chosen = names[0] if language is Language.CHINESE else names[1]
    rows: list[tuple[str, Any]] = [
        ("maker", chosen or names[0] or names[1]),
        ("model", (battery["model"] or {}).get("name")),
        ("chemistry", words["chemistries"].get(battery["chemistry"], battery["chemistry"])),
        ("produced", battery["producedOn"]),
        ("energy", number(battery["nominalEnergyKwh"], "kWh")),
        ("capacity", number(battery["nominalCapacityAh"], "Ah")),
        ("voltage", number(battery["nominalVoltageV"], "V")),
        ("mass", number(battery["massKg"], "kg")),
        ("cells", battery["cellCount"]),
        ("reprocessed", words["yes" if battery["reprocessed"] else "no"]),
    ]
    return [(words[name], str(value)) for name, value in rows if value is not None]


def _number(value: float | None, unit: str) -> str | None:
    return None if value is None else f"{value:g} {unit}"


def _qr(url: str, title: str) -> Markup:
    """An SVG element; it holds its title, escaped by its maker, and the modules of the code, and so goes into the page as it is."""
    return Markup(segno.make(url, error="m", micro=False).svg_inline(border=4, omitsize=True, title=title).replace("<svg ", '<svg role="img" ', 1))
