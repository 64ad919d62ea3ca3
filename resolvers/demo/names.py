"""This module is in charge of invented names: every one says in both languages that it is."""

from __future__ import annotations

from typing import Final

FICTIONAL_ZH: Final = "虚构"
FICTIONAL_EN: Final = "Fictional"

FIRST: Final = (
    ("东", "Dong"), ("南", "Nan"), ("云", "Yun"), ("青", "Qing"), ("金", "Jin"), ("银", "Yin"), ("远", "Yuan"), ("长", "Chang"), ("新", "Xin"),
    ("安", "An"), ("晨", "Chen"), ("星", "Xing"), ("海", "Hai"), ("平", "Ping"), ("和", "He"), ("瑞", "Rui"), ("天", "Tian"), ("泰", "Tai"),
)  # fmt: skip
SECOND: Final = (
    ("岭", "ling"), ("川", "chuan"), ("岚", "lan"), ("泽", "ze"), ("舟", "zhou"), ("原", "yuan"), ("港", "gang"), ("峰", "feng"), ("溪", "xi"),
    ("桥", "qiao"), ("林", "lin"), ("湾", "wan"), ("石", "shi"), ("田", "tian"), ("庭", "ting"), ("野", "ye"), ("陵", "ling"), ("波", "bo"),
)  # fmt: skip

SECTORS: Final = {
    "BM": ("动力电池有限公司", "Power Battery Co., Ltd."),
    "OEM": ("汽车有限公司", "Motor Co., Ltd."),
    "SW": ("换电运营有限公司", "Battery Swap Co., Ltd."),
    "RS": ("汽车维修有限公司", "Vehicle Repair Co., Ltd."),
    "SD": ("报废机动车拆解有限公司", "Vehicle Dismantling Co., Ltd."),
    "CU": ("电池综合利用有限公司", "Battery Recycling Co., Ltd."),
}

PROVINCIAL: Final = ("工业和信息化主管部门（虚构）", "Industry Authority (fictional)")
NATIONAL: Final = {
    "MI": ("国家工业和信息化主管部门（虚构）", "National Industry Authority (fictional)"),
    "ME": ("国家生态环境主管部门（虚构）", "National Environment Authority (fictional)"),
    "SA": ("国家市场监督管理部门（虚构）", "National Market Regulator (fictional)"),
}

STREETS: Final = ("示例路", "样本街", "演示大道", "测试巷")
BRANDS: Final = (
    "Aolin", "Beizhou", "Caiyun", "Dafeng", "Erhai", "Fangzhou", "Guangxi-X", "Haoyue", "Jiling", "Kaixing", "Lanqiao", "Mingchuan", "Nanfei",
    "Oumei", "Pinghu", "Qilan", "Rongcheng-X", "Suiyuan", "Tengshan", "Ulan-X", "Wanlu", "Xuefeng", "Yinhe-X", "Zhaoyang-X", "Anpu", "Bolang",
    "Chuxin", "Duoyun", "Enhe", "Fulai",
)  # fmt: skip
SERIES: Final = {
    "mini": ("Mini E1", "BEV"),
    "compact": ("Compact E3", "BEV"),
    "mid": ("Sedan E5", "BEV"),
    "large": ("Grand E9", "BEV"),
    "phev": ("Hybrid P5", "PHEV"),
    "erev": ("Range R6", "EREV"),
    "van": ("Cargo V4", "BEV"),
    "bus": ("City B10", "BEV"),
    "truck": ("Haul T7", "BEV"),
    "swap": ("Swap S5", "BEV"),
}
CARRIERS: Final = ("虚构东线危货运输", "虚构南线危货运输", "虚构西线危货运输", "虚构北线危货运输")
