"""This module is in charge of branches: one relation's way to the rows of a list, on its own index.

The measured law (docs/decisions/0001-door.md): a page is a UNION of branches, one per relation the caller has, each with
its own ORDER BY and LIMIT; relations and masks are computed only for the survivors. Within a branch it is known which
columns are open, so a masked column folds to null. That is exact only when the branch leaves out the rows for which
another relation opens more of the columns that filter and sort look at: `leave_out` below.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from auth.entitlements import Policy
from resolvers.database.filters import TRUE, Predicate, columns, compile_predicate
from resolvers.database.sql import Sql, ident, integer, join, slot, text
from resolvers.database.standing import (
    RELATION_NAME,
    EntitySpec,
    active,
    in_grace,
    lateral,
    masked,
    open_to,
    type_name,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is fixed for a whole list: the entity, the caller's policy, how many provinces it has, its filter, and the
    root column that must equal the parent's key (`k.key`), if the list hangs on a parent."""

    spec: EntitySpec
    policy: Policy
    provinces: int
    predicate: Predicate
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One relation; `province` is the index of the jurisdiction's province, each of which is a branch of its own."""

    relation: str
    province: int = 0


def watched(scope: Scope, sort: str | None) -> tuple[str, ...]:
    """The columns whose masks matter to filter and sort, sorted: those that some relation does not open."""
    names = columns(scope.predicate) | ({sort} if sort else set())
    return tuple(sorted(name for name in names if not all(open_to(scope.policy, each, scope.spec.table.column(name)) for each in scope.policy.listing)))


def opened(scope: Scope, relation: str, names: tuple[str, ...]) -> frozenset[str]:
    """Which of the columns that relation alone opens."""
    return frozenset(name for name in names if open_to(scope.policy, relation, scope.spec.table.column(name)))


def is_chain(scope: Scope, names: tuple[str, ...]) -> bool:
    """Whether the relations open nested sets of these columns; then the widest relation of a row decides its masks."""
    sets = sorted({opened(scope, each, names) for each in scope.policy.listing}, key=len)
    return all(small <= large for small, large in pairwise(sets))


def branches(scope: Scope, names: tuple[str, ...]) -> tuple[Branch, ...]:
    """The branches of the list; a relation that *all* covers with masks at least as open is left out."""
    listing = scope.policy.listing
    found: list[Branch] = []
    for relation in listing:
        if relation != "all" and "all" in listing and opened(scope, relation, names) <= opened(scope, "all", names):
            continue
        found.extend(Branch(relation, n) for n in range(scope.provinces if relation == "jurisdiction" else 1))
    return tuple(found)


def keys_of(scope: Scope, branch: Branch, names: tuple[str, ...], sort: str | None) -> tuple[Sql, Sql]:
    """(key, sort value) as this branch names them: from the grants where those carry a copy."""
    source = "p" if _by_root(scope, branch) else "a"
    key = ident(source, scope.spec.key)
    if sort is None:
        return key, text("null::text")
    if not is_chain(scope, names):
        return key, masked(scope.spec.table.column(sort), "p", "s", scope.policy)
    return key, ident(source if sort in scope.spec.copies else "p", sort)


def tie_of(scope: Scope, branch: Branch) -> Sql:
    """What decides between equal sort values, and the default order: grants carry it too, so it is one index walk."""
    return ident("p" if _by_root(scope, branch) else "a", scope.spec.tie)


