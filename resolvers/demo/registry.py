"""This module is in charge of the demo's enterprises and authorities: who there is, where, in which roles, with which papers."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from resolvers.demo import names
from resolvers.demo.options import Weighted, stream
from resolvers.identifiers import RegionLevel, RegionRegister, load_regions, make_credit_code
from resolvers.ledger.enterprise_rows import Enterprise, EnterpriseRole, Licence, Outlet, Region

COUNTS: Final = {"BM": 36, "OEM": 30, "SW": 12, "RS": 102, "SD": 66, "CU": 54}
# How much smaller each firm of a role is than the one before: the largest maker has 15 % of the packs, the smallest 0.05 %.
RATIOS: Final = {"BM": 0.85, "OEM": 0.87, "SW": 0.78, "RS": 0.95, "SD": 0.93, "CU": 0.91}
# Second roles: a maker that also recycles, an automaker that also swaps.
SECOND_ROLES: Final = {("BM", 3): "CU", ("BM", 11): "CU", ("OEM", 4): "SW", ("OEM", 9): "RS", ("SD", 5): "CU", ("SW", 7): "RS"}
DEMO_PROVINCE: Final = "44"
# The firms that the demo's parties are stay in one province, so that one regulator sees all of them.
AT_HOME: Final = frozenset({("OEM", 1), ("SW", 0), ("RS", 0), ("SD", 0), ("CU", 0)})
# Rough shares of the country's cars, in per mille.
PROVINCES: Final[Mapping[str, int]] = {
    "11": 40, "12": 20, "13": 45, "14": 25, "15": 15, "21": 30, "22": 15, "23": 15, "31": 50, "32": 90, "33": 90, "34": 45, "35": 40, "36": 30,
    "37": 75, "41": 60, "42": 40, "43": 40, "44": 130, "45": 30, "46": 10, "50": 30, "51": 50, "52": 20, "53": 20, "54": 2, "61": 25, "62": 10,
    "63": 4, "64": 6, "65": 12,
}  # fmt: skip
LICENSED: Final = {
    "BM": ("POWER_BATTERY_PRODUCTION", 8),
    "SD": ("SCRAPPED_VEHICLE_DISMANTLING", 5),
    "CU": ("COMPREHENSIVE_UTILIZATION", 8),
    "RS": ("VEHICLE_REPAIR", 6),
}
# GB/T 2260 was first issued in 1980; the register does not say more of older codes than that they are old.
OLD: Final = date(1980, 1, 1)
ON_PLATFORM: Final = datetime(2024, 5, 20, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise with its first role and its rank in it, 0 the largest."""

    row: Enterprise
    role: str
    rank: int
    roles: frozenset[str]

    @property
    def uscc(self) -> str:
        return self.row.uscc

    @property
    def province(self) -> str:
        return self.row.province


@dataclass(frozen=True, slots=True)
class Registry:
    """The enterprise side of the world. `by_role` holds active firms only, `near` those of one province by (role, province)."""

    firms: tuple[Firm, ...]
    authorities: Mapping[str, Firm]
    by_role: Mapping[str, Weighted[Firm]]
    near: Mapping[tuple[str, str], Weighted[Firm]]
    ranked: Mapping[tuple[str, int], Firm]
    provinces: Mapping[str, str]
    inactive: tuple[Firm, ...]
    prefectures: Mapping[str, tuple[str, ...]]
    regions: tuple[Region, ...]
    roles: tuple[EnterpriseRole, ...]
    licences: tuple[Licence, ...]
    outlets: tuple[Outlet, ...]

    @property
    def enterprises(self) -> tuple[Enterprise, ...]:
        return tuple([firm.row for firm in (*self.firms, *self.authorities.values())])


