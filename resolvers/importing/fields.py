"""This module is in charge of the field tables: what each kind of file may hold, under which names, in which unit, by which rule."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final

from resolvers.importing import cells
from resolvers.importing.cells import Choice, Parser
from resolvers.ledger.chemistries import CHEMISTRY_LETTERS


class Kind(StrEnum):
    """What the lines of a file are."""

    ENTERPRISES = "enterprises"
    MODELS = "models"
    PACKS = "packs"
    VEHICLES = "vehicles"
    EVENTS = "events"


@dataclass(frozen=True, slots=True)
class Field:
    """One field: our name, the names companies give it, how it is read, whether a line needs it, its unit, and the rule in words."""

    name: str
    aliases: tuple[str, ...]
    parse: Parser
    required: bool
    unit: str
    rule: str


@dataclass(frozen=True, slots=True)
class Table:
    """The fields of a kind. `key` is the natural key: a line is known by it; `reporter` the field that `reported_by` stands in for. `names` has what
    columns are called, `elsewhere` those that state a unit that is not their field's (`mass_g`)."""

    kind: Kind
    key: str
    reporter: str | None
    fields: Mapping[str, Field]
    names: Mapping[str, str]
    elsewhere: frozenset[str]

    def states_other_unit(self, name: str, stated: str | None) -> bool:
        """Whether a column states a unit that is not its field's, in its name or, `stated`, behind it: its numbers would be a thousand times wrong, unseen."""
        field = self.names.get(name)
        return name in self.elsewhere or (field is not None and _is_other_unit(self.fields[field], stated))

    def unit_stated_of(self, name: str) -> Field | None:
        """The field whose unit a name of its own states, beside the value: `performance.rated.energy.unit`, `mass_unit`."""
        if not name.endswith(_UNIT_NAMES):
            return None
        whole = _UNIT_END.sub("", name)
        known = next((self.fields[self.names[each]] for each in (whole, f"{whole}.value") if each in self.names), None)
        return known if known is not None and known.unit else None

    def required(self, *, reported_by: bool) -> tuple[str, ...]:
        """The fields every line needs, without the reporter's where the import has one."""
        needed = (name for name, field in self.fields.items() if field.required)
        return tuple(name for name in needed if not (reported_by and name == self.reporter))


_UNIT: Final = re.compile(r"[(（\[]([^)）\]]*)[)）\]]\s*$")
_UNIT_NAMES: Final = ("unit", "单位")
_UNIT_END: Final = re.compile(r"\.?(unit|单位)$")
# Units of the SAMM catalogue are names: unit:kilowattHour, urn:samm:org.eclipse.esmf.samm:unit:2.1.0#kilowattHour.
_CATALOGUE: Final = re.compile(r"^.*[:#]")
_CATALOGUE_NAMES: Final = {"kilowatthour": "kWh", "amperehour": "Ah", "volt": "V", "kilogram": "kg"}
_UNIT_WORDS: Final = {"千瓦时": "kWh", "度": "kWh", "安时": "Ah", "伏": "V", "伏特": "V", "千克": "kg", "公斤": "kg"}
# What stands behind a name where a column is in another unit than its field, by the field's unit; and where it is in that.
_OTHER_UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "kg": ("g", "mg", "t", "lb", "lbs", "oz", "gram", "grams", "ton", "tons", "tonne", "tonnes", "克", "吨", "斤"),
    "kWh": ("wh", "mwh", "gwh", "j", "kj", "mj", "瓦时", "兆瓦时"),
    "Ah": ("mah", "kah", "as", "毫安时", "安秒"),
    "V": ("mv", "kv", "毫伏", "千伏"),
}
_SEPARATORS: Final = re.compile(r"[\s_\-]+")

_CHEMISTRY: Final = Choice(
    frozenset(CHEMISTRY_LETTERS),
    {
        "LIFEPO4": "LFP", "磷酸铁锂": "LFP", "NMC": "NCM", "三元": "NCM", "NMC523": "NCM523", "NMC622": "NCM622", "NMC811": "NCM811",
        "锰酸锂": "LMO", "钴酸锂": "LCO", "钛酸锂": "LTO", "镍氢": "NIMH", "NI-MH": "NIMH",
    },
)  # fmt: skip
_CELL_FORMAT: Final = Choice(
    frozenset({"PRISMATIC", "CYLINDRICAL", "POUCH", "BLADE"}), {"方形": "PRISMATIC", "圆柱": "CYLINDRICAL", "软包": "POUCH", "刀片": "BLADE"}
)
_POWERTRAIN: Final = Choice(
    frozenset({"BEV", "PHEV", "EREV", "HEV", "FCEV"}), {"纯电动": "BEV", "插电式混合动力": "PHEV", "增程式": "EREV", "REEV": "EREV", "EV": "BEV"}
)
_STATUS: Final = Choice(
    frozenset({"ACTIVE", "SUSPENDED", "REVOKED", "DISSOLVED"}), {"存续": "ACTIVE", "在业": "ACTIVE", "吊销": "REVOKED", "注销": "DISSOLVED"}
)
# The roles of authorities are not among these: a file must not make a firm a regulator.
_ROLE: Final = Choice(frozenset({"BM", "OEM", "SW", "RS", "SD", "CU"}), {})


