"""The anomalies that the rules of the sweep are for, each with what comes near it and is none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

from resolvers.ledger.notices.rows import Notice
from tests.recording.world import FIRMS, code, vin
from tests.sweep.bench import Bench, E, ago, month

Found = tuple[str, str]
HOUR = timedelta(hours=1)


def apart(bench: Bench, hours: float) -> None:
    """Wuhan's province and Xinjiang: 1,080 km at least, by the circles that hold them."""
    bench.event(1, E.GRADED, ago(30), "recycler", province="42")
    bench.event(1, E.MAINTAINED, ago(30) + hours * HOUR, "repair", province="65")


def claimed(bench: Bench, days: float, by: str = "scrap", *, told: E = E.GRADED) -> None:
    """The recycler has the pack thirty days ago, and ends it twenty days ago."""
    bench.event(1, told, ago(30), "recycler")
    bench.claim(1, E.RETIRED, ago(days), by)
    bench.event(1, E.DISMANTLED, ago(20), "recycler")


def sent_on(bench: Bench) -> None:
    """Who receives it tells so before who hands it over, and says another day."""
    bench.event(1, E.GRADED, ago(30), "recycler")
    bench.claim(1, E.RECEIVED, ago(25), "recycler2")
    bench.handed(1, ago(20), "recycler", "recycler2")
    bench.event(1, E.DISMANTLED, ago(15), "recycler2")


def driven(bench: Bench, claim: str | None = None, *, read_off: bool = False) -> None:
    """In one vehicle before and after; a yard has another, in which it reads off the code, or which it says that the pack is in."""
    own, other = vin(1), vin(2)
    bench.event(1, E.INSTALLED, ago(40), "oem", vin=own)
    if claim is not None:
        bench.claim(1, E.VEHICLE_SCRAPPED, ago(30), "scrap", vin=claim)
    if read_off:
        bench.event(2, E.VEHICLE_SCRAPPED, ago(30), "scrap", vin=other, packFound=False, codeFound=code(1))
    bench.event(1, E.MAINTAINED, ago(20), "repair", vin=own, work="INSPECTION")


def came_without(bench: Bench) -> None:
    """A yard that never had it says so before and after another claims it, and far from where it is driven."""
    for days in (40, 20):
        bench.event(1, E.VEHICLE_SCRAPPED, ago(days), "scrap", vin=vin(1), packFound=False, absent=True)
    bench.claim(1, E.RETIRED, ago(30), "recycler")
    bench.event(1, E.MAINTAINED, ago(20) + 2 * HOUR, "repair", province="65")


def two_products(bench: Bench, second: int) -> None:
    bench.event(1, E.REPROCESSED, ago(30), "recycler", productCode=code(2))
    bench.event(second, E.PRODUCED, ago(29), "recycler", sourceCodes=[code(1)])


def cloned(bench: Bench, last: E) -> None:
    bench.event(1, E.VEHICLE_SOLD, ago(60), "repair")
    bench.event(1, last, ago(50), "repair", productCode=code(2))
    bench.event(2, E.PRODUCED, ago(49), "recycler", sourceCodes=[code(1)])
    bench.outlet("repair", "440300")
    bench.outlet("maker", "440300")


def utilized(bench: Bench, since: date, until: date | None) -> None:
    bench.listed("recycler", since, until)
    bench.handed(1, month(9), "scrap", "recycler", purpose="UTILIZATION")


def mechanical(bench: Bench, out: float, residue: float) -> None:
    bench.batch("B1", month(10), 1, 2, process="MECHANICAL", out=out, residue=residue)


def declared(bench: Bench, loss: float) -> None:
    bench.batch("B1", month(10), 1, 2, process="MECHANICAL", out=900, residue=30, declared=loss)


def assayed(bench: Bench, residue: float, process: str = "HYDROMETALLURGICAL") -> None:
    """Two steps, each within what a step may lose: copper goes in by the first and comes out of the second."""
    told = [("Cu", 100.0, 97.5, 0.0, 0.0), ("Cu", 97.5, 94.0, residue, 1.0), ("Al", 100.0, 97.0, 0.0, 0.0)]
    bench.batch("B1", month(10), 1, process=process, elements={"Cu": (100.0, 94.0), "Al": (100.0, 97.0)}, assays=told)


def elements(bench: Bench, recovered: float) -> None:
    bench.batch("B1", month(10), 1, elements={"Cu": (100.0, recovered)})


