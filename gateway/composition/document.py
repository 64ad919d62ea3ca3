"""This module is in charge of a subgraph's SDL as a document: machinery out, root types under their usual names, valid GraphQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeVar

from graphql import (
    REMOVE,
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    EnumValueDefinitionNode,
    ExecutableDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    NamedTypeNode,
    NameNode,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    OperationTypeDefinitionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    TypeDefinitionNode,
    TypeExtensionNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
    Visitor,
    build_ast_schema,
    introspection_types,
    parse,
    print_ast,
    specified_scalar_types,
    validate_schema,
    visit,
)
from graphql.validation.validate import validate_sdl

from gateway.composition.definitions import (
    BUILT_IN_DIRECTIVES,
    DIRECTIVES,
    FEDERATION,
    FEDERATION_TYPES,
    FIRST_PLACES,
    MACHINERY_FIELDS,
    MACHINERY_TYPES,
    DirectiveShape,
)
from gateway.composition.errors import CompositionError, CompositionProblem, Place, place
from gateway.composition.links import BUILT_IN, Element, Links, first_uses
from gateway.composition.supergraph import SubgraphSource
from gateway.composition.types import named_type, read_type

ROOTS: Final = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}

_SCALARS: Final = {"F": "FieldSet", "S": "Scope", "P": "Policy", "C": "ContextFieldValue"}

_DEFINITION_OF: Final[dict[type[TypeExtensionNode], type[TypeDefinitionNode]]] = {
    ObjectTypeExtensionNode: ObjectTypeDefinitionNode,
    InterfaceTypeExtensionNode: InterfaceTypeDefinitionNode,
    UnionTypeExtensionNode: UnionTypeDefinitionNode,
    EnumTypeExtensionNode: EnumTypeDefinitionNode,
    InputObjectTypeExtensionNode: InputObjectTypeDefinitionNode,
    ScalarTypeExtensionNode: ScalarTypeDefinitionNode,
}

TypeNode = TypeDefinitionNode | TypeExtensionNode


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """What a subgraph itself says: no federation machinery, canonical root names."""

    types: tuple[TypeNode, ...]
    directives: tuple[DirectiveDefinitionNode, ...]
    schema_directives: tuple[ConstDirectiveNode, ...]
    description: str | None  # of the schema
    named_roots: frozenset[str]  # the roots that its schema definition tells, by their usual names
    mentioned: tuple[str, ...]  # the directives applied anywhere, machinery included, by their names here
    clashes: tuple[CompositionError, ...] = ()  # root types that stand in the way of one another; each has the name then that it is written with


def parse_source(source: SubgraphSource) -> DocumentNode:
    """The document of a subgraph; CompositionProblem (INVALID_GRAPHQL) where it does not parse, or is more than a schema."""
    try:
        document = parse(source.sdl)
    except GraphQLSyntaxError as error:
        raise CompositionProblem([_invalid(source.name, error)]) from error
    operations = [node for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    if operations:
        raise CompositionProblem(_invalid(source.name, GraphQLError("An operation or fragment is no part of a schema.", node)) for node in operations)
    return document


def clean(subgraph: str, document: DocumentNode, links: Links) -> CleanDocument:
    """The document less what every federated subgraph carries; CompositionProblem where root types are not there."""
    _stop_at_redefined_types(subgraph, document)
    _stop_at_unknown_types(subgraph, document)
    _stop_at_unknown_directives(subgraph, document, links)
    renames = {operation.type.name.value: ROOTS[operation.operation.value] for operation in _operations(document)}
    renames = {old: new for old, new in renames.items() if old != new}
    taken = [n for n in document.definitions if isinstance(n, TypeDefinitionNode | TypeExtensionNode) and n.name.value in renames.values()]
    clashes = tuple(_root_used(subgraph, node) for node in taken if node.name.value not in renames)
    renamed: DocumentNode = document if clashes or not renames else visit(document, _Renamer(renames))
    return replace(_cleaned(document, renamed, links), clashes=clashes)


def _cleaned(document: DocumentNode, renamed: DocumentNode, links: Links) -> CleanDocument:
    nodes = _of_their_kind([node for node in renamed.definitions if isinstance(node, TypeDefinitionNode | TypeExtensionNode)])
    types = _with_each_value_once(node for node in map(_without_machinery, nodes) if not _is_machinery(node, links))
    return CleanDocument(
        tuple(types),
        tuple(node for node in renamed.definitions if isinstance(node, DirectiveDefinitionNode)),
        tuple(d for node in renamed.definitions if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode) for d in node.directives or ()),
        next((node.description.value for node in document.definitions if isinstance(node, SchemaDefinitionNode) and node.description is not None), None),
        frozenset(ROOTS[operation.operation.value] for operation in _operations(document)),
        tuple(first_uses(document)),
    )


def _of_their_kind(nodes: Sequence[TypeNode]) -> list[TypeNode]:
    """`extend type` of an interface, and `extend interface` of an object, extend what is there: other composers do not mind the word."""
    extensions: dict[str, type[TypeExtensionNode]] = {}
    for node in nodes:
        if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            extensions[node.name.value] = ObjectTypeExtensionNode if isinstance(node, ObjectTypeDefinitionNode) else InterfaceTypeExtensionNode
    return [_extending(node, extensions.get(node.name.value)) for node in nodes]


def _extending(node: TypeNode, kind: type[TypeExtensionNode] | None) -> TypeNode:
    if kind is None or not isinstance(node, ObjectTypeExtensionNode | InterfaceTypeExtensionNode) or isinstance(node, kind):
        return node
    return kind(**{part.name: getattr(node, part.name) for part in fields(node)})


def _operations(document: DocumentNode) -> Iterator[OperationTypeDefinitionNode]:
    for node in document.definitions:
        if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
            yield from node.operation_types or ()


def _stop_at_redefined_types(subgraph: str, document: DocumentNode) -> None:
    """GraphQL's own scalars may be defined again, which says nothing; as types of another kind, or extended, they may not."""
    errors = []
    for node in document.definitions:
        if isinstance(node, TypeDefinitionNode | TypeExtensionNode):
            name = node.name.value
            if name in introspection_types or (name in specified_scalar_types and not isinstance(node, ScalarTypeDefinitionNode)):
                errors.append(_invalid(subgraph, GraphQLError(f'The type "{name}" is of GraphQL itself, and cannot be extended, or defined as another.', node)))
    if errors:
        raise CompositionProblem(errors)


