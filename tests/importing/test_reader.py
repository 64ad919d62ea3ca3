"""Reading files line by line: encodings, line ends, layouts, and what a damaged line costs."""

import io
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.importing.fields import TABLES, Kind
from resolvers.importing.reader import KEPT_OF_A_LONG_LINE, MAX_LINE, MAX_UNREAD, Format, ImportRefused, Layout, Line, Unread, open_lines, read_layout
from resolvers.importing.records import Record, Reject, Terms, read_record
from resolvers.ledger.deadlines import deadlines

TERMS = Terms(None, datetime(2026, 11, 22, tzinfo=UTC), deadlines([], []))
MAKER = "91350902MA2EXAMP5J"
HEAD = "code,model_id,maker"


def layout_of(tmp_path: Path, content: bytes | str, kind: Kind | None = None, name: str = "file.csv", *, reported_by: bool = False) -> Layout:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_layout(path, kind, reported_by=reported_by)


def refusal(tmp_path: Path, content: bytes | str, kind: Kind | None = None, name: str = "file.csv") -> str:
    with pytest.raises(ImportRefused) as caught:
        layout_of(tmp_path, content, kind, name)
    return caught.value.code


def results(tmp_path: Path, content: bytes | str, name: str = "file.csv") -> list[Record | Reject]:
    layout = layout_of(tmp_path, content, Kind.PACKS, name)
    with (tmp_path / name).open("rb") as stream:
        lines = list(open_lines(stream))
    return [read_record(line, layout, TERMS) for line in lines[layout.format is Format.CSV :]]


def rules(found: list[Record | Reject]) -> list[str]:
    return [each.faults[0].rule if isinstance(each, Reject) else "OK" for each in found]


def test_blank_lines_count_but_are_not_lines() -> None:
    lines = list(open_lines(io.BytesIO(b"\xef\xbb\xbfa\r\n\r\n  \t\nb")))
    assert [(line.number, line.original) for line in lines] == [(1, "a"), (4, "b")]


def test_a_line_as_long_as_allowed_is_whole() -> None:
    exactly = b"x" * (MAX_LINE - 1) + b"\n"
    assert list(open_lines(io.BytesIO(exactly + b"next\n"))) == [Line(1, exactly, False), Line(2, b"next\n", False)]


@pytest.mark.parametrize("size", [MAX_LINE + 1, MAX_LINE + 2, 2 * MAX_LINE, 2 * MAX_LINE + 1, 1_048_576, 3_000_001])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_longer_line_is_cut_and_the_next_one_is_whole(size: int, end: bytes) -> None:
    lines = list(open_lines(io.BytesIO(b"x" * size + end + b"next\n")))
    assert [(line.number, line.cut, len(line.raw)) for line in lines] == [(1, True, KEPT_OF_A_LONG_LINE), (2, False, 5)]


def test_a_huge_line_is_never_held(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as stream:
        for _ in range(64):
            stream.write(b"x" * 1_048_576)
    tracemalloc.start()
    with path.open("rb") as stream:
        assert [line.cut for line in open_lines(stream)] == [True]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@given(st.binary(max_size=400))
def test_lines_are_those_that_splitting_gives(content: bytes) -> None:
    found = [(line.number, line.raw.rstrip(b"\r\n")) for line in open_lines(io.BytesIO(content))]
    split = enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1)
    assert found == [(number, raw.rstrip(b"\r\n")) for number, raw in split if raw.strip()]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\xef\xbb\xbf\r\n \n", "EMPTY_FILE"),
        (HEAD.encode("utf-16"), "ENCODING"),
        ("编码,型号".encode("gb18030"), "ENCODING"),
        (b"\x00code", "ENCODING"),
        (b"code,model_id,maker\rA,B,C\r", "HEADER"),
        (b'"code,model_id', "HEADER"),
        (b"x" * (MAX_LINE + 1), "HEADER"),
        (b"," * 600, "HEADER"),
        (b"code,code,model_id", "DUPLICATE_COLUMNS"),
        (b"code,batteryCode,model_id", "DUPLICATE_COLUMNS"),
        (b"code,model_id,mass (g)", "UNIT"),
        (b"code,model_id,mass_g", "UNIT"),
        (b"code,model_id,mass_kg,mass_g", "UNIT"),
        (b"code,model_id,energy_wh", "UNIT"),
        (b"code,model_id,nominal_energy (MWh)", "UNIT"),
        (b"code,model_id,nominal energy (MWh)", "UNIT"),
        (b"code,model_id,mass_kg_g", "UNIT"),
        (b"code,maker", "KIND_UNKNOWN"),
        (b"name,colour", "KIND_UNKNOWN"),
        (b'[{"code": "x", "model_id": "y", "mass_kg": 1}]', "HEADER"),
        (b'[\n{"code": "x"}\n]', "HEADER"),
        (b"[]", "HEADER"),
        (b"[kWh],colour", "KIND_UNKNOWN"),
    ],
)
def test_files_that_are_refused_whole(tmp_path: Path, content: bytes, code: str) -> None:
    assert refusal(tmp_path, content) == code


