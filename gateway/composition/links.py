"""This module is in charge of `@link`: which feature, by URL, each directive and type name of a subgraph belongs to.

Nothing else in composition compares a directive with a literal name: an import may rename what it brings
(link spec v1.0, "Naming"), and a security directive under another name must still bind.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    ListValueNode,
    NameNode,
    ObjectValueNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    ValueNode,
    Visitor,
    visit,
)

from gateway.composition.definitions import BUILT_IN_DIRECTIVES, FEDERATION, FEDERATION_1, LINK, NEWEST_MINOR, STAND_ALONE, SUPERGRAPH_FEATURES, known_elements
from gateway.composition.errors import CompositionError, CompositionProblem, place

_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?:[^\s/?#@]*@)?(?P<host>[^\s/?#@]+)(?P<path>(?:/[^\s?#]*)?/(?P<name>[A-Za-z_][A-Za-z0-9_-]*))"
    r"/v(?P<major>[0-9]{1,9})\.(?P<minor>[0-9]{1,9})(?P<slash>/?)(?:\?[^\s#]*)?(?P<element>#\S*)?"
)
"""A URL of a specification; what is asked of the host, and who asks, is nothing to its identity (link spec v1.0, "Url")."""

_IMPORT: Final = re.compile(r"@?[A-Za-z_][A-Za-z0-9_]*", flags=re.ASCII)


class Element(NamedTuple):
    """A directive by what it is: the identity of its feature (a URL without version) and its name there."""

    identity: str
    name: str


BUILT_IN: Final = "graphql"
"""The identity under which the directives of GraphQL itself are known."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One `@link`: a feature, the prefix its names carry here, and the imports that go without prefix."""

    identity: str
    name: str
    major: int
    minor: int
    prefix: str
    imports: Mapping[str, str]  # element as the feature names it ("@key", "FieldSet") -> name here, same form
    url: str
    node: DirectiveNode
    imported: tuple[tuple[str, str], ...] = ()  # `imports` as they are written, where one may stand twice


@dataclass(frozen=True, slots=True)
class Links:
    """The features of one subgraph and the two look-ups on them."""

    features: tuple[Feature, ...]
    link_name: str
    federation_1: bool = False

    @property
    def written(self) -> tuple[Feature, ...]:
        """The features that the subgraph itself links."""
        return tuple(feature for feature in self.features if feature is not _FEDERATION_1)

    def feature(self, identity: str) -> Feature | None:
        """The link to that feature."""
        return next((feature for feature in self.features if feature.identity == identity), None)

    def element(self, directive: str) -> Element | None:
        """What a directive of this name is, None for a directive of the subgraph's own."""
        if directive in BUILT_IN_DIRECTIVES:
            return Element(BUILT_IN, directive)
        if directive == self.link_name:
            return Element(LINK, "link")
        return next(filter(None, (_element_in(feature, directive) for feature in self.features)), None)

    def names_of(self, element: Element) -> tuple[str, ...]:
        """The names, without at sign, under which this subgraph knows the directive; none when it is not linked.

        A subgraph of Federation 1 knows the directives of that alone: what other specifications of Apollo's it links it cannot use.
        """
        known = (f for f in self.features if not self.federation_1 or f is _FEDERATION_1)
        holders = (f for f in known if canonical(Element(f.identity, element.name)) == element and _has(f, element.name))
        return tuple(dict.fromkeys(_name_in(feature, element.name) for feature in holders))

    def minor_alone(self, directive: str) -> int | None:
        """The minor version of the specification, linked by itself, that a directive of this name is of; None where federation brings it."""
        return next((f.minor for f in self.features if f.identity != FEDERATION and _element_in(f, directive) is not None), None)

    def owns_type(self, type_name: str) -> bool:
        """True for a type that a linked specification defines (`federation__FieldSet`, an imported `Scope`)."""
        for feature in self.features:
            if not feature.identity.startswith("https://specs.apollo.dev/"):
                continue
            if (feature.prefix and type_name.startswith(f"{feature.prefix}__")) or type_name in _imported_types(feature):
                return True
        return type_name.startswith(f"{self.link_name}__")

    def federation_type(self, name: str) -> str:
        """The name that `FieldSet` or `Scope` has here."""
        feature = self.feature(FEDERATION)
        if feature is None:
            return f"federation__{name}"
        return feature.imports.get(name, f"{feature.prefix or feature.name}__{name}")


def _has(feature: Feature, directive: str) -> bool:
    """True unless this is a specification of Apollo's, or a version of federation, that has no such directive."""
    if feature is _FEDERATION_1:
        return f"@{directive}" in feature.imports
    if feature.identity == FEDERATION:
        return f"@{directive}" in known_elements(feature.minor)
    alone = SUPERGRAPH_FEATURES.get(feature.name)
    return alone is None or directive in alone.directives or (feature.name, directive) == ("context", "fromContext")


