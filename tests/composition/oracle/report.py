"""This module is in charge of telling a developer where both composers differ, the most frequent difference first, each by a small example.

python -m tests.composition.oracle.report --seed 7 --count 2000 --kind verdict
python -m tests.composition.oracle.report --case 7/123
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator

from tests.composition.oracle.cases import Case, mutated, mutated_case, unchanged, worlds
from tests.composition.oracle.comparison import Comparison, compared, difference_of
from tests.composition.oracle.deviations import deviation_of
from tests.composition.oracle.judge import Judge
from tests.composition.oracle.rates import KINDS, rates_of
from tests.composition.oracle.shrinking import case_text, shrunk

LINES = 24


def shown(comparison: Comparison, kind: str) -> Iterator[str]:
    """One difference, with its example, as Markdown."""
    yield f"case {comparison.case.name}: {', '.join(comparison.case.story)}"
    yield from ("```graphql", case_text(comparison.case), "```")
    yield "ours:    " + ("composes" if comparison.ours.sdl else " | ".join(f"{code}: {message}" for code, message in comparison.ours.errors))
    apollo = comparison.apollo
    told = [f"{code}: {' '.join(message.split())[:400]}" for code, message in zip(apollo["codes"], apollo.get("messages", ()))]
    yield "Apollo:  " + ("composes" if apollo["ok"] else " | ".join(told))
    loaded = comparison.loaded
    if loaded is not None and not loaded["ok"]:
        yield f"Apollo, of our supergraph: {loaded['error']}"
    elif loaded is not None and loaded["unsatisfiable"]:
        yield f"Apollo, of our supergraph: {loaded['unsatisfiable'][0]}"
    if kind == "hints":
        yield "hints, ours:    " + " | ".join(f"{code}: {message}" for code, message in comparison.ours.hints)
        yield "hints, Apollo's: " + " | ".join(f"{hint['code']}: {' '.join(hint['message'].split())[:300]}" for hint in apollo["hints"])
    part = {"supergraph": "canonical", "api": "api"}.get(kind)
    if part is not None and loaded is not None:
        yield from ("```diff", *difference_of(loaded[part], apollo[part])[:LINES], "```")


def report(judge: Judge, comparisons: list[Comparison], kinds: tuple[str, ...], limit: int) -> Iterator[str]:
    """All differences of these kinds that no declared deviation excuses, grouped."""
    yield str(rates_of(comparisons))
    groups: dict[tuple[str, str], list[Comparison]] = {}
    for comparison in comparisons:
        if deviation_of(comparison) is None:
            for kind, signature in comparison.differences().items():
                if kind in kinds:
                    groups.setdefault((kind, signature), []).append(comparison)
    for (kind, signature), found in sorted(groups.items(), key=lambda item: -len(item[1]))[:limit]:
        example = min(found, key=lambda comparison: sum(len(source.sdl) for source in comparison.case.sources))
        yield f"\n## {len(found)} x {kind}: {signature}"
        yield f"in {' '.join(comparison.case.name for comparison in found[:8])}"
        yield from shown(shrunk(judge, example, kind), kind)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--limit", type=int, default=40)
    parser.add_argument("--case", action="append", help="a case by its name, whole")
    parser.add_argument("--heads", action="store_true", help="with changes to heads of documents")
    chosen = parser.parse_args()
    with Judge() as judge:
        if chosen.case:
            for comparison in compared(judge, [mutated_case(name) if name not in worlds() else _world(name) for name in chosen.case]):
                print("\n".join(shown(comparison, next(iter(comparison.differences()), ""))))
                print(comparison.differences())
            return
        comparisons = list(compared(judge, [*unchanged(), *mutated(chosen.seed, range(chosen.count), heads=chosen.heads)]))
        stories = Counter(word for comparison in comparisons for word in comparison.case.story[1:])
        print(f"{len(comparisons)} cases, {sum(comparison.apollo['ok'] for comparison in comparisons)} that Apollo composes, {len(stories)} kinds of changes")
        for line in report(judge, comparisons, tuple(chosen.kind or KINDS), chosen.limit):
            print(line)


def _world(name: str) -> Case:
    return next(case for case in unchanged() if case.name == name)


if __name__ == "__main__":
    main()
