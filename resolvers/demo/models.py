"""This module is in charge of the demo's battery models: filed codes, rated values, materials and dismantling documents."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple

from resolvers.demo.materials import Bill, Chemistry, bill_of_materials, chemistries
from resolvers.demo.options import Weighted, stream
from resolvers.demo.registry import RATIOS, Firm, Registry, registry
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.ledger.rows import ManufacturerCode, Model, ModelDismantling, ModelMaterial, Specification, Traceability

DIGITS: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# Use, its share of packs in per mille, least and most kWh of one pack, per cent of LFP.
USES: Final = (
    ("compact", 270, 40, 60, 85), ("mid", 240, 60, 85, 50), ("large", 90, 80, 110, 25), ("mini", 110, 12, 30, 100), ("phev", 90, 10, 25, 60),
    ("erev", 50, 30, 45, 50), ("van", 40, 40, 90, 100), ("bus", 30, 38, 60, 100), ("truck", 30, 90, 141, 100), ("swap", 80, 50, 75, 70),
)  # fmt: skip
FORMATS: Final = (("BLADE", 100, 180, 0, 0), ("PRISMATIC", 96, 216, 8, 24), ("PRISMATIC", 96, 216, 0, 4), ("CYLINDRICAL", 3000, 4400, 4, 8))
FORMAT_WEIGHTS: Final = (4, 2, 5, 1)
MAKERS_OF_PRODUCTS: Final = 14
# The largest maker serves every use, also those that bring several packs at once; so much less keeps it at 15 %.
LARGEST: Final = 0.95
# Stories of these uses bring several packs at once.
PACKS_PER_STORY: Final = {"bus": 4, "truck": 2, "swap": 2}
TOOLS: Final = ("insulated torque wrench", "insulated gloves class 0", "two-point lifting frame", "discharge bench", "thermal camera")
STEPS: Final = (
    "open the service disconnect and wait ten minutes", "measure that no terminal is live against the housing", "discharge to below 60 V",
    "drain the coolant", "remove the upper cover", "cut the busbars in the marked order", "lift the modules or the cell block",
    "separate the battery management system",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Design:
    """A battery model with what is needed to make packs of it."""

    row: Model
    maker: Firm
    use: str
    manufacturer_code: str
    battery_type: BatteryType
    specification_code: str
    traceability_code: str
    bill: Bill
    is_product: bool

    def code(self, produced_on: date, serial: int) -> str:
        """The pack's code: 24 characters, or 19 for a reprocessed product (its level alternates between pack and module)."""
        if self.is_product:
            level = ProductType.PACK if serial % 3 == 0 else ProductType.MODULE
            return self._make(ProductType.PACK, produced_on, serial, None, level)
        return self._make(ProductType.PACK, produced_on, serial, self.traceability_code, None)

    def child_code(self, kind: ProductType, produced_on: date, serial: int) -> str:
        """The code of a module or cell of a pack of this model."""
        return self._make(kind, produced_on, serial, self.traceability_code, None)

    def _make(self, kind: ProductType, day: date, serial: int, trace: str | None, level: ProductType | None) -> str:
        return make_battery_code(
            self.manufacturer_code, kind, self.battery_type, self.specification_code, day, serial, traceability_code=trace, reused_level=level
        )


class Catalogue(NamedTuple):
    """All designs, and those to draw from: a maker by its share, then one of its designs; products by the recycler that makes them."""

    designs: tuple[Design, ...]
    makers: Weighted[str]
    by_maker: Mapping[str, Weighted[Design]]
    products: Mapping[str, Design]
    codes: tuple[ManufacturerCode, ...]

    def draw(self, rng: random.Random) -> Design:
        return self.by_maker[self.makers.draw(rng)].draw(rng)

    def first(self, use: str) -> Design:
        """The largest maker's design for a use."""
        return next(design for design in self.designs if design.use == use)


@lru_cache(maxsize=4)
def catalogue(seed: int) -> Catalogue:
    """About 60 models of packs and 14 of reprocessed products, the same for the same seed."""
    rng, everybody = stream(seed, "models"), registry(seed)
    designs = tuple(_designs(rng, everybody, chemistries()))
    packs = [design for design in designs if not design.is_product]
    makers = {design.maker.uscc: design.maker for design in packs}
    shares = {use: share / PACKS_PER_STORY.get(use, 1) for use, share, *_rest in USES}
    by_maker = {uscc: [design for design in packs if design.maker.uscc == uscc] for uscc in makers}
    return Catalogue(
        designs,
        Weighted(tuple(makers), [LARGEST if maker.rank == 0 else RATIOS["BM"] ** maker.rank for maker in makers.values()]),
        {uscc: Weighted(own, [shares[design.use] for design in own]) for uscc, own in by_maker.items()},
        {design.maker.uscc: design for design in designs if design.is_product},
        tuple([
            ManufacturerCode(manufacturer_code(firm), firm.uscc, date(2018, 8, 1), date(2025, 7, 1) if firm.row.status == "DISSOLVED" else None)
            for firm in everybody.firms
            if firm.role in ("BM", "CU") and (firm.role == "BM" or firm.rank < MAKERS_OF_PRODUCTS)
        ]),
    )  # fmt: skip


