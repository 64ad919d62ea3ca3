"""This module is in charge of what merged elements ask of a caller, and of carrying it up to interfaces.

An interface may not ask anything itself (rule `interface_auth`): it asks what all its implementers ask together, so that
a selection on the interface is never laxer than the same selection on a type behind it (GHSA-mx7m-j9xf-62hw).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from gateway.composition.annotation_values import print_clauses
from gateway.composition.merged import Annotations, MergedField, MergedType, MergedTypes
from gateway.composition.requirements import NOTHING, all_of
from gateway.composition.supergraph import Requirement


def requirement(annotations: Annotations) -> Requirement:
    """What one element asks by its own directives."""
    return Requirement(annotations.authenticated, annotations.scopes, annotations.categories, annotations.policies)


def with_interface_auth(types: MergedTypes) -> dict[str, MergedType]:
    """The same types, each interface and interface field asking what its implementers ask together, and these what an interface object says of them all."""
    lowered = {name: _lowered(types, type_) if type_.kind == "OBJECT" else type_ for name, type_ in types.items()}
    return {name: _raised(lowered, type_) if type_.kind == "INTERFACE" else type_ for name, type_ in lowered.items()}


def _lowered(types: MergedTypes, type_: MergedType) -> MergedType:
    """An interface asks nothing by itself: what is said on it here an interface object said, of every object behind it."""
    above = [types[name] for name in type_.all_interfaces if name in types and types[name].interface_objects]
    if not above:
        return type_
    fields = dict(type_.fields)
    for interface in above:
        for field in (field for field in interface.fields.values() if field.name in fields and not fields[field.name].abstracted):
            own = fields[field.name]
            if requirement(field.annotations) != NOTHING:
                fields[field.name] = replace(own, annotations=_asking(own.annotations, [field.annotations]))
    return replace(type_, fields=fields)


def _raised(types: MergedTypes, interface: MergedType) -> MergedType:
    implementers = [t for t in types.values() if t.kind == "OBJECT" and interface.name in t.all_interfaces]
    fields = {name: replace(field, annotations=_asking(field.annotations, _of_fields(implementers, name))) for name, field in interface.fields.items()}
    annotations = _asking(interface.annotations, (t.annotations for t in implementers))
    return replace(interface, annotations=annotations, fields=fields)


def _of_fields(implementers: Iterable[MergedType], name: str) -> Iterator[Annotations]:
    return (t.fields[name].annotations for t in implementers if name in t.fields)


def _asking(own: Annotations, others: Iterable[Annotations]) -> Annotations:
    said = (own, *others)
    asked = all_of(requirement(one) for one in said)
    return replace(
        own,
        authenticated=asked.authenticated,
        scopes=asked.scopes,
        policies=asked.policies,
        categories=asked.categories,
        federated=(*(use for use in own.federated if use[0] not in _CARRIED), *_printed(asked, said)),
    )


_CARRIED: Final = frozenset({"authenticated", "requiresScopes", "policy"})


def _printed(asked: Requirement, said: Iterable[Annotations]) -> Iterator[tuple[str, str]]:
    written: dict[str, set[str]] = {}
    for name, text in (use for one in said for use in one.federated):
        written.setdefault(name, set()).add(text)
    if asked.authenticated:
        yield "authenticated", ""
    for name, argument, clauses in (("requiresScopes", "scopes", asked.scopes), ("policy", "policies", asked.policies)):
        if clauses is not None:
            texts = written.get(name, set())
            yield name, texts.pop() if len(texts) == 1 else f"({argument}: {print_clauses(clauses)})"


def requirements_of(types: MergedTypes) -> dict[str, Requirement]:
    """Every coordinate that asks something, and what."""
    return {coordinate: asked for type_ in types.values() for coordinate, asked in _of_type(type_) if asked != NOTHING}


def _of_type(type_: MergedType) -> Iterator[tuple[str, Requirement]]:
    name = type_.name
    yield name, requirement(type_.annotations)
    for field in type_.fields.values():
        yield f"{name}.{field.name}", requirement(field.annotations)
        yield from _of_arguments(name, field)
    for item in type_.inputs.values():
        yield f"{name}.{item.name}", requirement(item.annotations)
    for value in type_.values.values():
        yield f"{name}.{value.name}", requirement(value.annotations)


def _of_arguments(name: str, field: MergedField) -> Iterator[tuple[str, Requirement]]:
    for argument in field.arguments.values():
        yield f"{name}.{field.name}({argument.name}:)", requirement(argument.annotations)
