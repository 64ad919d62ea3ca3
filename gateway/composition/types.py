"""This module is in charge of type references: their printed form, subtyping, and merging across subgraphs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, TypeNode


@dataclass(frozen=True, slots=True)
class Named:
    """A type by its name."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of something."""

    of: TypeRef

    def __str__(self) -> str:
        return f"[{self.of}]"


@dataclass(frozen=True, slots=True)
class NonNull:
    """Something that is never null."""

    of: Named | ListOf

    def __str__(self) -> str:
        return f"{self.of}!"


TypeRef = Named | ListOf | NonNull

IsMember = Callable[[str, str], bool]
"""(abstract type name, type name) -> whether the second implements or belongs to the first."""


def read_type(node: TypeNode) -> TypeRef:
    """The reference that a type node spells."""
    match node:
        case NamedTypeNode():
            return Named(node.name.value)
        case ListTypeNode():
            return ListOf(read_type(node.type))
        case NonNullTypeNode():
            inner = read_type(node.type)
            assert not isinstance(inner, NonNull)
            return NonNull(inner)
    raise TypeError(f"not a type reference: {node.kind}")


def named_type(ref: TypeRef) -> str:
    """The name inside all lists and non-nulls."""
    match ref:
        case Named():
            return ref.name
        case ListOf() | NonNull():
            return named_type(ref.of)
        case _ as never:
            assert_never(never)


def is_subtype(sub: TypeRef, sup: TypeRef, is_member: IsMember) -> bool:
    """True when every value of `sub` is a value of `sup` (GraphQL spec, IsSubType, with list covariance)."""
    if sub == sup:
        return True
    match sub, sup:
        case NonNull(), NonNull():
            return is_subtype(sub.of, sup.of, is_member)
        case NonNull(), _:
            return is_subtype(sub.of, sup, is_member)
        case ListOf(), ListOf():
            return is_subtype(sub.of, sup.of, is_member)
        case Named(), Named():
            return is_member(sup.name, sub.name)
        case _:
            return False


def merge_types(refs: Iterable[TypeRef], is_member: IsMember, *, output: bool) -> TypeRef | None:
    """The one reference that serves all subgraphs, or None when no given one does.

    Output positions take the widest of the given types (a client must be ready for every subgraph's answer), input
    positions the narrowest (every subgraph must accept what a client may send); a type nobody wrote is never invented.
    """
    found = list(refs)
    for candidate in found:
        if output and all(is_subtype(ref, candidate, is_member) for ref in found):
            return candidate
        if not output and all(is_subtype(candidate, ref, _same_name_only) for ref in found):
            return candidate
    return None


def _same_name_only(_abstract: str, _name: str) -> bool:
    return False
