"""This module is in charge of a reading: one principal's snapshot of the database, as of one moment.

It opens lazily: the first statement takes BEGIN and the settings of the lock along, so that a request that needs no row
costs no connection. All in-process fetches of a request share it, up to the first remote await.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final

from auth.entitlements import Entitlement, Policy, policy_for
from auth.principal import Principal
from resolvers.database.pool import PLANNED_ANEW, PLANNED_ONCE, Database, ReadSession, Settings
from resolvers.database.read_connection import ahead
from resolvers.database.sql import Statement, changing, setting
from resolvers.database.under_way import is_settled
from resolvers.opaque import Opaque

PROVINCE_GRANTEE: Final = "province:"


ENTITIES: Final = ("battery", "vehicle", "enterprise", "statistics")
_KEPT: Final = 1024


@dataclass(frozen=True, slots=True)
class Rights:
    """What all requests of a principal have in common at the door: the same for each token of the same party, roles, scopes and purpose."""

    policies: Mapping[str, Policy]
    # Sorted, and as grantees; then under which names grants may have been given to the principal.
    jurisdiction: list[str]
    provinces: list[str]
    grantees: list[str]
    _settings: dict[tuple[bool, bool], Settings] = field(default_factory=dict, repr=False, compare=False)

    def settings(self, *, custom: bool, named: bool) -> Settings:
        """What the lock and the planner are told: for a statement that wants a plan of its own or one that does not, and for who names codes, but for these."""
        found = self._settings.get((custom, named))
        if found is None:
            values = {"cellgate.readers": ",".join(self.grantees)}
            if self.policies["battery"].openings("all") or self.policies["vehicle"].openings("all"):
                values["cellgate.everything"] = "on"
            if named:
                values["cellgate.models"] = "all"
            # A reader's transactions begin with plans that are made once: that need not be sent, but for what comes after another mode.
            values["plan_cache_mode"] = PLANNED_ANEW if custom else PLANNED_ONCE
            sent = values if custom else {name: value for name, value in values.items() if name != "plan_cache_mode"}
            found = self._settings[custom, named] = Settings(values, ahead(*changing(sent)))
        return found


@dataclass(frozen=True, slots=True)
class DoorSettings:
    """What the door needs to know beside the principal: the matrix, and the window's grace (rule `custody.grace`).

    Policies depend on roles, scopes and purpose alone, and are kept by these; rights depend on the party and its jurisdiction, too.
    """

    matrix: tuple[Entitlement, ...]
    grace: timedelta
    _policies: dict[object, Mapping[str, Policy]] = field(default_factory=dict, repr=False, compare=False)
    _rights: dict[object, Rights] = field(default_factory=dict, repr=False, compare=False)

    def policies(self, principal: Principal) -> Mapping[str, Policy]:
        """The principal's policy for each kind of entity."""
        key = (principal.roles, principal.scopes, principal.purpose)
        found = self._policies.get(key)
        if found is None:
            if len(self._policies) >= _KEPT:
                self._policies.clear()
            found = self._policies[key] = {each: policy_for(principal, each, self.matrix) for each in ENTITIES}
        return found

    def rights(self, principal: Principal) -> Rights:
        """What the principal's requests have in common."""
        key = (principal.party, principal.jurisdiction, principal.roles, principal.scopes, principal.purpose)
        found = self._rights.get(key)
        if found is None:
            if len(self._rights) >= _KEPT:
                self._rights.clear()
            jurisdiction = sorted(principal.jurisdiction)
            provinces = [PROVINCE_GRANTEE + province for province in jurisdiction]
            found = self._rights[key] = Rights(self.policies(principal), jurisdiction, provinces, [principal.party, *provinces])
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
        "_rights",
        "_session",
        "_settled",
        "_values",
        "by_column",
        "database",
        "folded",
        "misses",
        "moment",
        "opaque",
        "pages",
        "principal",
        "put_off",
        "statements",
        "taken",
        "written",
        "wrote",
    )

    def __init__(self, database: Database, settings: DoorSettings, opaque: Opaque, principal: Principal, moment: datetime) -> None:
        self.database = database
        self.principal = principal
        self.moment = moment
        # When the moment was taken: what is recorded much later bears a later one (resolvers/database/under_way.py).
        self.taken = monotonic()
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
        rights = self._rights = settings.rights(principal)
        self._session: ReadSession | None = None
        self._named: frozenset[str] = frozenset()
        self._lock: dict[bool, Settings] = {}
        self._values: Mapping[str, Any] = {
            "party": principal.party,
            "moment": moment,
            "grace_from": moment - settings.grace,
            "grantees": rights.grantees,
            "provinces": rights.provinces,
            "jurisdiction": rights.jurisdiction,
        }
        # Packs as the ledger knew them, by code and moment (resolvers/database/past.py): what is folded once in a request is kept.
        self.folded: dict[tuple[str, datetime], Any] = {}
        self._settled: datetime | None = None
        self._busy = 0
        self._away = 0

    def policy(self, entity: str) -> Policy:
        """The principal's policy for battery, vehicle, enterprise or statistics."""
        return self._rights.policies[entity]

    @property
    def provinces(self) -> list[str]:
        """The jurisdiction as grantees."""
        return self._rights.provinces

    @property
    def grantees(self) -> list[str]:
        """Under which names grants may have been given to the principal."""
        return self._rights.grantees

    @property
    def lists_everything(self) -> bool:
        """Whether every battery is in the principal's lists."""
        return bool(self.policy("battery").openings("all"))

    def at(self, moment: datetime) -> Reading:
        """The same door, for values that are made of rows which are told as of a past moment; nothing is fetched through it."""
        other = copy(self)
        other.moment = moment
        return other

    async def settle(self, as_of: datetime) -> bool:
        """Whether nothing can be recorded any more as of that moment; waits for what can. What is read from here on is of a snapshot that has it all."""
        if self._settled is not None and as_of <= self._settled:
            return True
        settled = await is_settled(self.database, as_of, self.moment)
        if settled:
            self._settled = as_of
            # Another in-process fetch of the request may be reading in the snapshot: then it stays.
            if self._busy <= 1:
                self.close()
        return settled

    def values(self) -> Mapping[str, Any]:
        """The values of the slots that every statement of the door may use."""
        return self._values

    def fetch(self, statement: Statement, values: Mapping[str, Any], named: Iterable[str] = ()) -> Coroutine[Any, Any, list[Any]]:
        """The rows of a statement, to be awaited. `named` are battery codes that the caller named: the lock lets them through."""
        if named:
            self._name(named)
        settings = self._lock.get(statement.custom) or self._lock_settings(custom=statement.custom)
        session = self._session
        if session is None or session.is_over:
            # Kept before anything is awaited, so that a concurrent fetch finds it and waits inside.
            session = self._session = self.database.session("reader")
        self.statements += 1
        return session.fetch(statement.text, statement.bind(values), settings)

    def _name(self, codes: Iterable[str]) -> None:
        named = self._named.union(codes)
        if len(named) > len(self._named):
            self._named = named
            self._lock = {}

    def _lock_settings(self, *, custom: bool) -> Settings:
        """What the lock and the planner are told, for a statement that wants a plan of its own or one that does not."""
        settings = self._rights.settings(custom=custom, named=bool(self._named))
        if self._named:
            name, value = "cellgate.named", ",".join(sorted(self._named))
            settings = Settings({**settings.values, name: value}, settings.ahead + ahead(setting(name, value)))
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