def test_a_unit_that_is_not_the_fields_is_refused_by_its_place(tmp_path: Path) -> None:
    needed = [name if name != "mass_kg" else "mass_g" for name in TABLES[Kind.MODELS].required(reported_by=False)]
    with pytest.raises(ImportRefused, match=rf"^UNIT: column {needed.index('mass_g') + 1} is mass_kg, which is in kg;"):
        layout_of(tmp_path, ",".join(needed))
    layout = Layout(Format.NDJSON, TABLES[Kind.PACKS], "", (), ())
    for name in ("mass (g)", "mass_g"):
        found = read_record(Line(1, json.dumps({name: 450_000}).encode(), False), layout, TERMS)
        assert isinstance(found, Reject)
        assert [(fault.field, fault.rule, "in kg" in fault.message) for fault in found.faults] == [("mass_kg", "UNIT", True)]


@pytest.mark.parametrize("written", ["nominal_capacity (As)", "nominal_capacity_as", "nominal capacity [mAh]"])
def test_a_needed_column_in_another_unit_is_known_all_the_same(tmp_path: Path, written: str) -> None:
    needed = [name if name != "nominal_capacity_ah" else written for name in TABLES[Kind.MODELS].required(reported_by=False)]
    with pytest.raises(ImportRefused, match=rf"^UNIT: column {needed.index(written) + 1} is nominal_capacity_ah, which is in Ah;.* another unit$"):
        layout_of(tmp_path, ",".join(needed))


def test_brackets_with_no_unit_are_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match=r"^UNIT: column 3 is mass_kg, which is in kg; its name has empty brackets where a unit stands$"):
        layout_of(tmp_path, "code,model_id,mass ()")
    assert layout_of(tmp_path, "code,model_id,nominal energy (kWh)").columns == ("code", "model_id", "nominal_energy_kwh")


def test_a_column_of_units_is_read_for_its_neighbour(tmp_path: Path) -> None:
    head = f"code,model_id,{RATED}.value,{RATED}.unit,colour"
    assert layout_of(tmp_path, head).ignored == ("colour",)
    found = results(tmp_path, f"{HEAD},energy,energy_unit\n" + "\n".join(f"{GOOD},EX-1,{MAKER},{cells}" for cells in ("60,kWh", "60,", ",Wh", "60000,Wh")))
    assert rules(found) == ["OK", "OK", "OK", "UNIT"]


RATED = "performance.rated.energy"


