"""Files into a database: the shipped examples, doing it twice, contradictions, and what a pack brings with it."""

import asyncio
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from resolvers.database.pool import Database
from resolvers.identifiers import BatteryType, ProductType, make_battery_code, make_credit_code
from resolvers.importing import ImportRefused, ImportReport, Kind, Progress, import_file, rejects_path
from resolvers.ledger.seed import seed_rules
from tests.importing.files import AUTOMAKER, EXAMPLES, MAKER, MOMENT, OTHER_MAKER, PACK, contents, copied, imported, rejects, rows, written


@pytest.mark.parametrize("batch", [1, 3, 500])
async def test_the_good_examples_are_taken_whole_and_twice_is_once(database: Database, tmp_path: Path, batch: int) -> None:
    counts = {"enterprises.csv": 6, "models.csv": 3, "packs.csv": 10, "packs-data-space.ndjson": 5, "vehicles.csv": 6}
    for name, lines in counts.items():
        report = await imported(copied(tmp_path, name), database, batch=batch)
        assert (report.lines, report.accepted, report.unchanged, report.rejected, report.rejects) == (lines, lines, 0, 0, None)
    before = await contents(database)
    for name, lines in counts.items():
        report = await imported(copied(tmp_path, name), database, batch=batch)
        assert (report.accepted, report.unchanged, report.rejected) == (0, lines, 0)
    assert await contents(database) == before
    assert not list(tmp_path.glob("*.rejects*"))


async def test_kinds_and_ignored_columns_are_reported(registry: Database, tmp_path: Path) -> None:
    report = await imported(copied(tmp_path, "enterprises.csv"), registry)
    assert (report.kind, report.ignored) == (Kind.ENTERPRISES, ("备注",))
    report = await imported(copied(tmp_path, "packs-data-space.ndjson"), registry)
    unread = ("identification.category", "identification.identification.serial", "performance.rated.capacity.thresholdExhaustion")
    assert (report.kind, report.rejected, report.ignored, report.others) == (Kind.PACKS, 0, unread, False)


async def test_the_malformed_packs(registry: Database, tmp_path: Path) -> None:
    path = copied(tmp_path, "malformed/packs.csv")
    report = await imported(path, registry, batch=4)
    expected = [
        (5, "mass_kg", "CONFLICT"), (6, "code", "SERIAL"), (7, "code", "YEAR"), (8, "code", "CALENDAR"), (9, "code", "PRODUCT_TYPE"),
        (10, "code", "LENGTH"), (11, "model_id", "REQUIRED"), (12, "model_id", "MODEL_UNKNOWN"), (13, "model_id", "NAME"), (14, "maker", "CHECK"),
        (15, "maker", "MODEL_MAKER"), (16, "mass_kg", "NUMBER"), (17, "produced_on", "DATE"), (18, "produced_on", "CODE_DATE"), (19, None, "CELLS"),
        (20, None, "CELLS"), (21, None, "CSV"), (22, "plant_region", "PROVINCE"), (23, "code", "MANUFACTURER_CODE"), (24, "code", "CODE_CHEMISTRY"),
        (25, "code", "FUTURE"), (26, "mass_kg", "RANGE"), (27, "code", "CHARSET"), (29, None, "ENCODING"),
    ]  # fmt: skip
    found = rejects(path)
    assert [(each["line"], each["field"], each["rule"]) for each in found] == expected
    assert (report.lines, report.accepted, report.unchanged, report.rejected) == (28, 3, 1, 24)
    assert report.rules == Counter(rule for _, _, rule in expected)
    assert report.rejects == rejects_path(path)
    lines = (EXAMPLES / "malformed/packs.csv").read_bytes().split(b"\r\n")
    assert all(each["original"] == lines[each["line"] - 1].decode("utf-8", "replace") for each in found)
    assert [each["rule"] for each in found[21]["also"]] == ["CALENDAR", "LENGTH"]


