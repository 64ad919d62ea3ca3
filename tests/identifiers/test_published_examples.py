"""The reference checker published beside this repository: its cases and, on random text, its verdicts; skipped where it is not at hand."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.identifiers import IdentifierError, parse_battery_code, parse_credit_code, parse_vin

PUBLISHED = Path(__file__).resolve().parents[2].parent / "shared" / "identifier_examples.py"
pytestmark = pytest.mark.skipif(not PUBLISHED.is_file(), reason="the published examples are not beside this repository")
PARSERS: dict[str, Callable[[str], object]] = {
    "battery_code": lambda text: parse_battery_code(text, normalise=False),
    "vin": lambda text: parse_vin(text, normalise=False, strict=True),
    "uscc": lambda text: parse_credit_code(text, normalise=False),
}


@pytest.fixture(scope="module")
def published() -> ModuleType:
    spec = importlib.util.spec_from_file_location("published_identifier_examples", PUBLISHED)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def outcome(kind: str, text: str) -> str:
    try:
        PARSERS[kind](text)
    except IdentifierError as error:
        return error.code
    return "OK"


def test_every_published_case(published: ModuleType) -> None:
    cases = [(checker.__name__, text, expected) for checker, table in published.CASES.items() for text, expected in table.items()]
    assert len(cases) >= 42
    assert [(kind, text, outcome(kind, text)) for kind, text, _ in cases] == cases


characters = st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZab \n\u00e9\uff11")


@settings(max_examples=400)
@given(st.sampled_from(sorted(PARSERS)), st.data())
def test_verdict_on_mutated_text_is_the_reference_checkers(published: ModuleType, kind: str, data: st.DataObject) -> None:
    checker = getattr(published, kind)
    text = list(data.draw(st.sampled_from(sorted(published.CASES[checker]))))
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(text)))
        text[place : place + data.draw(st.integers(0, 1))] = data.draw(st.lists(characters, max_size=2))
    mutated = "".join(text)
    assert outcome(kind, mutated) == checker(mutated)