@lru_cache(maxsize=4)
def registry(seed: int) -> Registry:
    """300 firms and 34 authorities (31 provinces; MI, ME, SA), the same for the same seed."""
    rng, register = stream(seed, "registry"), load_regions()
    prefectures = _prefectures(register)
    firms = tuple(_firms(rng, prefectures))
    authorities = _authorities(register, prefectures)
    everybody = (*firms, *authorities.values())
    active = [firm for firm in firms if firm.row.status == "ACTIVE"]
    licences = tuple(licence for firm in firms for licence in _licences(rng, firm, authorities))
    outlets = [outlet for firm in firms for outlet in _outlets(rng, firm, prefectures)]
    return Registry(
        firms,
        authorities,
        {role: _weighted([f for f in active if role in f.roles], role) for role in COUNTS},
        {(r, p): _weighted(found, r) for r in COUNTS for p in PROVINCES if (found := [f for f in active if r in f.roles and f.province == p])},
        {(firm.role, firm.rank): firm for firm in firms},
        {firm.uscc: firm.province for firm in everybody},
        tuple([firm for firm in firms if firm.row.status != "ACTIVE"]),
        prefectures,
        tuple(_regions(register)),
        tuple([role for firm in everybody for role in _roles(firm)]),
        licences,
        (*outlets, *_everywhere(stream(seed, "outlets"), firms, outlets, prefectures)),
    )


def _weighted(firms: Sequence[Firm], role: str) -> Weighted[Firm]:
    return Weighted(firms, [RATIOS[role] ** firm.rank for firm in firms])


def _prefectures(register: RegionRegister) -> dict[str, tuple[str, ...]]:
    today = date(2026, 1, 1)
    found: dict[str, list[str]] = {province: [] for province in PROVINCES}
    for code in sorted(register.rows):
        row = register.find(code, today)
        if row is not None and row.level is RegionLevel.PREFECTURE and code[:2] in found:
            found[code[:2]].append(code)
    return {province: tuple(codes) for province, codes in found.items()}


def _firms(rng: random.Random, prefectures: Mapping[str, Sequence[str]]) -> Iterator[Firm]:
    places = Weighted(tuple(PROVINCES), tuple(PROVINCES.values()))
    syllables = [(one, two) for one in names.FIRST for two in names.SECOND]
    rng.shuffle(syllables)
    number = 0
    for role, count in COUNTS.items():
        for rank in range(count):
            province = DEMO_PROVINCE if (role, rank) in AT_HOME else places.draw(rng)
            if role in ("RS", "SD") and 1 <= rank <= len(PROVINCES):
                # Every province has at least one of each, or its cars could not be mended or scrapped at home.
                province = tuple(PROVINCES)[rank - 1]
            yield _firm(rng, number, role, rank, province, syllables[number], prefectures)
            number += 1


def _firm(
    rng: random.Random, number: int, role: str, rank: int, province: str, syllables: tuple[tuple[str, str], tuple[str, str]],
    prefectures: Mapping[str, Sequence[str]],
) -> Firm:  # fmt: skip
    (one_zh, one_en), (two_zh, two_en) = syllables
    sector_zh, sector_en = names.SECTORS[role]
    region = rng.choice(prefectures[province])
    # The small end of each role thins out: closed for good, or suspended.
    ends = rank > COUNTS[role] * 0.6
    status = "ACTIVE" if not ends or rng.random() < 0.75 else rng.choice(("DISSOLVED", "SUSPENDED"))
    row = Enterprise(
        make_credit_code(region, f"DEM{number:05}"),
        names.FICTIONAL_ZH + one_zh + two_zh + sector_zh,
        f"{names.FICTIONAL_EN} {one_en}{two_en} {sector_en}",
        province,
        region,
        status,
        date(2008, 1, 1) + timedelta(days=rng.randrange(5500)),
        f"{rng.choice(names.STREETS)}{rng.randrange(1, 400)}号",
        f"000-{number:08}",
        ON_PLATFORM + timedelta(minutes=number),
    )
    second = SECOND_ROLES.get((role, rank))
    return Firm(row, role, rank, frozenset({role, second} if second else {role}))


def _authorities(register: RegionRegister, prefectures: Mapping[str, Sequence[str]]) -> dict[str, Firm]:
    """By province code for PR, by role for the national ones. They sit in their provinces' capitals, or in Beijing."""
    seats = [(province, "PR", province) for province in PROVINCES] + [(role, role, "11") for role in names.NATIONAL]
    found: dict[str, Firm] = {}
    for number, (key, role, province) in enumerate(seats):
        zh, en = names.NATIONAL.get(role, names.PROVINCIAL)
        if role == "PR":
            row = register.rows[province + "0000"][0]
            zh, en = row.name_zh + zh, f"{row.name_en} {en}"
        region = prefectures[province][0]
        code = make_credit_code(region, f"DEMA{number:04}", authority="1")
        recorded = ON_PLATFORM - timedelta(days=1)
        enterprise = Enterprise(code, zh, en, province, region, "ACTIVE", date(2000, 1, 1), "示例路1号", f"000-9{number:07}", recorded)
        found[key] = Firm(enterprise, role, number, frozenset({role}))
    return found


