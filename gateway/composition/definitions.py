"""This module is in charge of what the federation and link specifications define: directives, their shapes, and since which version."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

LINK: Final = "https://specs.apollo.dev/link"
FEDERATION: Final = "https://specs.apollo.dev/federation"
CATEGORY: Final = "https://cellgate.dev/category"

NEWEST_MINOR: Final = 14

BUILT_IN_DIRECTIVES: Final = frozenset({"skip", "include", "deprecated", "specifiedBy", "oneOf", "defer", "stream"})

PURPOSES: Final = ("SECURITY", "EXECUTION")
LINK_ARGUMENTS: Final = {"url": "String", "as": "String", "for": "{prefix}__Purpose", "import": "[{prefix}__Import]"}
"""The arguments of `@link`; {prefix} is what the directive is called."""

MACHINERY_TYPES: Final = frozenset({"_Any", "_Entity", "_Service", "_FieldSet"})
MACHINERY_FIELDS: Final = frozenset({"_entities", "_service"})


class DirectiveShape(NamedTuple):
    """What a federation directive looks like.

    `arguments` is name to type; {F}, {S}, {P} and {C} stand for the names of the scalars FieldSet, Scope, Policy and ContextFieldValue.
    `newer` holds arguments and locations that came with a later minor version than the directive.
    """

    since: int
    arguments: dict[str, str]
    locations: str
    repeatable: bool = False
    newer: Mapping[str, int] = MappingProxyType({})
    repeatable_since: int = 0


_EVERYWHERE: Final = "FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION"
_AUTH: Final = "FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM"
_LIST_SIZE: Final = {"assumedSize": "Int", "slicingArguments": "[String!]", "sizedFields": "[String!]", "requireOneSlicingArgument": "Boolean = true"}

DIRECTIVES: Final[dict[str, DirectiveShape]] = {
    "key": DirectiveShape(0, {"fields": "{F}!", "resolvable": "Boolean = true"}, "OBJECT | INTERFACE", repeatable=True),
    "requires": DirectiveShape(0, {"fields": "{F}!"}, "FIELD_DEFINITION"),
    "provides": DirectiveShape(0, {"fields": "{F}!"}, "FIELD_DEFINITION"),
    "external": DirectiveShape(0, {"reason": "String"}, "OBJECT | FIELD_DEFINITION"),
    "extends": DirectiveShape(0, {}, "OBJECT | INTERFACE"),
    "shareable": DirectiveShape(0, {}, "OBJECT | FIELD_DEFINITION", repeatable=True, repeatable_since=2),
    "override": DirectiveShape(0, {"from": "String!", "label": "String"}, "FIELD_DEFINITION", newer={"label": 7}),
    "inaccessible": DirectiveShape(0, {}, _EVERYWHERE),
    "tag": DirectiveShape(0, {"name": "String!"}, f"{_EVERYWHERE} | SCHEMA", repeatable=True, newer={"SCHEMA": 3}),
    "composeDirective": DirectiveShape(1, {"name": "String"}, "SCHEMA", repeatable=True),
    "interfaceObject": DirectiveShape(3, {}, "OBJECT"),
    "authenticated": DirectiveShape(5, {}, _AUTH),
    "requiresScopes": DirectiveShape(5, {"scopes": "[[{S}!]!]!"}, _AUTH),
    "policy": DirectiveShape(6, {"policies": "[[{P}!]!]!"}, _AUTH),
    "context": DirectiveShape(8, {"name": "String!"}, "INTERFACE | OBJECT | UNION", repeatable=True),
    "fromContext": DirectiveShape(8, {"field": "{C}"}, "ARGUMENT_DEFINITION"),
    "cost": DirectiveShape(9, {"weight": "Int!"}, "ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR"),
    "listSize": DirectiveShape(9, _LIST_SIZE, "FIELD_DEFINITION"),
    "cacheTag": DirectiveShape(12, {"format": "String!"}, "OBJECT | FIELD_DEFINITION", repeatable=True),
}
"""The federation directives by their name in the specification, each with the minor version of federation 2 that brought it."""

FEDERATION_1: Final = ("key", "requires", "provides", "external", "extends", "tag")
"""The directives of Federation 1, known there without any link."""

FEDERATION_1_CHECKED: Final = ("shareable", "inaccessible", "override", "composeDirective", "interfaceObject")
"""What is taken for federation's, by its bare name, when a subgraph of Federation 1 is taken for one of Federation 2: definitions of one's own have to fit."""

FEDERATION_TYPES: Final[dict[str, int]] = {"FieldSet": 0, "Scope": 5, "Policy": 6, "ContextFieldValue": 8}


class SupergraphFeature(NamedTuple):
    """A specification that a supergraph links where it uses one of its directives; `purpose` is empty where it has none."""

    version: str
    purpose: str
    directives: tuple[str, ...]
    definitions: str


SUPERGRAPH_FEATURES: Final[dict[str, SupergraphFeature]] = {
    "tag": SupergraphFeature("v0.3", "", ("tag",), f"directive @{{tag}}(name: String!) repeatable on {_EVERYWHERE} | SCHEMA"),
    "inaccessible": SupergraphFeature("v0.2", "SECURITY", ("inaccessible",), f"directive @{{inaccessible}} on {_EVERYWHERE}"),
    "authenticated": SupergraphFeature("v0.1", "SECURITY", ("authenticated",), f"directive @{{authenticated}} on {_AUTH}"),
    "requiresScopes": SupergraphFeature(
        "v0.1",
        "SECURITY",
        ("requiresScopes",),
        f"directive @{{requiresScopes}}(scopes: [[requiresScopes__Scope!]!]!) on {_AUTH}\n\nscalar requiresScopes__Scope",
    ),
    "policy": SupergraphFeature("v0.1", "SECURITY", ("policy",), f"directive @{{policy}}(policies: [[policy__Policy!]!]!) on {_AUTH}\n\nscalar policy__Policy"),
    "context": SupergraphFeature(
        "v0.1",
        "SECURITY",
        ("context",),
        "directive @{context}(name: String!) repeatable on INTERFACE | OBJECT | UNION\n\n"
        "directive @context__fromContext(field: context__ContextFieldValue) on ARGUMENT_DEFINITION\n\nscalar context__ContextFieldValue",
    ),
    "cost": SupergraphFeature(
        "v0.1",
        "",
        ("cost", "listSize"),
        f"directive @{{cost}}(weight: Int!) on {DIRECTIVES['cost'].locations}\n\n"
        "directive @{listSize}(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true)"
        " on FIELD_DEFINITION",
    ),
    "cacheTag": SupergraphFeature("v0.1", "EXECUTION", ("cacheTag",), ""),
}
"""In the order in which a supergraph links them; {name} stands for what the supergraph calls the directive."""

STAND_ALONE: Final = frozenset(SUPERGRAPH_FEATURES)
"""Features that may be linked by themselves (https://specs.apollo.dev/NAME) as well as through federation."""

FIRST_PLACES: Final = dict.fromkeys(("tag", "inaccessible"), "FIELD_DEFINITION | OBJECT | INTERFACE | UNION")
"""Where the directives may stand of which version 0.1, linked by itself, had fewer places."""

PRINTED: Final = ("tag", "inaccessible", "authenticated", "requiresScopes", "policy", "context", "cost", "listSize")
"""The federation directives that stand in a supergraph under the subgraphs' name for them."""


def known_elements(minor: int) -> frozenset[str]:
    """What `@link(import:)` may name for federation 2.`minor`; directives carry their at sign."""
    directives = {f"@{name}" for name, shape in DIRECTIVES.items() if shape.since <= minor}
    return frozenset(directives | {name for name, since in FEDERATION_TYPES.items() if since <= minor})
