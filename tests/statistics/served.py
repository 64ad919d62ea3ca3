"""A served gateway as those who attack it see it: tables drawn from a seed and published twice, questions over HTTP, and what their answers tell."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

from resolvers.database.pool import Database
from resolvers.database.statistics_write import add_changes
from resolvers.demo.clients import fetch_demo_token
from resolvers.demo.parties import demo_parties
from resolvers.demo.registry import DEMO_PROVINCE
from resolvers.ledger.statistics.circulation import Place
from resolvers.ledger.statistics.contributions import Amounts, Key
from resolvers.ledger.statistics.cubes import Cube
from tests.recording.world import rows
from tests.statistics.drawing import SAFETY
from tests.web.pages import WORLD, Pages

Cells = dict[Place, dict[str, int]]
# After all that the demonstration's world tells of, and the days on which it is published and revised.
MONTH, OPEN, CLOSED, REVISED = date(2027, 1, 1), date(2027, 3, 31), date(2027, 5, 20), date(2028, 5, 20)
PROVINCES: Final = tuple(sorted({DEMO_PROVINCE, "31", "42", "50"}))
ELEMENTS: Final = ("Co", "Li", "Ni")
CHEMISTRIES: Final = ("LFP", "NCM523", "NCM811")
PARTIES: Final = demo_parties(WORLD)
COMPANIES: Final = ("automaker", "recycler", "public")
ATTACKERS: Final = (*COMPANIES, "province")
# Just below what may be published: records, the largest share, what the second largest can tell.
EDGES: Final = ((3, 2, 2, 2), (71, 15, 14), (50, 46, 4), (24, 16), (7,))
# The same of masses: each enterprise's records, and grams.
MASS_EDGES: Final = (
    ((3, 30_000), (3, 29_000), (3, 28_000)), ((9, 71_000), (9, 15_000), (9, 14_000)), ((9, 50_000), (9, 46_000), (9, 4_000)), ((9, 24_000), (9, 16_000)),
    ((12, 7_000),),
)  # fmt: skip
WORDS: Final = {
    "sales": ("MONTH", "PROVINCE", "CHEMISTRY", "ROLE", "ENTERPRISE", "KIND"),
    "custodyFlows": ("MONTH", "PROVINCE", "CHEMISTRY", "ROLE", "TO_PROVINCE", "TO_ROLE"),
    "recovery": ("MONTH", "PROVINCE", "CHEMISTRY", "ENTERPRISE", "KIND"),
}
SELECTED: Final = {
    "sales": "province { code } chemistry role kind enterprise { uscc } packs",
    "custodyFlows": "fromProvince { code } toProvince { code } fromRole toRole chemistry packs",
    "recovery": "province { code } chemistry element enterprise { uscc } inputKg recoveredKg",
}
# Answered exactly or not at all: what has nothing in the month is asked for nevertheless.
OTHERS: Final = (
    *("production", "reprocessing", "retirements", "stock"),
    *("lateReports", "findings", "takeBacks", "outletCoverage", "expectedRetirements"),
)
SHOWN: Final = "month version totals province { code } chemistry fromRole toRole kind value suppressed"
PUBLISHED: Final = f"""query Published($cube: PublishedCube, $month: Date, $version: Int) {{
  statistics {{ published(cube: $cube, month: $month, version: $version) {{ {SHOWN} }} }}
}}
"""
EXACT: Final = """query Exact($from: Date, $to: Date, $by: [StatisticDimension!], $province: RegionCode) {
  statistics { sales(from: $from, to: $to, by: $by, province: $province) { province { code } chemistry enterprise { uscc } packs } }
}
"""


class Question(NamedTuple):
    """An exact figure: by what, and narrowed to what."""

    field: str
    by: tuple[str, ...] = ()
    province: str = ""
    chemistry: str = ""
    enterprise: str = ""

    def text(self, alias: str) -> str:
        narrowed = [f'province: "{self.province}0000"'] * bool(self.province) + [f"chemistry: {self.chemistry}"] * bool(self.chemistry)
        narrowed += [f'enterprise: "{self.enterprise}"'] * bool(self.enterprise)
        given = ", ".join([f'from: "{MONTH}", to: "{MONTH}", by: [{", ".join(self.by)}]', *narrowed])
        return f"{alias}: {self.field}({given}) {{ {SELECTED[self.field]} }}"


def questions(dice: random.Random, number: int, enterprises: list[str]) -> list[Question]:
    """What an attacker asks for: rows, columns, everything, complements and trackers, and as many others as there is time for."""
    asked = [Question("sales", by) for by in ((), ("PROVINCE",), ("CHEMISTRY",), ("PROVINCE", "CHEMISTRY"), ("ENTERPRISE",))]
    asked += [Question("sales", ("CHEMISTRY",), province) for province in PROVINCES]
    asked += [Question("sales", (), "", chemistry) for chemistry in CHEMISTRIES]
    asked += [Question("custodyFlows", by) for by in ((), ("ROLE",), ("TO_ROLE",), ("ROLE", "TO_ROLE"), ("PROVINCE", "TO_PROVINCE"))]
    asked += [Question("recovery", by) for by in ((), ("PROVINCE",), ("ENTERPRISE",))]
    asked += [Question("recovery", (), province) for province in PROVINCES]
    for _ in range(number):
        of = dice.choice(tuple(WORDS))
        by = tuple(each for each in WORDS[of] if dice.random() < 0.4)
        firm = dice.choice(["", dice.choice(enterprises)]) if of != "custodyFlows" else ""
        asked.append(Question(of, by, dice.choice(("", *PROVINCES)), dice.choice(("", *CHEMISTRIES)), firm))
    return asked


@dataclass(slots=True)
class Heard:
    """What one party was told: published tables by cube and version, and exact figures by question, of each time that it asked."""

    published: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    exact: list[dict[Question, list[dict[str, Any]]]] = field(default_factory=list)
    open_to_all: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Asking:
    """Somebody with a token, over HTTP."""

    pages: Pages
    base: Path
    party: str
    token: str = ""

    async def headers(self) -> dict[str, str]:
        self.token = self.token or await fetch_demo_token(self.pages.url, self.base, self.party)
        return {"authorization": "Bearer " + self.token}

    async def graph(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer's data."""
        body = {"query": query, "variables": variables}
        async with self.pages.client.post(self.pages.url + "/graphql", json=body, headers=await self.headers()) as response:
            answer: dict[str, Any] = await response.json()
        assert "data" in answer, answer
        found: dict[str, Any] = answer["data"]
        return found

    async def table(self, media: str, query: str, **variables: Any) -> str | None:
        """The answer in a format of tables; None where it is refused, which is what shut figures are."""
        headers = {**await self.headers(), "accept": media}
        async with self.pages.client.post(self.pages.url + "/graphql", json={"query": query, "variables": variables}, headers=headers) as response:
            return await response.text() if response.status == 200 else None

    async def ask(self, heard: Heard, asked: list[Question], time: int) -> None:
        """Everything once: the published tables, each version that there may be, and the exact figures under many aliases."""
        for cube in ("SALES", "CUSTODY_FLOWS", "RECOVERY"):
            for version in range(1, time + 2):
                told = await self.graph(PUBLISHED, cube=cube, month=str(MONTH), version=version)
                cells = told["statistics"]["published"]
                before = heard.published.setdefault((cube, version), cells)
                assert before == cells, "a version is the same whenever it is asked for"
        heard.exact.append({})
        for first in range(0, len(asked), 40):
            some = asked[first : first + 40]
            told = (await self.graph("{ statistics { " + " ".join(each.text(f"a{n}") for n, each in enumerate(some)) + " } }"))["statistics"]
            for number, each in enumerate(some):
                if told[f"a{number}"] is not None:
                    heard.exact[-1][each] = told[f"a{number}"]
        others = (await self.graph("{ statistics { " + " ".join(f"{each} {{ __typename }}" for each in OTHERS) + " } }"))["statistics"]
        heard.open_to_all += [each for each in OTHERS if others[each] is not None]


