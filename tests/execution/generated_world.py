"""This module is in charge of federated worlds made of SDL alone: whatever subgraphs a folder holds, served in parts and whole over the same data.

An object is its type and a number, and every value is a digest of whose it is, so that nothing has to be written down. A subgraph finds an
entity by trying which object has the key it is told; a field that requires others is a digest of what it is told, so that a wrong
representation gives a wrong answer. The whole answers by the supergraph's own schema and looks nothing up.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from graphql import (
    DefinitionNode,
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    TypeDefinitionNode,
    TypeExtensionNode,
    build_ast_schema,
    execute_sync,
    get_argument_values,
    get_named_type,
    is_composite_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
    parse,
    parse_type,
    type_from_ast,
    validate,
)

from gateway.composition.compose import compose
from gateway.composition.document import as_definition
from gateway.composition.fieldset import Fault, parse_selection, to_field_set
from gateway.composition.supergraph import ContextArgument, FieldInfo, FieldSet, FieldSetItem, SubgraphSource, Supergraph, TypeInfo

IDS: Final = 4
ENTITIES: Final = "scalar _Any extend type {root} {{ _entities(representations: [_Any!]!): [_Entity]! }} union _Entity = {members}"
MACHINERY: Final = frozenset({"Query", "Mutation", "Subscription"})
_NUMBERS: Final[Mapping[str, Any]] = {"Int": lambda n: n % 1000, "Float": lambda n: n % 1000 + 0.5, "Boolean": lambda n: n % 2 == 0}


def digest(*parts: Any) -> int:
    """A number that is the same in every run."""
    return zlib.crc32(json.dumps(parts, sort_keys=True, default=str).encode())


@dataclass(frozen=True)
class GeneratedWorld:
    """The subgraphs of a folder, composed."""

    sources: tuple[SubgraphSource, ...]

    @staticmethod
    def of(folder: Path) -> GeneratedWorld:
        """The world of the `*.graphql` files in the folder."""
        files = sorted(folder.glob("*.graphql"))
        return GeneratedWorld(tuple(SubgraphSource(path.stem, f"http://{path.stem}.example/graphql", path.read_text()) for path in files))

    @cached_property
    def supergraph(self) -> Supergraph:
        composed = compose(self.sources)
        assert isinstance(composed, Supergraph), str(composed)
        return composed

    @cached_property
    def whole(self) -> GeneratedService:
        """The monolith: the oracle."""
        return GeneratedService(self.supergraph.api_schema, self.supergraph, None)

    @cached_property
    def parts(self) -> dict[str, GeneratedService]:
        """The subgraphs, each with `_entities`."""
        return {source.name: GeneratedService(self._schema_of(source), self.supergraph, source.name) for source in self.sources}

    def _schema_of(self, source: SubgraphSource) -> GraphQLSchema:
        renamed = re.search(r"\bquery: (\w+)", source.sdl)
        root = renamed[1] if renamed else "Query"
        sdl = source.sdl if re.search(rf"\btype {root}\b", source.sdl) else f"{source.sdl}\ntype {root} {{ nothing: Int }}"
        held = (name for name, info in self.supergraph.types.items() if source.name in info.keys)
        objects = [name for name in held if re.search(rf"\btype {name}\b", sdl)]
        text = sdl + ENTITIES.format(root=root, members=" | ".join(objects)) if objects else sdl
        return build_ast_schema(DocumentNode(definitions=tuple(_with_bases(parse(text)))), assume_valid=True, assume_valid_sdl=True)


@dataclass(frozen=True)
class _Object:
    """An object as a resolver holds it: which one it is, what type the subgraph says it has, and what it was told about it."""

    type: str
    number: str
    said: str
    told: Mapping[str, Any] = field(default_factory=dict)
    above: _Object | None = None


@dataclass
class GeneratedService:
    """The monolith, or a subgraph that knows of an object what it was told."""

    schema: GraphQLSchema
    supergraph: Supergraph
    subgraph: str | None
    asked: list[str] = field(default_factory=list)

    def ask(self, query: str, variables: Mapping[str, Any]) -> ExecutionResult:
        """Answer a document that has to be valid."""
        self.asked.append(query)
        document = parse(query)
        errors = validate(self.schema, document)
        assert errors == [], (self.subgraph, query, errors)
        result = execute_sync(self.schema, document, variable_values=dict(variables), field_resolver=self._resolve, type_resolver=self._type)
        assert isinstance(result, ExecutionResult)
        return result

    def _type(self, value: _Object, _info: GraphQLResolveInfo, _type: Any) -> str:
        return value.said

    def _resolve(self, source: _Object | None, info: GraphQLResolveInfo, **arguments: Any) -> Any:
        if info.field_name == "_entities":
            return [self._entity(each) for each in arguments["representations"]]
        root = self.supergraph.root_types[info.operation.operation.value]
        of = source or _Object(root, "0", root)
        return self.value(of, info.field_name, arguments)

    # Values

    def value(self, of: _Object, name: str, arguments: Mapping[str, Any]) -> Any:
        """The value of a field: of whatever type has it, the object's own or the interface that its subgraph knows as an object."""
        holder, info = self._field(of, name)
        if self.subgraph is None and self._sets_contexts:
            arguments = dict(arguments) | {item.name: self._from_context(of, item) for join in info.joins.values() for item in join.context_arguments}
            return _hung_below(self._value(of, name, arguments, holder, info), of)
        return self._value(of, name, arguments, holder, info)

    @cached_property
    def _sets_contexts(self) -> bool:
        return any(info.contexts for info in self.supergraph.types.values())

    def _from_context(self, of: _Object, argument: ContextArgument) -> Any:
        """What the nearest object above that sets the context has for the argument: one value at the end of a chain of fields."""
        setter = of.above
        while setter is not None and not any(argument.context in names for each in self._sides(setter.type) for names in each.contexts.values()):
            setter = setter.above
        assert setter is not None, argument
        found: Any = self._told(setter, _field_set(argument.selection))
        while isinstance(found, dict):
            (found,) = found.values()
        return found

    def _sides(self, name: str) -> list[TypeInfo]:
        """The type, its interfaces and its unions."""
        return [info for info in self.supergraph.types.values() if self._is_a(name, info.name)]

    def _value(self, of: _Object, name: str, arguments: Mapping[str, Any], holder: str, info: FieldInfo) -> Any:
        requires = self._required(holder, name)
        if requires:
            told = self._told(of, requires) if self.subgraph is None else of.told
            given = self._picked(told, requires, f"{holder}.{name}")
            return self._computed(self._type_of(info), name, [given, _given(arguments)])
        whose = [name, of.type, of.number]
        return self._typed(self._type_of(info), whose, _given(arguments), self._possible(of, holder, info), name)

    def _field(self, of: _Object, name: str) -> tuple[str, FieldInfo]:
        own = self.supergraph.types[of.type]
        holders = [own, *(self.supergraph.types[each] for each in sorted(own.interfaces))]
        found = [(each.name, each.fields[name]) for each in holders if name in each.fields]
        return next((each for each in found if each[1].joins), found[0])

    def _type_of(self, info: FieldInfo) -> Any:
        return _printed(self.supergraph.schema, info.type)

    def _required(self, holder: str, name: str) -> FieldSet:
        joins = self.supergraph.types[holder].fields[name].joins.values()
        texts = [join.requires_text for join in joins if join.requires_text and self.subgraph in (None, join.subgraph)]
        return _field_set(texts[0]) if texts else ()

    def _possible(self, of: _Object, holder: str, info: FieldInfo) -> tuple[str, ...]:
        """The object types that all subgraphs can give which resolve the field."""
        del of, holder
        name = info.type.strip("[]!")
        found: frozenset[str] | None = None
        for join in (join for join in info.joins.values() if join.owned):
            held = self.supergraph.types.get(join.type.strip("[]!"))
            if held is None:
                continue
            if held.kind not in {"INTERFACE", "UNION"}:
                given = frozenset({held.name})
            elif join.subgraph in held.interface_objects:
                given = frozenset().union(*held.members.values())
            else:
                given = held.members.get(join.subgraph, frozenset())
            found = given if found is None else found & given
        return tuple(sorted(each for each in found or {name} if self.supergraph.types[each].kind == "OBJECT")) if name in self.supergraph.types else ()

    def _typed(self, type_: Any, whose: list[Any], arguments: Any, possible: tuple[str, ...], name: str) -> Any:
        if is_non_null_type(type_):
            return self._present(type_.of_type, whose, arguments, possible, name)
        if not self._is_key(name) and digest("null", whose) % 9 == 0:
            return None
        return self._present(type_, whose, arguments, possible, name)

    def _is_key(self, name: str) -> bool:
        return name in self._key_names

    @cached_property
    def _key_names(self) -> frozenset[str]:
        """What must not be null, or nobody finds the object."""
        keys = (key for info in self.supergraph.types.values() for listed in info.keys.values() for key in listed)
        return frozenset(name for key in keys for name in _names(key.fields))

    def _present(self, type_: Any, whose: list[Any], arguments: Any, possible: tuple[str, ...], name: str) -> Any:
        if is_list_type(type_):
            return [self._typed(type_.of_type, [*whose, index], arguments, possible, name) for index in range(1 + digest("count", whose) % 3)]
        named = get_named_type(type_)
        if is_composite_type(named):
            return self._object(whose, arguments, possible)
        return self._leaf(named, digest(whose, arguments), f"{name} {'/'.join(map(str, whose[1:]))} {arguments or ''}".strip())

    def _leaf(self, named: Any, number: int, text: str) -> Any:
        if is_enum_type(named):
            return sorted(named.values)[number % len(named.values)]
        return _NUMBERS[named.name](number) if named.name in _NUMBERS else text

    def _object(self, whose: list[Any], arguments: Any, possible: tuple[str, ...]) -> _Object | None:
        if not possible:
            return None
        number = digest("object", whose, arguments)
        type_name = possible[number % len(possible)]
        entity = bool(self.supergraph.types[type_name].keys)
        if type_name in self.supergraph.root_types.values():
            return _Object(type_name, "0", type_name)
        which = str(digest(number) % IDS) if entity else "of " + "/".join(map(str, whose)) + str(arguments or "")
        return _Object(type_name, which, self._said(type_name))

    def _said(self, type_name: str) -> str:
        """What the subgraph calls an object of that type: it may know it by an interface alone."""
        if self.subgraph is None or type_name in self.schema.type_map:
            return type_name
        above = [each for each in self.supergraph.types[type_name].interfaces if self.subgraph in self.supergraph.types[each].interface_objects]
        return above[0] if above else type_name

    def _computed(self, type_: Any, name: str, given: Any) -> Any:
        named = get_named_type(type_)
        assert not is_list_type(type_)
        return self._leaf(named, digest(name, given), f"{name} {json.dumps(given, sort_keys=True)}")

    # Representations

    def _entity(self, representation: Mapping[str, Any]) -> _Object | None:
        said = representation["__typename"]
        info = self.supergraph.types[said]
        names = frozenset({said}) if info.kind == "OBJECT" else frozenset().union(*info.members.values())
        keys = [key.fields for key in info.keys[self.subgraph or ""] if key.resolvable]
        for name in sorted(names):
            for number in range(IDS):
                of = _Object(name, str(number), name)
                if any(self._fits(of, key, representation) for key in keys):
                    return _Object(name, str(number), self._said(name), representation)
        raise GraphQLError(f"{self.subgraph} has nothing like {json.dumps(representation)}")

    def _fits(self, of: _Object, key: FieldSet, told: Mapping[str, Any]) -> bool:
        return all(item.name in told for item in key) and self._told(of, key) == {item.name: told[item.name] for item in key if item.name in told}

    def _told(self, of: _Object, items: FieldSet) -> dict[str, Any]:
        """What a representation of the object says for these fields."""
        made: dict[str, Any] = {}
        for item in items:
            if item.type_condition is not None and not self._is_a(of.type, item.type_condition):
                continue
            value = of.type if item.name == "__typename" else self.value(of, item.name, self._arguments(of, item))
            below = self._below(value, [each for each in items if each.name == item.name])
            made[item.name] = below
        return made

    def _arguments(self, of: _Object, item: FieldSetItem) -> dict[str, Any]:
        """What the field's resolver is given, defaults included."""
        holder, _info = self._field(of, item.name)
        declared: Any = self.supergraph.schema.type_map[holder]
        written = f"({', '.join(f'{name}: {text}' for name, text in item.arguments)})" if item.arguments else ""
        document: Any = parse(f"{{ {item.name}{written} }}")
        return get_argument_values(declared.fields[item.name], document.definitions[0].selection_set.selections[0])

    def _below(self, value: Any, items: list[Any]) -> Any:
        if isinstance(value, list):
            return [self._below(each, items) for each in value]
        if not isinstance(value, _Object):
            return value
        children = tuple(child for item in items for child in item.children)
        return self._told(value, children)

    def _is_a(self, name: str, condition: str) -> bool:
        return name == condition or condition in self.supergraph.types[name].interfaces or name in self._members(condition)

    def _members(self, name: str) -> frozenset[str]:
        return frozenset().union(*self.supergraph.types[name].members.values()) if self.supergraph.types[name].members else frozenset()

    def _picked(self, told: Mapping[str, Any], items: FieldSet, where: str) -> dict[str, Any]:
        """Of what was told, what is required and nothing else; a top-level field that is missing is the gateway's mistake."""
        names = dict.fromkeys(item.name for item in items if item.type_condition is None)
        missing = [name for name in names if name not in told]
        if missing:
            raise AssertionError(f"{where} was asked for without {missing}: {json.dumps(told)}")
        return {name: _trimmed(told[name], [item for item in items if item.name == name]) for name in names}