def recovered(bench: Bench, earlier: float, later: float) -> None:
    bench.batch("B1", month(2), 1, elements={"Li": (100.0, earlier)})
    bench.batch("B2", month(10), 2, elements={"Li": (100.0, later)})
    # Not closed yet.
    bench.batch("B3", month(11), 3, elements={"Li": (100.0, 1.0)})


def perfect(bench: Bench, *months: int) -> None:
    for number in months:
        bench.batch(f"B{number}", month(number), number, elements={"Ni": (100.0, 99.95)})


def put_in(bench: Bench, kg: float, *, measured: float = 400.0, apart: bool = False) -> None:
    """What came to the recycler goes into its batch, which loses nothing."""
    bench.handed(1, month(9), "scrap", "recycler", measured=measured)
    if apart:
        bench.event(1, E.DISMANTLED, month(9) + timedelta(days=5), "recycler", massKg=400.0)
    bench.batch("B1", month(10), 1, process="MECHANICAL", put_in=kg, out=kg, masses=[kg])


def weighed(bench: Bench, count: int, copied: int) -> None:
    bench.batch("B1", month(10), *range(1, count + 1), masses=[420.0] * copied + [419.0] * (count - copied))


def late(bench: Bench, count: int, too_late: int) -> None:
    for number in range(1, count + 1):
        bench.event(number, E.MAINTAINED, month(10), "repair", due=date(2026, 10, 14), late=number <= too_late)


def filed_late(bench: Bench, count: int, too_late: int) -> None:
    """Codes of one maker, some of them after their first use, among battery reports in time; a correction counts no more than elsewhere."""
    for number in range(1, 20 - count + 1):
        bench.event(number, E.PRODUCED, month(10), "maker", due=date(2026, 10, 30))
    for number in range(1, count + 2):
        at, corrects = month(10, number), 1 if number > count else None
        late = number <= too_late or corrects is not None
        bench.rows.append(Notice("filing:0R1", number, "CODE_FILED", at, at, FIRMS["maker"], "35", late, corrects, "0R1", None, f"{number:07}", "m"))


def silent(bench: Bench, on: int) -> None:
    """Ten working days after 5 November 2026 is the 19th."""
    bench.event(1, E.HANDED_OVER, month(11, on), "scrap", to="oem", purpose="COLLECTION", declaredMassKg=400.0)


def answered(bench: Bench) -> None:
    silent(bench, 2)
    bench.event(1, E.REJECTED, month(11, 3), "oem", reason="HOUSING_DAMAGED")


def answered_at_once(bench: Bench, *, corrected: bool = False) -> None:
    """Both told of the day alone; a correction stands in the place of what it corrects."""
    silent(bench, 2)
    bench.event(1, E.RECEIVED, month(11, 2), "oem", measuredMassKg=400.0)
    if corrected:
        bench.event(1, E.HANDED_OVER, month(11, 2), "scrap", to="oem", corrects=1, known=timedelta(hours=2), purpose="COLLECTION", declaredMassKg=401.0)


def lost_and_found(bench: Bench) -> None:
    silent(bench, 2)
    bench.event(1, E.REPORTED_MISSING, month(11, 3), "scrap", circumstances="gone")
    bench.event(1, E.FOUND, month(11, 3), "scrap", circumstances="behind the shed")


def lost(bench: Bench) -> None:
    silent(bench, 2)
    bench.event(1, E.REPORTED_MISSING, month(11, 3), "scrap", circumstances="gone")


def lighter(bench: Bench, measured: float) -> None:
    bench.handed(1, ago(20), "scrap", "oem", measured=measured)


def stored(bench: Bench, by: str, days: float, severity: str | None = None) -> None:
    bench.handed(1, ago(days + 1), "scrap", by)
    if severity is not None:
        bench.alarm(1, ago(days + 5), severity)


def tested(bench: Bench) -> None:
    stored(bench, "recycler", 400)
    bench.event(1, E.GRADED, ago(380), "recycler")


def told_as(bench: Bench, safety: str) -> None:
    """How it has to be handled was said when it was retired."""
    bench.event(1, E.RETIRED, ago(35), "scrap", safetyClass=safety)
    stored(bench, "oem", 31)


def to_be_taken_back(bench: Bench) -> None:
    stored(bench, "recycler", 400)
    bench.event(1, E.TAKE_BACK_REQUESTED, ago(10), "recycler", to="maker")