async def firms(database: Database, role: str, number: int) -> list[str]:
    """Enterprises of that role, the demonstration's party first."""
    found = await rows(database, "select uscc from enterprise.role where role = $1 order by uscc", role)
    own = [each.uscc for each in PARTIES.values() if role in each.roles]
    return list(dict.fromkeys([*own[:1], *(row["uscc"] for row in found)]))[:number]


async def drawn_sales(database: Database, dice: random.Random, edges_of: Sequence[tuple[int, ...]] = ()) -> dict[Key, Amounts]:
    """Many safe cells, and one or two that are just unsafe, of these shapes."""
    sellers = await firms(database, "OEM", 5)
    places = [(province, chemistry) for province in PROVINCES for chemistry in CHEMISTRIES]
    shapes = edges_of or dice.sample(EDGES, dice.randint(1, 2))
    edges = dict(zip(dice.sample(places, len(shapes)), shapes, strict=True))
    found = {}
    for place in places:
        shares = edges.get(place) or tuple(dice.randint(20, 30) for _ in sellers)
        for firm, share in zip(dice.sample(sellers, len(shares)), shares, strict=True):
            found[Key(Cube.LIFE, MONTH, *place, firm, kind="VEHICLE_SOLD")] = Amounts(share)
    return found


async def drawn_flows(database: Database, dice: random.Random) -> dict[Key, Amounts]:
    """From many to many, by role; of one pair of roles few."""
    found: dict[Key, Amounts] = {}
    rare = (dice.choice(("BM", "OEM", "SW")), dice.choice(("SD", "CU")))
    for role in ("BM", "OEM", "SW"):
        senders = await firms(database, role, 5)
        for to in ("RS", "SD", "CU"):
            receiver = (await firms(database, to, 1))[0]
            for firm in senders[: 2 if (role, to) == rare else None]:
                for _ in range(1 if (role, to) == rare else 4):
                    key = Key(Cube.FLOW, MONTH, dice.choice(PROVINCES), "LFP", firm, receiver, dice.choice(PROVINCES), "COLLECTION")
                    found[key] = Amounts(dice.randint(4, 9))
    return found


