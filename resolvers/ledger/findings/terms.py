"""This module is in charge of the terms for values that findings hold, Chinese and English: by the figure's name, then by the value as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from resolvers.identifiers import load_regions

STATUSES: Final[Mapping[str, str]] = MappingProxyType({
    "CODED": "已赋码", "SOLD": "已销售", "INSTALLED": "已装车", "IN_SERVICE": "使用中", "SWAP_POOL": "在换电池组", "REMOVED": "已拆下",
    "IN_SCRAP_VEHICLE": "在报废车中", "RETIRED": "已退役", "IN_TRANSIT": "在途", "STORED": "在库", "GRADED": "已分级", "DISMANTLED": "已拆解",
    "REPROCESSED": "已制成产品", "RECYCLED": "已再生", "DISPOSED": "已处置", "EXPORTED": "已出口", "MISSING": "失踪",
})  # fmt: skip
EVENTS: Final[Mapping[str, str]] = MappingProxyType({
    "CODE_FILED": "编码备案", "PRODUCED": "生产赋码", "IMPORTED": "进口", "SOLD": "电池销售", "INSTALLED": "装车", "VEHICLE_SOLD": "整车销售",
    "POOLED": "进入换电池组", "SWAP_IN": "换入", "SWAP_OUT": "换出", "MAINTAINED": "维护", "REPLACED": "更换", "REINSTALLED": "重新装用",
    "OWNER_CHANGED": "所有者变更", "RETIRED": "退役", "VEHICLE_SCRAPPED": "车辆报废", "PACK_DETACHED": "从报废车拆下", "HANDED_OVER": "移交",
    "RECEIVED": "接收", "REJECTED": "拒收", "GRADED": "检测分级", "DISMANTLED": "拆解", "RELEASED": "拆解释出", "REPROCESSED": "制成再生利用产品",
    "PRODUCT_SOLD": "产品销售", "RECYCLED": "再生为材料", "DISPOSED": "处置", "EXPORTED": "出口", "REPORTED_MISSING": "报失", "FOUND": "找回",
    "FOUND_ABANDONED": "发现遗弃", "HEALTH_MEASURED": "健康度测量", "SAFETY_EVENT": "安全事件", "RECALLED": "召回", "RECALL_REMEDIED": "召回整改",
    "TAKE_BACK_REQUESTED": "要求回收", "TAKE_BACK_ACCEPTED": "同意回收", "TAKE_BACK_REFUSED": "拒绝回收", "UNLICENSED_SITE_SEEN": "发现无证场所",
})  # fmt: skip
_FIELDS: Final[Mapping[str, str]] = MappingProxyType({
    "STATIONARY_STORAGE": "固定式储能", "TELECOM_BACKUP": "通信备电", "STREET_LIGHTING": "路灯照明", "LOW_SPEED_LOGISTICS": "低速物流",
    "E_BICYCLE": "电动自行车", "LOW_SPEED_TWO_OR_THREE_WHEELER": "低速两轮或三轮车", "POWER_BANK": "移动电源",
    "EMERGENCY_LIGHTING_CROWDED_PLACES": "人员密集场所应急照明", "OTHER": "其他",
})  # fmt: skip
_BUSINESSES: Final[Mapping[str, str]] = MappingProxyType({
    "ENERGY_STORAGE": "储能", "TELECOMMUNICATION": "通信", "LIGHTING": "照明", "LOGISTICS": "物流", "E_BICYCLE_MANUFACTURE": "电动自行车制造",
    "E_BICYCLE_RENTAL": "电动自行车租赁", "MANUFACTURE": "制造", "TRADE": "贸易", "RECYCLING": "回收利用", "OTHER": "其他",
})  # fmt: skip
_PURPOSES: Final[Mapping[str, str]] = MappingProxyType({
    "COLLECTION": "收集", "UTILIZATION": "综合利用", "STORAGE": "贮存", "DISPOSAL": "处置", "REPAIR": "维修", "VEHICLE_SCRAPPING": "车辆报废",
})  # fmt: skip
_LICENCES: Final[Mapping[str, str]] = MappingProxyType({
    "COMPREHENSIVE_UTILIZATION": "综合利用", "SCRAPPED_VEHICLE_DISMANTLING": "报废机动车拆解", "VEHICLE_REPAIR": "车辆维修",
})  # fmt: skip
_ELEMENTS: Final[Mapping[str, str]] = MappingProxyType({"Li": "锂", "Ni": "镍", "Co": "钴", "Mn": "锰", "Cu": "铜", "Al": "铝", "Fe": "铁", "P": "磷"})
TERMS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType({
    "status": STATUSES, "event": EVENTS, "lastEvent": EVENTS, "fieldOfUse": _FIELDS, "buyerBusiness": _BUSINESSES, "purpose": _PURPOSES,
    "licence": _LICENCES, "element": _ELEMENTS,
})  # fmt: skip
"""A value that is too new for these stands for itself."""

_SPELT: Final = (("e bicycle", "e-bicycle"), ("low speed", "low-speed"), ("two or three wheeler", "two- or three-wheeler"))


def chinese(name: str, value: Any) -> Any:
    """A figure's value as a Chinese text has it."""
    if name in _PLACES and isinstance(value, str):
        return "、".join(_named(code)[0] for code in value.split())
    return TERMS[name].get(value, value) if name in TERMS and isinstance(value, str) else value


def english(name: str, value: Any) -> Any:
    """A figure's value as an English text has it: words of a closed list as words, regions by name."""
    if name in _PLACES and isinstance(value, str):
        return ", ".join(_named(code)[1] for code in value.split())
    if name not in TERMS or name == "element" or not isinstance(value, str):
        return value
    spoken = value.lower().replace("_", " ")
    for as_lowered, as_spelt in _SPELT:
        spoken = spoken.replace(as_lowered, as_spelt)
    return spoken


_PLACES: Final = frozenset({"province", "prefectures"})


def _named(code: str) -> tuple[str, str]:
    """(Chinese, English) of a region's code, two digits for a province; a code that the register does not have stands for itself."""
    return _regions().get(code.ljust(6, "0"), (code, code))


@cache
def _regions() -> Mapping[str, tuple[str, str]]:
    return {code: (rows[-1].name_zh, rows[-1].name_en or rows[-1].name_zh) for code, rows in load_regions().rows.items()}