def heading(written: str) -> tuple[str, str | None]:
    """A column's name as it is looked up (no case, blanks, _ or -) and the unit it states in brackets, if any."""
    unit = _UNIT.search(written)
    bare = written[: unit.start()] if unit is not None and unit.start() > 0 else written
    return _SEPARATORS.sub("", bare).casefold(), unit[1].strip() if unit is not None and unit.start() > 0 else None


def _field(name: str, parse: Parser, rule: str, *aliases: str, required: bool = False, unit: str = "") -> Field:
    return Field(name, aliases, parse, required, unit, rule)


_needed = partial(_field, required=True)


def _table(kind: Kind, key: str, reporter: str | None, fields: Iterable[Field]) -> Table:
    by_name = {field.name: field for field in fields}
    names = {heading(written)[0]: field.name for field in by_name.values() for written in (field.name, _bare(field), *field.aliases)}
    elsewhere = {name: field.name for field in by_name.values() for name in _in_other_units(field) if name not in names}
    own = {name: field.name for field in by_name.values() for name in _with_units(field, _own_units(field))}
    return Table(kind, key, reporter, by_name, {**elsewhere, **own, **names}, frozenset(elsewhere))


def _in_other_units(field: Field) -> Iterator[str]:
    units = _OTHER_UNITS.get(field.unit, ())
    yield from _with_units(field, units)
    yield from (heading(f"{field.name}_{unit}")[0] for unit in units)


def _own_units(field: Field) -> tuple[str, ...]:
    return (field.unit, *(word for word, unit in _UNIT_WORDS.items() if unit == field.unit)) if field.unit else ()


def _with_units(field: Field, units: Sequence[str]) -> Iterator[str]:
    """The names of a field as they are looked up, without its unit and with each of these behind them."""
    for written in (_bare(field), *field.aliases):
        yield from (heading(f"{written}_{unit}")[0] for unit in units)


def _bare(field: Field) -> str:
    """The field's name without its unit: a column may state that in brackets, too (`nominal_energy (kWh)`)."""
    return field.name.removesuffix("_" + field.unit.casefold())


def is_unit_of(field: Field, stated: str) -> bool:
    """Whether it is the unit that the field is read in, by its sign, its word or its name in the SAMM catalogue."""
    bare = _CATALOGUE.sub("", stated.strip())
    return not _is_other_unit(field, _CATALOGUE_NAMES.get(bare.casefold(), bare))


def _is_other_unit(field: Field, stated: str | None) -> bool:
    if not field.unit or stated is None:
        return False
    return _UNIT_WORDS.get(stated, stated).casefold() != field.unit.casefold()


_USCC_RULE: Final = "unified social credit code, 18 characters (GB 32100)"
_DAY_RULE: Final = "YYYY-MM-DD"

_ENTERPRISES: Final = _table(
    Kind.ENTERPRISES,
    "uscc",
    None,
    (
        _needed("uscc", cells.credit_code, _USCC_RULE, "creditCode", "unifiedSocialCreditCode", "统一社会信用代码", "社会信用代码"),
        _needed("name", cells.text, "registered name", "enterpriseName", "companyName", "企业名称", "名称", "公司名称"),
        _needed("registered_on", cells.day, _DAY_RULE, "registrationDate", "成立日期", "注册日期"),
        _field("name_en", cells.text, "name in English", "englishName", "英文名称"),
        _field("region_code", cells.region_code, "GB/T 2260, six digits; the credit code's where left out", "region", "行政区划代码", "区划代码"),
        _field("status", _STATUS, "ACTIVE where left out", "状态", "经营状态", "登记状态"),
        _field("address", cells.text, "postal address", "地址", "住所"),
        _field("contact_phone", cells.phone, "telephone", "phone", "电话", "联系电话"),
        _field("roles", partial(cells.words, parse=_ROLE), "of BM OEM SW RS SD CU, divided by ;", "role", "角色"),
        _field("manufacturer_codes", partial(cells.words, parse=cells.manufacturer_code), "codes of GB/T 34014, divided by ;",
               "manufacturerCode", "厂商代码"),
    ),
)  # fmt: skip