async def drawn_masses(database: Database, dice: random.Random, edges_of: Sequence[tuple[tuple[int, int], ...]] = ()) -> dict[Key, Amounts]:
    """What plants recover: many safe cells, and one or two that are just unsafe, of these shapes."""
    plants = await firms(database, "CU", 5)
    places = [(province, element) for province in PROVINCES for element in ELEMENTS]
    shapes = edges_of or dice.sample(MASS_EDGES, dice.randint(1, 2))
    edges = dict(zip(dice.sample(places, len(shapes)), shapes, strict=True))
    found = {}
    for province, element in places:
        shares = edges.get((province, element)) or tuple((dice.randint(3, 9), dice.randint(20_000, 30_000)) for _ in plants)
        for firm, (batches, grams) in zip(dice.sample(plants, len(shares)), shares, strict=True):
            key = Key(Cube.RECOVERY, MONTH, province, "LFP", firm, kind=element)
            found[key] = Amounts(batches, 0, grams + dice.randint(0, 3000), grams)
    return found


def late_masses(drawn: Mapping[Key, Amounts], dice: random.Random) -> dict[Key, Amounts]:
    """Batches that are reported after the first version: of some places many of everybody, and one of one."""
    keys = sorted(drawn)
    many = {key.kind + key.province for key in dice.sample(keys, 2)}
    found = {key: Amounts(dice.randint(4, 6), 0, 14_000, dice.randint(9_000, 13_000)) for key in keys if key.kind + key.province in many}
    return {**found, dice.choice(keys): Amounts(1, 0, 6_000, dice.choice((400, 5_000)))}