def canonical(element: Element) -> Element:
    """The same directive as federation knows it, where a feature of its own defines it too."""
    alone = element.identity.removeprefix("https://specs.apollo.dev/")
    return Element(FEDERATION, element.name) if alone in STAND_ALONE else element


def _imported_types(feature: Feature) -> Iterator[str]:
    return (here for there, here in feature.imports.items() if not there.startswith("@"))


def _element_in(feature: Feature, directive: str) -> Element | None:
    for there, here in feature.imports.items():
        if here == f"@{directive}":
            return canonical(Element(feature.identity, there[1:]))
    if directive == feature.prefix and f"@{feature.name}" not in feature.imports:
        return canonical(Element(feature.identity, feature.name))
    prefix, found, name = directive.partition("__")
    if found and prefix == feature.prefix and f"@{name}" not in feature.imports:
        return canonical(Element(feature.identity, name))
    return None


def _name_in(feature: Feature, name: str) -> str:
    imported = feature.imports.get(f"@{name}")
    if imported is not None:
        return imported[1:]
    return feature.prefix if name == feature.name else f"{feature.prefix}__{name}"


def read_links(subgraph: str, document: DocumentNode) -> Links:
    """The links on the schema of a subgraph; CompositionProblem when one is unusable."""
    applied = list(_schema_directives(document))
    defined = {node.name.value for node in document.definitions if isinstance(node, DirectiveDefinitionNode)}
    link_name = _link_name(applied, defined)
    features: list[Feature] = []
    errors: list[CompositionError] = []
    loose: list[CompositionError] = []
    for node in applied:
        if node.name.value == link_name:
            outcome = _read_link(subgraph, node)
            if isinstance(outcome, Feature):
                wrong = [*_check_federation(subgraph, outcome, document)]
                errors.extend(wrong)
                loose.extend(_loosely_written(subgraph, node))
                features += [] if wrong else [outcome]
            elif string_value(argument_values(node).get("url")) is None:
                loose.append(outcome)
            else:
                errors.append(outcome)
    if any(feature.identity == FEDERATION for feature in features):
        # Where no federation is linked, other composers pass over a link that names nothing, or that is loosely written.
        errors.extend(loose)
    if errors:
        raise CompositionProblem(errors)
    if all(feature.identity != FEDERATION for feature in features):
        # First: what Federation 1 calls so is its own, whatever a link imports under that name.
        return Links((_FEDERATION_1, *features), link_name, federation_1=True)
    return Links(tuple(features), link_name)


_FEDERATION_1: Final = Feature(
    identity=FEDERATION,
    name="federation",
    major=1,
    minor=0,
    prefix="",  # no directive's name begins with this and two underscores, so nothing but the imports is known
    imports={f"@{name}": f"@{name}" for name in FEDERATION_1} | {"FieldSet": "_FieldSet"},
    url="",
    node=DirectiveNode(name=NameNode(value="link")),
)
"""What a subgraph knows that links no federation: the directives of Federation 1."""


def _schema_directives(document: DocumentNode) -> Iterator[ConstDirectiveNode]:
    for definition in document.definitions:
        if isinstance(definition, SchemaDefinitionNode | SchemaExtensionNode):
            yield from definition.directives or ()


def _link_name(applied: Iterable[DirectiveNode], defined: Container[str]) -> str:
    """`@link` may rename itself: then the directive of that other name, which the document defines, links the link feature (link spec,
    "Bootstrapping")."""
    for node in applied:
        arguments = argument_values(node)
        if str(string_value(arguments.get("url")) or "").startswith(f"{LINK}/"):
            expected = string_value(arguments.get("as")) or "link"
            if node.name.value == expected and (expected == "link" or expected in defined):
                return expected
    return "link"


def argument_values(node: DirectiveNode) -> dict[str, ValueNode]:
    """The arguments of a directive by name."""
    return {argument.name.value: argument.value for argument in node.arguments or ()}


def string_value(node: ValueNode | None) -> str | None:
    """The text of a string literal, None for anything else."""
    return node.value if isinstance(node, StringValueNode) else None


