"""This module is in charge of merging the arguments of a field; those that a context fills are no arguments to a client."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.composition.contexts import context_name
from gateway.composition.errors import in_words
from gateway.composition.merge_values import InputPosition, InputSource, merge_inputs
from gateway.composition.merged import MergedInput
from gateway.composition.merging import Merging
from gateway.composition.overrides import Declared
from gateway.composition.subgraph import Subgraph, SubgraphField
from gateway.composition.supergraph import ContextArgument


def merge_arguments(merging: Merging, coordinate: str, sources: Sequence[Declared]) -> dict[str, MergedInput]:
    """The arguments that every subgraph knows, but for those that a context fills somewhere."""
    names = dict.fromkeys(name for source in sources for name in source.field.arguments)
    contextual = {name for name in names if _is_contextual(sources, name)}
    for name in names:
        if name in contextual:
            _check_contextual(merging, f"{coordinate}({name}:)", name, sources)
    position = InputPosition("argument", coordinate, "{coordinate}({name}:)")
    inputs = {name: [InputSource(s.subgraph, s.field.arguments.get(name)) for s in sources] for name in names if name not in contextual}
    return merge_inputs(merging, position, inputs)


def _is_contextual(sources: Iterable[Declared], name: str) -> bool:
    return any(name in s.field.arguments and s.field.arguments[name].from_context is not None for s in sources)


def _check_contextual(merging: Merging, coordinate: str, name: str, sources: Sequence[Declared]) -> None:
    """A subgraph that expects the argument from clients will not get it."""
    code = "CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS"
    expecting = [s for s in sources if name in s.field.arguments and s.field.arguments[name].from_context is None]
    requiring = [s for s in expecting if s.field.arguments[name].required]
    where = ((s.subgraph, s.field.arguments[name].node) for s in requiring or expecting)
    if requiring:
        words = in_words(s.subgraph.name for s in requiring)
        merging.refuse(code, f'Argument "{coordinate}" is filled from a context in some subgraphs, but {words} asks clients for it.', coordinate, where)
    elif expecting:
        merging.hint(code, f'Argument "{coordinate}" is not in the supergraph, since a context fills it in some subgraph.', coordinate, where)


def context_arguments(subgraph: Subgraph, field: SubgraphField) -> Iterator[ContextArgument]:
    """The arguments of a subgraph's field that the gateway fills."""
    for argument in field.arguments.values():
        use = argument.from_context
        if use is not None:
            yield ContextArgument(argument.name, str(argument.type), context_name(subgraph.name, use.context), use.written)