def _stop_at_unknown_types(subgraph: str, document: DocumentNode) -> None:
    """Roots, members of the machinery's unions, and what directives take: what they name is looked for nowhere else."""
    known = {node.name.value for node in document.definitions if isinstance(node, TypeDefinitionNode | TypeExtensionNode)}
    roots = [operation.type for operation in _operations(document)]
    unions = [node for node in document.definitions if isinstance(node, UnionTypeDefinitionNode) and node.name.value in MACHINERY_TYPES]
    taken = [item.type for node in document.definitions if isinstance(node, DirectiveDefinitionNode) for item in node.arguments or ()]
    named = ((node.name.value, node) for node in (*roots, *(each for union in unions for each in union.types or ())))
    unknown = [(name, node) for name, node in (*named, *((named_type(read_type(node)), node) for node in taken)) if name not in known]
    if unknown := [(name, node) for name, node in unknown if name not in specified_scalar_types]:
        raise CompositionProblem(_invalid(subgraph, GraphQLError(f"Unknown type '{name}'.", node)) for name, node in unknown)


def _stop_at_unknown_directives(subgraph: str, document: DocumentNode, links: Links) -> None:
    """On the machinery and on GraphQL's own scalars, which are gone before anything else is looked at."""
    defined = {node.name.value for node in document.definitions if isinstance(node, DirectiveDefinitionNode)}
    gone = {*MACHINERY_TYPES, *specified_scalar_types}
    machinery = (node for node in document.definitions if isinstance(node, TypeDefinitionNode | TypeExtensionNode) and node.name.value in gone)
    uses = [use for node in machinery for use in node.directives or ()]
    if unknown := [use for use in uses if use.name.value not in defined and links.element(use.name.value) is None]:
        raise CompositionProblem(_invalid(subgraph, GraphQLError(f"Unknown directive '@{use.name.value}'.", use)) for use in unknown)


def _with_each_value_once(nodes: Iterable[TypeNode]) -> Iterator[TypeNode]:
    """A value that an enum lists twice is one value, of which both say something: other composers let it pass, and it harms nobody."""
    for node in nodes:
        if isinstance(node, EnumTypeDefinitionNode | EnumTypeExtensionNode):
            values: dict[str, EnumValueDefinitionNode] = {}
            for value in node.values or ():
                known = values.get(value.name.value)
                more = (*(known.directives or ()), *(value.directives or ())) if known else ()
                values[value.name.value] = replace(known, directives=more) if known else value
            node = replace(node, values=tuple(values.values()))
        yield node


def _is_machinery(node: TypeNode, links: Links) -> bool:
    name = node.name.value
    is_query = name == "Query" and isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode)
    hollow_query = is_query and not node.directives and not getattr(node, "fields", ()) and not getattr(node, "interfaces", ())
    hollow_union = isinstance(node, UnionTypeDefinitionNode) and not node.types
    # The field sets of Federation 1 are a type like any other in Federation 2, which has its own.
    machinery = name in MACHINERY_TYPES and not hollow_union and (links.federation_1 or name != "_FieldSet")
    return machinery or name in specified_scalar_types or _is_scalar_of_the_upgrade(node, links) or links.owns_type(name) or hollow_query