@pytest.mark.parametrize(
    ("told", "stated"),
    [
        ({"performance": {"rated": {"energy": {"value": 60_000, "unit": "Wh"}}}}, "nominal_energy_kwh is read in kWh; its unit in this line is Wh"),
        ({RATED: 60, f"{RATED}.unit": "unit:wattHour"}, "nominal_energy_kwh is read in kWh; its unit in this line is unit:wattHour"),
        ({"mass": 428_500, "mass.unit": "unit:gram"}, "mass_kg is read in kg; its unit in this line is unit:gram"),
        ({"mass": 428, "mass.unit": ["kg"]}, "mass_kg is read in kg; its unit in this line is a list"),
        ({"performance": {"rated": {"energy": {"value": 60, "unit": "kWh"}}}}, None),
        ({RATED: 60, f"{RATED}.unit": "urn:samm:org.eclipse.esmf.samm:unit:2.1.0#kilowattHour"}, None),
        ({"mass": 428, "mass.Unit": "千克", "performance.rated.voltage": {"value": 333, "unit": "volt"}}, None),
        ({f"{RATED}.unit": "Wh", "colour.unit": "nm"}, None),
        ({"mass_kg": {"value": 428_500, "unit": "g"}}, "mass_kg is read in kg; its unit in this line is g"),
        ({"mass": 428_500, "mass_unit": "g"}, "mass_kg is read in kg; its unit in this line is g"),
        ({"mass_kg": {"Value": 428, "Unit": "kg"}}, None),
    ],
)
def test_a_unit_beside_the_value_is_the_fields(told: dict[str, Any], stated: str | None) -> None:
    layout = Layout(Format.NDJSON, TABLES[Kind.PACKS], "", (), ())
    found = read_record(Line(1, json.dumps({"code": GOOD, "model_id": "EX-1", "maker": MAKER, **told}).encode(), False), layout, TERMS)
    faults = [(each.rule, each.message) for each in found.faults] if isinstance(found, Reject) else None
    assert faults == ([("UNIT", stated)] if stated is not None else None)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"mass_kg": {"value": 400}}, "mass_kg"),
        ({"mass": 428, "mass_kg": {"value": 400}}, "mass_kg"),
        ({"performance": {"rated": {"energy": {"most": 60}}}}, "nominal_energy_kwh"),
        ({"plant_region": {"code": "999999"}}, "plant_region"),
        ({"modules": {"first": "x"}}, "modules"),
        ({"plant_region": {}, "mass": {"value": None, "unit": "g"}}, None),
        ({"performance": {"rated": {"energy": {"value": 60, "most": 61}}}}, None),
        ({"mass.note": "weighed", "colour": {"code": 1}}, None),
    ],
)
def test_an_object_in_the_place_of_a_value_is_refused(told: dict[str, Any], field: str | None) -> None:
    layout = Layout(Format.NDJSON, TABLES[Kind.PACKS], "", (), ())
    found = read_record(Line(1, json.dumps({"code": GOOD, "model_id": "EX-1", "maker": MAKER, **told}).encode(), False), layout, TERMS)
    faults = [(each.field, each.rule) for each in found.faults] if isinstance(found, Reject) else []
    assert faults == ([(field, "SHAPE")] if field is not None else [])


def test_a_file_whose_needed_field_is_an_object_has_its_kind(tmp_path: Path) -> None:
    line = json.dumps({"code": {"value": GOOD}, "model_id": "EX-1"})
    assert layout_of(tmp_path, line, name="a.ndjson").table.kind is Kind.PACKS


def test_names_of_lines_that_are_not_ours_are_kept_once_and_so_many() -> None:
    layout = Layout(Format.NDJSON, TABLES[Kind.PACKS], "", (), ())
    unread = Unread()
    for names in (["colour"], ["colour", "a\u202eb"], [f"x{place}" for place in range(MAX_UNREAD - 2)]):
        line = {"code": GOOD, "model_id": "EX-1", "maker": MAKER, "mass": 428, "mass.unit": "kg", "empty": None} | dict.fromkeys(names, "1")
        assert isinstance(read_record(Line(1, json.dumps(line).encode(), False), layout, TERMS, unread), Record)
    assert (unread.names[:3], len(unread.names), unread.more) == (("colour", "a?b", "x0"), MAX_UNREAD, False)
    unread.note("another")
    assert (len(unread.names), unread.more) == (MAX_UNREAD, True)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="model_id") as caught:
        layout_of(tmp_path, "code,maker", Kind.PACKS)
    assert caught.value.code == "MISSING_COLUMNS"


def test_a_refusal_does_not_repeat_the_file(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused) as caught:
        layout_of(tmp_path, "secret-column,other")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("kind", "extra"), [(kind, extra) for kind in TABLES for extra in ([], ["colour"])])
