"""This module is in charge of holding both composers' outcomes together, and of telling where they differ."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.composition.compose import compose
from gateway.composition.supergraph import Supergraph
from tests.composition.oracle.cases import Case
from tests.composition.oracle.judge import Judge, Question

VERDICT, CODES, SUPERGRAPH, API, LOADS, HINTS = "verdict", "codes", "supergraph", "api", "loads", "hints"


class Ours(NamedTuple):
    """What our composition made of a case: a supergraph, or errors as (code, message); a defect has the code CRASH."""

    sdl: str | None
    errors: tuple[tuple[str, str], ...]
    hints: tuple[tuple[str, str], ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(code for code, _message in self.errors)

    @property
    def unplanned(self) -> tuple[str, ...]:
        """The operations that it says nobody can plan."""
        found = (re.match(r"No plan can fetch (\{.*\}):", message) for code, message in self.errors if code == "SATISFIABILITY_ERROR")
        return tuple(match[1] for match in found if match is not None)


@dataclass(frozen=True)
class Comparison:
    """Both outcomes of one case; `apollo` and `loaded` are the judge's words (see judge.mjs)."""

    case: Case
    ours: Ours
    apollo: dict[str, Any]
    loaded: dict[str, Any] | None

    @property
    def judged(self) -> bool:
        """False where the judge itself broke."""
        return "threw" not in self.apollo

    @property
    def theirs(self) -> frozenset[str]:
        return frozenset(self.apollo["codes"])

    @property
    def both_compose(self) -> bool:
        return bool(self.ours.sdl is not None and self.apollo["ok"])

    def differences(self) -> dict[str, str]:
        """What differs -> a signature by which differences of the same making are alike."""
        return dict(self._differences())

    def _differences(self) -> Iterator[tuple[str, str]]:
        if not self.judged:
            return
        if (self.ours.sdl is not None) != self.apollo["ok"]:
            yield VERDICT, f"ours {_words(self.ours.codes)}, Apollo's {_words(self.theirs)}"
        elif self.ours.sdl is None and self.ours.codes != self.theirs:
            yield CODES, f"only ours {_words(self.ours.codes - self.theirs)}, only Apollo's {_words(self.theirs - self.ours.codes)}"
        if self.loaded is not None:
            yield from self._in_loading(self.loaded)

    def _in_loading(self, loaded: dict[str, Any]) -> Iterator[tuple[str, str]]:
        if not loaded["ok"]:
            # What the judge cannot load of its own making it can say nothing about.
            if self.apollo.get("loads", True):
                yield LOADS, loaded["error"][:120]
            return
        if loaded["unsatisfiable"] and self.apollo["ok"]:
            yield LOADS, "found unsatisfiable"
        if self.both_compose:
            if loaded["canonical"] != self.apollo["canonical"]:
                yield SUPERGRAPH, _signature(loaded["canonical"], self.apollo["canonical"])
            if loaded["api"] != self.apollo["api"]:
                yield API, _signature(loaded["api"], self.apollo["api"])
            ours, theirs = {code for code, _message in self.ours.hints}, {hint["code"] for hint in self.apollo["hints"]}
            if ours != theirs:
                yield HINTS, f"only ours {_words(ours - theirs)}, only Apollo's {_words(theirs - ours)}"


def _words(codes: Iterable[str]) -> str:
    return " ".join(sorted(codes)) or "none"


def difference_of(ours: str, theirs: str) -> list[str]:
    """The lines that differ: "- " ours alone, "+ " theirs alone."""
    return [line for line in difflib.ndiff(ours.splitlines(), theirs.splitlines()) if line[:2] in {"- ", "+ "}]


def _signature(ours: str, theirs: str) -> str:
    """The directives and words that stand on one side alone, without the names of the world."""
    lines = difference_of(ours, theirs)
    only_ours = sum(line.startswith("- ") for line in lines)
    kinds = sorted(
        {
            word
            for line in lines
            for word in line.replace("(", " ").split()
            if word.startswith("@") or word in {"type", "interface", "enum", "union", "input", "scalar", "directive"}
        }
    )
    return f"{'ours' if only_ours else ''}{'+theirs' if len(lines) > only_ours else ''}: {' '.join(kinds[:6])}"


def ours_of(case: Case) -> Ours:
    """Our outcome; a defect is an outcome too."""
    try:
        composed = compose(case.sources)
    except (Exception, RecursionError) as defect:
        where = defect.__traceback__
        while where is not None and where.tb_next is not None:
            where = where.tb_next
        at = f"{where.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{where.tb_frame.f_code.co_name}" if where else ""
        return Ours(None, (("CRASH", f"{type(defect).__name__} in {at}: {defect}"),))
    if isinstance(composed, Supergraph):
        return Ours(composed.sdl, (), tuple((hint.code, hint.message) for hint in composed.hints))
    return Ours(None, tuple((error.code, error.message) for error in composed.errors))


def compared(judge: Judge, cases: Iterable[Case]) -> Iterator[Comparison]:
    """The comparisons, in order, as the judge answers."""
    asked: list[tuple[Case, Ours]] = []

    def questions() -> Iterator[Question]:
        for case in cases:
            ours = ours_of(case)
            asked.append((case, ours))
            yield Question(case.sources, ours.sdl, ours.unplanned)

    for number, answer in enumerate(judge.ask(questions())):
        case, ours = asked[number]
        if "fatal" in answer:
            raise RuntimeError(answer["fatal"])
        yield Comparison(case, ours, answer["apollo"], answer["ours"])