async def test_the_code_of_a_module_is_given_once(registry: Database, tmp_path: Path) -> None:
    """Not to two packs of a file, nor of two files, nor to a battery of its own."""
    assert (await imported(copied(tmp_path, "packs.csv"), registry)).rejected == 0
    (stored,) = await rows(registry, "select module_code, code from battery.module order by module_code limit 1")
    (pack,) = await rows(registry, "select p.model_id, p.maker, p.code, m.module_count from battery.pack p join battery.model m on m.id = p.model_id "
                         "where p.code = $1", stored["code"])  # fmt: skip
    free = [stored["module_code"][:-7] + f"{9_000_000 + n:07}" for n in range(2 * pack["module_count"])]

    def line(serial: int, *modules: str) -> str:
        return f"{pack['code'][:-7]}{serial:07},{pack['model_id']},{pack['maker']},350902,{';'.join(f'{each}:8:31.5' for each in modules)}"

    count = pack["module_count"]
    lines = [
        line(9_000_001, *free[:count]), line(9_000_002, free[0], *free[count : 2 * count - 1]), line(9_000_003, stored["module_code"], *free[count + 1 :]),
        f"{free[0]},{pack['model_id']},{pack['maker']},350902,",
    ]  # fmt: skip
    path = written(tmp_path, "\n".join(["battery_code,model_id,maker,plant_region,modules", *lines]) + "\n", "twice.csv")
    for first in (1, 0):
        report = await imported(path, registry)
        found = [(each["line"], each["field"], each["rule"]) for each in rejects(path)]
        assert found == [(3, "modules", "DUPLICATE_CODE"), (4, "modules", "DUPLICATE_CODE"), (5, "code", "PRODUCT_TYPE")]
        assert (report.accepted, report.unchanged) == (first, 1 - first)


async def test_the_malformed_vehicles(registry: Database, tmp_path: Path) -> None:
    path = copied(tmp_path, "malformed/vehicles.ndjson")
    report = await imported(path, registry, batch=4)
    assert [(each["line"], each["field"], each["rule"]) for each in rejects(path)] == [
        (2, "vin", "CHECK"), (3, "vin", "CHECK"), (4, None, "JSON"), (5, None, "JSON"), (6, None, "JSON"), (7, None, "DUPLICATE_FIELD"),
        (8, "vin", "REQUIRED"), (9, "model_name", "FORMULA"), (10, "model_name", "LENGTH"), (11, "powertrain", "CHOICE"), (12, "sold_on", "ORDER"),
        (13, "region_code", "SALE"), (14, "automaker", "LENGTH"), (15, "vin", "SHAPE"), (16, "model_name", "CONTROL"), (17, "model_name", "CONTROL"),
        (18, None, "JSON"), (19, None, "LINE_TOO_LONG"), (22, "swap_model", "DUPLICATE_FIELD"),
    ]  # fmt: skip
    assert (report.lines, report.accepted) == (23, 4)
    assert rejects_path(path).stat().st_size < 100_000


async def test_the_rejects_file_is_rewritten_whole_and_goes_when_nothing_is_wrong(registry: Database, tmp_path: Path) -> None:
    path = copied(tmp_path, "malformed/packs.csv")
    await imported(path, registry)
    first = rejects_path(path).read_bytes()
    await imported(path, registry)
    assert rejects_path(path).read_bytes() == first
    path.write_bytes((EXAMPLES / "packs.csv").read_bytes())
    await imported(path, registry)
    assert not list(tmp_path.glob("*.rejects*"))