def test_the_kind_is_found_from_the_columns(tmp_path: Path, kind: Kind, extra: list[str]) -> None:
    table = TABLES[kind]
    layout = layout_of(tmp_path, ",".join([*table.required(reported_by=False), *extra]))
    assert (layout.table.kind, layout.ignored) == (kind, tuple(extra))


def test_a_file_that_fits_two_kinds_is_refused(tmp_path: Path) -> None:
    both = {*TABLES[Kind.PACKS].required(reported_by=False), *TABLES[Kind.VEHICLES].required(reported_by=False)}
    assert refusal(tmp_path, ",".join(sorted(both))) == "KIND_AMBIGUOUS"
    assert layout_of(tmp_path, ",".join(sorted(both)), Kind.PACKS).table.kind is Kind.PACKS


def test_the_reporters_column_may_be_left_out_where_the_import_has_a_reporter(tmp_path: Path) -> None:
    columns = ",".join(name for name in TABLES[Kind.MODELS].required(reported_by=True))
    assert "maker" not in columns
    assert layout_of(tmp_path, columns, reported_by=True).table.kind is Kind.MODELS
    assert refusal(tmp_path, columns) == "KIND_UNKNOWN"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    layout = layout_of(tmp_path, delimiter.join(["batteryCode", "产品型号", "生产企业"]))
    assert (layout.delimiter, layout.columns) == (delimiter, ("code", "model_id", "maker"))


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.txt"])
def test_ndjson_is_known_by_name_or_by_its_brace(tmp_path: Path, name: str) -> None:
    line = json.dumps({"tractionBatteryCode": "x", "modelNumber": "y"})
    layout = layout_of(tmp_path, "\n" + line, name=name)
    assert (layout.format, layout.table.kind) == (Format.NDJSON, Kind.PACKS)


def test_ndjson_kind_is_found_beyond_damaged_lines(tmp_path: Path) -> None:
    assert layout_of(tmp_path, '{"code"\n[]\n{"code":"x","model_id":"y"}', name="a.ndjson").table.kind is Kind.PACKS
    assert refusal(tmp_path, "[]\nnull\n", name="a.ndjson") == "KIND_UNKNOWN"
    assert refusal(tmp_path, '{"colour":"red"}\n', name="a.ndjson") == "KIND_UNKNOWN"


GOOD = "0X1PB3K00021A5G610000001"


def test_a_damaged_line_costs_itself_alone(tmp_path: Path) -> None:
    good = f"{GOOD},EX-1,{MAKER}".encode()
    lines = [HEAD.encode(), good, b'"' + good, good + b",x", b"\xff" + good, b'"a"b,c,d', b"x" * 100_000, good]
    assert rules(results(tmp_path, b"\r\n".join(lines))) == ["OK", "CSV", "CELLS", "ENCODING", "CSV", "LINE_TOO_LONG", "OK"]