def manufacturer_code(firm: Firm) -> str:
    """Three characters that begin with Y or Z, which nobody has been allotted."""
    return ("Z" if firm.role == "BM" else "Y") + DIGITS[firm.rank // len(DIGITS)] + DIGITS[firm.rank % len(DIGITS)]


def filings(designs: tuple[Design, ...]) -> Iterator[Specification | Traceability]:
    """What the makers filed of each model before its first pack: the meaning of its specification and traceability codes."""
    for design in designs:
        row, day = design.row, design.row.certified_on + timedelta(days=10)
        meaning = f"{row.chemistry} {row.nominal_energy_kwh:g} kWh {row.nominal_voltage_v:g} V {row.cell_format}"
        yield Specification(design.manufacturer_code, design.specification_code, row.id, meaning, day)
        if not design.is_product:
            line = f"plant {design.maker.row.region_code}, line {design.traceability_code[0]}, model {row.name}"
            yield Traceability(design.manufacturer_code, design.traceability_code, line, day)


def documents(design: Design, readers: tuple[str, ...]) -> Iterator[ModelMaterial | ModelDismantling]:
    """Composition and dismantling information of a model; `readers` are those of its packs."""
    yield from design.bill.rows(design.row.id, readers)
    row = design.row
    hazards = ("high voltage", "electrolyte vapour") if row.chemistry == "LFP" else ("high voltage", "electrolyte vapour", "thermal runaway")
    yield ModelDismantling(
        row.id, f"Dismantling manual of {row.name} (fictional), edition 1", STEPS, TOOLS, 40 + row.module_count * 4,
        "resistive bench, 20 A, to below 60 V", "water mist, then immersion", hazards, round(row.nominal_voltage_v * 1.14, 1), readers,
    )  # fmt: skip


def _designs(rng: random.Random, everybody: Registry, table: Mapping[str, Chemistry]) -> Iterator[Design]:
    makers = [firm for firm in everybody.firms if firm.role == "BM"]
    served = [("compact", makers[0]), ("mid", makers[0]), *((use, makers[0]) for use, *_rest in USES[2:])]
    shares = Weighted([use for use, *_rest in USES], [share for _use, share, *_rest in USES])
    for firm in makers[1:]:
        count = 3 if firm.rank < 6 else 2 if firm.rank < 12 else 1
        served += [(use, firm) for use in sorted({shares.draw(rng) for _ in range(count)} | ({"compact"} if firm.rank < 12 else set()))]
    for number, (use, firm) in enumerate(served):
        yield _design(rng, number, use, firm, table)
    recyclers = [firm for firm in everybody.firms if firm.role == "CU" and firm.row.status == "ACTIVE"]
    for number, firm in enumerate(recyclers[:MAKERS_OF_PRODUCTS], start=len(served)):
        yield _design(rng, number, "product", firm, table)


def _design(rng: random.Random, number: int, use: str, firm: Firm, table: Mapping[str, Chemistry]) -> Design:
    low, high, lfp = next(((low, high, lfp) for name, _share, low, high, lfp in USES if name == use), (10, 40, 100))
    name = "LFP" if rng.randrange(100) < lfp else rng.choice(("NCM523", "NCM622", "NCM811"))
    energy = round(rng.uniform(low, high), 1)
    chemistry, (cells, modules, cell_format) = table[name], _layout(rng, low)
    series = max(24, min(cells, 216) // 2 * 2)
    voltage = round(series * chemistry.cell_voltage, 1)
    bill = bill_of_materials(rng, chemistry, energy)
    code, is_product = manufacturer_code(firm), use == "product"
    certified = date(2023, 6, 1) + timedelta(days=rng.randrange(300))
    # One in eight reported late (the law: six months after certification), one in twenty not yet.
    late = rng.random()
    reported = None if late > 0.95 else certified + timedelta(days=rng.randrange(190, 400) if late > 0.83 else rng.randrange(20, 170))
    row = Model(
        f"{code}-{name}-{number:03}", firm.uscc, f"{firm.row.name_en.split()[1] if firm.row.name_en else code} {use} {energy:g}", name,
        cell_format, energy, round(energy * 1000 / voltage, 1), voltage, bill.mass_kg, modules, cells, certified, reported,
        datetime(certified.year, certified.month, certified.day, 8, tzinfo=UTC) + timedelta(days=15),
    )  # fmt: skip
    trace = f"{DIGITS[number % 30]}{number:03}A{rng.randrange(10)}{DIGITS[rng.randrange(34)]}"
    specification = DIGITS[number // 10] + DIGITS[number % 10 + 10 * rng.randrange(3)]
    return Design(row, firm, use, code, BatteryType(chemistry.battery_type), specification, trace, bill, is_product)


def _layout(rng: random.Random, least_kwh: float) -> tuple[int, int, str]:
    """Number of cells, number of modules (0 is legal: cell to pack) and the cell format."""
    name, low, high, few, many = rng.choices(FORMATS, FORMAT_WEIGHTS)[0]
    if least_kwh < 40:
        name, low, high, few, many = FORMATS[2]
    cells = rng.randrange(low, high + 1, 4)
    return cells, rng.randint(few, many), name
