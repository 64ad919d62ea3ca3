"""This module is in charge of the words for what a rule has found, in English and in Chinese: made of the rule and the figures that its row holds.

A rule has one form for each way in which it is broken. A row says which one it is by its figures: the first form whose figures it has, with the
values that the form asks for. So rows of any age are worded, and a text can be put better without touching a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Formatter
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from resolvers.ledger.findings.terms import chinese, english


class Form(NamedTuple):
    """One way in which a rule is broken. Both texts name figures in braces; `where` are figures with the values of which one has to be there."""

    english: str
    chinese: str
    where: Mapping[str, tuple[Any, ...]] = MappingProxyType({})

    def names(self) -> frozenset[str]:
        """The figures that the texts are made of."""
        return frozenset(name for text in (self.english, self.chinese) for _before, name, _form, _conversion in Formatter().parse(text) if name)

    def fits(self, figures: Mapping[str, Any]) -> bool:
        """Whether these are figures of this form."""
        return self.names() <= figures.keys() and all(name in figures and figures[name] in values for name, values in self.where.items())


_DETACHED: Final = "a pack left a vehicle that is no swap model "
_HANDED: Final = "handed over to an enterprise that "
FORMS: Final[Mapping[str, tuple[Form, ...]]] = MappingProxyType({
    "R01": (
        Form("the scrapped vehicle had no pack", "报废车辆上没有电池", {"packFound": (False,)}),
        Form(
            "the scrapped vehicle had another pack than the one bound to it, and no reported replacement explains it",
            "报废车辆上的电池（{codeFound}）不是与其绑定的那一组，且没有更换记录可以解释", {"packFound": (True,)},
        ),
    ),
    "R02": (
        Form("seen in two provinces at least {kilometres} km apart within {hours} hours", "在 {hours} 小时内先后出现在相距至少 {kilometres} 公里的两个省份"),
        Form(
            "reported on {claimedOn} ({event}) by an enterprise that did not have it: who had it did so before, on {heldBefore}, and after, on {heldAfter}",
            "{claimedOn} 有企业报送“{event}”，而该电池此前（{heldBefore}）与此后（{heldAfter}）均在另一持有方处：同一编码同时由两方持有",
        ),
        Form(
            "the code of this battery, or of what is in it, was told again of another battery",
            "该电池或其内部件的编码（{givenCode}）又被用于另一电池",
        ),
        Form(
            "a module or cell came out of a pack under a code that there was already", "从电池包拆解释出的模块或单体使用了已存在的编码",
            {"event": ("RELEASED",)},
        ),
        Form("the same code was reported as produced twice", "该编码已存在，又被重复报送（{firstDay}、{secondDay}）"),
    ),
    "R03": (
        Form("was made into {products} products", "被用于制造 {products} 件产品"),
        Form("a product was made of it, and it is still in use", "已用于制造产品，却仍在使用（最近事件：{lastEvent}）"),
    ),
    "R04": (
        Form(_HANDED + "is not on the platform", "移交给未在平台登记的企业（{receiver}）", {"reason": ("NOT_REGISTERED",)}),
        Form(_HANDED + "is not active", "移交给已不在营业的企业（{receiver}）", {"reason": ("NOT_ACTIVE",)}),
        Form(_HANDED + "had no licence for {licence} on that day", "移交给当日没有“{licence}”许可的企业（{receiver}）", {"reason": ("NO_LICENCE",)}),
        Form(
            _HANDED + "had no licence for the purpose {purpose} on that day",
            "移交给当日没有“{purpose}”所需许可的企业（{receiver}）", {"reason": ("NO_LICENCE",)},
        ),
        Form(
            _HANDED + "is none of those that take batteries for the purpose {purpose}",
            "移交给不属于可为“{purpose}”接收电池的企业（{receiver}）", {"reason": ("NO_ROLE",)},
        ),
    ),
    "R05": (
        Form(
            "{handOvers} hand-overs for utilization to a recycler that was not on the ministry's list of those that meet the norm conditions",
            "以综合利用为目的的移交 {handOvers} 次，接收企业当时不在符合规范条件企业名单上",
        ),
    ),
    "R06": (
        Form(
            "a mechanical batch gave more mass than went into it",
            "机械处理批次 {batch} 产出 {outputKg} kg、残余物 {residueKg} kg，多于投入的 {inputKg} kg",
        ),
        Form("a batch gave more of an element than went into it: {elements}", "批次 {batch} 的元素产出多于投入：{elements}"),
    ),
    "R07": (
        Form("{lostPercent} percent of what went into a mechanical batch is not accounted for", "机械处理批次 {batch} 投入质量的 {lostPercent}% 去向不明"),
        Form(
            "of what went into a batch, elements are not accounted for, in percent: {lostPercentByElement}",
            "批次 {batch} 投入的元素去向不明（百分比）：{lostPercentByElement}",
        ),
        Form(
            "what went into a batch of batteries weighed {missingPercent} percent less than they did before",
            "批次 {batch} 的电池此前共重 {cameKg} kg，投入时仅计 {putInKg} kg，相差 {missingPercent}%",
        ),
    ),
    "R08": (
        Form("over twelve months {rate} of {element} was recovered, the norm is {norm}", "连续十二个月{element}的回收率为 {rate}，规范值为 {norm}"),
    ),
    "R09": (
        Form(
            "at least {lowestRate} of {element} was recovered {months} months running",
            "{element}的回收率连续 {months} 个月不低于 {lowestRate}，数据过于理想",
        ),
        Form(
            "{atNameplate} of {batteries} batteries weighed exactly what their nameplates say",
            "{batteries} 组电池中有 {atNameplate} 组的称重与铭牌质量完全相同",
        ),
    ),
    "R10": (
        Form("{late} of {reports} reports of {month} came late", "{month} 的 {reports} 次报送中有 {late} 次逾期"),
    ),
    "R11": (
        Form(
            "the hand-over of {handedOverOn} was neither received nor rejected by {answerDueOn}",
            "{handedOverOn} 的移交到 {answerDueOn} 既未接收也未拒收",
        ),
        Form("{declaredKg} kg were handed over, {measuredKg} kg were received", "移交时为 {declaredKg} kg，接收时称得 {measuredKg} kg"),
    ),
    "R12": (
        Form(
            "hazardous and in store since {receivedOn}, longer than {mostDays} days",
            "属危险电池，自 {receivedOn} 起在库，已超过 {mostDays} 天", {"hazardous": (True,)},
        ),
        Form("in store since {receivedOn}, longer than {mostDays} days", "自 {receivedOn} 起在库，已超过 {mostDays} 天"),
    ),
    "R13": (
        Form("sold for a prohibited field of use: {fieldOfUse}", "销售用于禁用领域：{fieldOfUse}", {"reason": ("FIELD",)}),
        Form("sold to a buyer whose business is {buyerBusiness}", "销售给经营业务属禁用领域的买方：{buyerBusiness}", {"reason": ("BUSINESS",)}),
        Form("single cells were sold without a field of use", "销售单体电池而未说明用途", {"reason": ("NO_FIELD",)}),
        # Rows that do not say which it was; the last where both may be prohibited.
        Form("single cells were sold without a field of use", "销售单体电池而未说明用途", {"fieldOfUse": (None, ""), "buyerBusiness": (None,)}),
        Form("sold to a buyer whose business is {buyerBusiness}", "销售给经营业务属禁用领域的买方：{buyerBusiness}", {"fieldOfUse": (None, "")}),
        Form("sold for a prohibited field of use: {fieldOfUse}", "销售用于禁用领域：{fieldOfUse}", {"buyerBusiness": (None,)}),
        Form(
            "sold for {fieldOfUse} to a buyer whose business is {buyerBusiness}: one of them is prohibited",
            "销售用于{fieldOfUse}，买方经营业务为{buyerBusiness}，其中有禁用者",
        ),
    ),
    "R14": (
        Form(
            _DETACHED + "without a maintenance or replacement order",
            "非换电车型的电池离开了车辆，没有维修或更换工单", {"event": ("REPLACED",), "status": ("IN_SERVICE",)},
        ),
        Form(
            _DETACHED + "before a scrapping firm took the vehicle in", "非换电车型的电池在报废企业收车之前离开了车辆",
            {"event": ("PACK_DETACHED",), "status": ("IN_SCRAP_VEHICLE",)},
        ),
        Form(
            _DETACHED + "before a scrapping firm took the vehicle in, and without a replacement",
            "非换电车型的电池在报废企业收车之前离开了车辆，也没有更换记录",
            {"status": ("INSTALLED", "IN_SERVICE")},
        ),
    ),
    "R15": (
        Form(
            "in a vehicle that is declared a swap model, but whose model is not announced as one",
            "所在车辆申报为换电车型，但其车型（{model}）未列入换电车型公告",
        ),
        Form(
            "in a vehicle that is declared a swap model, but whose battery nobody has swapped since {since}",
            "所在车辆申报为换电车型，但自 {since} 起没有换电记录",
        ),
    ),
    "R16": (
        Form("bound to a VIN that breaks the rule {rule}", "绑定的车辆识别代号不符合规则 {rule}", {"reason": ("INVALID_VIN",)}),
        Form("bound to a vehicle that is not in the certificate register", "绑定的车辆不在合格证登记中", {"reason": ("NOT_REGISTERED",)}),
        Form("bound to a vehicle that was scrapped before", "绑定的车辆此前已经报废", {"reason": ("SCRAPPED",)}),
    ),
    "R17": (
        Form("{event} was told to be earlier than what came before", "报送的“{event}”早于此前的事件", {"refused": ("OUT_OF_ORDER",)}),
        Form("{event} was reported of a pack that is {status}", "对状态为“{status}”的电池报送了“{event}”", {"refused": ("ILLEGAL_TRANSITION",)}),
        Form(
            "made under the specification code {code}, which nobody filed: batteries, {batteries}",
            "{batteries} 组电池使用了未备案的规格代码 {code}", {"kind": ("SPECIFICATION",)},
        ),
        Form(
            "made under the traceability code {code}, which nobody filed: batteries, {batteries}",
            "{batteries} 组电池使用了未备案的追溯信息代码 {code}", {"kind": ("TRACEABILITY",)},
        ),
        Form("the date in the code is {days} days from that of production", "编码中的日期与生产日期相差 {days} 天"),
    ),
    "R18": (
        Form(
            "{received} of about {expected} batteries that came to their end in a year were received, "
            "and {provincesWithoutOutlet} provinces with sales have no outlet",
            "一年内应退役约 {expected} 组电池，仅收到 {received} 组；有销售的省份中 {provincesWithoutOutlet} 个没有网点",
        ),
    ),
    "R19": (
        Form("handed over to another province without a number of its filing", "跨省移交（{purpose}）没有备案号", {"required": ("FILING",)}),
        Form("handed over to another province without a number of its approval", "跨省移交（{purpose}）没有批准文号", {"required": ("APPROVAL",)}),
    ),
    "R20": (
        Form(
            "{inputTonnes} t were put in in {month}, with a licence for {licensedTonnesPerYear} t in a year",
            "{month} 投入 {inputTonnes} 吨，而许可产能为每年 {licensedTonnesPerYear} 吨",
        ),
        Form("a tonne of lithium carbonate took {kgcePerTonne} kg of coal equivalent in {month}", "{month} 每吨碳酸锂综合能耗 {kgcePerTonne} 千克标准煤"),
    ),
    "R21": (
        Form("went from one holder to another and straight back", "由一方移交给另一方后又直接退回", {"handOvers": (2,)}),
        Form("was handed on {handOvers} times without being tested or changed", "未经检测也无变化，接连移交 {handOvers} 次"),
    ),
    "R22": (
        Form("export of a pack that is {status} was reported", "报送出口的电池状态为“{status}”"),
    ),
    "R23": (
        Form("state of health rose by more than {threshold} points without a replacement of modules", "未更换模块而健康度上升超过 {threshold} 个百分点"),
    ),
    "R24": (
        Form(
            "{sales} vehicles were sold in prefectures without an outlet of the automaker: {prefectures}",
            "在没有该汽车企业网点的地级行政区销售了 {sales} 辆车：{prefectures}",
        ),
        Form(
            "{sales} of its batteries were sold in {province}, where the maker has no outlet",
            "其 {sales} 组电池销售于{province}，而生产企业在该省没有网点",
        ),
    ),
})  # fmt: skip
"""By rule, in the order in which they are tried."""


def form_of(rule: str, figures: Mapping[str, Any]) -> Form | None:
    """The form that a finding has; None is a defect of the rule or of FORMS."""
    return next((each for each in FORMS.get(rule, ()) if each.fits(figures)), None)


def in_english(rule: str, figures: Mapping[str, Any]) -> str:
    """What was found. Where no form fits it is the rule's number: a missing text holds nobody's report back."""
    form = form_of(rule, figures)
    return rule if form is None else form.english.format_map({name: english(name, value) for name, value in figures.items()})


def in_chinese(rule: str, figures: Mapping[str, Any]) -> str | None:
    """The same, with the Chinese terms for the values that have one; None where no form fits."""
    form = form_of(rule, figures)
    return None if form is None else form.chinese.format_map({name: chinese(name, value) for name, value in figures.items()})
