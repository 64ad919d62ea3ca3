"""Each folder of cases/ is one composition: its subgraphs, and beside them the supergraph with its hints, or the errors."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.composition.compose import compose
from gateway.composition.errors import CompositionFailure
from gateway.composition.supergraph import SubgraphSource, Supergraph

CASES = Path(__file__).parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir())


def sources(folder: Path) -> list[SubgraphSource]:
    subgraphs = sorted(path for path in folder.glob("*.graphql") if path.stem != "supergraph")
    return [SubgraphSource(path.stem, f"http://{path.stem}.example", path.read_text()) for path in subgraphs]


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str) -> None:
    folder = CASES / name
    composed = compose(sources(folder))
    if (folder / "errors.txt").exists():
        assert isinstance(composed, CompositionFailure)
        assert f"{composed}\n" == (folder / "errors.txt").read_text()
    else:
        assert isinstance(composed, Supergraph), str(composed)
        assert composed.sdl == (folder / "supergraph.graphql").read_text()
        hints = folder / "hints.txt"
        assert "".join(f"{hint}\n" for hint in composed.hints) == (hints.read_text() if hints.exists() else "")


@pytest.mark.parametrize("name", NAMES)
def test_order_of_subgraphs_does_not_matter(name: str) -> None:
    forward = sources(CASES / name)
    one, other = compose(forward), compose(forward[::-1])
    if isinstance(one, Supergraph) and isinstance(other, Supergraph):
        assert (one.sdl, one.fingerprint, one.types, one.requirements) == (other.sdl, other.fingerprint, other.types, other.requirements)
    else:
        assert one == other


def test_every_error_has_a_code_and_no_foreign_text() -> None:
    for name in NAMES:
        composed = compose(sources(CASES / name))
        for error in composed.errors if isinstance(composed, CompositionFailure) else ():
            assert error.code.isupper()
            assert error.message
            assert "\n" not in error.message
