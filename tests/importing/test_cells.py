"""One cell at a time: what is read, and which rule what is not read breaks."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.identifiers import IdentifierError
from resolvers.importing import cells
from resolvers.importing.cells import CellFault, Module
from resolvers.importing.fields import TABLES, Kind, heading


def rule_of(parse: cells.Parser, cell: cells.Cell) -> str:
    try:
        parse(cell)
    except CellFault as fault:
        return fault.rule
    except IdentifierError as error:
        return error.code
    return "OK"


@pytest.mark.parametrize(
    ("written", "expected"),
    [("2026-04-01", date(2026, 4, 1)), ("2026/04/01", date(2026, 4, 1)), (" 20260401 ", date(2026, 4, 1)), ("2024-02-29", date(2024, 2, 29))],
)
def test_days(written: str, expected: date) -> None:
    assert cells.day(written) == expected


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("2026-02-29", "CALENDAR"), ("2026-13-01", "CALENDAR"), ("0000-01-01", "CALENDAR"), ("01.04.2026", "DATE"), ("2026-4-1", "DATE"),
        ("2026-04/01", "DATE"), ("2026-04-01T00:00:00Z", "DATE"), ("２０２６-04-01", "DATE"), ("45000", "DATE"), ("", "DATE"),
    ],
)  # fmt: skip
def test_what_is_no_day(written: str, rule: str) -> None:
    assert rule_of(cells.day, written) == rule


@pytest.mark.parametrize(("written", "expected"), [("60.5", 60.5), ("60", 60.0), ("1e2", 100.0), (" 7 ", 7.0)])
def test_numbers(written: str, expected: float) -> None:
    assert cells.number(0, 1000)(written) == expected


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("60,5", "NUMBER"), ("1 000", "NUMBER"), ("nan", "NUMBER"), ("Infinity", "NUMBER"), ("-1", "RANGE"), ("1e99", "RANGE"), ("0x1F", "NUMBER"),
        ("６０", "NUMBER"), ("1_0", "NUMBER"), ("9" * 16, "NUMBER"), ("60 kWh", "NUMBER"), ("=60", "NUMBER"), ("1001", "RANGE"),
    ],
)  # fmt: skip
def test_what_is_no_number(written: str, rule: str) -> None:
    assert rule_of(cells.number(0, 1000), written) == rule


@pytest.mark.parametrize(("written", "rule"), [("108", "OK"), ("108.0", "INTEGER"), ("²", "INTEGER"), ("-1", "RANGE"), ("1001", "RANGE")])
def test_integers(written: str, rule: str) -> None:
    assert rule_of(cells.integer(0, 1000), written) == rule


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("示例电芯（宁德）有限公司", "OK"), ("=1+1", "FORMULA"), ("+A1", "FORMULA"), ("-A1", "FORMULA"), ("@SUM(A1)", "FORMULA"), ("  =1+1", "FORMULA"),
        ("\t=1+1", "FORMULA"), ("a\x00b", "CONTROL"), ("a\nb", "CONTROL"), ("a\u202eb", "CONTROL"), ("a\u200bb", "CONTROL"), ("a\ud800", "CONTROL"),
        ("x" * 201, "LENGTH"), ("A - B", "OK"),
    ],
)  # fmt: skip
def test_texts(written: str, rule: str) -> None:
    assert rule_of(cells.text, written) == rule


@pytest.mark.parametrize(("written", "rule"), [("+86 593 000 0001", "OK"), ("(0593) 000-0001", "PHONE"), ("0593-0000001", "OK"), ("+cmd|' /C", "PHONE")])
def test_phones(written: str, rule: str) -> None:
    assert rule_of(cells.phone, written) == rule


@pytest.mark.parametrize(("written", "expected"), [("是", True), ("FALSE", False), ("1", True), ("no", False)])
def test_truths(written: str, expected: bool) -> None:
    assert cells.truth(written) is expected


def test_only_packs_are_packs() -> None:
    assert cells.pack_code("0a1pb3k00021a5g410000017") == "0A1PB3K00021A5G410000017"
    assert rule_of(cells.pack_code, "001CB240000003B3C0221953") == "PRODUCT_TYPE"
    assert rule_of(cells.pack_code, "0A1PB3K00021A5I410000017") == "YEAR"


MODULE = "0A1MB3K00021A5G410000017"


@pytest.mark.parametrize(
    "cell",
    [
        f"{MODULE}:8:31.5",
        f" {MODULE.lower()}:8:31.5 ;",
        [{"code": MODULE, "cell_count": "8", "mass_kg": "31.5"}],
        [{"tractionBatteryCode": MODULE, "productType": "module", "massKg": "31.5", "subcomponents": [{}] * 8}],
    ],
)
def test_modules(cell: cells.Cell) -> None:
    assert cells.modules(cell) == (Module(MODULE, 8, 31.5),)


@pytest.mark.parametrize(
    "cell",
    [
        MODULE, f"{MODULE}:8", f"{MODULE}:0:1", f"{MODULE}:8:31.5;{MODULE}:8:31.5", "0A1PB3K00021A5G410000017:8:31.5", ["text"], [[]], [None],
        [{"code": MODULE}], [{"code": MODULE, "cell_count": [], "mass_kg": "1"}], [{"code": None, "cell_count": "1", "mass_kg": "1"}],
    ],
)  # fmt: skip
def test_what_are_no_modules(cell: cells.Cell) -> None:
    assert rule_of(cells.modules, cell) in {"MODULES", "SHAPE"}


def test_a_file_makes_nobody_an_authority() -> None:
    roles = TABLES[Kind.ENTERPRISES].fields["roles"].parse
    assert roles("SD; bm") == ("BM", "SD")
    for authority in ("MI", "ME", "SA", "PR", "PB"):
        assert rule_of(roles, authority) == "CHOICE"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Battery Code", ("batterycode", None)), ("battery_code", ("batterycode", None)), ("mass (kg)", ("mass", "kg")), ("质量（千克）", ("质量", "千克")),
        ("performance.rated.energy.value", ("performance.rated.energy.value", None)), ("(kg)", ("(kg)", None)),
    ],
)  # fmt: skip
def test_headings(written: str, expected: tuple[str, str | None]) -> None:
    assert heading(written) == expected


def test_units_in_headings() -> None:
    packs = TABLES[Kind.PACKS]
    for written in ("mass", "mass_kg", "mass (KG)", "质量（千克）", "weight kg", "质量公斤", "energy_kWh", "额定电压(伏)", "code (GB/T 34014)", "mass_colour"):
        assert not packs.states_other_unit(*heading(written)), written
    for written in ("mass (g)", "mass_g", "Mass-T", "weight lbs", "质量吨", "nominal_energy_wh", "performance.rated.energy.value_MWh", "capacity mAh"):
        assert packs.states_other_unit(*heading(written)), written
    assert {packs.names[heading(each)[0]] for each in ("mass_g", "weight_kg", "质量公斤")} == {"mass_kg"}


def test_no_name_means_two_fields_of_one_table() -> None:
    for table in TABLES.values():
        written = [heading(name)[0] for field in table.fields.values() for name in (field.name, *field.aliases)]
        means = {
            name: {field.name for field in table.fields.values() if name in {heading(each)[0] for each in (field.name, *field.aliases)}} for name in written
        }
        assert all(len(fields) == 1 for fields in means.values())


parsers = [field.parse for table in TABLES.values() for field in table.fields.values()]
nested = st.recursive(
    st.none() | st.booleans() | st.text(max_size=30), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner)
)


@given(st.sampled_from(parsers), st.text(max_size=260) | st.lists(nested, max_size=4))
def test_any_cell_gives_a_value_or_a_fault(parse: cells.Parser, cell: cells.Cell) -> None:
    try:
        value = parse(cell)
    except (CellFault, IdentifierError) as fault:
        assert str(fault).isprintable()
        assert len(str(fault)) < 400
    else:
        assert "\x00" not in str(value)