async def test_a_pack_brings_its_modules_its_event_its_custody_and_its_grants(registry: Database, tmp_path: Path) -> None:
    await imported(copied(tmp_path, "packs.csv"), registry)
    code = make_battery_code("0X1", ProductType.PACK, BatteryType.TERNARY, "3K", date(2026, 4, 3), 1, traceability_code="00021A5")
    begun = datetime(2026, 4, 3, tzinfo=ZoneInfo("Asia/Shanghai"))
    (pack,) = await rows(registry, "select * from battery.pack where code = $1", code)
    assert (pack["status"], pack["custodian"], pack["province"], pack["status_since"], pack["recorded_at"]) == ("CODED", MAKER, "35", begun, MOMENT)
    assert (pack["chemistry"], pack["nominal_energy_kwh"], pack["cell_count"], pack["mass_kg"]) == ("NCM811", 85.2, 96, 462.0)
    assert pack["readers"] == [MAKER, "province:35"]
    (event,) = await rows(registry, "select * from battery.event where code = $1", code)
    assert (event["seq"], event["type"], event["category"], event["reporter"], event["occurred_at"]) == (1, "PRODUCED", "A", MAKER, begun)
    (custody,) = await rows(registry, "select * from battery.custody where code = $1", code)
    assert (custody["holder"], custody["outcome"], custody["received_at"], custody["until_at"]) == (MAKER, "RECEIVED", begun, None)
    grants = await rows(registry, "select grantee, relation, from_at, until_at, produced_on from battery.access where code = $1", code)
    assert {(grant["grantee"], grant["relation"], grant["from_at"], grant["until_at"]) for grant in grants} == {
        (MAKER, "custodian", begun, None),
        ("province:35", "jurisdiction", begun, None),
    }
    modules = await rows(registry, "select position, cell_count, mass_kg from battery.module where code = $1 order by position", code)
    assert [tuple(module.values()) for module in modules] == [(position, 8, 31.5) for position in range(1, 13)]


async def test_a_plant_in_another_province_gives_that_province_its_grant_too(registry: Database, tmp_path: Path) -> None:
    report = await imported(written(tmp_path, f"code,model_id,plant_region\n{PACK},EX-LFP-60,510100\n"), registry)
    assert report.accepted == 1
    (pack,) = await rows(registry, "select readers from battery.pack where code = $1", PACK)
    assert pack["readers"] == [MAKER, "province:35", "province:51"]


async def test_the_documents_of_a_model_open_to_the_readers_of_its_packs(registry: Database, tmp_path: Path) -> None:
    async with registry.transaction("ledger") as connection:
        await connection.execute(
            "insert into battery.model_material (model_id, component, material, mass_kg, readers) values ('EX-LFP-60', 'cathode', 'LFP', 120, '{earlier}')"
        )
    await imported(written(tmp_path, f"code,model_id\n{PACK},EX-LFP-60\n"), registry)
    (material,) = await rows(registry, "select readers from battery.model_material")
    assert material["readers"] == [MAKER, "earlier", "province:35"]


@pytest.mark.parametrize(
    ("columns", "stored", "again", "field"),
    [
        ("model_id,mass_kg", "EX-LFP-60,428.5", "EX-LFP-60,429", "mass_kg"),
        ("model_id,plant_region", "EX-LFP-60,350902", "EX-LFP-60,350903", "plant_region"),
        ("model_id,produced_on", "EX-LFP-60,2026-04-01", "EX-LFP-60,2026-04-02", "produced_on"),
        ("model_id,other_scheme,other_value", "EX-LFP-60,GB_T_45565,abc", "EX-LFP-60,GB_T_45565,abd", "other_value"),
        ("model_id", "EX-LFP-60", "EX-NCM-85", "model_id"),
    ],
)
async def test_a_line_that_contradicts_is_rejected_and_overwrites_nothing(
    registry: Database, tmp_path: Path, columns: str, stored: str, again: str, field: str
) -> None:
    first = await imported(written(tmp_path, f"code,{columns}\n{PACK},{stored}\n"), registry)
    assert first.accepted == 1
    before = await contents(registry)
    path = written(tmp_path, f"code,{columns}\n{PACK},{again}\n{PACK},{stored}\n", "again.csv")
    report = await imported(path, registry)
    assert (report.accepted, report.unchanged, report.rejected) == (0, 1, 1)
    assert [(each["field"], each["rule"]) for each in rejects(path)] == [(field, "CONFLICT")]
    assert await contents(registry) == before


async def test_what_a_line_leaves_out_contradicts_nothing(registry: Database, tmp_path: Path) -> None:
    full = f"code,model_id,maker,mass_kg,plant_region\n{PACK},EX-LFP-60,{MAKER},431,350902\n"
    assert (await imported(written(tmp_path, full), registry)).accepted == 1
    assert (await imported(written(tmp_path, f"code,model_id\n{PACK},EX-LFP-60\n"), registry)).unchanged == 1