def late(drawn: Mapping[Key, Amounts], dice: random.Random) -> dict[Key, Amounts]:
    """What is reported after the first version: a little of few, and of some places much of everybody."""
    found = {}
    keys = sorted(drawn)
    many = {key.chemistry + key.province for key in dice.sample(keys, 3)}
    for key in keys:
        if key.chemistry + key.province in many and drawn[key].n > 10:
            found[key] = Amounts(dice.randint(11, 14))
    found[dice.choice(keys)] = Amounts(dice.choice((1, 6, 30)))
    return found


async def add(database: Database, changed: Mapping[Key, Amounts]) -> None:
    async with database.transaction("ledger") as connection:
        await add_changes(connection, changed)


async def sales(database: Database) -> Cells:
    """What there is, by province and chemistry: read past every door, by the test alone."""
    return await _cells(database, "cube = 'life' and kind = 'VEHICLE_SOLD'", "province", "chemistry", "party")


async def flows(database: Database) -> Cells:
    """What there is, by role and role: `party>from>to`."""
    return await _cells(database, "cube = 'flow'", "role", "to_role", "party || '>' || province || '>' || to_province")


async def masses(database: Database) -> Cells:
    """What there is recovered, in g, by province and element."""
    return await _cells(database, "cube = 'recovery'", "province", "kind", "party", "part")


async def batches(database: Database) -> Cells:
    """Of how many records that is."""
    return await _cells(database, "cube = 'recovery'", "province", "kind", "party")


async def _cells(database: Database, where: str, row: str, column: str, name: str, measure: str = "n") -> Cells:
    names = "cube, month, province, chemistry, party, role, to_province, to_role, kind, n, part"
    both = f"(select {names} from statistics.change union all select {names} from statistics.cell where level = 0) u"
    told = f"select {row} as r, {column} as c, {name} as p, sum({measure})::int as n from {both} where {where} and month = $1"
    found: Cells = {}
    for each in await rows(database, told + " group by 1, 2, 3 having sum(n) <> 0 order by 1, 2, 3", MONTH):
        found.setdefault((each["r"], each["c"]), {})[each["p"]] = each["n"]
    return found


def placed(cube: str, cells: list[dict[str, Any]]) -> Iterator[tuple[Place, float | None]]:
    """Where each published cell is, and what it is."""
    rows_, columns = {"SALES": ("PROVINCE", "CHEMISTRY"), "CUSTODY_FLOWS": ("ROLE", "TO_ROLE"), "RECOVERY": ("PROVINCE", "KIND")}[cube]
    for cell in cells:
        named = {
            "KIND": cell["kind"],
            "PROVINCE": (cell["province"] or {}).get("code", "")[:2],
            "CHEMISTRY": cell["chemistry"],
            "ROLE": cell["fromRole"],
            "TO_ROLE": cell["toRole"],
        }
        row, column = ("*" if each in cell["totals"] else named[each] or "" for each in (rows_, columns))
        assert cell["suppressed"] == (cell["value"] is None), "a cell that is suppressed has no value, and others have one"
        yield (row, column), cell["value"]


def between(cube: str, value: float) -> tuple[float, float]:
    """What a published figure can be of: of a count to the base the count, of a mass in kg to three digits the grams."""
    if cube != "RECOVERY":
        half = math.floor((SAFETY.base - 1) / 2)
        return value - half, value + half
    if not value:
        return 0.0, 0.0
    digit = 10.0 ** (math.floor(math.log10(value)) - 2)
    # Below a power of ten the digits are finer.
    below = digit / 10 if math.isclose(value, digit * 100) else digit
    return 1000 * (value - below / 2), 1000 * (value + digit / 2)
