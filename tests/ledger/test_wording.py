"""Every way in which a rule is broken has its words in both languages, made of what its row holds; rows from before a figure was kept have them, too."""

from __future__ import annotations

import re
from typing import Any

import pytest

from resolvers.ledger.events import EventType
from resolvers.ledger.findings.register import RULES
from resolvers.ledger.findings.terms import EVENTS, STATUSES, TERMS
from resolvers.ledger.findings.wording import FORMS, form_of, in_chinese, in_english
from resolvers.ledger.recording.words import BUSINESSES, FIELDS_OF_USE, PURPOSES
from resolvers.ledger.recovery.balance import ELEMENTS
from resolvers.ledger.rules import load_rules
from resolvers.ledger.states import Status
from tests.ledger.ruling import STAGES, case_of, found
from tests.ledger.test_findings import TABLE

# Rows as earlier versions of the rules wrote them, and what was said of them.
OLD: list[tuple[str, dict[str, Any], str, str]] = [
    ("R02", {"firstDay": "2026-05-06", "secondDay": "2026-05-07", "differentReporters": True}, "the same code was reported as produced twice", "已存在"),
    ("R04", {"receiver": "X", "purpose": "UTILIZATION", "reason": "NO_LICENCE"}, "handed over to an enterprise that had no licence", "“综合利用”"),
    ("R13", {"fieldOfUse": "E_BICYCLE", "buyerBusiness": None}, "sold for a prohibited field of use: e-bicycle", "电动自行车"),
    ("R13", {"fieldOfUse": None, "buyerBusiness": "E_BICYCLE_RENTAL"}, "sold to a buyer whose business is e-bicycle rental", "电动自行车租赁"),
    ("R24", {"province": "45", "sales": 1}, "1 of its batteries were sold in Guangxi, where", "销售于广西壮族自治区，"),
    (
        "R24",
        {"province": "44", "sales": 2, "prefectures": "440300 441900"},
        "2 vehicles were sold in prefectures without an outlet of the automaker: Shenzhen, D",
        "深圳市、东莞市",
    ),
    ("R13", {"fieldOfUse": None, "buyerBusiness": None}, "single cells were sold without a field of use", "单体"),
    ("R13", {"fieldOfUse": "E_BICYCLE", "buyerBusiness": "TRADE"}, "sold for e-bicycle to a buyer whose business is trade", "其中有禁用者"),
]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize(("stage", "kind", "parts", "rules"), [each for each in TABLE if each[3]])
def test_what_is_found_on_arrival_has_words(stage: str, kind: EventType, parts: dict[str, Any], rules: list[str]) -> None:
    for each in found(case_of(STAGES[stage](), kind, **parts)):
        assert form_of(each.rule, each.figures) is not None, (each.rule, each.figures)
        assert each.message == in_english(each.rule, each.figures) != each.rule
        assert CHINESE.search(in_chinese(each.rule, each.figures) or "")


@pytest.mark.parametrize(("rule", "figures", "english", "chinese"), OLD)
def test_rows_of_earlier_versions_have_words(rule: str, figures: dict[str, Any], english: str, chinese: str) -> None:
    assert in_english(rule, figures).startswith(english)
    assert chinese in (in_chinese(rule, figures) or "")


def test_each_rule_has_forms_and_both_texts_name_figures_alone() -> None:
    assert FORMS.keys() == RULES.keys()
    for forms in FORMS.values():
        for form in forms:
            assert CHINESE.search(form.chinese)
            assert not CHINESE.search(form.english)


def test_what_no_form_fits_holds_nothing_back() -> None:
    assert (in_english("R07", {"new": 1}), in_chinese("R07", {"new": 1})) == ("R07", None)
    assert (in_english("R99", {}), in_chinese("R99", {})) == ("R99", None)


def test_every_value_of_a_closed_list_has_its_term() -> None:
    assert STATUSES.keys() == {str(each) for each in Status}
    assert EVENTS.keys() == {str(each) for each in EventType}
    licences = {each.value for each in load_rules() if each.name == "licence.required"}
    lists = {"fieldOfUse": FIELDS_OF_USE, "buyerBusiness": BUSINESSES, "purpose": PURPOSES, "licence": licences, "element": ELEMENTS}
    for name, values in lists.items():
        assert TERMS[name].keys() == set(values), name