def rows_of(scope: Scope, branch: Branch, names: tuple[str, ...], sort: str | None) -> Sql:
    """` from … where …`: the rows of the branch that pass parent, filter and exclusions."""
    by_case = not is_chain(scope, names)
    predicate = scope.predicate
    looked_at = columns(predicate) | ({sort} if sort else set())
    needs_root = (
        _by_root(scope, branch)
        or by_case
        or scope.parent is not None
        or not looked_at <= scope.spec.copies
        or any(each == scope.spec.owner_relation for each in leave_out(scope, branch, names))
    )
    conditions = [_held(scope, branch)]
    if scope.parent is not None:
        conditions.append(ident("p", scope.parent) + text(" = k.key"))
    if predicate != TRUE:
        conditions.append(compile_predicate(predicate, lambda name: _reference(scope, branch, name, by_case, needs_root)))
    if not by_case:
        conditions.extend(_not_held(scope, each, needs_root) for each in leave_out(scope, branch, names))
    joins = lateral(scope.spec, scope.policy, "p", "s") if by_case else Sql()
    return text(" from ") + _source(scope, branch, needs_root) + joins + text(" where ") + join(" and ", conditions)


def leave_out(scope: Scope, branch: Branch, names: tuple[str, ...]) -> tuple[str, ...]:
    """The other relations that open more of the watched columns: their rows belong to their own branches."""
    mine = opened(scope, branch.relation, names)
    return tuple(each for each in scope.policy.listing if each != "all" and mine < opened(scope, each, names))


def repeats(scope: Scope, branch: Branch) -> bool:
    """Whether a row may come several times: once for each interval of custody in grace, each pack of a maker in a vehicle."""
    return not _by_root(scope, branch)


def _by_root(scope: Scope, branch: Branch) -> bool:
    return branch.relation in {"all", scope.spec.owner_relation}


def _source(scope: Scope, branch: Branch, needs_root: bool) -> Sql:
    root = ident(scope.spec.table.schema, scope.spec.table.name) + text(" p")
    if _by_root(scope, branch):
        return root
    granted = ident(scope.spec.table.schema, "access") + text(" a")
    if not needs_root:
        return granted
    return granted + text(" join ") + root + text(" on ") + ident("p", scope.spec.key) + text(" = ") + ident("a", scope.spec.key)


def _held(scope: Scope, branch: Branch) -> Sql:
    if branch.relation == "all":
        return text("true")
    if branch.relation == scope.spec.owner_relation:
        return ident("p", scope.spec.owner_column) + text(" = ") + slot("party")
    return _grant(branch.relation, "a", _grantee(branch))


def _grantee(branch: Branch) -> Sql:
    if branch.relation != "jurisdiction":
        return text(" = ") + slot("party")
    return text(" = (") + slot("provinces") + text("::text[])[") + integer(branch.province + 1) + text("]")


def _grant(relation: str, alias: str, grantee: Sql) -> Sql:
    stored, window = ("custodian", in_grace(alias)) if relation == "past_custodian" else (relation, active(alias))
    return (
        ident(alias, "grantee")
        + grantee
        + text(" and ")
        + ident(alias, "relation")
        + text(" = ")
        + RELATION_NAME[stored]
        + text(" and ")
        + ident(alias, "from_at")
        + text(" <= ")
        + slot("moment")
        + text(" and ")
        + window
    )


def _not_held(scope: Scope, relation: str, has_root: bool) -> Sql:
    if relation == scope.spec.owner_relation:
        return ident("p", scope.spec.owner_column) + text(" <> ") + slot("party")
    grantee = text(" = any(") + slot("provinces") + text(")") if relation == "jurisdiction" else text(" = ") + slot("party")
    key = ident("p" if has_root else "a", scope.spec.key)
    return (
        text("not exists (select 1 from ")
        + ident(scope.spec.table.schema, "access")
        + text(" x where ")
        + ident("x", scope.spec.key)
        + text(" = ")
        + key
        + text(" and ")
        + _grant(relation, "x", grantee)
        # `offset 0`: asked for each row that the branch comes to. As a join it would walk all grants of the other relation, 12,500 for the
        # largest automaker, to leave out seven rows.
        + text(" offset 0)")
    )


def _reference(scope: Scope, branch: Branch, name: str, by_case: bool, has_root: bool) -> Sql:
    column = scope.spec.table.column(name)
    if by_case:
        return masked(column, "p", "s", scope.policy)
    if not open_to(scope.policy, branch.relation, column):
        return text("null::") + type_name(column)
    return ident("p" if has_root else "a", name)
