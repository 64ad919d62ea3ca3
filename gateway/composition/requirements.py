"""This module is in charge of what coordinates ask of a caller: the algebra of scopes, and what is propagated where.

Scopes are in disjunctive normal form: the caller needs all scopes of at least one inner set. None asks nothing;
an empty form never comes here, since it would be open to everybody (rule `scopes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from gateway.composition.supergraph import Requirement

Scopes = frozenset[frozenset[str]]


def minimal(scopes: Iterable[frozenset[str]]) -> Scopes:
    """The form without redundant alternatives: one that contains another asks more than enough."""
    given = frozenset(scopes)
    return frozenset(clause for clause in given if not any(other < clause for other in given))


def both_scopes(left: Scopes | None, right: Scopes | None) -> Scopes | None:
    """The form that holds exactly when both hold."""
    if left is None or right is None:
        return left if right is None else right
    return minimal(a | b for a in left for b in right)


def implies_scopes(stronger: Scopes | None, weaker: Scopes | None) -> bool:
    """True when every caller that satisfies the first satisfies the second."""
    if weaker is None:
        return True
    return stronger is not None and all(any(need <= clause for need in weaker) for clause in stronger)


NOTHING = Requirement()


def both(left: Requirement, right: Requirement) -> Requirement:
    """The requirement that holds exactly when both hold."""
    return Requirement(
        left.authenticated or right.authenticated,
        both_scopes(left.scopes, right.scopes),
        left.categories | right.categories,
        both_scopes(left.policies, right.policies),
    )


def all_of(requirements: Iterable[Requirement]) -> Requirement:
    """The requirement that holds exactly when all hold."""
    return reduce(both, requirements, NOTHING)


def implies(stronger: Requirement, weaker: Requirement) -> bool:
    """True when nobody satisfies the first without satisfying the second."""
    return (
        (stronger.authenticated or not weaker.authenticated)
        and implies_scopes(stronger.scopes, weaker.scopes)
        and implies_scopes(stronger.policies, weaker.policies)
        and weaker.categories <= stronger.categories
    )


def of(requirements: Mapping[str, Requirement], coordinate: str) -> Requirement:
    """What that coordinate asks; nothing where it is not listed."""
    return requirements.get(coordinate, NOTHING)
