"""This module is in charge of the ration of misses: how often a client, or an address, may name codes that do not exist.

Serial numbers are sequential. Without a ration anybody with a token could count a competitor's output by asking for the
next code until one is missing. The law: a miss costs one from two buckets, the client's and the address's (which pays no
more than the client could); while either is empty, every look-up by exact code is put off, so that an answer never tells a hit from a miss. Hits cost nothing.

An address is given more than a client, for many companies may stand behind one. Nobody's debt grows beyond a minute's
ration, so that one bad batch costs minutes and not hours; a batch that would need more is not answered, or it would be worth
its minutes. Who may list every battery anyway is not rationed.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

_KEPT: Final = 20_000
_REFILL_SECONDS: Final = 60.0
ADDRESS_SHARE: Final = 10


@dataclass(slots=True)
class Bucket:
    """What is left of one ration, and when that was so."""

    left: float
    seen: float

    def wait(self, wanted: float, ration: int) -> int:
        """Seconds until so much is left; 0 when it is now."""
        return 0 if self.left >= wanted else 1 + int((wanted - self.left) * _REFILL_SECONDS / ration)


class Buckets:
    """Buckets by key, each refilled evenly within a minute; those that were longest not looked at are forgotten, which fills them."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def at(self, key: str, ration: int, moment: datetime) -> Bucket:
        """The bucket as it is at the moment."""
        now = moment.timestamp()
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(float(ration), now)
            while len(self._buckets) > _KEPT:
                self._buckets.popitem(last=False)
            return bucket
        passed = max(0.0, now - bucket.seen)
        bucket.left = min(float(ration), bucket.left + passed * ration / _REFILL_SECONDS)
        bucket.seen = now
        self._buckets.move_to_end(key)
        return bucket


class MissRation:
    """Buckets of `per_minute` misses, refilled evenly; 0 means that there is no ration. One per process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets = Buckets()

    def wait(self, client: str, address: str, moment: datetime) -> int:
        """Seconds until a look-up is allowed again; 0 when it is allowed now."""
        if not self._per_minute:
            return 0
        return max(self._buckets.at(key, ration, moment).wait(1, ration) for key, ration in self._rations(client, address))

    def missed(self, client: str, address: str, misses: int, moment: datetime) -> bool:
        """Take the misses from both buckets; each may go below nothing by one minute's ration. True where that is not enough: then nothing may be told.

        The address pays no more than the client could: one client that errs, however often, puts off nobody who stands behind the same address.
        """
        beyond = False
        left = float(misses)
        if self._per_minute and misses:
            for key, ration in self._rations(client, address):
                bucket = self._buckets.at(key, ration, moment)
                beyond = beyond or bucket.left - left < -ration
                taken = min(left, bucket.left + ration)
                bucket.left -= taken
                left = taken
        return beyond

    def _rations(self, client: str, address: str) -> tuple[tuple[str, int], ...]:
        own = ("client:" + client, self._per_minute)
        return (own, ("address:" + address, ADDRESS_SHARE * self._per_minute)) if address else (own,)
