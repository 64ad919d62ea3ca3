"""This module is in charge of the Chinese terms for values that findings hold: by the figure's name, then by the value as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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