_MODELS: Final = _table(
    Kind.MODELS,
    "id",
    "maker",
    (
        _needed("id", cells.name, "the maker's model id", "modelId", "modelNumber", "产品型号", "型号"),
        _needed("maker", cells.credit_code, _USCC_RULE, "makerUscc", "manufacturer", "生产企业统一社会信用代码", "生产企业"),
        _needed("name", cells.text, "trade name", "modelName", "型号名称", "产品名称"),
        _needed("chemistry", _CHEMISTRY, "one of " + ", ".join(CHEMISTRY_LETTERS), "identification.chemistry", "电池类型", "电池种类"),
        _needed("cell_format", _CELL_FORMAT, "PRISMATIC, CYLINDRICAL, POUCH or BLADE", "单体形状", "电芯形状"),
        _needed("nominal_energy_kwh", cells.number(0.01, 10_000), "rated energy", "energy", "ratedEnergy", "performance.rated.energy",
                "performance.rated.energy.value", "额定能量", unit="kWh"),
        _needed("nominal_capacity_ah", cells.number(0.01, 100_000), "rated capacity", "capacity", "ratedCapacity", "performance.rated.capacity",
                "performance.rated.capacity.value", "额定容量", unit="Ah"),
        _needed("nominal_voltage_v", cells.number(0.5, 2_000), "rated voltage", "voltage", "ratedVoltage", "performance.rated.voltage",
                "performance.rated.voltage.value", "performance.rated.voltage.nominal", "额定电压", unit="V"),
        _needed("mass_kg", cells.positive, "mass of a pack", "mass", "weight", "质量", "重量", unit="kg"),
        _needed("module_count", cells.integer(0, 1_000), "0 where the cells sit in the pack", "modules", "模块数量", "模组数量"),
        _needed("cell_count", cells.integer(1, 1_000_000), "cells in a pack", "cells", "单体数量", "电芯数量"),
        _needed("certified_on", cells.day, _DAY_RULE, "certificationDate", "认证日期"),
        _field("dismantling_reported_on", cells.day, _DAY_RULE, "dismantlingReportDate", "拆解信息报送日期"),
    ),
)  # fmt: skip

_PACKS: Final = _table(
    Kind.PACKS,
    "code",
    "maker",
    (
        _needed("code", cells.pack_code, "GB/T 34014 code of a pack", "batteryCode", "packCode", "tractionBatteryCode", "identification.idDmc",
                "电池编码", "电池包编码", "编码"),
        _needed("model_id", cells.name, "a model that is known", "model", "modelNumber", "产品型号", "型号"),
        _field("maker", cells.credit_code, _USCC_RULE + "; the model's where left out", "makerUscc", "manufacturer", "生产企业统一社会信用代码", "生产企业"),
        _field("product_type", Choice(frozenset({"PACK"}), {"P": "PACK", "电池包": "PACK"}), "PACK", "productType", "产品类型"),
        _field("chemistry", _CHEMISTRY, "the model's where left out, and equal to it", "identification.chemistry", "电池类型", "电池种类"),
        _field("nominal_energy_kwh", cells.number(0.01, 10_000), "the model's where left out", "energy", "ratedEnergy", "performance.rated.energy",
               "performance.rated.energy.value", "额定能量", unit="kWh"),
        _field("nominal_capacity_ah", cells.number(0.01, 100_000), "the model's where left out", "capacity", "ratedCapacity", "performance.rated.capacity",
               "performance.rated.capacity.value", "额定容量", unit="Ah"),
        _field("nominal_voltage_v", cells.number(0.5, 2_000), "the model's where left out", "voltage", "ratedVoltage", "performance.rated.voltage",
               "performance.rated.voltage.value", "performance.rated.voltage.nominal", "额定电压", unit="V"),
        _field("mass_kg", cells.positive, "the model's where left out", "mass", "weight", "质量", "重量", unit="kg"),
        _field("cell_count", cells.integer(1, 1_000_000), "the model's where left out", "cells", "单体数量", "电芯数量"),
        _field("produced_on", cells.day, _DAY_RULE + "; the code's where left out, within 31 days of it", "productionDate", "生产日期"),
        _field("plant_region", cells.region_code, "GB/T 2260 code of the plant; the maker's where left out", "plantRegionCode", "工厂区划代码", "生产地"),
        _field("modules", cells.modules, "code:cells:kg, divided by ;", "subcomponents", "模块", "模组"),
        _field("other_scheme", cells.word, "the scheme of a second identifier", "scheme", "其他编码体系"),
        _field("other_value", cells.name, "the second identifier", "其他编码"),
    ),
)  # fmt: skip

_VEHICLES: Final = _table(
    Kind.VEHICLES,
    "vin",
    "automaker",
    (
        _needed("vin", cells.vin, "17 characters (GB 16735)", "vehicleIdentificationNumber", "车辆识别代号", "车架号"),
        _needed("automaker", cells.credit_code, _USCC_RULE, "automakerUscc", "manufacturer", "生产企业统一社会信用代码", "生产企业"),
        _needed("model_name", cells.text, "the announced model", "model", "车辆型号", "型号"),
        _needed("powertrain", _POWERTRAIN, "BEV, PHEV, EREV, HEV or FCEV", "fuelType", "动力类型", "燃料种类"),
        _needed("produced_on", cells.day, _DAY_RULE, "productionDate", "生产日期", "制造日期"),
        _field("swap_model", cells.truth, "false where left out", "swap", "换电", "是否换电"),
        _field("sold_on", cells.day, _DAY_RULE, "saleDate", "销售日期"),
        _field("region_code", cells.region_code, "GB/T 2260 code of registration; with sold_on", "region", "registrationRegion", "登记地", "行政区划代码"),
        _field("owner_kind", cells.word, "kind of owner, never a name", "ownerKind", "所有人类别", "车主类型"),
    ),
)  # fmt: skip

TABLES: Final[Mapping[Kind, Table]] = {table.kind: table for table in (_ENTERPRISES, _MODELS, _PACKS, _VEHICLES)}
