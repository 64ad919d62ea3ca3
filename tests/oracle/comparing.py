"""This module is in charge of comparing one reply with the oracle's answer: every value, every null, every redaction, none more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.oracle.asking import Token
from tests.oracle.harness import Broken, Difference, Reply
from tests.oracle.telling import Answer, Unordered


@dataclass(slots=True)
class Tokens:
    """What one party was given in place of inner identifiers: the same for the same, another for another."""

    texts: dict[Token, str] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)

    def meet(self, token: Token, text: Any, where: str) -> None:
        """Take note that this text stands for that."""
        if not isinstance(text, str) or not text:
            raise Difference(f"{where}: {text!r} in place of {token}")
        if self.texts.setdefault(token, text) != text:
            raise Difference(f"{where}: {token} was {self.texts[token]} and now is {text}")
        # Cursors of different lists may look alike: each is only good for its own.
        if token.kind != "cursor" and self.tokens.setdefault(text, token) != token:
            raise Difference(f"{where}: {text} was {self.tokens[text]} and now is {token}")
        if any(isinstance(each, str) and len(each) > 5 and each in text for each in token.inner):
            raise Difference(f"{where}: {text} shows what it stands for")


def compare(reply: Reply, expected: Answer, tokens: Tokens, *, hidden: tuple[tuple[str, ...], ...] = ()) -> None:
    """Difference, with the first place, unless the reply is the answer. `hidden` are fields outside the view."""
    told = reply.json
    errors = [(each.get("extensions", {}).get("code"), tuple(each.get("path", ()))) for each in told.get("errors", [])]
    if reply.status != 200 or any(code != "UNAUTHORIZED_FIELD_OR_TYPE" for code, _ in errors):
        raise Broken(f"status {reply.status}, errors {told.get('errors')}")
    if errors != [("UNAUTHORIZED_FIELD_OR_TYPE", each) for each in hidden]:
        raise Difference(f"errors {told.get('errors')}")
    _same(told["data"], expected.data, tokens, "data")
    entries = told.get("extensions", {}).get("redactions", [])
    found = [(tuple(each["path"]), each["reason"], each["policyId"]) for each in entries]
    if found != sorted(set(found)) or any(set(each) != {"path", "reason", "policyId"} for each in entries):
        raise Difference(f"redactions are not sorted, or there are some twice: {entries}")
    if set(found) != expected.redactions:
        raise Difference(f"redactions: more {sorted(set(found) - expected.redactions)}, fewer {sorted(expected.redactions - set(found))}")


def compare_refusal(reply: Reply, code: str) -> None:
    """Difference unless the whole operation is refused with that code."""
    told = reply.json
    codes = [each.get("extensions", {}).get("code") for each in told.get("errors", [])]
    if not told.get("data") and codes != [code]:
        raise Broken(f"{told.get('errors')} in place of the refusal {code}")
    if codes != [code] or told.get("data") is not None:
        raise Difference(f"{codes} with data {_short(told.get('data'))} in place of the refusal {code}")


def _same(found: Any, expected: Any, tokens: Tokens, where: str) -> None:
    if isinstance(expected, Token):
        tokens.meet(expected, found, where)
    elif isinstance(expected, dict):
        if not isinstance(found, dict) or list(found) != list(expected):
            raise Difference(f"{where}: {_short(found)} in place of {_short(expected)}")
        for name, each in expected.items():
            _same(found[name], each, tokens, f"{where}.{name}")
    elif isinstance(expected, list):
        if not isinstance(found, list) or len(found) != len(expected):
            raise Difference(f"{where}: {_short(found)} in place of {_short(expected)}")
        if isinstance(expected, Unordered):
            expected = _paired(found, expected, tokens, where)
        for number, (one, other) in enumerate(zip(found, expected)):
            _same(one, other, tokens, f"{where}[{number}]")
    elif type(found) is bool or type(expected) is bool or expected is None:
        if found is not expected:
            raise Difference(f"{where}: {found!r} in place of {expected!r}")
    elif found != expected:
        raise Difference(f"{where}: {found!r} in place of {expected!r}")


def _paired(found: list[Any], expected: list[Any], tokens: Tokens, where: str) -> list[Any]:
    """What is expected in the order in which it was found; what was not found comes last."""
    left, paired = list(expected), []
    for one in found:
        paired.append(next((each for each in left if _is_same(one, each, tokens, where)), left[0]))
        left.remove(paired[-1])
    return paired


def _is_same(found: Any, expected: Any, tokens: Tokens, where: str) -> bool:
    try:
        _same(found, expected, tokens, where)
    except Difference:
        return False
    return True


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 400 else text[:400] + "…"
