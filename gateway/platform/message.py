"""This module is in charge of the form of what is sent to a platform, and of what it answers. The form is Cellgate's own.

The national platform's interface is not public. A deployment that knows it puts a translation between this form and that one;
everything else (the outbox, the order, acknowledgement, sending again) stays as it is.

A message is one line of JSON: `format`, `messageId` (`CODE-SEQUENCE`, the same however often it is sent), `code`, `sequence`, `type`,
`occurredAt`, `recordedAt` (RFC 3339, UTC), `reporter` and `counterparty` (credit codes), `vin`, `province`, `dueOn`, `late`, `corrects`
(the sequence that it corrects), `evidence` (documents: `kind`, `reference`, `sha256`) and `details` (gateway.platform.details). An
answer is an object with `messageId`, `status` (`ACKNOWLEDGED` or `REFUSED`), and `receipt` or `reason`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
import orjson

from gateway.platform.details import details
from resolvers.database.outbox import Answer, Message, MessageKey

FORMAT: Final = "cellgate-platform/2"
MOST_TEXT: Final = 500
STATES: Final = ("ACKNOWLEDGED", "REFUSED")


class AnswerRefused(ValueError):
    """An answer that cannot be understood; the message says why, without repeating it."""


def line(message: Message) -> bytes:
    """The message as one line of JSON, without its line end."""
    event = message.event
    return orjson.dumps(
        {
            "format": FORMAT,
            "messageId": str(message.key),
            "code": message.key.code,
            "sequence": message.key.seq,
            "type": event["type"],
            "occurredAt": event["occurred_at"],
            "recordedAt": event["recorded_at"],
            "reporter": event["reporter"],
            "counterparty": event["counterparty"],
            "vin": event["vin"],
            "province": event["province"],
            "dueOn": event["due_on"],
            "late": event["late"],
            "corrects": event["corrects"],
            "evidence": event["evidence"] or [],
            "details": details(event),
        },
        option=orjson.OPT_UTC_Z,
    )


def lines(messages: Iterable[Message]) -> bytes:
    """NDJSON."""
    return b"".join([line(each) + b"\n" for each in messages])


def read_answer(told: object) -> Answer:
    """One answer of a platform; raises AnswerRefused."""
    if not isinstance(told, dict):
        raise AnswerRefused("an answer is an object")
    key = MessageKey.parse(told["messageId"]) if isinstance(told.get("messageId"), str) else None
    if key is None:
        raise AnswerRefused("messageId is not CODE-SEQUENCE")
    if told.get("status") not in STATES:
        raise AnswerRefused("status is neither ACKNOWLEDGED nor REFUSED")
    return Answer(key, told["status"], _text(told, "receipt"), _text(told, "reason"))


def read_line(raw: bytes) -> Answer:
    """One line of a file of answers; raises AnswerRefused."""
    return read_answer(_parsed(raw))


def read_body(raw: bytes) -> tuple[Answer, ...]:
    """The answers of `{"results": [...]}`; raises AnswerRefused for the whole where one cannot be understood."""
    told = _parsed(raw)
    results = told.get("results") if isinstance(told, dict) else None
    if not isinstance(results, list):
        raise AnswerRefused("the body is not an object with a list of results")
    return tuple([read_answer(each) for each in results])


def _parsed(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as broken:
        raise AnswerRefused("not JSON") from broken


def _text(told: dict[str, Any], name: str) -> str | None:
    value = told.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise AnswerRefused(f"{name} is not a text")
    # PostgreSQL keeps no NUL.
    return value.replace("\0", "\ufffd")[:MOST_TEXT]