def _read_link(subgraph: str, node: DirectiveNode) -> Feature | CompositionError:
    arguments = argument_values(node)
    url = string_value(arguments.get("url"))
    if url is None:
        return _unusable(subgraph, node, "it needs a url")
    match = _URL.fullmatch(url)
    if match is None:
        return _unreadable(subgraph, node, url)
    try:
        imported = tuple(_read_imports(arguments.get("import")))
    except ValueError as problem:
        return _unusable(subgraph, node, str(problem))
    alias = string_value(arguments.get("as"))
    name, identity = match["name"], f"{match['scheme']}://{match['host'].lower()}{match['path']}"
    if identity == FEDERATION and not url.startswith(f"{FEDERATION}/"):
        # Federation is linked by its URL to the letter, so that all composers take the same subgraphs for Federation 2.
        identity = f"{match['scheme']}://{match['host']}{match['path']}/"
    major, minor = int(match["major"]), int(match["minor"])
    plain = f"{identity}/v{major}.{minor}{match['element'] or ''}"
    return Feature(identity, name, major, minor, name if alias is None else alias, dict(imported), plain, node, imported)


def _unreadable(subgraph: str, node: DirectiveNode, url: str) -> CompositionError:
    message = f'The @link url "{url[:200]}" of subgraph "{subgraph}" is not of the form https://host/path/name/vMAJOR.MINOR.'
    return CompositionError("INVALID_LINK_IDENTIFIER", message, "", (place(subgraph, node),))


def _loosely_written(subgraph: str, node: DirectiveNode) -> Iterator[CompositionError]:
    """What can be read, and is not right all the same: a slash at the end of a URL, a new name of nothing."""
    arguments = argument_values(node)
    url = string_value(arguments.get("url")) or ""
    match = _URL.fullmatch(url)
    if match is not None and match["slash"]:
        yield _unreadable(subgraph, node, url)
    imported = arguments.get("import")
    for item in imported.values if isinstance(imported, ListValueNode) else ():
        if isinstance(item, ObjectValueNode) and any(field.name.value == "as" and not string_value(field.value) for field in item.fields):
            yield _unusable(subgraph, node, "the new name of an import must be a name")


def _read_imports(node: ValueNode | None) -> Iterator[tuple[str, str]]:
    if node is None:
        return
    for item in node.values if isinstance(node, ListValueNode) else (node,):
        there, here = _read_import(item)
        if there.startswith("@") != here.startswith("@"):
            raise ValueError(f'the import "{there}" and its new name "{here}" must both, or neither, begin with "@"')
        yield there, here


def _read_import(item: ValueNode) -> tuple[str, str]:
    if isinstance(item, StringValueNode):
        return item.value, item.value
    if isinstance(item, ObjectValueNode):
        parts = {field.name.value: string_value(field.value) for field in item.fields}
        name = parts.get("name")
        if name is not None and parts.keys() <= {"name", "as"} and all(_IMPORT.fullmatch(part) for part in parts.values() if part):
            return name, parts.get("as") or name
    raise ValueError('each import is a string or an object {name: "…", as: "…"} of names, those of directives with "@"')


def _check_federation(subgraph: str, feature: Feature, document: DocumentNode) -> Iterator[CompositionError]:
    if feature.identity != FEDERATION:
        return
    if feature.major != 2 or feature.minor > NEWEST_MINOR:
        yield CompositionError(
            "UNKNOWN_FEDERATION_LINK_VERSION",
            f'Subgraph "{subgraph}" links federation v{feature.major}.{feature.minor}; versions 2.0 to 2.{NEWEST_MINOR} are known.',
            "",
            (place(subgraph, feature.node),),
        )
        yield from _left_unknown(subgraph, feature, document)
        return
    unknown = sorted(feature.imports.keys() - known_elements(feature.minor))
    if unknown:
        yield _unusable(subgraph, feature.node, f'federation v2.{feature.minor} has no element "{unknown[0]}"')


def _left_unknown(subgraph: str, feature: Feature, document: DocumentNode) -> Iterator[CompositionError]:
    """The directives that stand for nothing, being of a version of federation that is not known."""
    defined = {node.name.value for node in document.definitions if isinstance(node, DirectiveDefinitionNode)}
    for name, node in first_uses(document).items():
        if name not in defined and _element_in(feature, name) is not None:
            yield CompositionError("INVALID_GRAPHQL", f'Subgraph "{subgraph}": Unknown directive "@{name}".', "", (place(subgraph, node),))


def first_uses(document: DocumentNode) -> dict[str, DirectiveNode]:
    """The directives that are applied anywhere in a document, each with its first use."""
    found: dict[str, DirectiveNode] = {}

    class Uses(Visitor):
        def enter_directive(self, node: DirectiveNode, *_args: Any) -> None:
            found.setdefault(node.name.value, node)

    visit(document, Uses())
    return found


def _unusable(subgraph: str, node: DirectiveNode, reason: str) -> CompositionError:
    message = f'A @link of subgraph "{subgraph}" cannot be used: {reason}.'
    return CompositionError("INVALID_LINK_DIRECTIVE_USAGE", message, "", (place(subgraph, node),))