def _is_scalar_of_the_upgrade(node: TypeNode, links: Links) -> bool:
    """True for a scalar of Federation 2's by its full name, where Federation 1 is taken for that: it is there then anyway."""
    return links.federation_1 and isinstance(node, ScalarTypeDefinitionNode) and node.name.value in {f"federation__{name}" for name in FEDERATION_TYPES}


def _without_machinery(node: TypeNode) -> TypeNode:
    if node.name.value != "Query" or not isinstance(node, ObjectTypeDefinitionNode | ObjectTypeExtensionNode):
        return node
    kept = tuple(field for field in node.fields or () if field.name.value not in MACHINERY_FIELDS)
    return replace(node, fields=kept)


def _root_used(subgraph: str, node: TypeNode) -> CompositionError:
    name = node.name.value
    message = f'Subgraph "{subgraph}" has another root type under its own name, so no other type there may be called "{name}".'
    return CompositionError(f"ROOT_{name.upper()}_USED", message, name, (place(subgraph, node),))


class _Renamer(Visitor):
    def __init__(self, renames: dict[str, str]) -> None:
        super().__init__()
        self._renames = renames

    def enter(self, node: Any, *_args: Any) -> Any:
        match node:
            case NamedTypeNode() | TypeDefinitionNode() | TypeExtensionNode() if node.name.value in self._renames:
                return replace(node, name=NameNode(value=self._renames[node.name.value], loc=node.name.loc))
            case SchemaDefinitionNode():
                return None
            case DirectiveNode():
                return False
        return None

    def leave_operation_type_definition(self, *_args: Any) -> Any:
        return REMOVE


_Node = TypeVar("_Node", bound=TypeNode)


def check(subgraph: str, document: CleanDocument, links: Links) -> None:
    """CompositionProblem (INVALID_GRAPHQL) unless the document is a valid schema; only the query root may be missing.

    A federated `extend type` needs no base in its own subgraph, so the first extension of a type stands in as its definition.
    """
    own = tuple(node for node in document.directives if _is_own_definition(node, links))
    plumbing = tuple(parse(_plumbing(links, document.directives), no_location=True).definitions)
    on_schema = tuple(use for use in document.schema_directives if use.name.value != links.link_name)
    extension = (SchemaExtensionNode(directives=on_schema, operation_types=()),) if on_schema else ()
    whole = DocumentNode(definitions=(*plumbing, *own, *_with_bases(document.types), *extension))
    errors: Iterable[GraphQLError] = validate_sdl(whole) or [*_defaults_of_outputs(document)]
    if not errors:
        errors = [error for error in _built_errors(whole) if error.message not in _let_pass(document)]
    problems: dict[str, CompositionError] = {}
    for error in (_invalid(subgraph, error) for error in errors):
        known = problems.get(error.message)
        problems[error.message] = replace(error, subgraphs=known.subgraphs + error.subgraphs) if known else error
    if problems:
        raise CompositionProblem(problems.values())


def _built_errors(whole: DocumentNode) -> Sequence[GraphQLError]:
    try:
        return schema_errors(build_ast_schema(whole, assume_valid_sdl=True, assume_valid=False))
    except GraphQLError as error:
        # A value without which the schema cannot even be built; what GraphQL says of it shows the place in a text that is not the subgraph's.
        nodes = error.__cause__.nodes if isinstance(error.__cause__, GraphQLError) else error.nodes
        return [GraphQLError(error.message.partition("\n")[0], nodes)]


def _let_pass(document: CleanDocument) -> frozenset[str]:
    """What GraphQL asks of a schema and federation does not ask of a subgraph: a query root, and that what is called as a root is one."""
    called = (name for name in ROOTS.values() if name != ROOTS["query"] and name not in document.named_roots)
    return frozenset({"Query root type must be provided.", *(f"{name} root type must be Object type if provided, it cannot be {name}." for name in called)})


def _defaults_of_outputs(document: CleanDocument) -> Iterator[GraphQLError]:
    """Arguments with a default whose type no default can have: a schema with one cannot even be built."""
    outputs = {node.name.value for node in document.types if node.kind.startswith(("object", "interface", "union"))}
    for node in (*document.types, *document.directives):
        parts = (*(getattr(node, "fields", None) or ()), *(getattr(node, "arguments", None) or ()))
        for item in (*parts, *(argument for part in parts for argument in getattr(part, "arguments", None) or ())):
            if getattr(item, "default_value", None) is not None and named_type(read_type(item.type)) in outputs:
                yield GraphQLError(f'"{item.name.value}" has a default, but its type "{print_ast(item.type)}" is no input type.', item)