async def test_repeats_within_a_file_are_judged_alike_in_any_batch(registry: Database, tmp_path: Path) -> None:
    text = f"code,model_id,mass_kg\n{PACK},EX-LFP-60,428.5\n{PACK},EX-LFP-60,428.5\n{PACK},EX-LFP-60,1\n"
    outcomes = set()
    for batch in (1, 2, 3):
        path = written(tmp_path, text.replace("0000099", f"000010{batch}"), f"{batch}.csv")
        report = await imported(path, registry, batch=batch)
        outcomes.add((report.accepted, report.unchanged, report.rejected, tuple(each["line"] for each in rejects(path))))
    assert outcomes == {(1, 1, 1, (4,))}


async def test_an_enterprise_imports_its_own_alone(registry: Database, tmp_path: Path) -> None:
    path = written(tmp_path, f"code,model_id\n{PACK},EX-LFP-60\n")
    report = await imported(path, registry, reported_by=OTHER_MAKER)
    assert [each["rule"] for each in rejects(path)] == ["MODEL_MAKER"]
    assert (report.accepted, (await imported(path, registry, reported_by=MAKER)).accepted) == (0, 1)
    with pytest.raises(ImportRefused) as caught:
        await imported(copied(tmp_path, "enterprises.csv"), registry, reported_by=MAKER)
    assert caught.value.code == "REPORTER"


async def test_a_reporter_need_not_name_itself(registry: Database, tmp_path: Path) -> None:
    text = "vin,model_name,powertrain,produced_on\nLEXC76C37T0000001,EX7000,BEV,2026-05-10\n"
    report = await imported(written(tmp_path, text), registry, reported_by=AUTOMAKER)
    assert report.accepted == 1
    (vehicle,) = await rows(registry, "select automaker, swap_model, readers from vehicle.vehicle")
    assert vehicle == {"automaker": AUTOMAKER, "swap_model": False, "readers": [AUTOMAKER]}


async def test_a_sold_vehicle_is_its_provinces_to_see(registry: Database, tmp_path: Path) -> None:
    await imported(copied(tmp_path, "vehicles.csv"), registry)
    grants = await rows(registry, "select vin, grantee, relation, from_at, until_at from vehicle.access order by from_at")
    assert len(grants) == 5
    assert list(grants[0].values()) == [
        "LEXC76C37T0000001", "province:44", "jurisdiction", datetime(2026, 6, 1, tzinfo=ZoneInfo("Asia/Shanghai")), None,
    ]  # fmt: skip


async def test_a_manufacturer_code_has_one_holder(registry: Database, tmp_path: Path) -> None:
    head = "uscc,name,registered_on,manufacturer_codes\n"
    one, two = make_credit_code("510104", "MA8EXAMP"), make_credit_code("510104", "MA9EXAMP")
    path = written(tmp_path, head + f"{one},A,2020-01-01,0X1\n{one},A,2020-01-01,0Z1\n{two},B,2020-01-01,0Z1\n")
    report = await imported(path, registry)
    assert (report.accepted, report.rules) == (1, {"MANUFACTURER_CODE": 2})


async def test_a_late_report_is_marked_late_by_the_rule_table(registry: Database, tmp_path: Path) -> None:
    await seed_rules(registry)
    recent = make_battery_code("0X1", ProductType.PACK, BatteryType.LITHIUM_IRON_PHOSPHATE, "3K", date(2026, 11, 10), 1, traceability_code="00021A5")
    await imported(written(tmp_path, f"code,model_id\n{PACK},EX-LFP-60\n{recent},EX-LFP-60\n"), registry)
    events = await rows(registry, "select code, due_on, late from battery.event order by occurred_at")
    assert [(event["code"], event["late"]) for event in events] == [(PACK, True), (recent, False)]
    assert date(2026, 4, 15) < events[0]["due_on"] < date(2026, 5, 15)


async def test_unknown_parties_are_rejected(database: Database, tmp_path: Path) -> None:
    for name, rule in (("models.csv", "ENTERPRISE_UNKNOWN"), ("packs.csv", "MODEL_UNKNOWN"), ("vehicles.csv", "ENTERPRISE_UNKNOWN")):
        report = await imported(copied(tmp_path, name), database)
        assert (report.accepted, set(report.rules)) == (0, {rule})


