"""This module is in charge of `cellgate platform`: what a national platform was told, what it refused, and telling it again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from gateway.app import clock
from gateway.foundation import founded
from gateway.platform.configured import made, outbox
from gateway.settings import Settings
from resolvers.identifiers import IdentifierError, parse_battery_code

MOST_REFUSALS: Final = 20


class PlatformCommandRefused(Exception):
    """What was asked cannot be done; the message says why. For the operator."""

    code = "PLATFORM_COMMAND_REFUSED"


async def status(settings: Settings) -> list[str]:
    """Messages by state, and the latest refusals, as lines."""
    async with founded(settings, _quiet, create=False) as foundation:
        box = outbox(foundation.database)
        counts, refused = await box.counts(), await box.refusals(MOST_REFUSALS)
    lines = [f"{state:<13}{count:>12,}" + (f"  due since {oldest:%Y-%m-%d %H:%M} UTC" if oldest else "") for state, (count, oldest) in counts.items()]
    lines += [f"refused {each.key} at {each.answered_at:%Y-%m-%d %H:%M} UTC: {_shown(each.reason or 'no reason given')}" for each in refused]
    return lines or ["nothing has been put into the outbox"]


async def send(settings: Settings) -> list[str]:
    """Take the answers that came and send what is due, without serving; then the status. Raises PlatformCommandRefused while another process delivers."""
    async with founded(settings, _quiet, create=False) as foundation, made(settings.platform, foundation.database, clock) as delivery:
        if delivery is None:
            raise PlatformCommandRefused("the settings name no adapter; set platform.adapter to file or http")
        box = outbox(foundation.database)
        while await delivery.round():
            pass
        turn = await box.turn(clock())
        if turn is not None and turn.holder != box.holder:
            told = f"{turn.holder} delivers: it sends what is due by itself; if it is gone, another can from {turn.until:%Y-%m-%d %H:%M:%S} UTC on"
            raise PlatformCommandRefused(told)
        await box.give_up_lease()
    return await status(settings)


async def resend(settings: Settings, *, refused: bool, since: datetime | None, code: str | None) -> list[str]:
    """Put messages into the outbox again; exactly one of the three says which."""
    if [refused, since is not None, code is not None].count(True) != 1:
        raise PlatformCommandRefused("say which messages: --refused, --since or --code, one of them")
    pack = _pack(code) if code is not None else None
    now = clock()
    async with founded(settings, _quiet, create=False) as foundation:
        box = outbox(foundation.database)
        if pack is not None:
            count = await box.resend_code(pack, now)
        elif since is not None:
            count = await box.resend_since(since.replace(tzinfo=since.tzinfo or UTC), now)
        else:
            count = await box.resend_refused(now)
    return [f"{count:,} messages are sent again"]


def _pack(code: str) -> str:
    """A mistyped code says so, and not that nothing was found."""
    try:
        return parse_battery_code(code).value
    except IdentifierError as wrong:
        raise PlatformCommandRefused(f"--code: {wrong}") from wrong


def _shown(words: str) -> str:
    """A platform's words on one line of a terminal: what is not printable is escaped."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in words)


def _quiet(_message: str) -> None:
    """Starting and joining the database is not what is asked for here."""
