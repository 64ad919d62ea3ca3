"""This module is in charge of what a rule of the sweep is: one statement, and the figures it needs of the rule table.

A statement gives a row for each finding:

    subject         BATTERY, VEHICLE or ENTERPRISE
    code            the subject's key: battery code, VIN, credit code
    key             what tells this finding from others of the rule on the subject; the same for as long as it is the same finding
    party           the enterprise it is about
    provinces       in which it lies, two digits each; nulls are left out
    first_seen      since when it is so
    figures         what was computed, as a JSON object: what its words are made of (findings/wording.py)
    evidence_codes  with `evidence`: the events it rests on, by battery code and number, at most MOST_EVIDENCE of them
    evidence
    attempt         of what somebody tried, who is not told of the finding: type, reporter, occurredAt, refused, as a JSON object; may be left out

It may look at nothing that was recorded after `{moment}`, so that it gives the same at any later time. Registers (enterprises, licences,
outlets, lists) are taken by their days of validity.
"""

from __future__ import annotations

from typing import Final, NamedTuple

MOST_EVIDENCE: Final = 50


class SweepRule(NamedTuple):
    """One rule, or one of the ways in which a rule is broken.

    `told` is the statement, in pieces; `parameters` are (name, node type) that the rule table has to have.
    """

    id: str
    told: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()
