"""This module is in charge of the language of a page: what its address says, else what the browser prefers (RFC 9110, section 12.5.4)."""

from __future__ import annotations

from enum import StrEnum


class Language(StrEnum):
    """A language that pages are written in; the value stands in addresses."""

    CHINESE = "zh"
    ENGLISH = "en"

    @property
    def tag(self) -> str:
        """As HTML and Content-Language name it (BCP 47)."""
        return "zh-CN" if self is Language.CHINESE else "en"

    @property
    def other(self) -> Language:
        """The one to switch to."""
        return Language.ENGLISH if self is Language.CHINESE else Language.CHINESE


def language_of(stated: str | None, accept: str | None) -> Language:
    """The language that is stated, else the one that `accept` weighs most; Chinese where it names neither, for that is where the packs are."""
    if stated in set(Language):
        return Language(stated)
    weights = {language: _weight(language, accept or "") for language in Language}
    return max(Language, key=lambda language: weights[language])


def _weight(language: Language, accept: str) -> float:
    found = 0.0
    for each in accept[:1000].split(","):
        tag, _, parameters = each.strip().lower().partition(";")
        if tag.split("-")[0] != language:
            continue
        name, _, value = parameters.strip().partition("=")
        digits = value.replace(".", "", 1)
        quality = float(value) if name == "q" and digits.isascii() and digits.isdigit() and len(value) <= 5 else float(not parameters)
        found = max(found, min(quality, 1.0))
    return found
