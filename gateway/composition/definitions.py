"""This module is in charge of what the federation and link specifications define, and which part of it is composed here."""

from __future__ import annotations

from typing import Final, NamedTuple

LINK: Final = "https://specs.apollo.dev/link"
FEDERATION: Final = "https://specs.apollo.dev/federation"
CATEGORY: Final = "https://cellgate.dev/category"

NEWEST_MINOR: Final = 14

STAND_ALONE: Final = frozenset({"inaccessible", "authenticated", "requiresScopes", "policy", "tag", "context", "cost"})
"""Features that may be linked by themselves (https://specs.apollo.dev/NAME) as well as through federation."""

BUILT_IN_DIRECTIVES: Final = frozenset({"skip", "include", "deprecated", "specifiedBy", "oneOf", "defer", "stream"})

MACHINERY_TYPES: Final = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
MACHINERY_FIELDS: Final = frozenset({"_entities", "_service"})


class DirectiveShape(NamedTuple):
    """What a federation directive looks like: argument name to type, and places; {F} and {S} are type names."""

    since: int
    arguments: dict[str, str]
    locations: str
    repeatable: bool = False


_EVERYWHERE: Final = "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
_AUTH: Final = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"

SUPPORTED: Final[dict[str, DirectiveShape]] = {
    "key": DirectiveShape(0, {"fields": "{F}!", "resolvable": "Boolean = true"}, "OBJECT | INTERFACE", repeatable=True),
    "requires": DirectiveShape(0, {"fields": "{F}!"}, "FIELD_DEFINITION"),
    "external": DirectiveShape(0, {"reason": "String"}, "OBJECT | FIELD_DEFINITION"),
    "shareable": DirectiveShape(0, {}, "OBJECT | FIELD_DEFINITION", repeatable=True),
    "inaccessible": DirectiveShape(0, {}, _EVERYWHERE),
    "composeDirective": DirectiveShape(1, {"name": "String"}, "SCHEMA", repeatable=True),
    "authenticated": DirectiveShape(5, {}, _AUTH),
    "requiresScopes": DirectiveShape(5, {"scopes": "[[{S}!]!]!"}, _AUTH),
}
"""The federation directives that composition understands, by their name in the specification."""

UNSUPPORTED: Final[dict[str, int]] = {
    "provides": 0,
    "override": 0,
    "extends": 0,
    "tag": 0,
    "interfaceObject": 3,
    "policy": 6,
    "context": 8,
    "fromContext": 8,
    "cost": 9,
    "listSize": 9,
    "cacheTag": 12,
}
"""The other federation directives and the minor version that brought them: using one is refused, importing it is not."""

FEDERATION_TYPES: Final[dict[str, int]] = {"FieldSet": 0, "Scope": 5, "Policy": 6, "ContextFieldValue": 8}


def introduced_in(directive: str) -> int | None:
    """The minor version of federation 2 that brought this directive, None where no version has it."""
    shape = SUPPORTED.get(directive)
    return shape.since if shape is not None else UNSUPPORTED.get(directive)


def known_elements(minor: int) -> frozenset[str]:
    """What `@link(import:)` may name for federation 2.`minor`; directives carry their at sign."""
    directives = {f"@{name}" for name, shape in SUPPORTED.items() if shape.since <= minor}
    directives |= {f"@{name}" for name, since in UNSUPPORTED.items() if since <= minor}
    return frozenset(directives | {name for name, since in FEDERATION_TYPES.items() if since <= minor})