def _roles(firm: Firm) -> Iterator[EnterpriseRole]:
    for role in sorted(firm.roles):
        begun = max(firm.row.registered_on, date(2018, 8, 1)) if role == firm.role else date(2023, 3, 1)
        yield EnterpriseRole(firm.uscc, role, begun, date(2025, 7, 1) if firm.row.status == "DISSOLVED" else None)


def _licences(rng: random.Random, firm: Firm, authorities: Mapping[str, Firm]) -> Iterator[Licence]:
    for serial, role in enumerate(sorted(firm.roles & LICENSED.keys()), start=1):
        activity, years = LICENSED[role]
        begun = date(2021, 1, 1) + timedelta(days=rng.randrange(1200))
        # Some ran out before the demo's moment and were not renewed; not those of recyclers that go on taking packs in, or finding R04 would not be
        # planted but everywhere.
        lapsed = firm.rank > 20 and rng.random() < 0.1 if firm.row.status == "ACTIVE" else True
        short = lapsed and (role != "CU" or firm.row.status != "ACTIVE")
        until = begun + timedelta(days=365 * (years if not short else 3))
        capacity = None if role == "RS" else round(60000 * RATIOS[role] ** firm.rank, -1) + 500.0
        number = f"DEMO-{firm.province}-{role}-{firm.uscc[11:16]}-{serial}"
        yield Licence(firm.uscc, number, activity, authorities[firm.province].row.name, begun, until, capacity)


def _outlets(rng: random.Random, firm: Firm, prefectures: Mapping[str, Sequence[str]]) -> Iterator[Outlet]:
    if not firm.roles & {"BM", "OEM", "SW"}:
        return
    weights = Weighted(tuple(PROVINCES), tuple(PROVINCES.values()))
    # The first is at home; large firms have dozens, small ones two or three.
    for number in range(1, 3 + int(40 * RATIOS[firm.role] ** firm.rank)):
        province = firm.province if number == 1 else weights.draw(rng)
        region = rng.choice(prefectures[province])
        opened = date(2019, 1, 1) + timedelta(days=rng.randrange(2500))
        closed = date(2026, 2, 1) if firm.row.status == "DISSOLVED" or rng.random() < 0.05 else None
        address = f"{rng.choice(names.STREETS)}{rng.randrange(1, 900)}号"
        name = f"{firm.row.name[:4]}回收服务网点{number:02}"
        yield Outlet(firm.uscc, number, name, region, province, address, f"000-8{rng.randrange(10**7):07}", opened, closed)


def _everywhere(rng: random.Random, firms: Sequence[Firm], outlets: Sequence[Outlet], prefectures: Mapping[str, Sequence[str]]) -> Iterator[Outlet]:
    """What the law asks for beside: of each automaker an outlet in every prefecture, of each maker one in every province."""
    numbers, there = Counter(each.uscc for each in outlets), {(each.uscc, each.region_code) for each in outlets if each.closed_on is None}
    for firm in firms:
        if firm.row.status == "DISSOLVED" or not firm.roles & {"BM", "OEM"}:
            continue
        regions = [each for some in prefectures.values() for each in (some if "OEM" in firm.roles else some[:1])]
        for region in regions:
            if (firm.uscc, region) in there:
                continue
            numbers[firm.uscc] += 1
            name = f"{firm.row.name[:4]}回收服务网点{numbers[firm.uscc]:02}"
            opened = date(2019, 6, 1) + timedelta(days=rng.randrange(1800))
            address = f"{rng.choice(names.STREETS)}{rng.randrange(1, 900)}号"
            yield Outlet(firm.uscc, numbers[firm.uscc], name, region, region[:2], address, f"000-8{rng.randrange(10**7):07}", opened, None)


def _regions(register: RegionRegister) -> Iterator[Region]:
    for rows in register.rows.values():
        for row in rows:
            yield Region(row.code, row.name_zh, row.name_en, row.level.value, row.valid_from or OLD, row.valid_to)
