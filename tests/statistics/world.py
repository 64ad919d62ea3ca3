"""What the tests of the statistics share: who asks, and the lives of a few packs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from auth.entitlements import CATEGORY_RULES, load_matrix
from auth.principal import Principal
from resolvers.batching import Batch, Shut
from resolvers.database.pool import Database
from resolvers.database.reading import DoorSettings, Reading
from resolvers.database.tables import Table
from resolvers.ledger.recording.rebuild import rebuild
from resolvers.ledger.recording.report import Recorded
from resolvers.opaque import Opaque
from tests.recording.world import FIRMS, NOW, Book, E

OFFICE = "11100000000013039Y"


async def asked(database: Database, resolve: Any, table: Table, role: str, *provinces: str, **arguments: Any) -> Any:
    """What one field answers, as one dict for each row without nulls; None where it is shut."""
    scopes = frozenset(rule.scope for rule in CATEGORY_RULES.values())
    authority = role in ("PR", "MI", "ME", "SA")
    party = OFFICE if authority else FIRMS["recycler"]
    purpose = "supervision" if authority else "recycling"
    principal = Principal(party, frozenset({role}), scopes, frozenset(provinces), purpose, "client", "token", NOW + timedelta(hours=1))
    reading = Reading(database, DoorSettings(load_matrix(), timedelta(days=90)), Opaque(bytes(range(64))), principal, NOW)
    try:
        (told,) = await resolve(reading, Batch(["statistics"], tuple(table.columns), arguments))
    finally:
        reading.close()
    if isinstance(told, Shut):
        return None
    for row in told:
        assert [row[n] for n in range(len(table.columns))] == [row[each] for each in table.columns], "rows are read by place, too"
    return [{name: row[name] for name in table.columns if row[name] is not None} for row in told]


async def differing(database: Database) -> list[str]:
    """What a recomputation from the ledger finds wrong."""
    return [str(each) for each in (await rebuild(database, lambda _stage, _done: None)).differences]


async def scrapped(book: Book, number: int = 1) -> None:
    """A pack that is made, sold in a car, scrapped, and taken in by the recycler."""
    car = await book.in_service(number)
    for by, at, kind, more in (
        ("scrap", 100, E.VEHICLE_SCRAPPED, {"vin": car}), ("scrap", 102, E.PACK_DETACHED, {"vin": car}),
        ("scrap", 103, E.HANDED_OVER, {"to": "recycler", "details": {"purpose": "COLLECTION"}}), ("recycler", 105, E.RECEIVED, {}),
    ):  # fmt: skip
        told = await book.one(by, at, kind, number, **more)
        assert isinstance(told, Recorded), told
