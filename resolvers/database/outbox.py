"""This module is in charge of the outbox in the database: which events a national platform has still to be told, and what it answered.

A message is an event; the row beside it says where its telling stands:

    WAITING       to be sent from `next_at` on
    SENT          handed over, not answered yet; sent again when no answer came in time
    ACKNOWLEDGED  taken by the platform, with its receipt
    REFUSED       not taken, with its reason; stays until somebody has it sent again, or the platform acknowledges it after all

Delivery is at least once, and in order for each pack; the receiver tells copies apart by the message's id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import asyncpg

from resolvers.database.pool import Database

CHANNEL: Final = "cellgate_outbox"
LEASE: Final = "delivery"

ENQUEUE: Final = """
insert into platform.outbox (code, seq, next_at)
select code, seq, $3 from unnest($1::text[], $2::int[]) as told (code, seq) on conflict do nothing"""
NOTIFY: Final = "select pg_notify('cellgate_outbox', '')"
TAKE_LEASE: Final = """
insert into platform.lease (name, holder, until_at) values ($1, $2, $4)
on conflict (name) do update set holder = excluded.holder, until_at = excluded.until_at
where lease.holder = excluded.holder or lease.until_at <= $3
returning holder"""
LEASED: Final = "select holder, until_at from platform.lease where name = $1 and until_at > $2"
DROP_LEASE: Final = "delete from platform.lease where name = $1 and holder = $2"
# An event waits for the earlier ones of its pack, also where one of these waits for another. The first of a pack that may be sent comes before all
# that wait for it, so that a full batch of waiting ones keeps nothing back for good.
DUE: Final = """
with due as materialized (
  select o.code, o.seq, o.attempts from platform.outbox o
  where o.state = 'WAITING' and o.next_at <= $1 and not exists (
    select from platform.outbox b where b.code = o.code and b.seq < o.seq and b.state = 'WAITING' and b.next_at > o.next_at)
  order by o.next_at, o.code, o.seq limit $2)
select o.code, o.seq, o.attempts, e.type, e.occurred_at, e.recorded_at, e.reporter, e.counterparty, e.vin, e.province, e.due_on, e.late, e.corrects, e.details,
  case when e.type in ('PRODUCED', 'IMPORTED') then (
    select jsonb_strip_nulls(jsonb_build_object('modelId', p.model_id, 'massKg', p.mass_kg, 'nominalEnergyKwh', p.nominal_energy_kwh,
      'otherScheme', p.other_scheme, 'otherValue', p.other_value)) from battery.pack p where p.code = o.code) end as pack,
  case when e.type in ('PRODUCED', 'IMPORTED') then (
    select jsonb_agg(jsonb_build_object('code', m.module_code, 'cellCount', m.cell_count, 'massKg', m.mass_kg) order by m.position)
    from battery.module m where m.code = o.code) end as modules,
  case when e.type = 'INSTALLED' then (
    select jsonb_build_object('modelName', v.model_name, 'powertrain', v.powertrain, 'swapModel', v.swap_model, 'producedOn', v.produced_on)
    from vehicle.vehicle v where v.vin = e.vin) end as vehicle,
  (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('kind', d.kind, 'reference', d.reference, 'sha256', d.sha256)) order by d.number)
    from battery.evidence d where d.code = o.code and d.seq = o.seq) as evidence
from due o join platform.told e on e.code = o.code and e.seq = o.seq
where not exists (
  select from platform.outbox b where b.code = o.code and b.seq < o.seq and b.state = 'WAITING'
  and not exists (select from due d where d.code = b.code and d.seq = b.seq))
order by o.code, o.seq"""
SENT: Final = """
update platform.outbox o set state = 'SENT', sent_at = $3, attempts = o.attempts + 1
from unnest($1::text[], $2::int[]) as told (code, seq) where o.code = told.code and o.seq = told.seq and o.state = 'WAITING'"""
ANSWERED: Final = """
update platform.outbox o set state = told.state, answered_at = $6, receipt = told.receipt, reason = told.reason
from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[]) as told (code, seq, state, receipt, reason)
where o.code = told.code and o.seq = told.seq
  and (o.state = 'SENT' or o.state = 'WAITING' and o.attempts > 0 or o.state = 'REFUSED' and told.state = 'ACKNOWLEDGED')
