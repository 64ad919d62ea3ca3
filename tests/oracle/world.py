"""This module is in charge of small, adversarial worlds: every table as plain rows, full of boundary values, from one seed.

A world is not what the ledger would write: grants, facts and columns are drawn independently of one another, so that
no law can hold by the accident that the data is tidy. What the tables themselves promise is kept: keys, checks, one
active holder, `readers` a superset of everybody who ever had a grant (docs/row-policy.md, section 9).
"""

from __future__ import annotations

import json
import random
from datetime import date, datetime, timedelta
from typing import Any, Final

from tests.oracle import names
from tests.oracle.setting import GRACE, MOMENT, Party, Rows, World

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
RECORDED: Final = MOMENT - 500 * DAY

# Ends of custody: running, over within the grace, over for longer, and exactly on each edge.
ENDS: Final = (
    MOMENT, MOMENT - SECOND, MOMENT + SECOND, MOMENT - GRACE, MOMENT - GRACE + SECOND, MOMENT - GRACE - SECOND,
    MOMENT - 30 * DAY, MOMENT - 60 * DAY, MOMENT - 200 * DAY, MOMENT + 30 * DAY,
)  # fmt: skip
STARTS: Final = (MOMENT - 400 * DAY, MOMENT - 300 * DAY, MOMENT - 250 * DAY, MOMENT - 95 * DAY, MOMENT)
FUTURE: Final = (MOMENT + SECOND, MOMENT + 10 * DAY)
TRADES: Final = ("BM", "OEM", "SW", "RS", "SD", "CU")
AUTHORITIES: Final = ("PR", "MI", "ME", "SA")
STATES: Final = ("OPEN", "EXPLAINED", "CONFIRMED", "CLOSED")
HEALTHS: Final = (None, None, 60.0, 79.5, 80.0, 80.0, 95.25)
DAYS: Final = (date(2024, 2, 29), date(2025, 1, 1), date(2025, 1, 1), date(2026, 3, 31))
EVENTS: Final = (
    ("PRODUCED", "A"), ("SOLD", "H"), ("INSTALLED", "D"), ("SWAP_IN", "D"), ("SWAP_OUT", "D"), ("MAINTAINED", "D"), ("GRADED", "J"), ("GRADED", "J"),
    ("HANDED_OVER", "H"), ("RECEIVED", "H"), ("RETIRED", "A"), ("REPORTED_MISSING", "A"),
)  # fmt: skip


TABLES: Final = (
    "enterprise.region", "enterprise.enterprise", "enterprise.role", "enterprise.licence", "enterprise.outlet",
    "battery.model", "battery.model_material", "battery.model_dismantling", "battery.pack", "battery.module", "battery.health",
    "battery.safety_event", "battery.grading", "battery.event", "battery.custody", "battery.take_back", "battery.installation", "battery.finding",
    "battery.finding_reader", "enterprise.case_file", "enterprise.case_event", "enterprise.case_finding", "enterprise.case_reader",
    "battery.access", "battery.lineage",
    "battery.recovery_batch", "battery.recovery_input", "battery.recovery_output", "battery.recovery_step",
    "battery.recovery_assay", "battery.recovery_material", "vehicle.vehicle", "vehicle.access",
)  # fmt: skip


