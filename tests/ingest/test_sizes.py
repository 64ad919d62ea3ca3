"""Sizes of lines: the largest event that a form allows is one line, and a stream holds no more than so many bytes of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from gateway.settings import Limits
from resolvers.ledger.recording.fields import FieldRule, Kind
from resolvers.ledger.recording.forms import AMOUNT, ASSAY, COMMON, FIELDS, INPUT, ITEM, MODEL, MODULE, STEP, VEHICLE
from resolvers.ledger.recording.inputs import MOST_CELLS, MOST_MODULES, MOST_SOURCES
from resolvers.ledger.recording.inputs_together import MOST_MOVES, MOST_PACKS, MOVE, TOGETHER
from resolvers.ledger.recording.lines import BATCH_BYTES, MAX_LINE
from resolvers.ledger.recording.values import LONGEST, MOST_DOCUMENTS, MOST_PARTS
from tests.ingest.test_endpoint import World, ndjson, post

TEXT = "\u7535" * LONGEST
CODE = "0" * 24
LISTS: Mapping[Kind, tuple[int, Sequence[FieldRule] | str]] = {
    Kind.MODULES: (MOST_MODULES, MODULE), Kind.CELL_CODES: (MOST_CELLS, CODE), Kind.CODES: (MOST_SOURCES, CODE), Kind.RELEASED: (MOST_CELLS, ITEM),
    Kind.INPUTS: (MOST_SOURCES, INPUT), Kind.STEPS: (50, STEP), Kind.ASSAYS: (8, ASSAY), Kind.AMOUNTS: (100, AMOUNT), Kind.PARTS: (MOST_PARTS, TEXT),
    Kind.SLIPS: (MOST_DOCUMENTS, TEXT), Kind.MOVES: (MOST_MOVES, MOVE), Kind.FOUND: (MOST_PACKS, CODE),
}  # fmt: skip
OBJECTS = {Kind.VEHICLE: VEHICLE, Kind.MODEL: MODEL}
# As long as a moment with its fraction and time zone; longer than a credit code, or a number with all of its digits.
SHORT = "0" * 32
EVIDENCE = [{"kind": TEXT, "reference": TEXT, "sha256": "0" * 64}] * MOST_DOCUMENTS


def largest(rules: Sequence[FieldRule]) -> dict[str, Any]:
    """An object of these fields with nothing left out, every text and list as long as it may be."""
    return {rule.name: _largest(rule.kind) for rule in rules}


def _largest(kind: Kind) -> Any:
    if kind in LISTS:
        most, of = LISTS[kind]
        return [of if isinstance(of, str) else largest(of)] * most
    if kind in OBJECTS:
        return largest(OBJECTS[kind])
    return TEXT if kind is Kind.TEXT else SHORT


@pytest.mark.parametrize("form", [*FIELDS.items(), *TOGETHER.items()], ids=lambda form: str(form[0]))
def test_the_largest_event_of_a_form_is_one_line(form: tuple[str, Sequence[FieldRule]]) -> None:
    event = {"type": form[0], **largest((*COMMON, *form[1])), "evidence": EVIDENCE, "corrects": TEXT}
    assert len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()) <= MAX_LINE


def test_what_fits_into_a_line_fits_into_a_body_of_the_graph() -> None:
    assert Limits().body_bytes >= MAX_LINE


async def test_lines_are_read_together_only_up_to_so_many_bytes() -> None:
    class Weighed(World):
        async def record(self, _principal: Any, events: Any, *_: Any, **__: Any) -> Any:
            self.batches.append(sum(len(json.dumps(each)) for each in events))
            return [{"status": "RECORDED"}] * len(events)

    small, large = {"x": "y" * 60_000}, {"x": "y" * (MAX_LINE - 10)}
    body = ndjson(*[small] * 100, large, *[small] * 100)
    world = Weighed()
    answer = await post(world, [body[start : start + 65_536] for start in range(0, len(body), 65_536)])
    assert answer[-1]["summary"] == {"RECORDED": 201}
    # A batch is done with when it is as large, so that it is larger by one line at most: what is held of a stream beside it is a line that has not ended.
    assert max(world.batches) < BATCH_BYTES + MAX_LINE
    assert sorted(world.batches)[-2] < BATCH_BYTES + 65_536
