"""This module is in charge of joining the files of a page when the gateway starts: one script and one style sheet are fetched, where forty files were.

A browser spends more on asking for a small file than on reading it (docs/performance.md). The modules stay as they are written: each becomes a
function that is called once and returns what the module exports, in the order in which a browser evaluates modules (ECMA-262, 16.2.1.6.1.3).
Only what our modules use is understood: named imports of neighbours and named exports, each at the beginning of a line. Anything else stops the start.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from gateway.web.explorer import REVALIDATED

IMPORT: Final = re.compile(r"^import \{ ([^{}]+) \} from '\./(\w+)\.js'$", re.MULTILINE)
EXPORT: Final = re.compile(r"^export (?=(?:const|class|function|async function) (\w+))", re.MULTILINE)
_LEFT: Final = re.compile(r"^\s*(?:import|export)\b.*|^.*\bimport\s*[.(].*", re.MULTILINE)


class NotJoined(Exception):
    """A module that cannot become a function: its name, and what of it."""

    def __init__(self, module: str, what: str) -> None:
        super().__init__(f"{module}.js: {what}")


def joined(sources: Mapping[str, str], page: str) -> str:
    """The page's module with all that it imports, as one script without imports and exports. `sources` are texts of modules by their names.

    Raises NotJoined for what is not understood, for a neighbour that is missing and for modules that import each other.
    """
    return "".join(_called(name, sources[name]) for name in evaluated(sources, page))


def evaluated(sources: Mapping[str, str], page: str) -> list[str]:
    """The names of the page's module and of all that it imports, each after those that it needs. Raises NotJoined."""
    done: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            raise NotJoined(name, "it needs itself: " + ", ".join((*path, name)))
        if name not in sources:
            raise NotJoined(name, "there is no such module for " + path[-1])
        for imported in IMPORT.finditer(sources[name]):
            if imported[2] not in done:
                visit(imported[2], (*path, name))
        done.append(name)

    visit(page, ("page",))
    return done


def _called(name: str, text: str) -> str:
    exported = EXPORT.findall(text)
    body = EXPORT.sub("", IMPORT.sub(lambda found: f"const {{ {_renamed(found[1])} }} = ${found[2]}", text))
    if left := _LEFT.search(body):
        raise NotJoined(name, left[0].strip())
    return f"const ${name} = (() => {{\n{body.rstrip()}\nreturn {{ {', '.join(exported)} }}\n}})()\n"


def _renamed(names: str) -> str:
    """`a, b as c` as a pattern of destructuring has it."""
    return re.sub(r"\b(\w+) as (\w+)\b", r"\1: \2", names)


def kept(text: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    """What answers with that text, which is asked for again each time, and sent again only where it changed (RFC 9110, section 13.1.2)."""
    body = text.encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"etag": tag, **REVALIDATED}

    async def answered(request: Request) -> Response:
        if tag in _tags(request.headers.getlist("if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)

    return answered


def _tags(values: Sequence[str]) -> set[str]:
    return {each.strip().removeprefix("W/") for value in values for each in value.split(",")}
