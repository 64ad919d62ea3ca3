"""This module is in charge of media types: which one a request is in, and which one its answer goes out as (GraphQL over HTTP, section 4)."""

from __future__ import annotations

from typing import Final, NamedTuple

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"
GRAPHQL_RESPONSE: Final = "application/graphql-response+json"


class _Range(NamedTuple):
    """One element of an Accept header; `quality` is 0 for what the client cannot take."""

    media: str
    quality: float


def negotiate(accept: str | None) -> str | None:
    """The media type of the answer, None where the client takes neither.

    `application/json` for clients that do not ask (`*/*` or no header): it is what they have always been given. The most
    specific range decides for each type (RFC 9110, section 12.5.1).
    """
    # What nearly every client sends.
    if not accept or accept in ("*/*", JSON):
        return JSON
    ranges = [each for each in map(_range, accept.split(",")) if each is not None]
    modern, explicit = _quality(ranges, GRAPHQL_RESPONSE)
    plain, _ = _quality(ranges, JSON)
    if modern > 0 and (modern > plain or (explicit and modern == plain)):
        return GRAPHQL_RESPONSE
    return JSON if plain > 0 else None


def wants_events(accept: str) -> bool:
    """Whether the client asks for a stream of events: it names that type, and none of JSON that it likes as well."""
    if EVENT_STREAM not in accept:
        return False
    ranges = [each for each in map(_range, accept.split(",")) if each is not None]
    wanted = max((each.quality for each in ranges if each.media == EVENT_STREAM), default=0.0)
    others = max((each.quality for each in ranges if each.media in (JSON, GRAPHQL_RESPONSE)), default=0.0)
    return wanted > others


def _quality(ranges: list[_Range], media: str) -> tuple[float, bool]:
    for pattern in (media, "application/*", "*/*"):
        found = [each.quality for each in ranges if each.media == pattern]
        if found:
            return max(found), pattern == media
    return 0.0, False


def _range(text: str) -> _Range | None:
    media, _, parameters = text.strip().lower().partition(";")
    quality = 1.0
    for parameter in parameters.split(";") if parameters else ():
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            return None
        if name == "q":
            quality = _weight(value)
    return _Range(media.strip(), quality)


def _weight(text: str) -> float:
    # RFC 9110: at most three digits after the point; anything else is no weight, and no wish.
    digits = text.replace(".", "", 1)
    return min(1.0, float(text)) if digits.isascii() and digits.isdigit() and len(text) <= 5 else 0.0


def is_json(content_type: str) -> bool:
    """True for application/json in UTF-8. Types that a page of another site may send without asking first are never taken for it."""
    if content_type == JSON:
        return True
    media, _, parameters = content_type.lower().partition(";")
    if media.strip() != JSON:
        return False
    pairs = [parameter.strip().partition("=") for parameter in parameters.split(";")]
    return all(value.strip('"') in ("utf-8", "utf8") for name, _, value in pairs if name == "charset")