async def test_two_imports_at_once_double_nothing(registry: Database, tmp_path: Path) -> None:
    lines = [PACK[:-3] + f"{number:03}" for number in range(1, 301)]
    one = written(tmp_path, "code,model_id\n" + "".join(f"{code},EX-LFP-60\n" for code in lines), "one.csv")
    two = written(tmp_path, "code,model_id\n" + "".join(f"{code},EX-LFP-60\n" for code in reversed(lines)), "two.csv")
    first, second = await asyncio.gather(imported(one, registry, batch=50), imported(two, registry, batch=50))
    assert first.accepted + second.accepted == 300
    assert first.unchanged + second.unchanged == 300
    for table in ("pack", "event", "custody"):
        assert await rows(registry, f"select count(*) as n from battery.{table}") == [{"n": 300}]


async def test_one_file_is_imported_by_one_run_at_a_time(registry: Database, tmp_path: Path) -> None:
    path = copied(tmp_path, "packs.csv")
    second: list[BaseException | ImportReport] = []

    async def again() -> None:
        second.extend(await asyncio.gather(imported(path, registry), return_exceptions=True))

    tasks: list[asyncio.Task[None]] = []
    await import_file(path, None, registry, reported_by=None, moment=MOMENT, batch=2, progress=lambda _: tasks.append(asyncio.create_task(again())))
    await asyncio.gather(*tasks)
    assert any(isinstance(each, ImportRefused) and each.code == "IMPORT_RUNNING" for each in second)
    assert not list(tmp_path.glob("*.partial"))


async def test_progress_counts_up_to_the_report(registry: Database, tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = copied(tmp_path, "malformed/packs.csv")
    report = await import_file(path, None, registry, reported_by=None, moment=MOMENT, progress=seen.append, batch=5)
    assert [each.lines for each in seen] == [5, 10, 15, 20, 25, 28]
    assert all(each.lines == each.accepted + each.unchanged + each.rejected for each in seen)
    assert seen[-1] == (report.lines, report.accepted, report.unchanged, report.rejected)


async def test_a_failure_leaves_earlier_batches_and_no_rejects_file(registry: Database, tmp_path: Path) -> None:
    path = copied(tmp_path, "packs.csv")

    def stop(done: Progress) -> None:
        if done.lines == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await import_file(path, None, registry, reported_by=None, moment=MOMENT, batch=2, progress=stop)
    assert await rows(registry, "select count(*) as n from battery.pack") == [{"n": 4}]
    assert not rejects_path(path).exists()
    report = await imported(path, registry)
    assert (report.accepted, report.unchanged) == (6, 4)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("zz", "18 characters"),
        ("", "18 characters"),
        ("91350902MA2EXAMP5K", "position 18: the check character of the first seventeen is J"),
        ("91350902MA2EXAMPOJ", "position 17: only digits 0-9 and letters"),
        ("91990902MA2EXAMP5J", "position 3: positions 3 and 4 are a province code"),
    ],
)
async def test_a_malformed_reporter_is_refused_before_the_file_is_read(database: Database, tmp_path: Path, written: str, told: str) -> None:
    with pytest.raises(ImportRefused, match=r"^REPORTER: ") as refused:
        await imported(tmp_path / "absent.csv", database, reported_by=written)
    assert (refused.value.code, told in refused.value.message) == ("REPORTER", True)
    assert "REPORTER" not in refused.value.message


async def test_a_reporter_is_known_however_it_is_written(registry: Database, tmp_path: Path) -> None:
    report = await imported(copied(tmp_path, "packs.csv"), registry, reported_by=f" {MAKER.lower()} ")
    assert report.accepted > 0
    assert "REPORTER" not in report.rules


@pytest.mark.parametrize("name", ["packs.csv.rejects.ndjson", "packs.csv.rejects.ndjson.partial"])
async def test_where_rejects_cannot_go_nothing_is_imported(registry: Database, tmp_path: Path, name: str) -> None:
    path = copied(tmp_path, "packs.csv")
    (tmp_path / name).mkdir()
    before = await contents(registry)
    with pytest.raises(ImportRefused) as refused:
        await imported(path, registry)
    assert refused.value.code == "REJECTS_UNWRITABLE"
    assert await contents(registry) == before
