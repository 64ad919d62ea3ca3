"""This module is in charge of a finding's rows: itself, and one for everybody whose work it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from resolvers.ledger.finding_rows import FindingReader, FindingRow
from resolvers.ledger.findings.finding import Finding

# MI reads all (docs/row-policy.md, section 11); of the others those that have a role on the platform.
EVERYTHING: Final = "MI"
BY_FIELD: Final = frozenset({"ME", "SA"})


def row_of(finding: Finding) -> FindingRow:
    """The row of battery.finding."""
    return FindingRow(
        finding.code, finding.id, finding.rule, finding.version, finding.severity, finding.state, finding.owners, finding.provinces, finding.party,
        finding.evidence, finding.attempt, finding.message, finding.figures, finding.first_seen, finding.recorded_at,
    )  # fmt: skip


def readers_of(finding: Finding) -> Iterator[FindingReader]:
    """The rows of battery.finding_reader."""
    return readers_of_row(row_of(finding))


def readers_of_row(row: FindingRow) -> Iterator[FindingReader]:
    """The same of a finding's row: the party, the provinces, the authorities.

    What was refused is not told to who sent it: the answer to it said all that the sender may know of the pack.
    """
    authorities = sorted({EVERYTHING, *(BY_FIELD & set(row.owners))})
    party = (row.party,) if row.attempt is None else ()
    for grantee in (*party, *(f"province:{each}" for each in row.provinces), *(f"authority:{each}" for each in authorities)):
        yield FindingReader(row.code, row.id, grantee, row.first_seen)
