"""A served gateway as those who attack it see it: tables drawn from a seed and published twice, questions over HTTP, and what their answers tell."""

from __future__ import annotations

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
from tests.web.pages import WORLD, Pages

Cells = dict[Place, dict[str, int]]
# After all that the demonstration's world tells of, and the days on which it is published and revised.
MONTH, OPEN, CLOSED, REVISED = date(2027, 1, 1), date(2027, 3, 31), date(2027, 5, 20), date(2028, 5, 20)
PROVINCES: Final = tuple(sorted({DEMO_PROVINCE, "31", "42", "50"}))
CHEMISTRIES: Final = ("LFP", "NCM523", "NCM811")
PARTIES: Final = demo_parties(WORLD)
COMPANIES: Final = ("automaker", "recycler", "public")
ATTACKERS: Final = (*COMPANIES, "province")
# Just below what may be published: records, the largest share, what the second largest can tell.
EDGES: Final = ((3, 2, 2, 2), (71, 15, 14), (50, 46, 4), (24, 16), (7,))
WORDS: Final = {
    "sales": ("MONTH", "PROVINCE", "CHEMISTRY", "ROLE", "ENTERPRISE", "KIND"),
    "custodyFlows": ("MONTH", "PROVINCE", "CHEMISTRY", "ROLE", "TO_PROVINCE", "TO_ROLE"),
}
SELECTED: Final = {
    "sales": "province { code } chemistry role kind enterprise { uscc } packs",
    "custodyFlows": "fromProvince { code } toProvince { code } fromRole toRole chemistry packs",
}
# Answered exactly or not at all: what has nothing in the month is asked for nevertheless.
OTHERS: Final = (
    *("production", "reprocessing", "retirements", "stock", "recovery"),
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
    for _ in range(number):
        of = dice.choice(tuple(WORDS))
        by = tuple(each for each in WORDS[of] if dice.random() < 0.4)
        firm = dice.choice(["", dice.choice(enterprises)]) if of == "sales" else ""
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
        for cube in ("SALES", "CUSTODY_FLOWS"):
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


async def _cells(database: Database, where: str, row: str, column: str, name: str) -> Cells:
    names = "cube, month, province, chemistry, party, role, to_province, to_role, kind, n"
    both = f"(select {names} from statistics.change union all select {names} from statistics.cell where level = 0) u"
    told = f"select {row} as r, {column} as c, {name} as p, sum(n)::int as n from {both} where {where} and month = $1"
    found: Cells = {}
    for each in await rows(database, told + " group by 1, 2, 3 having sum(n) <> 0 order by 1, 2, 3", MONTH):
        found.setdefault((each["r"], each["c"]), {})[each["p"]] = each["n"]
    return found


def placed(cube: str, cells: list[dict[str, Any]]) -> Iterator[tuple[Place, float | None]]:
    """Where each published cell is, and what it is."""
    rows_, columns = ("PROVINCE", "CHEMISTRY") if cube == "SALES" else ("ROLE", "TO_ROLE")
    for cell in cells:
        named = {"PROVINCE": (cell["province"] or {}).get("code", "")[:2], "CHEMISTRY": cell["chemistry"], "ROLE": cell["fromRole"], "TO_ROLE": cell["toRole"]}
        row, column = ("*" if each in cell["totals"] else named[each] or "" for each in (rows_, columns))
        assert cell["suppressed"] == (cell["value"] is None), "a cell that is suppressed has no value, and others have one"
        yield (row, column), cell["value"]
