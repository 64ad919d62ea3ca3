"""This module is in charge of which contexts can be filled on a path: an object above must set them, and what is selected of it be readable."""

from __future__ import annotations

from gateway.composition.fieldset import Fault, parse_selection, to_field_set
from gateway.composition.merged import MergedField, MergedTypes
from gateway.composition.moves import Moves
from gateway.composition.positions import Positions
from gateway.composition.supergraph import FieldSet

Filled = frozenset[tuple[str, str]]
"""Contexts, by their names in the supergraph, with the selections that can be read where they are set."""


class ContextFilling:
    """The selections that arguments take of contexts, and where they can be read."""

    def __init__(self, types: MergedTypes, moves: Moves) -> None:
        self._moves = moves
        joins = (join for type_ in types.values() for field in type_.fields.values() for join in field.joins.values())
        self._selections = {(item.context, item.selection): _read(item.selection) for join in joins for item in join.context_arguments}

    def below(self, type_name: str, at: Positions, above: Filled) -> Filled:
        """What is filled below a value of this type, held there: its own contexts take the place of those of the same name above."""
        contexts = self._moves.contexts_set(type_name)
        own = ((name, text) for (name, text), selection in self._selections.items() if name in contexts and self._is_readable(type_name, at, selection))
        return frozenset(item for item in above if item[0] not in contexts).union(own)

    def _is_readable(self, type_name: str, at: Positions, selection: FieldSet) -> bool:
        """True when what is selected of a value of this type can be read there; what is selected of other types does not matter."""
        meant = tuple(item for item in selection if item.type_condition is None or type_name in self._moves.layout.behind(item.type_condition))
        return bool(meant) and self._moves.selects(at, meant)

    def is_filled(self, field: MergedField, subgraph: str, filled: Filled) -> bool:
        """True when every context argument of the field in that subgraph is filled."""
        join = field.joins.get(subgraph)
        return join is None or all((item.context, item.selection) in filled for item in join.context_arguments)


def _read(text: str) -> FieldSet:
    selection = parse_selection(text)
    return () if isinstance(selection, Fault) else to_field_set(selection)