def test_all_faults_of_a_line_are_told(tmp_path: Path) -> None:
    (reject,) = results(tmp_path, f"{HEAD},mass_kg,produced_on\n{GOOD},,{MAKER},-1,x")
    assert isinstance(reject, Reject)
    assert [(fault.field, fault.rule) for fault in reject.faults] == [("mass_kg", "RANGE"), ("produced_on", "DATE"), ("model_id", "REQUIRED")]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ('{"code": 1', "JSON"),
        ("[]", "JSON"),
        ("null", "JSON"),
        ('"text"', "JSON"),
        ('{"a":' * 10_000, "JSON"),
        ("[" * 60_000, "JSON"),
        ('{"a":' * 7 + "1" + "}" * 7, "JSON"),
        ('{"code":"a","code":"b"}', "DUPLICATE_FIELD"),
        (json.dumps({"code": GOOD, "batteryCode": "other"}), "DUPLICATE_FIELD"),
        (json.dumps({"code": GOOD, "model": "EX-1", "performance": {"rated.energy": 60}, "performance.rated": {"energy": 61}}), "DUPLICATE_FIELD"),
        (json.dumps({"code": GOOD, "batteryCode": GOOD, "model": "EX-1", "mass": 428.5}), "OK"),
        (json.dumps({"code": GOOD, "model": "EX-1", "performance": {"rated": {"energy": {"value": 60.5}}}, "unknown": {"a": [1]}}), "OK"),
        (json.dumps({"code": GOOD, "model": "EX-1", "mass": None}), "OK"),
        (json.dumps({"code": GOOD, "model": None}), "REQUIRED"),
        (json.dumps({"code": GOOD, "model": "EX-1", "mass": True}), "NUMBER"),
        (json.dumps({"code": GOOD, "model": "EX-1", "mass": [1]}), "SHAPE"),
        (f'{{"code":"{GOOD}","model":"EX-1","mass":NaN}}', "NUMBER"),
        (f'{{"code":"{GOOD}","model":"EX-1","mass":1e400}}', "NUMBER"),
        ('{{"code":"{}","model":"EX-1","mass":{}}}'.format(GOOD, "9" * 5000), "NUMBER"),
        (f'{{"code":"{GOOD}","model":"EX-1\\ud800"}}', "CONTROL"),
        (json.dumps({"code": GOOD, "model": "EX-1", "produced_on": "2026-01-01"}), "CODE_DATE"),
        (json.dumps({"code": GOOD, "model": "EX-1", "chemistry": "NMC811"}), "CODE_CHEMISTRY"),
        (json.dumps({"code": GOOD, "model": "EX-1", "other_value": "abc"}), "OTHER_SCHEME"),
        (json.dumps({"code": GOOD[:14] + "T" + GOOD[15:], "model": "EX-1"}), "FUTURE"),
    ],
)
def test_ndjson_lines(tmp_path: Path, line: str, rule: str) -> None:
    layout = Layout(Format.NDJSON, TABLES[Kind.PACKS], "", (), ())
    assert rules([read_record(Line(1, line.encode(), False), layout, TERMS._replace(reported_by=MAKER))]) == [rule]


def test_numbers_keep_the_digits_they_were_written_with() -> None:
    layout = Layout(Format.NDJSON, TABLES[Kind.PACKS], "", (), ())
    found = read_record(Line(1, b'{"code":"%s","model":"EX-1","mass":428.50}' % GOOD.encode(), False), layout, TERMS._replace(reported_by=MAKER))
    assert isinstance(found, Record)
    assert found.values == {"code": GOOD, "model_id": "EX-1", "mass_kg": 428.5, "maker": MAKER}


def test_a_reporter_reports_for_itself_alone() -> None:
    layout = Layout(Format.NDJSON, TABLES[Kind.PACKS], "", (), ())
    line = Line(1, json.dumps({"code": GOOD, "model": "EX-1", "maker": "91320481MA3EXAMP76"}).encode(), False)
    assert rules([read_record(line, layout, TERMS._replace(reported_by=MAKER))]) == ["REPORTER"]
    assert rules([read_record(line, layout, TERMS)]) == ["OK"]


@given(st.sampled_from(sorted(TABLES)), st.sampled_from(Format), st.binary(max_size=300))
def test_any_bytes_give_a_record_or_a_reject(kind: Kind, form: Format, raw: bytes) -> None:
    table = TABLES[kind]
    layout = Layout(form, table, ",", tuple(table.fields), ())
    for line in open_lines(io.BytesIO(raw)):
        found = read_record(line, layout, TERMS)
        assert isinstance(found, Record) or all(fault.message.isprintable() for fault in found.faults)


field_names = sorted({name for table in TABLES.values() for name in table.names})
junk = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3), max_leaves=6)


@given(st.sampled_from(sorted(TABLES)), st.dictionaries(st.sampled_from(field_names), junk, max_size=8))
def test_any_object_gives_a_record_or_a_reject(kind: Kind, found: dict[str, object]) -> None:
    layout = Layout(Format.NDJSON, TABLES[kind], "", (), ())
    result = read_record(Line(1, json.dumps(found).encode(), False), layout, TERMS)
    assert isinstance(result, Record | Reject)
