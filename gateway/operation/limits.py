"""This module is in charge of how much one operation may ask for, measured before anything expensive looks at it.

Fragments are measured once each and added up where they are spread, so that the work is linear in the document
however often a fragment is repeated; a cycle adds nothing here (validation refuses it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from gateway.errors import Refused, refused
from gateway.operation.placing import arguments_in, location_of
from gateway.settings import Limits
from schema.sizes import BATCHES, LARGEST_PAGE, LONG_LISTS, page_too_large

PAGE_ARGUMENTS: Final = frozenset({"first", "last"})
# A name is the caller's text, and may be as long as the document.
_MAX_NAME: Final = 60
_OF_ARGUMENTS: Final = frozenset({"LIMIT_PAGE_SIZE", "LIMIT_LIST_SIZE"})
# What a literal is a value of, is not known here: a list is known by the name of the input field that it is given for.
_LONG_BY_NAME: Final = {place.partition(".")[2]: most for place, most in LONG_LISTS.items()}
# Introspection has a bound of its own in validation (list depth), and tools nest `ofType` deeply.
_INTROSPECTION: Final = frozenset({"__schema", "__type"})
# Sums of sums double with every fragment: beyond this they only have to stay "too much".
_CEILING: Final = 1_000_000_000
# The level of a spread inside introspection: so low that no depth counts, and not the root.
_NOT_NESTING: Final = -_CEILING


@dataclass(slots=True)
class Extent:
    """How large a selection is, fragments followed."""

    depth: int = 0
    fields: int = 0
    root_fields: int = 0
    aliases: int = 0
    directives: int = 0

    def add(self, other: Extent, below: int) -> None:
        """Put `other` in at `below` levels under the root of this one."""
        self.depth = max(self.depth, below + other.depth)
        self.fields = min(_CEILING, self.fields + other.fields)
        self.root_fields = min(_CEILING, self.root_fields + (other.root_fields if below == 0 else 0))
        self.aliases = min(_CEILING, self.aliases + other.aliases)
        self.directives = min(_CEILING, self.directives + other.directives)


@dataclass(slots=True)
class _Local:
    """One definition by itself, and the fragments it spreads with the level they stand at."""

    extent: Extent = field(default_factory=Extent)
    spreads: list[tuple[str, int]] = field(default_factory=list)


def within_limits(document: DocumentNode, limits: Limits, text: str = "") -> DocumentNode:
    """The document; refuses one with an operation that is too large, or a list or page literal that is too long. `text` is what it was parsed of:
    of an argument that is too large it is told where that stands."""
    try:
        return _judged(document, limits)
    except Refused as refusal:
        placed = _placed(text, limits) if text and refusal.errors[0].code in _OF_ARGUMENTS else None
        raise placed or refusal from None


def _judged(document: DocumentNode, limits: Limits) -> DocumentNode:
    bodies = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    local = {name: _measure(node.selection_set, limits) for name, node in bodies.items()}
    for name, body in bodies.items():
        local[name].extent.directives += len(body.directives or ())
    whole = _resolve(local)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            own = _measure(node.selection_set, limits)
            own.extent.directives += len(node.directives or ())
            for definition in node.variable_definitions or ():
                if definition.default_value is not None:
                    _check_literal(definition.default_value, f"the default of ${definition.variable.name.value[:_MAX_NAME]}", limits)
            _judge(_total(own, whole), limits)
    return document


def _measure(root: SelectionSetNode, limits: Limits) -> _Local:
    local = _Local()
    extent = local.extent
    # (selection set, level of its fields, whether they count as nesting)
    stack = [(root, 1, True)]
    while stack:
        selection_set, level, counts = stack.pop()
        for node in selection_set.selections:
            extent.directives += len(node.directives or ())
            if isinstance(node, FragmentSpreadNode):
                local.spreads.append((node.name.value, level - 1 if counts else _NOT_NESTING))
                continue
            if isinstance(node, FieldNode):
                _count_field(node, extent, level if counts else 0, is_root=level == 1)
                _check_arguments(node.arguments or (), limits)
                if node.selection_set is not None:
                    stack.append((node.selection_set, level + 1, counts and node.name.value not in _INTROSPECTION))
            elif isinstance(node, InlineFragmentNode):
                stack.append((node.selection_set, level, counts))
    return local


def _count_field(node: FieldNode, extent: Extent, level: int, *, is_root: bool) -> None:
    extent.fields += 1
    extent.root_fields += is_root
    extent.aliases += node.alias is not None
    extent.depth = max(extent.depth, level)


def _resolve(local: Mapping[str, _Local]) -> dict[str, Extent]:
    """Every fragment with what it spreads; by a stack of our own, since a chain of fragments is as long as the client likes."""
    whole: dict[str, Extent] = {}
    for start in local:
        path: list[tuple[str, Iterator[tuple[str, int]]]] = [(start, iter(local[start].spreads))] if start not in whole else []
        open_names = {start}
        while path:
            name, spreads = path[-1]
            following = next((s for s, _ in spreads if s in local and s not in whole and s not in open_names), None)
            if following is not None:
                path.append((following, iter(local[following].spreads)))
                open_names.add(following)
            else:
                path.pop()
                open_names.discard(name)
                whole[name] = _total(local[name], whole)
    return whole


def _total(local: _Local, whole: Mapping[str, Extent]) -> Extent:
    total = Extent()
    total.add(local.extent, 0)
    for name, below in local.spreads:
        if name in whole:
            total.add(whole[name], below)
    return total


def _judge(extent: Extent, limits: Limits) -> None:
    _at_most(extent.depth, limits.depth, "LIMIT_DEPTH", "Selections are nested {found} deep; limits.depth is {most}.")
    _at_most(extent.fields, limits.fields, "LIMIT_FIELDS", "The operation selects {found} fields; limits.fields is {most}.")
    _at_most(extent.root_fields, limits.root_fields, "LIMIT_ROOT_FIELDS", "The operation has {found} root fields; limits.root_fields is {most}.")
    _at_most(extent.aliases, limits.aliases, "LIMIT_ALIASES", "The operation has {found} aliases; limits.aliases is {most}.")
    _at_most(extent.directives, limits.directives, "LIMIT_DIRECTIVES", "The operation has {found} directives; limits.directives is {most}.")


def _at_most(found: int, most: int, code: str, message: str) -> None:
    if found > most:
        raise refused(code, message.format(found=found, most=most))


def _check_arguments(arguments: tuple[ArgumentNode, ...], limits: Limits) -> None:
    for argument in arguments:
        if argument.name.value in PAGE_ARGUMENTS and isinstance(argument.value, IntValueNode):
            check_page(argument.name.value, argument.value.value, limits)
        elif isinstance(argument.value, (ListValueNode, ObjectValueNode)):
            _check_literal(argument.value, f"argument {argument.name.value[:_MAX_NAME]}", limits)


def _placed(text: str, limits: Limits) -> Refused | None:
    """The refusal of the first argument that is too large, with its place; None where it is nothing of an argument. A text that was parsed once, within
    the limits, is parsed again."""
    for path, argument in arguments_in(parse(text)):
        try:
            _check_arguments((argument,), limits)
        except Refused as refusal:
            return Refused(replace(refusal.errors[0], path=path or (), locations=location_of(argument)))
    return None


def _check_literal(value: ValueNode, where: str, limits: Limits) -> None:
    # (value, the most items that its report takes where it is a list of one)
    stack: list[tuple[ValueNode, int]] = [(value, 0)]
    while stack:
        node, own = stack.pop()
        if isinstance(node, ListValueNode):
            broken = too_long(len(node.values), limits, own=own)
            if broken:
                raise refused("LIMIT_LIST_SIZE", f"A list in {where} {broken}.")
            stack.extend((item, 0) for item in node.values)
        elif isinstance(node, ObjectValueNode):
            stack.extend((item.value, _LONG_BY_NAME.get(item.name.value, 0)) for item in node.fields)


def too_long(length: int, limits: Limits, of: str = "", own: int = 0) -> str:
    """What is said of a list that is too long, behind its place; `of` is the type of its items where that is known, `own` how many its report takes
    (LONG_LISTS). Empty for one that is not."""
    name = "reports" if of in BATCHES else "list_size"
    most = getattr(limits, name)
    if length <= max(most, own):
        return ""
    return f"has {length} items; limits.{name} is {most}" if own < most else f"has {length} items; it takes {own}"


def check_page(argument: str, size: str | int, limits: Limits, where: str = "") -> None:
    """Refuse a page that is larger than lists give, or than `limits.list_size` where that is less. A literal comes as it is written:
    its digits are counted before they are read as a number."""
    most = min(limits.list_size, LARGEST_PAGE)
    if len(str(size)) > 12 or int(size) > most:
        raise refused("LIMIT_PAGE_SIZE", where + page_too_large(argument, most))