def offered_in_vain(bench: Bench) -> None:
    stored(bench, "recycler", 400)
    bench.event(1, E.HANDED_OVER, ago(300), "recycler", to="oem", purpose="COLLECTION", declaredMassKg=400.0)
    bench.event(1, E.REJECTED, ago(299), "oem", reason="NO_ROOM")
    bench.event(1, E.REPORTED_MISSING, ago(200), "recycler", circumstances="?")
    bench.event(1, E.FOUND, ago(190), "recycler", circumstances="behind the shed")


def lost_in_store(bench: Bench) -> None:
    stored(bench, "recycler", 400)
    bench.event(1, E.REPORTED_MISSING, ago(200), "recycler", circumstances="?")
    bench.event(1, E.FOUND, ago(200), "recycler", circumstances="behind the shed")


def abandoned(bench: Bench, days: float, taker: str | None) -> None:
    bench.event(1, E.FOUND_ABANDONED, ago(days), "scrap", to=taker, place="a field", condition="wet")
    bench.event(1, E.SAFETY_EVENT, ago(20), "recycler", severity="MINOR")


def declared_swap(bench: Bench, model: str, days: float) -> None:
    car = bench.car(1, model=model, swap=True)
    bench.event(1, E.SWAP_IN, ago(days), "swap", vin=car)


def returned(bench: Bench, received: int, outlet: bool) -> None:
    """Of ninety-six packs sold ten years ago the curve has ten or eleven retire this year."""
    for number in range(1, 97):
        bench.sold(number, ago(3650), car="any")
    for number in range(1, received + 1):
        bench.event(number, E.REPLACED, ago(60), "repair", newCode=code(99))
        bench.handed(number, ago(50), "repair", "oem")
    if outlet:
        bench.outlet("maker", "440300")


def full(bench: Bench, tonnes: float) -> None:
    bench.licence(12.0)
    bench.batch("B1", month(10), 1, put_in=tonnes * 1000, out=tonnes * 1000)


def hot(bench: Bench, energy: float) -> None:
    bench.batch("B1", month(10), 1, energy=energy, elements={"Li": (105.0, 100.0)})


def round_trip(bench: Bench, *hands: str) -> None:
    for place, (one, other) in enumerate(pairwise(hands)):
        bench.handed(1, ago(100 - 10 * place), one, other)


def passed_on(bench: Bench, *, tested: bool, lighter: float = 0.0) -> None:
    round_trip(bench, "scrap", "oem", "recycler", "oem2")
    if tested:
        bench.event(1, E.GRADED, ago(65), "oem2")
    bench.handed(1, ago(60), "oem2", "recycler2", measured=400.0 - lighter)


def made_of(bench: Bench, specification: str, trace: str, days: float = 30) -> None:
    """A battery that is reported as made under these codes; those of the others are filed."""
    bench.event(1, E.PRODUCED, ago(days), "maker")
    old, new = code(1), code(1)[:5] + specification + trace + code(1)[14:]
    bench.rows = [row._replace(code=new) if getattr(row, "code", None) == old else row for row in bench.rows]


def healthier(bench: Bench, percent: float, work: str | None = None, days: float = 60) -> None:
    bench.event(1, E.MAINTAINED, ago(90), "repair", work="INSPECTION")
    bench.health(1, ago(90), 80.0)
    if work is not None:
        bench.event(1, E.MAINTAINED, ago(days), "repair", work=work)
    bench.health(1, ago(59), percent)


def sale(bench: Bench, days: float, automaker: str, maker: str, closed: date | None = None) -> None:
    bench.sold(1, ago(days), "440300")
    bench.outlet("oem", automaker, closed=closed)
    bench.outlet("maker", maker)