returning o.code"""
PUT_OFF: Final = """
update platform.outbox o set state = 'WAITING', next_at = $3, reason = $4
from unnest($1::text[], $2::int[]) as told (code, seq) where o.code = told.code and o.seq = told.seq and o.state = 'SENT'"""
# What follows for the same packs goes with them, so that one batch takes all of it again, in order.
PUT_OFF_LATER: Final = """
update platform.outbox o set next_at = $3
from unnest($1::text[], $2::int[]) as told (code, seq) where o.code = told.code and o.seq > told.seq and o.state = 'WAITING' and o.next_at < $3"""
UNANSWERED: Final = "update platform.outbox set state = 'WAITING', next_at = $2 where state = 'SENT' and sent_at <= $1"
RESEND_REFUSED: Final = "update platform.outbox set state = 'WAITING', next_at = $1, attempts = 0 where state = 'REFUSED'"
# Everything since a day, what was never put into the outbox (imported history) included.
RESEND_SINCE: Final = """
insert into platform.outbox (code, seq, next_at) select code, seq, $2 from platform.told where recorded_at >= $1
on conflict (code, seq) do update set state = 'WAITING', next_at = excluded.next_at, attempts = 0 where outbox.state <> 'WAITING'"""
RESEND_CODE: Final = """
insert into platform.outbox (code, seq, next_at) select code, seq, $2 from platform.told where code = $1
on conflict (code, seq) do update set state = 'WAITING', next_at = excluded.next_at, attempts = 0 where outbox.state <> 'WAITING'"""
COUNTS: Final = "select state, count(*) as messages, min(next_at) filter (where state = 'WAITING') as oldest from platform.outbox group by state order by state"
REFUSALS: Final = "select code, seq, reason, answered_at from platform.outbox where state = 'REFUSED' order by answered_at desc, code, seq limit $1"


AS_JSON: Final = ("details", "pack", "modules", "vehicle", "evidence")


class MessageKey(NamedTuple):
    """The event a message tells of: battery code, and sequence number within the pack. Its text form is the message's id."""

    code: str
    seq: int

    def __str__(self) -> str:
        return f"{self.code}-{self.seq}"

    @classmethod
    def parse(cls, text: str) -> MessageKey | None:
        """The key of a message id; None for a text that is none."""
        code, _, seq = text.rpartition("-")
        return cls(code, int(seq)) if code and seq.isascii() and seq.isdigit() and len(seq) < 10 else None


class Message(NamedTuple):
    """One event to be told, and how often that was tried. Beside the columns of the event there are, where they are of it, what the first report of a `pack`
    says of it, its `modules`, the `vehicle` that it was installed in, and the `evidence`."""

    key: MessageKey
    attempts: int
    event: Mapping[str, Any]


class Answer(NamedTuple):
    """What the platform said of one message."""

    key: MessageKey
    state: Literal["ACKNOWLEDGED", "REFUSED"]
    receipt: str | None = None
    reason: str | None = None


class Turn(NamedTuple):
    """Which process delivers, and until when if it does not go on."""

    holder: str
    until: datetime


class Refusal(NamedTuple):
    """A message that was not taken."""

    key: MessageKey
    reason: str | None
    answered_at: datetime