def _hung_below(value: Any, of: _Object) -> Any:
    if isinstance(value, list):
        return [_hung_below(each, of) for each in value]
    return replace(value, above=of) if isinstance(value, _Object) else value


def _with_bases(document: DocumentNode) -> Iterator[DefinitionNode]:
    """The first extension of a type that has no base here stands in as its base."""
    based = {node.name.value for node in document.definitions if isinstance(node, TypeDefinitionNode)}
    for node in document.definitions:
        if isinstance(node, TypeExtensionNode) and node.name.value not in based:
            based.add(node.name.value)
            yield as_definition(node)
        else:
            yield node


def _trimmed(value: Any, items: list[Any]) -> Any:
    if isinstance(value, list):
        return [_trimmed(each, items) for each in value]
    if not isinstance(value, Mapping):
        return value
    children = [child for item in items for child in item.children]
    names = dict.fromkeys(child.name for child in children if child.name in value)
    return {name: _trimmed(value[name], [child for child in children if child.name == name]) for name in sorted(names) if name != "__typename"}


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they count: one that is left out is none."""
    return {name: value for name, value in sorted(arguments.items()) if value is not None}


def _names(items: FieldSet) -> Iterator[str]:
    for item in items:
        yield item.name
        yield from _names(item.children)


def _field_set(text: str) -> FieldSet:
    selection = parse_selection(text)
    assert not isinstance(selection, Fault)
    return to_field_set(selection)


def _printed(schema: GraphQLSchema, text: str) -> Any:
    return type_from_ast(schema, parse_type(text))


def every(folder: Path) -> Iterable[Path]:
    """The folders of worlds."""
    return sorted(path for path in folder.iterdir() if path.is_dir())