PACK, RECYCLER, OEM, MAKER, REPAIR = code(1), FIRMS["recycler"], FIRMS["oem"], FIRMS["maker"], FIRMS["repair"]
Build = Callable[[Bench], None]
CASES: dict[str, tuple[Build, set[Found]]] = {
    "R02 two places at once": (lambda b: apart(b, 2), {("R02", PACK)}),
    "R02 near: told by the day": (lambda b: apart(b, 0), set()),
    "R02 near: there is time to drive": (lambda b: apart(b, 12), set()),
    "R02 near: it was not in the vehicle": (came_without, set()),
    "R02 two holders at once": (lambda b: claimed(b, 25), {("R02", PACK)}),
    "R02 near: nobody had it afterwards": (lambda b: claimed(b, 19), set()),
    "R02 near: nobody had it before": (lambda b: claimed(b, 31), set()),
    "R02 near: of one moment": (lambda b: claimed(b, 20), set()),
    "R02 near: who has it says so": (lambda b: claimed(b, 25, "recycler"), set()),
    "R02 near: it was lost": (lambda b: claimed(b, 25, told=E.REPORTED_MISSING), set()),
    "R02 near: on its way": (sent_on, set()),
    "R02 two vehicles at once": (lambda b: driven(b, vin(2)), {("R02", PACK)}),
    "R02 near: the same vehicle": (lambda b: driven(b, vin(1)), set()),
    "R02 read off in another vehicle": (lambda b: driven(b, read_off=True), {("R02", PACK)}),
    "R03 two products": (lambda b: two_products(b, 3), {("R03", PACK)}),
    "R03 near: the same product, told twice": (lambda b: two_products(b, 2), set()),
    "R03 in service": (lambda b: cloned(b, E.MAINTAINED), {("R03", PACK)}),
    "R03 near: it was used up": (lambda b: cloned(b, E.REPROCESSED), set()),
    "R05 taken off the list": (lambda b: utilized(b, date(2025, 1, 1), date(2026, 9, 15)), {("R05", RECYCLER)}),
    "R05 near: listed until the day after": (lambda b: utilized(b, date(2025, 1, 1), date(2026, 9, 16)), set()),
    "R06 mass": (lambda b: mechanical(b, 985, 26), {("R06", RECYCLER)}),
    "R06 near: within one percent": (lambda b: mechanical(b, 985, 25), set()),
    "R06 element": (lambda b: elements(b, 102.1), {("R06", RECYCLER)}),
    "R06 near: within two percent": (lambda b: elements(b, 101.9), set()),
    "R07 mass": (lambda b: mechanical(b, 940, 29), {("R07", RECYCLER)}),
    "R07 near: three percent": (lambda b: mechanical(b, 940, 30), set()),
    "R07 declared": (lambda b: declared(b, 39), {("R07", RECYCLER)}),
    "R07 near: declared": (lambda b: declared(b, 40), set()),
    "R07 element over two steps": (lambda b: assayed(b, 1.9), {("R07", RECYCLER)}),
    "R07 near: element in the residue": (lambda b: assayed(b, 2.0), set()),
    "R07 near: elements of a mechanical batch": (lambda b: assayed(b, 1.9, "MECHANICAL"), set()),
    "R07 less than came went in": (lambda b: put_in(b, 359.9), {("R07", RECYCLER)}),
    "R07 near: a tenth less": (lambda b: put_in(b, 360.0), set()),
    "R07 near: what is left of what was taken apart": (lambda b: put_in(b, 20.0, apart=True), set()),
    "R08 lithium": (lambda b: recovered(b, 92, 87.9), {("R08", RECYCLER)}),
    "R08 near: the year makes good": (lambda b: recovered(b, 92, 88.1), set()),
    "R09 three months": (lambda b: perfect(b, 7, 8, 9), {("R09", RECYCLER)}),
    "R09 near: a month between": (lambda b: perfect(b, 6, 7, 9), set()),
    "R09 nameplates": (lambda b: weighed(b, 21, 20), {("R09", RECYCLER)}),
    "R09 near: one in twenty differs": (lambda b: weighed(b, 20, 19), set()),
    "R09 near: too few to say": (lambda b: weighed(b, 19, 19), set()),
    "R10 a month": (lambda b: late(b, 20, 2), {("R10", REPAIR)}),
    "R10 near: one in twenty": (lambda b: late(b, 20, 1), set()),
    "R10 codes filed after their first use": (lambda b: filed_late(b, 5, 2), {("R10", FIRMS["maker"])}),
    "R10 near: one in twenty, a code": (lambda b: filed_late(b, 5, 1), set()),
    "R11 silence": (lambda b: silent(b, 5), {("R11", PACK)}),
    "R11 near: the last day": (lambda b: silent(b, 6), set()),
    "R11 near: answered": (answered, set()),
    "R11 near: lost on the way": (lost, set()),
    "R11 near: answered at the same moment": (answered_at_once, set()),
    "R11 near: answered at the same moment, and corrected": (lambda b: answered_at_once(b, corrected=True), set()),
    "R11 lost and found at one moment": (lost_and_found, {("R11", PACK)}),
    "R11 mass": (lambda b: lighter(b, 391.9), {("R11", PACK)}),
    "R11 near: within two percent": (lambda b: lighter(b, 392.1), set()),
    "R12 recycler": (lambda b: stored(b, "recycler", 366), {("R12", PACK)}),
    "R12 near: a year": (lambda b: stored(b, "recycler", 365), set()),
    "R12 outlet": (lambda b: stored(b, "oem", 181), {("R12", PACK)}),
    "R12 near: half a year": (lambda b: stored(b, "oem", 180), set()),
    "R12 hazardous": (lambda b: stored(b, "oem", 31, "SERIOUS"), {("R12", PACK)}),
    "R12 told to be hazardous": (lambda b: told_as(b, "HAZARDOUS"), {("R12", PACK)}),
    "R12 near: told to need attention": (lambda b: told_as(b, "ATTENTION"), set()),
    "R12 near: a minor event": (lambda b: stored(b, "oem", 31, "MINOR"), set()),
    "R12 near: tested since": (tested, set()),
    "R12 offered in vain, lost and found": (offered_in_vain, {("R12", PACK)}),
    "R12 lost and found at one moment": (lost_in_store, {("R12", PACK)}),
    "R12 asked to be taken back": (to_be_taken_back, {("R12", PACK)}),
    "R12 came out of a pack": (lambda b: b.event(1, E.RELEASED, ago(366), "recycler") and None, {("R12", PACK)}),
    "R12 found abandoned and taken in": (lambda b: abandoned(b, 366, "recycler"), {("R12", PACK)}),
    "R12 near: only seen": (lambda b: abandoned(b, 366, None), set()),
    "R15 not announced": (lambda b: declared_swap(b, "Test Two", 30), {("R15", PACK)}),
    "R15 near: announced": (lambda b: declared_swap(b, "Test Swap", 30), set()),
    "R15 never swapped": (lambda b: declared_swap(b, "Test Swap", 367), {("R15", PACK)}),
    "R15 near: a year": (lambda b: declared_swap(b, "Test Swap", 364), set()),
    "R17 an unfiled specification": (lambda b: made_of(b, "9Z", "00021A5"), {("R17", MAKER)}),
    "R17 an unfiled traceability code": (lambda b: made_of(b, "3K", "00021A6"), {("R17", MAKER)}),
    "R17 near: both are filed": (lambda b: made_of(b, "3K", "00021A5"), set()),
    "R17 near: long ago": (lambda b: made_of(b, "9Z", "00021A5", 370), set()),
    "R18 few came back": (lambda b: returned(b, 3, False), {("R18", MAKER)}),
    "R18 near: enough came back": (lambda b: returned(b, 4, False), set()),
    "R18 near: there is an outlet": (lambda b: returned(b, 3, True), set()),
    "R20 capacity": (lambda b: full(b, 1.21), {("R20", RECYCLER)}),
    "R20 near: a fifth more": (lambda b: full(b, 1.19), set()),
    "R20 energy": (lambda b: hot(b, 9600), {("R20", RECYCLER)}),
    "R20 near: by the norm": (lambda b: hot(b, 9500), set()),
    "R21 back": (lambda b: round_trip(b, "scrap", "oem", "scrap"), {("R21", PACK)}),
    "R21 near: back by a third": (lambda b: round_trip(b, "scrap", "oem", "recycler", "scrap"), set()),
    "R21 from hand to hand": (lambda b: passed_on(b, tested=False), {("R21", PACK)}),
    "R21 near: tested": (lambda b: passed_on(b, tested=True), set()),
    "R21 near: something was taken out": (lambda b: passed_on(b, tested=False, lighter=5.0), set()),
    "R23 rise": (lambda b: healthier(b, 85.1), {("R23", PACK)}),
    "R23 rise after other work": (lambda b: healthier(b, 85.1, "COOLANT"), {("R23", PACK)}),
    "R23 near: five points": (lambda b: healthier(b, 85.0), set()),
    "R23 near: new modules at the moment of the measurement before": (lambda b: healthier(b, 95.0, "MODULE_REPLACEMENT", 90), set()),
    "R23 near: new modules": (lambda b: healthier(b, 95.0, "MODULE_REPLACEMENT"), set()),
    "R24 prefecture": (lambda b: sale(b, 20, "440100", "440100"), {("R24", OEM)}),
    "R24 province": (lambda b: sale(b, 20, "440300", "450100"), {("R24", MAKER)}),
    "R24 closed": (lambda b: sale(b, 20, "440300", "440100", date(2026, 11, 20)), {("R24", OEM)}),
    "R24 near: both have one": (lambda b: sale(b, 20, "440300", "440100"), set()),
    "R24 near: long ago": (lambda b: sale(b, 370, "440100", "450100"), set()),
}  # fmt: skip
