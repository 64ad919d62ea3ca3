"""This module is in charge of the arguments of federation directives that stand on one element in several subgraphs: reading and merging them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Final

from graphql import BooleanValueNode, IntValueNode, ListValueNode, StringValueNode, ValueNode, print_ast

from gateway.composition.requirements import Scopes, both_scopes, minimal
from gateway.composition.subgraph import Applied
from gateway.composition.supergraph import ListSize

MERGED_ARGUMENTS: Final = {
    "cost": "the highest weight",
    "listSize": "the largest assumed size, all slicing arguments and sized fields, and one slicing argument only if all ask for it",
    "requiresScopes": "what each of them asks",
    "policy": "what each of them asks",
}
"""The directives whose differing arguments are merged, and into what."""


def read_clauses(node: ValueNode | None) -> Scopes | None:
    """A disjunction of conjunctions with list coercion (GraphQL spec, "List"), None when it is not lists of strings."""
    if isinstance(node, StringValueNode):
        return frozenset({frozenset({node.value})})
    if not isinstance(node, ListValueNode):
        return None
    clauses: list[frozenset[str]] = []
    for item in node.values:
        names = read_strings(item)
        if names is None:
            return None
        clauses.append(frozenset(names))
    return frozenset(clauses)


def read_strings(node: ValueNode | None) -> tuple[str, ...] | None:
    """A list of strings with list coercion, None for anything else."""
    if isinstance(node, StringValueNode):
        return (node.value,)
    if not isinstance(node, ListValueNode) or not all(isinstance(item, StringValueNode) for item in node.values):
        return None
    return tuple(item.value for item in node.values if isinstance(item, StringValueNode))


def read_list_size(use: Applied) -> ListSize:
    """What one `@listSize` says."""
    one = use.arguments.get("requireOneSlicingArgument")
    return ListSize(
        _integer(use.arguments.get("assumedSize")),
        read_strings(use.arguments.get("slicingArguments")) or (),
        read_strings(use.arguments.get("sizedFields")) or (),
        not (isinstance(one, BooleanValueNode) and not one.value),
    )


def _integer(node: ValueNode | None) -> int | None:
    return int(node.value) if isinstance(node, IntValueNode) else None


def merged_clauses(uses: Iterable[Applied], argument: str) -> Scopes | None:
    """What all uses ask together; None where there is none.

    Two subgraphs that each ask something of a caller are both owners of the data: both must be satisfied.
    """
    read = (read_clauses(use.arguments.get(argument)) or frozenset() for use in uses)
    return reduce(both_scopes, (minimal(clauses) for clauses in read), None)


def merged_cost(uses: Iterable[Applied]) -> int | None:
    """The highest weight; None where there is none."""
    weights = (_integer(use.arguments.get("weight")) for use in uses)
    return max((weight for weight in weights if weight is not None), default=None)


def merged_list_size(uses: Sequence[Applied]) -> ListSize | None:
    """The most cautious reading of all uses; None where there is none."""
    if not uses:
        return None
    sizes = [read_list_size(use) for use in uses]
    return ListSize(
        max((size.assumed_size for size in sizes if size.assumed_size is not None), default=None),
        tuple(dict.fromkeys(name for size in sizes for name in size.slicing_arguments)),
        tuple(dict.fromkeys(name for size in sizes for name in size.sized_fields)),
        all(size.require_one_slicing_argument for size in sizes),
    )


def print_arguments(use: Applied) -> str:
    """The arguments of one use as it stands, by name."""
    written = sorted((name, print_ast(value)) for name, value in use.arguments.items())
    return f"({', '.join(f'{name}: {value}' for name, value in written)})" if written else ""


def printed_uses(name: str, uses: Sequence[Applied]) -> Iterator[str]:
    """The printed arguments with which a supergraph applies the directive for these uses: one by one if it is repeatable."""
    texts = list(dict.fromkeys(print_arguments(use) for use in uses))
    if name in _REPEATABLE or len(texts) == 1:
        yield from texts
    elif texts:
        yield _PRINT_MERGED[name](uses) if name in _PRINT_MERGED else texts[0]


def print_clauses(clauses: Scopes) -> str:
    """A disjunction of conjunctions, sorted."""
    ordered = sorted(sorted(clause) for clause in clauses)
    return f"[{', '.join('[' + ', '.join(_quote(name) for name in clause) + ']' for clause in ordered)}]"


def _print_list_size(size: ListSize | None, uses: Sequence[Applied]) -> str:
    if size is None:
        return ""
    given = {name for use in uses for name in use.arguments}
    parts = []
    if size.assumed_size is not None:
        parts.append(f"assumedSize: {size.assumed_size}")
    if "slicingArguments" in given:
        parts.append(f"slicingArguments: {_print_strings(size.slicing_arguments)}")
    if "sizedFields" in given:
        parts.append(f"sizedFields: {_print_strings(size.sized_fields)}")
    if "requireOneSlicingArgument" in given:
        parts.append(f"requireOneSlicingArgument: {'true' if size.require_one_slicing_argument else 'false'}")
    return f"({', '.join(parts)})"


def _print_strings(names: Iterable[str]) -> str:
    return f"[{', '.join(_quote(name) for name in names)}]"


def _quote(text: str) -> str:
    return print_ast(StringValueNode(value=text, block=False))


_REPEATABLE: Final = frozenset({"tag", "context"})
_PRINT_MERGED: Final[dict[str, Callable[[Sequence[Applied]], str]]] = {
    "cost": lambda uses: f"(weight: {merged_cost(uses)})",
    "listSize": lambda uses: _print_list_size(merged_list_size(uses), uses),
    "requiresScopes": lambda uses: f"(scopes: {print_clauses(merged_clauses(uses, 'scopes') or frozenset())})",
    "policy": lambda uses: f"(policies: {print_clauses(merged_clauses(uses, 'policies') or frozenset())})",
}
