"""This module is in charge of the quick projection: one generated Python function for each object of an answer's shape.

It knows no paths and no errors. Whatever is not as it should be raises `Unfit`, and the explaining projection does the work
again. The source holds names of GraphQL (letters, digits, underscores) only through `repr`.

Compiling takes longer than everything else that is done for a new operation's answer, and new operations mostly select what others have selected of an
object. So a function's code is kept by its source, in which the functions of the objects below have no names but their places.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import CodeType, FunctionType
from typing import Any, Final, assert_never

from gateway.execution.answer_shape import (
    BOOLEAN,
    FLOAT,
    ID,
    INT,
    STRING,
    GivenShape,
    LeafShape,
    ListShape,
    NonNullShape,
    ObjectShape,
    Shape,
    TaggedShape,
    TypenameShape,
)
from gateway.lru import CODE_BYTES, Lru

# Bytes that code takes, and by how many times more than its source.
_CODE: Final = 1_000
_TIMES: Final = 4

Json = Any
Quick = Callable[[dict[str, Json]], dict[str, Json]]


class Unfit(Exception):
    """Something in the data needs an error, or is not written as its type writes it."""


_CHECKS: Final = {
    STRING: "if {v}.__class__ is not str: raise Unfit",
    # An integer may be an ID, but it is written as a string.
    ID: "if {v}.__class__ is not str: raise Unfit",
    BOOLEAN: "if {v}.__class__ is not bool: raise Unfit",
    INT: "if {v}.__class__ is not int or not -2147483648 <= {v} <= 2147483647: raise Unfit",
    FLOAT: "if ({v}.__class__ is not float and {v}.__class__ is not int) or not -1.8e308 < {v} < 1.8e308: raise Unfit",
}
# What a generated function does to data that is not JSON of the expected form.
MISFITS: Final = (Unfit, TypeError, AttributeError, KeyError)


def generate(shape: ObjectShape, shared: Collection[ObjectShape] = ()) -> Quick:
    """The function that projects the root object; raises one of `MISFITS` on anything out of the ordinary.

    Where objects have a shape of `shared`, one object may stand at many places: it is projected once, and its projection stands there.
    """
    maker = _Maker(shared)
    project = maker.function_of(shape)
    seen = maker.seen
    if not seen:
        return project

    def quick(data: dict[str, Json]) -> dict[str, Json]:
        try:
            return project(data)
        finally:
            for each in seen:
                each.clear()

    return quick


_code: Final[Lru[str, CodeType]] = Lru(CODE_BYTES, "projection code")


def _code_of(source: str) -> CodeType:
    code = _code.get(source)
    if code is None:
        code = next(each for each in compile(source, "<projection>", "exec").co_consts if isinstance(each, CodeType))
        _code.put(source, code, _CODE + _TIMES * len(source))
    return code


class _Maker:
    """Makes the functions of one answer, those of the objects below first."""

    def __init__(self, shared: Collection[ObjectShape]) -> None:
        # What was projected, by the identity of its object, for each shape whose objects may be shared.
        self.seen: list[dict[int, dict[str, Json]]] = []
        self._shared = shared
        self._made: dict[ObjectShape | TaggedShape, Quick] = {}

    def function_of(self, shape: ObjectShape | TaggedShape) -> Quick:
        """The function for objects of that shape; made on first use."""
        made = self._made.get(shape)
        if made is None:
            seen: dict[int, dict[str, Json]] | None = {} if shape in self._shared else None
            if seen is not None:
                self.seen.append(seen)
            source = _Source()
            lines = source.object(shape, seen) if isinstance(shape, ObjectShape) else source.tagged(shape)
            namespace = {"Unfit": Unfit, **source.constants}
            namespace.update({name: self.function_of(below) for below, name in source.below.items()})
            made = self._made[shape] = FunctionType(_code_of("\n".join(lines)), namespace)
        return made


class _Source:
    """The source of one function; `below` are the shapes whose functions it calls, with their names in it, `constants` what else it names."""

    def __init__(self) -> None:
        self.below: dict[ObjectShape | TaggedShape, str] = {}
        self.constants: dict[str, Any] = {}
        self._count = 0

    def _fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def _function_of(self, shape: ObjectShape | TaggedShape) -> str:
        name = self.below.get(shape)
        if name is None:
            name = self.below[shape] = f"p{len(self.below)}"
        return name

    def object(self, shape: ObjectShape, seen: dict[int, dict[str, Json]] | None) -> list[str]:
        """Statements of the function of an object; where objects are shared, with what it has projected."""
        lines: list[str] = []
        parts: list[str] = []
        for index, (key, (_, below)) in enumerate(shape.fields.items()):
            if isinstance(below, NonNullShape) and isinstance(below.inner, TypenameShape):
                parts.append(f"{key!r}: {below.inner.name!r}")
                continue
            variable = f"v{index}"
            # A field that cannot be null is there, or what follows is not quick anyway.
            lines.append(f" {variable} = o[{key!r}]" if isinstance(below, NonNullShape) else f" {variable} = o.get({key!r})")
            lines += [" " + line for line in self._value(variable, below)]
            parts.append(f"{key!r}: {variable}")
        # What is no object has neither `get` nor keys; only where nothing is read of it, it has to be asked.
        head = ["def project(o):", *([] if lines else [" if o.__class__ is not dict: raise Unfit"])]
        made = f"{{{', '.join(parts)}}}"
        if seen is None:
            return [*head, *lines, f" return {made}"]
        self.constants["seen"] = seen
        return [*head, " r = seen.get(id(o))", " if r is not None: return r", *lines, f" r = seen[id(o)] = {made}", " return r"]

    def tagged(self, shape: TaggedShape) -> list[str]:
        """Statements of the function of an object that says what it is."""
        lines = ["def project(o):", " if o.__class__ is not dict: raise Unfit", " t = o.get('__typename')"]
        for type_name, below in shape.by_type.items():
            lines.append(f" if t == {type_name!r}: return {self._function_of(below)}(o)")
        untold = [] if shape.untold is None else [f" if t is None: return {self._function_of(shape.untold)}(o)"]
        return [*lines, *untold, " raise Unfit"]

    def _inline(self, shape: ObjectShape | TaggedShape) -> str:
        """The projection of object `i` as an expression: an edge without cursor is made in place, anything else by its function."""
        if isinstance(shape, ObjectShape) and len(shape.fields) == 1:
            ((key, (_, below)),) = shape.fields.items()
            if isinstance(below, ObjectShape):
                return f"{{{key!r}: None if (n := i.get({key!r})) is None else {self._function_of(below)}(n)}}"
        return f"{self._function_of(shape)}(i)"

    def _value(self, variable: str, shape: Shape) -> list[str]:
        """Statements that check the value of a variable, and put its projection there."""
        if isinstance(shape, NonNullShape):
            return [*([f"if {variable} is None: raise Unfit"] if _lets_null_through(shape.inner) else []), *self._present(variable, shape.inner)]
        present = self._present(variable, shape)
        return [f"if {variable} is not None:", *(" " + line for line in present)] if present else []

    def _present(self, variable: str, shape: Shape) -> list[str]:
        match shape:
            case LeafShape(name, values):
                return self._leaf(variable, name, values)
            case ObjectShape() | TaggedShape():
                return [f"{variable} = {self._function_of(shape)}({variable})"]
            case ListShape(item):
                return [f"if {variable}.__class__ is not list: raise Unfit", *self._items(variable, item)]
            case GivenShape():
                return []
            case NonNullShape() | TypenameShape():
                raise AssertionError("not a shape of a value that is there")
            case _:
                assert_never(shape)

    def _leaf(self, variable: str, name: str, values: frozenset[str] | None) -> list[str]:
        if values is not None:
            constant = self._fresh("e")
            self.constants[constant] = values
            return [f"if {variable} not in {constant}: raise Unfit"]
        check = _CHECKS.get(name)
        return [check.format(v=variable)] if check else []

    def _items(self, variable: str, item: Shape) -> list[str]:
        inner = item.inner if isinstance(item, NonNullShape) else item
        if isinstance(inner, ObjectShape | TaggedShape):
            made = self._inline(inner)
            made = made if item is not inner else f"None if i is None else {made}"
            return [f"{variable} = [{made} for i in {variable}]"]
        each = self._fresh("i")
        check = self._value(each, item)
        if isinstance(inner, ListShape):
            return [
                f"{variable}_ = []",
                f"for {each} in {variable}:",
                *(" " + line for line in check),
                f" {variable}_.append({each})",
                f"{variable} = {variable}_",
            ]
        return [f"for {each} in {variable}:", *(" " + line for line in check)] if check else []


def _lets_null_through(shape: Shape) -> bool:
    """True when the check of a present value does not find a null by itself."""
    return isinstance(shape, GivenShape) or (isinstance(shape, LeafShape) and shape.values is None and shape.name not in _CHECKS)
