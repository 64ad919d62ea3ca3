"""Figures of files: what a module, a pack or a model weighs and holds, and codes that are a product's."""

from datetime import date
from pathlib import Path

import pytest

from resolvers.database.pool import Database
from resolvers.identifiers import BatteryType, ProductType, make_battery_code
from resolvers.importing.writing import packs
from resolvers.ledger.seed import seed_rules
from tests.importing.files import EXAMPLES, MAKER, PACK, imported, rejects, written


@pytest.mark.parametrize(
    ("cells", "masses", "told"),
    [
        ((8,) * 12, (38.8,) * 11 + (39.8,), None),
        ((8,) * 11 + (9,), (31.5,) * 12, ("CELL_COUNT", "their cells add up to 97; the battery has 96")),
        ((8,) * 12, (39.0,) * 12, ("IMPLAUSIBLE_MASS", "with module 12 they weigh 468.000 kg, the battery 462.000 kg; 1% more is tolerated")),
        ((8,) * 12, (500.0, *(1.0,) * 11), ("IMPLAUSIBLE_MASS", "with module 1 they weigh 500.000 kg, the battery 462.000 kg; 1% more is tolerated")),
        ((8,) * 12, (31.5, 0.0001, *(31.5,) * 10), ("IMPLAUSIBLE_MASS", "module 2: no module weighs that; it has to be from 0.05 to 10,000 kg")),
        ((8,) * 12, (100_001, *(31.5,) * 11), ("IMPLAUSIBLE_MASS", "module 1: no module weighs that; it has to be from 0.05 to 10,000 kg")),
        ((8,) * 12, (31.5, 0, *(31.5,) * 10), ("MODULES", "a module is wrong: above 0")),
        ((8,) * 12, (31.5, 0.01, *(31.5,) * 10), ("IMPLAUSIBLE_MASS", "module 2: no module weighs that; it has to be from 0.05 to 10,000 kg")),
        ((9,) * 11, (31.5,) * 11, ("MODULE_COUNT", "11 modules; the model has 12")),
    ],
)
async def test_modules_add_up(registry: Database, tmp_path: Path, cells: tuple[int, ...], masses: tuple[float, ...], told: tuple[str, str] | None) -> None:
    """As of a report: to the cells of the battery, and to no more than it weighs."""
    await seed_rules(registry)
    code = make_battery_code("0X1", ProductType.PACK, BatteryType.TERNARY, "3K", date(2026, 4, 3), 77, traceability_code="00021A5")
    head = f"{code[:3]}M{code[4:17]}"
    inside = ";".join(f"{head}{900 + n:07}:{count}:{kg}" for n, (count, kg) in enumerate(zip(cells, masses, strict=True)))
    path = written(tmp_path, f"code,model_id,maker,plant_region,modules\n{code},EX-NCM-85,{MAKER},350902,{inside}\n")
    report = await imported(path, registry)
    assert report.accepted == (told is None)
    if told is not None:
        assert [(each["field"], each["rule"], each["message"]) for each in rejects(path)] == [("modules", *told)]


@pytest.mark.parametrize(
    ("mass", "energy", "told"),
    [
        ("0.0001", "60.5", ("mass_kg", "IMPLAUSIBLE_MASS", "No pack weighs that; it has to be from 1 to 100,000 kg")),
        ("100001", "60.5", ("mass_kg", "IMPLAUSIBLE_MASS", "No pack weighs that; it has to be from 1 to 100,000 kg")),
        ("0", "60.5", ("mass_kg", "RANGE", "above 0")),
        ("60", "60.5", ("nominal_energy_kwh", "IMPLAUSIBLE_ENERGY", "60.5 kWh are more than 60 kg can hold; 1 kWh for a kg are the most")),
        ("700", "60.5", ("mass_kg", "MODEL_DIFFERS", "The model has 428.5; 50% more or less is tolerated")),
        ("428.5", "10", ("nominal_energy_kwh", "MODEL_DIFFERS", "The model has 60.5; 50% more or less is tolerated")),
        ("600", "80", None),
    ],
)
async def test_figures_that_no_battery_of_the_model_has(registry: Database, tmp_path: Path, mass: str, energy: str, told: tuple[str, ...] | None) -> None:
    """By the rules and limits of a report."""
    await seed_rules(registry)
    lines = f"{PACK},EX-LFP-60,{MAKER},428.5,60.5\n{PACK[:-1]}8,EX-LFP-60,{MAKER},{mass},{energy}\n"
    path = written(tmp_path, f"code,model_id,maker,mass_kg,nominal_energy_kwh\n{lines}")
    report = await imported(path, registry)
    assert report.accepted == (1 if told is not None else 2)
    found = rejects(path) if told is not None else []
    assert [(each["line"], each["field"], each["rule"], each["message"]) for each in found] == ([(3, *told)] if told is not None else [])


@pytest.mark.parametrize(
    ("mass", "energy", "told"),
    [
        ("0.5", "0.1", ("mass_kg", "IMPLAUSIBLE_MASS", "No pack weighs that; it has to be from 1 to 100,000 kg")),
        ("100001", "60.5", ("mass_kg", "IMPLAUSIBLE_MASS", "No pack weighs that; it has to be from 1 to 100,000 kg")),
        ("0", "60.5", ("mass_kg", "RANGE", "above 0")),
        ("60", "60.5", ("nominal_energy_kwh", "IMPLAUSIBLE_ENERGY", "60.5 kWh are more than 60 kg can hold; 1 kWh for a kg are the most")),
        ("99000", "60.5", None),
        ("1", "0.5", None),
    ],
)
async def test_figures_that_no_model_has(registry: Database, tmp_path: Path, mass: str, energy: str, told: tuple[str, ...] | None) -> None:
    """By the limits of a report that declares one, however long ago it was certified."""
    await seed_rules(registry)
    head, line = (EXAMPLES / "models.csv").read_text().splitlines()[:2]
    changed = {"id": "EX-NEW", "mass_kg": mass, "nominal_energy_kwh": energy, "certified_on": "2015-05-05", "dismantling_reported_on": ""}
    values = {**dict(zip(head.split(","), line.split(","), strict=True)), **changed}
    path = written(tmp_path, f"{','.join(values)}\n{','.join(values.values())}\n")
    report = await imported(path, registry)
    assert report.accepted == (1 if told is None else 0)
    assert told is None or [(each["field"], each["rule"], each["message"]) for each in rejects(path)] == [told]


async def test_a_product_is_no_pack_of_a_file_and_one_that_was_taken_once_is_known_again(
    registry: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once, never = (f"{PACK[:7]}{PACK[14:-1]}{last}RP" for last in "89")
    path = written(tmp_path, f"code,model_id\n{once},EX-LFP-60\n")
    with monkeypatch.context() as then:
        then.setattr(packs, "_sourceless", lambda reused: [])
        assert (await imported(path, registry)).accepted == 1
    path = written(tmp_path, f"code,model_id\n{once},EX-LFP-60\n{never},EX-LFP-60\n{once},EX-NCM-85\n")
    report = await imported(path, registry)
    assert (report.accepted, report.unchanged) == (0, 1)
    assert [(each["line"], each["field"], each["rule"]) for each in rejects(path)] == [(3, "code", "PRODUCT_WITHOUT_SOURCES"), (4, "model_id", "CONFLICT")]
