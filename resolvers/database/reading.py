"""This module is in charge of a reading: one principal's snapshot of the database, as of one moment.

It opens lazily: the first statement takes BEGIN and the settings of the lock along, so that a request that needs no row
costs no connection. All in-process fetches of a request share it, up to the first remote await.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from auth.entitlements import Entitlement, Policy, policy_for
from auth.principal import Principal
from resolvers.database.pool import Database, ReadSession
from resolvers.database.sql import Statement
from resolvers.opaque import Opaque

PROVINCE_GRANTEE: Final = "province:"
_PLAN: Final = {False: "force_generic_plan", True: "force_custom_plan"}


ENTITIES: Final = ("battery", "vehicle", "enterprise", "statistics")
_POLICIES: Final = 1024


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What the door needs to know beside the principal: the matrix, and the window's grace (rule `custody.grace`).

    Policies depend on roles, scopes and purpose alone, and are kept by these.
    """

    matrix: tuple[Entitlement, ...]
    grace: timedelta
    _policies: dict[object, Mapping[str, Policy]] = field(default_factory=dict, repr=False, compare=False)

    def policies(self, principal: Principal) -> Mapping[str, Policy]:
        """The principal's policy for each kind of entity."""
        key = (principal.roles, principal.scopes, principal.purpose)
        found = self._policies.get(key)
        if found is None:
            if len(self._policies) >= _POLICIES:
                self._policies.clear()
            found = self._policies[key] = {each: policy_for(principal, each, self.matrix) for each in ENTITIES}
        return found

    def lists_everything(self, principal: Principal) -> bool:
        """Whether every battery is in the principal's lists: a code that is missing tells it nothing."""
        return bool(self.policies(principal)["battery"].openings("all"))


class Reading:
    """One principal's door to rows. Not for concurrent requests; concurrent fetches of one request queue inside."""

    __slots__ = (
        "_away",
        "_busy",
        "_lock",
        "_named",
        "_policies",
        "_session",
        "_values",
        "by_column",
        "database",
        "folded",
        "grantees",
        "misses",
        "moment",
        "opaque",
        "pages",
        "principal",
        "provinces",
        "put_off",
        "statements",
        "written",
        "wrote",
    )

    def __init__(self, database: Database, settings: DoorSettings, opaque: Opaque, principal: Principal, moment: datetime) -> None:
        self.database = database
        self.principal = principal
        self.moment = moment
        self.opaque = opaque
        self.statements = 0
        # How many pages a list at the root gives in one: exports read more at once than the graph's clients may.
        self.pages = 1
        # Whether an export reads: rows of a list at the root may stay columns.
        self.by_column = False
        # Whether it only writes what it reads as text.
        self.written = False
        # Told how many codes that the caller named do not exist for it (gateway/rations.py).
        self.misses: Callable[[int], bool] | None = None
        # Told when something that the caller reported has been recorded.
        self.wrote: Callable[[], None] | None = None
        # Seconds until it may name codes again; the gateway asks before it executes, a subgraph served alone here.
        self.put_off: Callable[[], int] | None = None
        self._policies = settings.policies(principal)
        self._session: ReadSession | None = None
        self._named: frozenset[str] = frozenset()
        jurisdiction = sorted(principal.jurisdiction)
        # The jurisdiction as grantees, and under which names grants may have been given to the principal.
        self.provinces = [PROVINCE_GRANTEE + province for province in jurisdiction]
        self.grantees = [principal.party, *self.provinces]
        self._lock: dict[bool, dict[str, str]] = {}
        self._values: Mapping[str, Any] = {
            "party": principal.party,
            "moment": moment,
            "grace_from": moment - settings.grace,
            "grantees": self.grantees,
            "provinces": self.provinces,
            "jurisdiction": jurisdiction,
        }
        # Packs as the ledger knew them, by code and moment (resolvers/database/past.py): what is folded once in a request is kept.
        self.folded: dict[tuple[str, datetime], Any] = {}
        self._busy = 0
        self._away = 0

    def policy(self, entity: str) -> Policy:
        """The principal's policy for battery, vehicle, enterprise or statistics."""
        return self._policies[entity]

    @property
    def lists_everything(self) -> bool:
        """Whether every battery is in the principal's lists."""
        return bool(self.policy("battery").openings("all"))

    def at(self, moment: datetime) -> Reading:
        """The same door, for values that are made of rows which are told as of a past moment; nothing is fetched through it."""
        other = copy(self)
        other.moment = moment
        return other

    def values(self) -> Mapping[str, Any]:
        """The values of the slots that every statement of the door may use."""
        return self._values

    async def fetch(self, statement: Statement, values: Mapping[str, Any], named: Iterable[str] = ()) -> list[Any]:
        """The rows of a statement. `named` are battery codes that the caller named: the lock lets them through."""
        if named:
            self._name(named)
        settings = self._lock.get(statement.custom) or self._lock_settings(custom=statement.custom)
        session = self._session
        try:
            if session is None:
                # Kept before anything is awaited, so that a concurrent fetch finds it and waits inside.
                session = self._session = self.database.session("reader")
                await session.begin(settings)
            self.statements += 1
            return await session.fetch(statement.text, statement.bind(values), settings)
        except BaseException:
            # What follows in this request has to open another snapshot.
            if self._session is session:
                self._session = None
            raise

    def _name(self, codes: Iterable[str]) -> None:
        named = self._named.union(codes)
        if len(named) > len(self._named):
            self._named = named
            self._lock.clear()

    def _lock_settings(self, *, custom: bool) -> dict[str, str]:
        """What the lock and the planner are told, for a statement that wants a plan of its own or one that does not."""
        settings = {"cellgate.readers": ",".join(self.grantees)}
        if self.policy("battery").openings("all") or self.policy("vehicle").openings("all"):
            settings["cellgate.everything"] = "on"
        if self._named:
            settings["cellgate.named"] = ",".join(sorted(self._named))
            settings["cellgate.models"] = "all"
        settings["plan_cache_mode"] = _PLAN[custom]
        self._lock[custom] = settings
        return settings

    def begin_use(self) -> None:
        """An in-process fetch begins: until `end_use` it keeps one snapshot."""
        self._busy += 1

    def end_use(self) -> None:
        """The in-process fetch has ended."""
        self._busy -= 1
        self._rest()

    @contextlib.contextmanager
    def elsewhere(self) -> Iterator[None]:
        """While something remote is awaited: no connection is held, unless an in-process fetch is still using it."""
        self._away += 1
        self._rest()
        try:
            yield
        finally:
            self._away -= 1

    def _rest(self) -> None:
        if self._away and not self._busy:
            self.close()

    def close(self) -> None:
        """End the snapshot; twice is harmless, and a later statement opens another."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
