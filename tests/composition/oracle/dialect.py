"""This module is in charge of how a subgraph links to federation: which version, and what it calls a directive."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from graphql import (
    ConstDirectiveNode,
    ConstObjectValueNode,
    DocumentNode,
    ListValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
)

from tests.composition.oracle.editing import Path, put, sites, with_definitions

FEDERATION = "https://specs.apollo.dev/federation"
FED1 = frozenset({"key", "requires", "provides", "external", "extends", "tag", "inaccessible"})
"""Directives that a subgraph without a link knows."""
SINCE = {
    "composeDirective": 1,
    "interfaceObject": 3,
    "authenticated": 5,
    "requiresScopes": 5,
    "policy": 6,
    "context": 8,
    "fromContext": 8,
    "cost": 9,
    "listSize": 9,
    "cacheTag": 12,
}


def links(document: DocumentNode) -> list[tuple[Path, ConstDirectiveNode]]:
    """The `@link` uses of the schema."""
    found = []
    for path, schema in sites(document, SchemaDefinitionNode, SchemaExtensionNode):
        found += [((*path, "directives", index), use) for index, use in enumerate(schema.directives or ()) if use.name.value == "link"]
    return found


def argument(use: ConstDirectiveNode, name: str) -> object:
    """The value node of that argument, or None."""
    return next((item.value for item in use.arguments or () if item.name.value == name), None)


def url_of(use: ConstDirectiveNode) -> str:
    value = argument(use, "url")
    return value.value if isinstance(value, StringValueNode) else ""


def federation_link(document: DocumentNode) -> tuple[Path, ConstDirectiveNode] | None:
    return next(((path, use) for path, use in links(document) if url_of(use).startswith(FEDERATION)), None)


def imports_of(use: ConstDirectiveNode) -> dict[str, str]:
    """What the link imports: name in the specification -> name here, both with their at sign."""
    value = argument(use, "import")
    found: dict[str, str] = {}
    for item in value.values if isinstance(value, ListValueNode) else ():
        if isinstance(item, StringValueNode):
            found[item.value] = item.value
        elif isinstance(item, ConstObjectValueNode):
            pairs = {field.name.value: field.value.value for field in item.fields if isinstance(field.value, StringValueNode)}
            found[pairs.get("name", "")] = pairs.get("as", pairs.get("name", ""))
    return found


def minor_of(url: str) -> int:
    found = re.search(r"/v2\.(\d+)", url)
    return int(found[1]) if found else 0


def link_text(url: str, imports: dict[str, str], alias: str = "") -> str:
    items = ", ".join(f'"{name}"' if name == here else f'{{name: "{name}", as: "{here}"}}' for name, here in imports.items())
    return f'@link(url: "{url}"{f", as: {alias!r}".replace(chr(39), chr(34)) if alias else ""}, import: [{items}])'


def relinked(document: DocumentNode, path: Path, url: str, imports: dict[str, str], alias: str = "") -> DocumentNode:
    """The document with another federation link at that path."""
    made = with_definitions(replace(document, definitions=()), f"extend schema {link_text(url, imports, alias)}")
    changed: DocumentNode = put(document, path, made.definitions[0].directives[0])  # type: ignore[attr-defined]
    return changed


def enabled(document: DocumentNode, name: str, random: Random) -> tuple[DocumentNode, str]:
    """A document in which federation's directive of that name can be used, and its name there with the at sign."""
    link = federation_link(document)
    if link is None:
        if name in FED1 or random.random() < 0.1:
            return document, f"@{name}"
        sdl = f'extend schema @link(url: "{FEDERATION}/v2.9", import: ["@key", "@shareable", "@external", "@requires", "@provides"])'
        return enabled(with_definitions(document, sdl), name, random)
    path, use = link
    imports = imports_of(use)
    if f"@{name}" in imports:
        return document, imports[f"@{name}"]
    if random.random() < 0.1:
        return document, f"@federation__{name}"
    since = SINCE.get(name, 0)
    url = url_of(use)
    if minor_of(url) < since and random.random() < 0.95:
        url = f"{FEDERATION}/v2.{since + random.randrange(2)}"
    return relinked(document, path, url, {**imports, f"@{name}": f"@{name}"}), f"@{name}"


def called(document: DocumentNode, use_name: str) -> str:
    """What federation calls the directive of that name in this document."""
    link = federation_link(document)
    here = {value: key for key, value in imports_of(link[1]).items()} if link else {}
    return here.get(f"@{use_name}", f"@{use_name}").removeprefix("@").removeprefix("federation__")