def make(seed: int) -> World:
    """The world of that seed."""
    return _Maker(seed).made()


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.tables: dict[str, Rows] = {name: [] for name in TABLES}
        self.roles: dict[str, tuple[str, ...]] = {}
        self.parties: list[Party] = []

    def made(self) -> World:
        self._enterprises()
        self.models = [self._model(number) for number in range(2)]
        self.vins = names.VINS[: self.random.randint(4, 5)]
        for vin in self.vins:
            self._vehicle(vin)
        self.codes = names.CODES[: self.random.randint(8, 14)]
        for code in self.codes:
            self._pack(code)
        for _ in range(8):
            self._link()
        for number in range(3):
            self._batch(f"RB-{number}")
        self._cases()
        self._readers()
        return World(self.seed, self.tables, tuple(self.parties))

    def add(self, table: str, **row: Any) -> dict[str, Any]:
        self.tables[table].append(row)
        return row

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # Enterprises

    def _enterprises(self) -> None:
        for code in (*(each + "0000" for each in names.PROVINCES), "350100"):
            level = "PROVINCE" if code.endswith("0000") else "PREFECTURE"
            self.add("enterprise.region", code=code, name_zh=f"地区{code}", name_en=f"Region {code}", level=level,
                     valid_from=date(1990, 1, 1), valid_to=None)  # fmt: skip
        for number, uscc in enumerate(names.COMPANIES):
            first = TRADES[number % len(TRADES)]
            others = [each for each in TRADES if each != first and self.chance(0.12)]
            self._enterprise(uscc, number, (first, *others))
            self.parties.append(Party(uscc, self.roles[uscc]))
        for number, uscc in enumerate(names.OFFICES):
            self._enterprise(uscc, 50 + number, (AUTHORITIES[number % len(AUTHORITIES)],))
        two, one = self.random.sample(names.PROVINCES, 2), self.random.choice(names.PROVINCES)
        for uscc, provinces in zip(names.OFFICES, (two, (), (one,), (), (one,), (), two, ())):
            self.parties.append(Party(uscc, self.roles[uscc], tuple(provinces)))
        self.parties.append(Party(names.ANYBODY, ("PB",)))
        # An authority's province means nothing to a company, even one whose token should come to name it.
        self.parties.append(Party(names.COMPANIES[3], self.roles[names.COMPANIES[3]], tuple(names.PROVINCES[:1])))
        self.parties.append(self._narrow(self.random.choice(self.parties[: len(names.COMPANIES)])))

    def _narrow(self, party: Party) -> Party:
        """The same party with a token that lacks some categories."""
        gone = self.random.sample("BCDFGHJK", 3)
        return Party(party.uscc, party.roles, party.provinces, party.categories - set(gone))

    def _enterprise(self, uscc: str, number: int, roles: tuple[str, ...]) -> None:
        pick = self.random.choice
        self.roles[uscc] = roles
        self.add("enterprise.enterprise", uscc=uscc, name=f"企业{number % 7}", name_en=pick((None, f"Company {number}")), province=pick(names.PROVINCES),
                 region_code=pick(("350100", names.PROVINCES[0] + "0000")), status=pick(("ACTIVE", "ACTIVE", "SUSPENDED")), registered_on=date(2015, 5, 1),
                 address=pick((None, f"Road {number}")), contact_phone=pick((None, f"+86 591 {number:07}")), recorded_at=RECORDED)  # fmt: skip
        for role in roles:
            self.add("enterprise.role", uscc=uscc, role=role, valid_from=date(2018, 1, 1), valid_to=pick((None, date(2026, 1, 1))))
        for each in range(self.random.randint(0, 2)):
            self.add("enterprise.licence", uscc=uscc, number=f"L-{number}-{each}", activity="STORAGE", issued_by="Office", valid_from=date(2020, 1, 1),
                     valid_to=None, capacity_t_per_year=pick((None, 1200.0)))  # fmt: skip
        for each in range(self.random.randint(0, 2)):
            self.add("enterprise.outlet", uscc=uscc, number=each + 1, name=f"Outlet {each}", region_code="350100", province=pick(names.PROVINCES),
                     address=f"Street {each}", phone=None, opened_on=date(2021, 6, 1), closed_on=None)  # fmt: skip

    def company(self, *trades: str) -> str:
        """A company, in one of these trades if any of them is named."""
        fit = [uscc for uscc in names.COMPANIES if not trades or set(trades) & set(self.roles[uscc])]
        return self.random.choice(fit)

    # Models, vehicles

    def _model(self, number: int) -> str:
        made = self.add("battery.model", id=f"M-{number}", maker=self.company("BM"), name=f"Model {number}", chemistry=self.random.choice(("LFP", "NCM811")),
                        cell_format="PRISMATIC", nominal_energy_kwh=60.0 + number, nominal_capacity_ah=150.5, nominal_voltage_v=400.0, mass_kg=410.25,
                        module_count=8, cell_count=96, certified_on=date(2023, 3, 3), dismantling_reported_on=None, recorded_at=RECORDED)  # fmt: skip
        for material in self.random.sample(("LiFePO4", "Graphite", "LiPF6"), self.random.randint(0, 3)):
            self.add("battery.model_material", model_id=made["id"], component="CELL", material=material, mass_kg=float(self.random.randint(1, 90)),
                     hazardous=material == "LiPF6", readers=[])  # fmt: skip
        if number == 0 or self.chance(0.5):
            self.add("battery.model_dismantling", model_id=made["id"], manual=f"Manual {number}", steps=["discharge", "open"], tools=["key"], minutes=None,
                     discharge="resistor", extinguishing_agent="water", hazards=["voltage"], maximum_voltage_v=450.0, readers=[])  # fmt: skip
        return str(made["id"])

    def _vehicle(self, vin: str) -> None:
        pick = self.random.choice
        row = self.add("vehicle.vehicle", vin=vin, automaker=self.company("OEM"), model_name=pick(("Swift", "Crane")), powertrain=pick(("BEV", "PHEV")),
                       swap_model=self.chance(0.5), produced_on=pick(DAYS), sold_on=pick((None, date(2025, 5, 5))), scrapped=self.chance(0.3),
                       scrapped_on=pick((None, date(2026, 6, 6))), province=pick((None, *names.PROVINCES)), region_code=pick((None, "350100")),
                       owner_kind=pick((None, "PERSON", "FLEET")), readers=[], recorded_at=RECORDED)  # fmt: skip
        copied = {"vin": vin, "produced_on": row["produced_on"]}
        for uscc, relation in self._grants(("maker", "custodian"), 6):
            self._grant("vehicle.access", copied, uscc, relation)

    # Packs and what is below them

    def _pack(self, code: str) -> None:
        pick, health = self.random.choice, self.random.choice(HEALTHS)
        other = pick((None, None, "DE"))
        row = self.add(
            "battery.pack", code=code, model_id=pick((*self.models, *self.models, "M-none")), maker=self.company("BM"),
            chemistry=pick(("LFP", "NCM811", "LFP")), nominal_energy_kwh=pick((55.0, 60.0)), nominal_capacity_ah=150.5, nominal_voltage_v=400.0,
            mass_kg=400.0 + len(self.tables["battery.pack"]),
            cell_count=96, produced_on=pick(DAYS), status=pick(("IN_SERVICE", "STORED", "IN_TRANSIT", "RECYCLED")), is_product=self.chance(0.4),
            recalled=self.chance(0.3), product_type={"P": "PACK", "M": "MODULE", "C": "CELL"}[code[3]],
            parent=pick((None, None, *self.codes, names.MISSING[0])),
            swap_model=pick((None, True, False)), powertrain=pick((None, "BEV", "PHEV")), vin=pick((None, *self.vins)), state_of_health=health,
            cycle_count=pick((None, 100, 100, 900)), remaining_energy_kwh=pick((None, 41.5)), condition_at=pick((None, MOMENT - 5 * DAY)),
            safety_class=pick((None, "NORMAL", "HAZARDOUS")), custodian=pick((None, self.company())), prior_holder=pick((None, self.company())),
            origin_province=pick((None, *names.PROVINCES)), province=pick((None, *names.PROVINCES)), status_since=MOMENT - 7 * DAY,
            other_scheme=other, other_value=other and f"X-{code[-3:]}", readers=[], recorded_at=RECORDED,
        )  # fmt: skip
        copied = {"code": code, "produced_on": row["produced_on"], "state_of_health": health}
        for uscc, relation in self._grants(("custodian", "receiver", "automaker"), 7):
            self._grant("battery.access", copied, uscc, relation)
        held = [each for each in self.tables["battery.access"] if each["code"] == code and each["relation"] == "custodian"]
        # The edges that matter most are those of custody that is over.
        ends = [each["until_at"] for each in held if each["until_at"] and each["until_at"] <= MOMENT]
        self._facts(code, ends)
        self._findings(code)
        self._custody(code)
        self._take_backs(code)
        self._installations(code, ends)
        for position in range(self.random.randint(0, 3)):
            self.add("battery.module", code=code, module_code=names.module_code(code, position), position=3 - position, cell_count=12, mass_kg=30.5)

    def _grants(self, relations: tuple[str, ...], most: int) -> list[tuple[str, str]]:
        wanted = []
        for _ in range(self.random.randint(1, most)):
            relation = self.random.choice((*relations, "custodian"))
            trades = {"automaker": ("OEM",), "maker": ("BM",)}.get(relation, ("OEM", "SW", "RS", "SD", "CU"))
            wanted.append((self.company(*trades) if self.chance(0.9) else self.company(), relation))
        for province in names.PROVINCES:
            if self.chance(0.3):
                wanted.append((f"province:{province}", "jurisdiction"))
        if self.chance(0.2):
            # Relations that come from a column, or belong to somebody of another kind: such a grant opens nothing.
            nothing = ((self.company("BM"), "maker"), (self.company(), "jurisdiction"), (f"province:{names.PROVINCES[0]}", "custodian"))
            wanted.append(self.random.choice(nothing))
        return wanted

    def _grant(self, table: str, copied: dict[str, Any], grantee: str, relation: str) -> None:
        start = self.random.choice(FUTURE if self.chance(0.06) else STARTS)
        ends = {"custodian": 0.6, "receiver": 0.3}.get(relation, 0.05)
        until = self.random.choice(ENDS) if self.chance(ends) else None
        if until is not None and until <= start:
            until = start + DAY
        key = next(iter(copied))
        if any((each[key], each["grantee"], each["relation"], each["from_at"]) == (copied[key], grantee, relation, start) for each in self.tables[table]):
            return
        self.add(table, grantee=grantee, relation=relation, from_at=start, until_at=until, **copied)

    def _instants(self, ends: list[datetime]) -> tuple[datetime, datetime]:
        """When a fact was, and when it was recorded: never before, often on the very edge of somebody's custody."""
        edges = [end + step for end in ends for step in (-SECOND, timedelta(), timedelta(), SECOND)]
        at = self.random.choice((MOMENT - 300 * DAY, MOMENT - 120 * DAY, MOMENT - 45 * DAY, MOMENT - 2 * DAY, *edges))
        on_edge = [edge - at for edge in edges if edge > at]
        late = self.random.choice((timedelta(), timedelta(), SECOND, 40 * DAY, 100 * DAY, *on_edge))
        return at, at + late

    def _fact(self, table: str, code: str, seq: int, ends: list[datetime], **more: Any) -> None:
        at, recorded = self._instants(ends)
        self.add(table, code=code, seq=seq, occurred_at=at, recorded_at=recorded, **more)

    def _facts(self, code: str, ends: list[datetime]) -> None:
        pick, count = self.random.choice, self.random.randint
        for seq in range(1, count(1, 5)):
            self._fact("battery.health", code, seq, ends, reporter=self.company(), state_of_health=pick((70.0, 88.5)), cycle_count=pick((None, 400)),
                       remaining_energy_kwh=None, internal_resistance_mohm=0.75, temperature_max_c=41.5, method="BMS")  # fmt: skip
        for seq in range(1, count(1, 4)):
            self._fact("battery.safety_event", code, seq, ends, reporter=self.company(), kind="FIRE", severity=pick(("MINOR", "SERIOUS")),
                       description=f"S{seq}")  # fmt: skip
        for seq in range(1, count(1, 4)):
            self._fact("battery.grading", code, seq, ends, reporter=self.company("CU", "SD"), method="HPPC", capacity_ah=120.25, resistance_mohm=1.5,
                       insulation_mohm=500.0, grade=pick(("A", "B")), route="ECHELON")  # fmt: skip
        for seq in range(1, count(3, 8)):
            kind, category = pick(EVENTS)
            self._fact("battery.event", code, seq, ends, type=kind, category=category, reporter=self.company(), counterparty=pick((None, self.company())),
                       vin=pick((None, *self.vins)), province=pick((None, *names.PROVINCES)), due_on=pick((None, date(2026, 12, 1))), late=self.chance(0.2),
                       corrects=pick((None, None, 1)) if seq > 1 else None, details="{}")  # fmt: skip

    def _findings(self, code: str) -> None:
        pick = self.random.choice
        for number in range(self.random.randint(0, 4)):
            at = MOMENT - pick((90, 30, 30, 1)) * DAY
            self.add("battery.finding", code=code, id=f"F{number}-{code[-3:]}", rule=pick(("R01", "R13", "R19")), version=1, severity=pick(("HIGH", "LOW")),
                     state=pick(("OPEN", "CLOSED")), owners=pick((["MI"], ["ME"], ["MI", "ME"], ["SA"], ["PR"])), party=self.company(),
                     provinces=sorted(self.random.sample(names.PROVINCES, self.random.randint(0, 2))), evidence=pick(([], [1], [1, 2])),
                     attempt=pick((None, None, "{}")), subject="BATTERY", message=f"M{number}", figures="{}", first_seen=at, recorded_at=at + DAY)  # fmt: skip

    def _custody(self, code: str) -> None:
        pick = self.random.choice
        held = False
        for seq in range(1, self.random.randint(1, 5)):
            outcome = pick(("RECEIVED", "RECEIVED", "PENDING", "REJECTED"))
            received = MOMENT - pick((200, 100)) * DAY if outcome == "RECEIVED" else None
            until = pick((received + DAY, MOMENT - 3 * DAY, None)) if received else None
            if received and until is None:
                until, held = (MOMENT - DAY, held) if held else (None, True)
            self.add("battery.custody", code=code, seq=seq, holder=self.company(), sender=pick((None, self.company())), outcome=outcome,
                     purpose=pick((None, "RECYCLING")), offered_at=pick((None, MOMENT - 210 * DAY)), received_at=received, until_at=until,
                     declared_mass_kg=pick((None, 400.5)), measured_mass_kg=None, from_province=pick((None, *names.PROVINCES)),
                     to_province=pick(names.PROVINCES), transport_document=None, recorded_at=MOMENT - DAY,
                     declared_condition=None, found_condition=pick((None, "DENTED")), discrepancy=None, mass_difference=pick((None, -0.045)),
                     discrepancies=pick(([], ["MASS"], ["MASS", "STATED"])))  # fmt: skip

    def _take_backs(self, code: str) -> None:
        pick = self.random.choice
        for seq in range(1, self.random.randint(1, 3)):
            answered = pick((None, MOMENT - DAY))
            self.add("battery.take_back", code=code, seq=seq, holder=self.company(), obliged=self.company(), basis=pick(("PRODUCED", "INSTALLED")),
                     outcome=pick(("ACCEPTED", "REFUSED")) if answered else pick(("PENDING", "LAPSED")), reason="WORN", region_code=None,
                     place=pick((None, "Gate 1")), requested_at=MOMENT - 20 * DAY, due_on=pick((None, *DAYS)), answered_at=answered,
                     collect_on=pick((None, *DAYS)), collect_at=None,
                     refusal=pick((None, "Not ours")), recorded_at=MOMENT - DAY)  # fmt: skip

    def _installations(self, code: str, ends: list[datetime]) -> None:
        for seq in range(1, self.random.randint(1, 4)):
            removed, recorded = self._instants(ends) if self.chance(0.6) else (None, None)
            self._fact("battery.installation", code, seq, ends, vin=self.random.choice(self.vins), position=1 + seq % 2, removed_at=removed,
                       removal_recorded_at=recorded, reporter=self.company())  # fmt: skip

    def _link(self) -> None:
        source, product = self.random.sample(self.codes, 2)
        ends = ((product, "SOURCE", source), (source, "PRODUCT", product))
        there = {(each["code"], each["relation"], each["other"]) for each in self.tables["battery.lineage"]}
        for code, relation, other in ends if ends[0] not in there else ():
            self.add("battery.lineage", code=code, relation=relation, other=other, number=1)

    def _batch(self, batch: str) -> None:
        pick = self.random.choice
        self.add("battery.recovery_batch", id=batch, operator=self.company("CU"), province=pick(names.PROVINCES), chemistry="LFP", process="HYDRO",
                 started_at=MOMENT - 50 * DAY, finished_at=MOMENT - 40 * DAY, recorded_at=MOMENT - 39 * DAY, input_mass_kg=1000.0, output_mass_kg=870.5,
                 residue_mass_kg=100.0, energy_kwh=pick((None, 300.0)), superseded_at=None)  # fmt: skip
        for code in self.random.sample(self.codes, self.random.randint(1, 6)):
            self.add("battery.recovery_input", code=code, batch_id=batch, mass_kg=400.0)
        for element in self.random.sample(("Li", "Ni", "Co", "Fe"), self.random.randint(1, 3)):
            self.add("battery.recovery_output", batch_id=batch, element=element, input_kg=pick((10.0, 30.0)), recovered_kg=pick((7.0, 9.5)))

        self._plant(batch)

    def _plant(self, batch: str) -> None:
        """Steps, assays and materials; drawn apart, so that nothing else of the world depends on them."""
        draw = random.Random(f"{self.seed} {batch}")
        for number in range(1, draw.randint(0, 3) + 1):
            chemical = draw.random() < 0.5
            self.add("battery.recovery_step", batch_id=batch, number=number, name=draw.choice(("SHREDDING", "LEACHING")),
                     kind="CHEMICAL" if chemical else "MECHANICAL", started_at=MOMENT - 50 * DAY, finished_at=MOMENT - draw.choice((40, 41)) * DAY,
                     input_kg=400.0 / number, output_kg=380.5 / number, residue_kg=draw.choice((0.0, 12.5)), declared_loss_kg=draw.choice((0.0, 7.0)),
                     loss_kind=draw.choice((None, "DUST")), slips=[f"W-{number}", "W-0"][: draw.randint(1, 2)])  # fmt: skip
            for element in draw.sample(("Li", "Ni", "Co"), draw.randint(0, 2) if chemical else 0):
                self.add("battery.recovery_assay", batch_id=batch, step=number, element=element, input_kg=12.0, recovered_kg=draw.choice((9.0, 11.5)),
                         residue_kg=0.5, declared_loss_kg=0.0)  # fmt: skip
        for kind, material in draw.sample((("OUTPUT", "BLACK_MASS"), ("OUTPUT", "COPPER"), ("RESIDUE", "SLAG")), draw.randint(0, 3)):
            self.add("battery.recovery_material", batch_id=batch, kind=kind, material=material, mass_kg=draw.choice((3.0, 170.25)))

    def _cases(self) -> None:
        """Cases, and who reads them and the findings; drawn apart, as plants are."""
        draw = random.Random(f"{self.seed} cases")
        grantees = [*names.COMPANIES, *(f"province:{each}" for each in names.PROVINCES), "authority:MI", "authority:ME", "authority:SA"]
        findings = self.tables["battery.finding"]
        for row in findings:
            for grantee in draw.sample(grantees, draw.randint(0, 5)):
                self.add("battery.finding_reader", code=row["code"], id=row["id"], grantee=grantee, first_seen=row["first_seen"])
        for number in range(draw.randint(2, 7)):
            case, at = f"CASE-00{number}", MOMENT - draw.choice((60, 60, 20)) * DAY
            changed = draw.choice((MOMENT - 5 * DAY, MOMENT - 5 * DAY, MOMENT - DAY))
            self.add("enterprise.case_file", case_id=case, title=f"Title {number}", party=draw.choice(names.COMPANIES),
                     provinces=draw.sample(names.PROVINCES, 2), owners=draw.choice((["MI"], ["ME", "MI"], ["PR"])),
                     state=draw.choice(STATES), authority=draw.choice(AUTHORITIES), province=draw.choice((None, *names.PROVINCES)),
                     reader=draw.choice(grantees), opened_at=at, changed_at=changed, due_on=draw.choice((None, *DAYS)))  # fmt: skip
            for grantee in draw.sample(grantees, draw.randint(0, 6)):
                self.add("enterprise.case_reader", case_id=case, grantee=grantee, changed_at=changed)
            for row in draw.sample(findings, min(len(findings), draw.randint(0, 5))):
                self.add("enterprise.case_finding", case_id=case, code=row["code"], id=row["id"])
            for place in range(1, draw.randint(1, 5)):
                self._case_event(draw, case, place)

    def _case_event(self, draw: random.Random, case: str, number: int) -> None:
        documents = [{"kind": "REPORT", "reference": f"R{each}", "sha256": f"{each}" * 64} for each in range(draw.randint(0, 2))]
        events = [(draw.choice(self.codes), draw.randint(1, 3)) for _ in range(draw.randint(0, 2))]
        self.add("enterprise.case_event", case_id=case, number=number, kind=draw.choice(("OPENED", "ASKED", "ANSWERED", "DECIDED", "HANDED_OVER")),
                 recorded_at=MOMENT - (30 - number) * DAY, author=draw.choice((*names.COMPANIES, *names.OFFICES)), role=draw.choice((None, *AUTHORITIES)),
                 text=draw.choice((None, f"Text {number}")), state=draw.choice((None, *STATES)), due_on=draw.choice((None, *DAYS)),
                 authority=draw.choice((None, *AUTHORITIES)), province=draw.choice((None, *names.PROVINCES)), documents=json.dumps(documents),
                 evidence_codes=[code for code, _ in events], evidence=[seq for _, seq in events])  # fmt: skip

    def _readers(self) -> None:
        readers(self.tables)


def readers(tables: dict[str, Rows]) -> None:
    """Fill every `readers` column: whoever ever had a grant, and the maker."""
    models: dict[str, set[str]] = {}
    for table, key, maker in (("battery", "code", "maker"), ("vehicle", "vin", "automaker")):
        for row in tables["battery.pack" if table == "battery" else "vehicle.vehicle"]:
            ever = {each["grantee"] for each in tables[f"{table}.access"] if each[key] == row[key]} | {row[maker]}
            row["readers"] = sorted(ever)
            if table == "battery":
                models.setdefault(row["model_id"], set()).update(ever)
    for table in ("battery.model_material", "battery.model_dismantling"):
        for row in tables[table]:
            row["readers"] = sorted(models.get(row["model_id"], ()))