def schema_errors(schema: GraphQLSchema) -> list[GraphQLError]:
    """What makes the schema invalid.

    That an implementation's field is deprecated and the interface's is not is let pass: other composers know no such law,
    and deprecating by and by, subgraph by subgraph, passes through that state.
    """
    return [error for error in validate_schema(schema) if not error.message.endswith("must not be deprecated.")]


def _with_bases(nodes: Iterable[TypeNode]) -> Iterator[DefinitionNode]:
    listed = list(nodes)
    based = {node.name.value for node in listed if isinstance(node, TypeDefinitionNode)}
    for node in listed:
        if isinstance(node, TypeExtensionNode) and node.name.value not in based:
            based.add(node.name.value)
            yield as_definition(node)
        else:
            yield node


def as_definition(node: TypeExtensionNode) -> TypeDefinitionNode:
    """The same declaration without the word `extend`."""
    parts = {part.name: getattr(node, part.name) for part in fields(node)}
    return _DEFINITION_OF[type(node)](**parts)


def is_federated(element: Element | None) -> bool:
    """True for a directive that GraphQL or an Apollo specification defines, so that no subgraph needs to."""
    return element is not None and (element.identity == BUILT_IN or element.identity.startswith("https://specs.apollo.dev/"))


def _is_own_definition(node: DirectiveDefinitionNode, links: Links) -> bool:
    return node.name.value not in BUILT_IN_DIRECTIVES and not is_federated(links.element(node.name.value))


def scalar_names(links: Links) -> dict[str, str]:
    """What the scalars of federation are called in this subgraph, by their letters in the shapes of directives."""
    return {letter: links.federation_type(name) for letter, name in _SCALARS.items()}


def is_passed_over(node: DirectiveDefinitionNode, links: Links) -> bool:
    """True for definitions that libraries of Federation 1 print with a type too wide, which are taken for right."""
    arguments = {argument.name.value: print_ast(argument.type) for argument in node.arguments or ()}
    known = not arguments or (len(arguments) == 1 and arguments.get("fields") in {"String", "_FieldSet", "FieldSet"})
    return links.federation_1 and node.name.value in {"key", "requires", "provides"} and known


def _plumbing(links: Links, definitions: Iterable[DirectiveDefinitionNode]) -> str:
    """Definitions of the federation directives, under the names they have in this subgraph; what it defines itself may be narrower."""
    own = {node.name.value: node for node in definitions if not is_passed_over(node, links)}
    names = scalar_names(links)
    federation = links.feature(FEDERATION)
    minor = federation.minor if federation is not None else 0
    lines = [f"scalar {name}" for name in names.values() if not name.startswith("__")]
    for name, shape in DIRECTIVES.items():
        for written in links.names_of(Element(FEDERATION, name)):
            alone = links.minor_alone(written) if name in FIRST_PLACES else None
            first = shape if alone is None else _of_version(shape, name, alone)
            narrow = _narrowed(first, own[written]) if written in own else first
            repeatable = " repeatable" if narrow.repeatable and minor >= narrow.repeatable_since else ""
            lines.append(f"directive @{written}{_signature(narrow, minor, names)}{repeatable} on {_locations(narrow, minor)}")
    return "\n".join(lines)


def _of_version(shape: DirectiveShape, name: str, minor: int) -> DirectiveShape:
    """What version 0.`minor` of the specification by itself lets the directive be."""
    locations = FIRST_PLACES[name] if minor < 2 else _locations(shape, minor)
    return shape._replace(locations=locations, newer={})


def _locations(shape: DirectiveShape, minor: int) -> str:
    return " | ".join(location for location in shape.locations.split(" | ") if shape.newer.get(location, 0) <= minor)


def _narrowed(shape: DirectiveShape, own: DirectiveDefinitionNode) -> DirectiveShape:
    arguments = {name: type_ for name, type_ in shape.arguments.items() if name in {argument.name.value for argument in own.arguments or ()}}
    return shape._replace(arguments=arguments, locations=" | ".join(location.value for location in own.locations), repeatable=own.repeatable)


def _signature(shape: DirectiveShape, minor: int, names: Mapping[str, str]) -> str:
    known = {argument: type_ for argument, type_ in shape.arguments.items() if shape.newer.get(argument, 0) <= minor}
    written = ", ".join(f"{argument}: {type_.format(**names)}" for argument, type_ in known.items())
    return f"({written})" if written else ""


def _invalid(subgraph: str, error: GraphQLError) -> CompositionError:
    by_node = tuple(place(subgraph, node) for node in error.nodes or ())
    places = by_node or tuple(Place(subgraph, at.line, at.column) for at in error.locations or ())
    return CompositionError("INVALID_GRAPHQL", f'Subgraph "{subgraph}": {error.message}', "", places)
