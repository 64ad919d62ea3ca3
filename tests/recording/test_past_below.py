"""What hangs on a battery without dates, as of a past moment: its model's documents, the batches that took it in, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from auth.principal import Principal
from resolvers.database.recording_write import insert
from resolvers.ledger.rows import ModelDismantling, ModelMaterial
from tests.door.principals import principal
from tests.recording.gateways import asked
from tests.recording.test_past import MINISTRY, day, lived, spelled
from tests.recording.world import FIRMS, MODEL, NOW, Book, code

DOCUMENTS = """query ($code: BatteryCode!, $asOf: DateTime) { battery(code: $code, asOf: $asOf) {
  composition { component material massKg hazardous } dismantling { manual steps minutes hazards } } }"""


async def told(book: Book, who: Principal, text: str, at: float | None, moment: datetime = NOW, subject: str | None = None) -> tuple[Any, Mapping[str, str]]:
    """What the party is told of the battery, and by which field it is told that something is closed to it."""
    variables = {"code": subject or code(1), **({} if at is None else {"asOf": spelled(day(at))})}
    answer = await asked(book.database, who, text, variables, moment)
    assert "errors" not in answer, answer
    return answer["data"]["battery"], {each["path"][-1]: each["policyId"] for each in answer.get("extensions", {}).get("redactions", ())}


async def filed(book: Book, manual: str) -> None:
    """The documents of the model, for all who may read them of some pack."""
    readers = tuple(sorted(FIRMS.values()))
    async with book.database.transaction("ledger") as connection:
        await insert(connection, [ModelMaterial(MODEL, "CATHODE", "LFP", 120.5, False, readers)])
        await insert(connection, [ModelDismantling(MODEL, manual, ("discharge", "open"), ("key",), 45, "to 0 %", "water", ("voltage",), 400.0, readers)])


async def test_documents_of_the_model_are_those_of_now(book: Book) -> None:
    await lived(book)
    await filed(book, "Second edition")
    now, _ = await told(book, MINISTRY, DOCUMENTS, None)
    assert (now["composition"][0]["massKg"], now["dismantling"]["manual"]) == (120.5, "Second edition")
    assert [await told(book, MINISTRY, DOCUMENTS, at) for at in (2, 13, 106)] == [(now, {})] * 3
    assert (await told(book, MINISTRY, DOCUMENTS, 0.5))[0] is None, "of a battery that was not known there is nothing"


async def test_documents_are_told_of_the_past_to_whom_they_are_open_now_and_not_by_an_offer(book: Book) -> None:
    await lived(book)
    await filed(book, "First edition")
    recycler, scrap, pending = principal(FIRMS["recycler"], "CU"), principal(FIRMS["scrap"], "SD"), day(104)
    # While the pack is on offer the receiver may read how it is taken apart: of now, and of no past moment.
    now, closed = await told(book, recycler, DOCUMENTS, None, pending)
    assert (now["composition"], now["dismantling"]["manual"], closed) == (None, "First edition", {"composition": "B:receiver+took_part+exact_code"})
    then, closed = await told(book, recycler, DOCUMENTS, 103.9, pending)
    assert then == {"composition": None, "dismantling": None}
    assert closed == {"composition": "B:took_part+exact_code", "dismantling": "C:took_part+exact_code"}
    # Once it has the pack, of the time before too; who held it then and has handed it on, of no time.
    held, closed = await told(book, recycler, DOCUMENTS, 13)
    assert (held["composition"][0]["material"], held["dismantling"]["manual"], closed) == ("LFP", "First edition", {})
    manual = DOCUMENTS[: DOCUMENTS.index("composition")] + "dismantling { manual } } }"
    assert [await told(book, scrap, manual, at) for at in (None, 102.5)] == [({"dismantling": None}, {"dismantling": "C:took_part+exact_code"})] * 2