async def enqueue(connection: asyncpg.Connection, keys: Sequence[MessageKey], moment: datetime) -> None:
    """Put the events into the outbox, within the transaction that records them, and tell whoever delivers once it is committed."""
    if keys:
        await connection.execute(ENQUEUE, [key.code for key in keys], [key.seq for key in keys], moment)
        await connection.execute(NOTIFY)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outbox of one database. `holder` names this process among those that may deliver."""

    database: Database
    holder: str

    async def lease(self, now: datetime, period: timedelta) -> bool:
        """Whether this process is the one that delivers, from now on for `period`."""
        async with self.database.transaction("ledger") as connection:
            return await connection.fetchval(TAKE_LEASE, LEASE, self.holder, now, now + period) is not None

    async def turn(self, now: datetime) -> Turn | None:
        """Whose turn it is to deliver, None where it is nobody's."""
        async with self.database.reading(role="system") as session:
            found = await session.fetch(LEASED, (LEASE, now))
        return Turn(found[0]["holder"], found[0]["until_at"]) if found else None

    async def give_up_lease(self) -> None:
        """Let another process deliver at once."""
        async with self.database.transaction("ledger") as connection:
            await connection.execute(DROP_LEASE, LEASE, self.holder)

    async def take(self, now: datetime, most: int) -> tuple[Message, ...]:
        """At most so many messages that are due, marked SENT: who is killed before the answer has them sent again."""
        async with self.database.transaction("ledger") as connection:
            found = [_message(row) for row in await connection.fetch(DUE, now, most)]
            await connection.execute(SENT, *_columns(each.key for each in found), now)
        return tuple(sorted(found, key=lambda each: each.key))

    async def answer(self, answers: Sequence[Answer], now: datetime) -> int:
        """Write down what the platform said; how many messages that concerned. An answer that comes twice changes nothing."""
        async with self.database.transaction("ledger") as connection:
            told = await connection.fetch(
                ANSWERED,
                *_columns(each.key for each in answers),
                [each.state for each in answers],
                [each.receipt for each in answers],
                [each.reason for each in answers],
                now,
            )
        return len(told)

    async def put_off(self, keys: Iterable[MessageKey], until: datetime, reason: str) -> None:
        """Send these again later: the platform could not be reached, or did not speak of them."""
        columns = _columns(keys)
        async with self.database.transaction("ledger") as connection:
            await connection.execute(PUT_OFF, *columns, until, reason)
            await connection.execute(PUT_OFF_LATER, *columns, until)

    async def expire(self, sent_before: datetime, now: datetime) -> int:
        """Have everything sent again that was sent before that moment and never answered."""
        async with self.database.transaction("ledger") as connection:
            return _changed(await connection.execute(UNANSWERED, sent_before, now))

    async def resend_refused(self, now: datetime) -> int:
        """Send again what was refused, in order for each pack."""
        return await self._resend(RESEND_REFUSED, now)

    async def resend_since(self, since: datetime, now: datetime) -> int:
        """Send again all that was recorded since then, whether acknowledged or never in the outbox."""
        return await self._resend(RESEND_SINCE, since, now)

    async def resend_code(self, code: str, now: datetime) -> int:
        """Send a pack's whole life again."""
        return await self._resend(RESEND_CODE, code, now)

    async def _resend(self, statement: str, *values: object) -> int:
        async with self.database.transaction("ledger") as connection:
            changed = _changed(await connection.execute(statement, *values))
            await connection.execute(NOTIFY)
        return changed

    async def counts(self) -> Mapping[str, tuple[int, datetime | None]]:
        """Messages by state, and since when the oldest of them is due."""
        async with self.database.reading(role="system") as session:
            return {row["state"]: (row["messages"], row["oldest"]) for row in await session.fetch(COUNTS)}

    async def refusals(self, most: int) -> tuple[Refusal, ...]:
        """The latest refusals."""
        async with self.database.reading(role="system") as session:
            return tuple([Refusal(MessageKey(row["code"], row["seq"]), row["reason"], row["answered_at"]) for row in await session.fetch(REFUSALS, (most,))])


def _message(row: asyncpg.Record) -> Message:
    event = dict(row)
    key = MessageKey(event.pop("code"), event.pop("seq"))
    attempts = event.pop("attempts")
    return Message(key, attempts, {**event, **{name: json.loads(event[name]) for name in AS_JSON if event[name] is not None}})


def _columns(keys: Iterable[MessageKey]) -> tuple[list[str], list[int]]:
    found = list(keys)
    return [key.code for key in found], [key.seq for key in found]


def _changed(tag: str) -> int:
    """The number of rows in a command tag such as `UPDATE 3` or `INSERT 0 3`."""
    return int(tag.rsplit(" ", 1)[1])
