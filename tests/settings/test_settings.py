"""This module is in charge of testing that a setting is taken as written or refused by name."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.settings import IN_PROCESS, SECTIONS, Settings, SettingsRefused, covered, load, page, printed, stated

ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cellgate.toml"


def refusal(file: Path, content: str, environment: dict[str, str] | None = None) -> str:
    file.write_text(content)
    with pytest.raises(SettingsRefused) as refused:
        load(file, environment or {})
    return str(refused.value).replace(str(file), "FILE")


def test_nothing_given_is_the_defaults(file: Path) -> None:
    assert load(None, {}) == load(file, {"PATH": "/bin"}) == Settings()


def test_file_then_environment(file: Path) -> None:
    file.write_text('[server]\nport = 5000\nhost = "::1"\n[limits]\ntimeout_s = 3\n')
    settings = load(file, {"CELLGATE_SERVER_PORT": "6000", "CELLGATE_DATABASE_STATEMENT_CACHE_SIZE": "0"})
    assert (settings.server.host, settings.server.port) == ("::1", 6000)
    assert (settings.limits.timeout_s, type(settings.limits.timeout_s)) == (3.0, float)
    assert settings.database.statement_cache_size == 0


def test_the_tree_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        load(None, {}).server.port = 1
    with pytest.raises(TypeError):
        load(None, {}).subgraphs["x"] = None


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[servr]\nport = 1", "servr (FILE) is not a setting; did you mean server?"),
        ("[server]\nprot = 1", "server.prot (FILE) is not a setting; did you mean port?"),
        ("[server]\nqqqq = 1", "server.qqqq (FILE) is not a setting; there are host, port, trusted_proxies"),
        (
            "qqqq = 1",
            "qqqq (FILE) is not a setting; there are " + ", ".join(sorted([*SECTIONS, "budgets", "subgraphs"])),
        ),
        ('[server]\nport = "4000"', "server.port (FILE) has to be a whole number, not text"),
        ("[server]\nport = true", "server.port (FILE) has to be a whole number, not true or false"),
        ("[server]\nport = 4000.0", "server.port (FILE) has to be a whole number, not a number"),
        ("[server]\nhost = [1]", "server.host (FILE) has to be text, not a list"),
        ("[server]\nport = 65536", "server.port (FILE) has to be from 0 to 65535"),
        ("[limits]\ntimeout_s = nan", "limits.timeout_s (FILE) has to be from 0.1 to 600"),
        ("[limits]\ntimeout_s = inf", "limits.timeout_s (FILE) has to be from 0.1 to 600"),
        ("[caches]\noperations_kib = -1", "caches.operations_kib (FILE) has to be from 0 to 10000000"),
        ("[caches]\noperations = 1", "caches.operations (FILE) is not a setting; did you mean operations_kib?"),
        ('[log]\nlevel = "loud"', "log.level (FILE) has to be one of debug, info, warning, error"),
        ("[log]\nlevel = [1]", "log.level (FILE) has to be one of debug, info, warning, error"),
        ("server = 1", "server (FILE) has to be a table, not a whole number"),
        ("subgraphs = 1", "subgraphs (FILE) has to be a table, not a whole number"),
        (
            '[server]\ntrusted_proxies = "10.0.0.0/8, here"',
            "server.trusted_proxies (FILE) holds something that is no address and no network, as 10.0.0.7 or 10.0.0.0/8",
        ),
        ("[database]\npool_min = 11", "database.pool_min (FILE) is more than database.pool_max"),
        ("[subgraphs]\ntariffs = 1", "subgraphs.tariffs (FILE) has to be a table, or the URL as text, not a whole number"),
        ("[subgraphs.tariffs]\ntimeout_s = 1", "subgraphs.tariffs (FILE) has no url; only battery, vehicle, enterprise are in this process"),
        ('[subgraphs]\ntariffs = "ftp://a"', "subgraphs.tariffs (FILE).url has to be http://..., https://... or in-process"),
        ('[database]\ndsn = "postgresql://user:secret@[::bad"', "database.dsn (FILE) cannot be read as a URL"),
        ('[subgraphs]\nvehicle = "http://"', "subgraphs.vehicle (FILE).url has to be http://..., https://... or in-process"),
        ('[subgraphs]\nvehicle = "http://a:99999"', "subgraphs.vehicle (FILE).url has to be http://..., https://... or in-process"),
        (
            '[subgraphs.x]\nurl = "http://a"\naddresses = ["10.0.0.1/8"]',
            "subgraphs.x (FILE).addresses holds something that is no network in CIDR form, as 10.0.0.0/8",
        ),
        ('[subgraphs.x]\nurl = "http://a"\nforward = "accept-language"', "subgraphs.x.forward (FILE) has to be a list of texts"),
        ('[planning]\noverride_header = "a b"', "planning.override_header (FILE) names something that is no header"),
        ('[subgraphs.x]\nurl = "http://a"\nforward = ["a b"]', "subgraphs.x (FILE) names something that is no header"),
        ('[subgraphs.x]\nurl = "http://a"\nforward = ["Authorization"]', "subgraphs.x (FILE) would send Authorization, which is the gateway's own to set"),
        ('[subgraphs.x]\nurl = "http://a"\nforward = ["x-forwarded-for"]', "subgraphs.x (FILE) would send x-forwarded-for, which is the gateway's own to set"),
        ('[subgraphs.x]\nurl = "http://a"\nset = ["Cookie: a"]', "subgraphs.x (FILE) would send Cookie, which is the gateway's own to set"),
        ('[subgraphs.x]\nurl = "http://a"\nset = ["x-a: b\\r\\nx-c: d"]', 'subgraphs.x (FILE).set has to hold texts of the form "name: value"'),
        ("[subgraphs.battery]\ntimeout = 1", "subgraphs.battery.timeout (FILE) is not a setting; did you mean timeout_s?"),
    ],
)
def test_refused(file: Path, content: str, told: str) -> None:
    assert refusal(file, content) == told


def test_not_toml(file: Path) -> None:
    assert refusal(file, "[server").startswith("FILE is not TOML: ")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsRefused, match="is not TOML"):
        load(file, {})


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("CELLGATE_SERVER_PRT", "1", "CELLGATE_SERVER_PRT (environment) is not a setting; did you mean CELLGATE_SERVER_PORT?"),
        *(
            ("CELLGATE_SERVER_PORT", value, "CELLGATE_SERVER_PORT (environment) has to be a whole number, in the digits 0 to 9")
            for value in ("4_0x", "4_0", "４０", "")
        ),
        *(
            ("CELLGATE_LIMITS_TIMEOUT_S", value, "CELLGATE_LIMITS_TIMEOUT_S (environment) has to be a number, in the digits 0 to 9")
            for value in ("1_0", "１", "x")
        ),
        ("CELLGATE_LIMITS_DEPTH", "9" * 5000, "CELLGATE_LIMITS_DEPTH (environment) has to be a whole number, in the digits 0 to 9"),
        (
            "CELLGATE_SERVER_TRUSTED_PROXIES",
            "zz",
            "CELLGATE_SERVER_TRUSTED_PROXIES (environment) holds something that is no address and no network, as 10.0.0.7 or 10.0.0.0/8",
        ),
        ("CELLGATE_DATABASE_POOL_MIN", "11", "CELLGATE_DATABASE_POOL_MIN (environment) is more than database.pool_max"),
        ("CELLGATE_SERVER_PORT", "70000", "CELLGATE_SERVER_PORT (environment) has to be from 0 to 65535"),
        ("CELLGATE_LIMITS_TIMEOUT_S", "nan", "CELLGATE_LIMITS_TIMEOUT_S (environment) has to be from 0.1 to 600"),
        ("CELLGATE_LOG_FORMAT", "xml", "CELLGATE_LOG_FORMAT (environment) has to be one of console, json"),
    ],
)
def test_refused_variables(variable: str, value: str, told: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        load(None, {variable: value})
    assert str(refused.value) == told


def test_what_kubernetes_says_of_a_service_of_our_name_is_no_setting() -> None:
    said = {"CELLGATE_PORT": "tcp://10.0.0.1:80", "CELLGATE_SERVICE_HOST": "10.0.0.1", "CELLGATE_PORT_80_TCP_ADDR": "10.0.0.1"}
    assert load(None, said) == Settings()


def test_subgraphs_are_the_three_and_those_named(file: Path) -> None:
    file.write_text('[subgraphs]\ntariffs = "https://t.example/graphql"\nbattery = { url = "http://b.example", timeout_s = 2 }\n')
    subgraphs = load(file, {}).subgraphs
    assert list(subgraphs) == ["battery", "vehicle", "enterprise", "tariffs"]
    assert subgraphs["vehicle"].url == IN_PROCESS
    assert (subgraphs["battery"].url, subgraphs["battery"].timeout_s) == ("http://b.example", 2.0)


@given(
    host=st.text(st.characters(exclude_categories=["Cs"])),
    port=st.integers(0, 65535),
    timeout=st.floats(0.1, 600),
    name=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_printed_settings_give_the_same_tree(tmp_path_factory: pytest.TempPathFactory, host: str, port: int, timeout: float, name: str) -> None:
    default = Settings()
    settings = dataclasses.replace(
        default,
        server=dataclasses.replace(default.server, host=host, port=port),
        limits=dataclasses.replace(default.limits, timeout_s=timeout),
        subgraphs={**default.subgraphs, name: dataclasses.replace(default.subgraphs["battery"], url="https://x.example")},
    )
    file = tmp_path_factory.getbasetemp() / "printed.toml"
    file.write_text(printed(settings), encoding="utf-8", newline="")
    assert load(file, {}) == settings


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://user:hunter2@host/db",
        "postgresql://user:hunter2@x@host/db?sslmode=require",
        "postgresql://host/db?user=u&password=hunter2&x=1",
    ],
)
def test_passwords_are_not_printed(dsn: str) -> None:
    settings = load(None, {"CELLGATE_DATABASE_DSN": dsn})
    assert settings.database.dsn == dsn
    assert "hunter2" not in printed(settings)
    assert "***" in covered(dsn)


def test_the_password_in_words_of_a_dsn_is_covered() -> None:
    assert covered("host=h password=hunter2 user=u") == "host=h password=*** user=u"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:hunter2@t.example/graphql", "https://user:***@t.example/graphql"),
        ("https://user:hunter2@x@t.example/graphql", "https://user:***@t.example/graphql"),
        ("https://hunter2@t.example:8080/graphql", "https://***@t.example:8080/graphql"),
        ("https://t.example/graphql?password=hunter2&a=1", "https://t.example/graphql?password=***&a=1"),
        ("https://t.example:8080/a@b", "https://t.example:8080/a@b"),
    ],
)
def test_passwords_of_subgraphs_are_not_printed(file: Path, url: str, shown: str) -> None:
    file.write_text(f'[subgraphs]\ntariffs = "{url}"\n')
    settings = load(file, {})
    assert settings.subgraphs["tariffs"].url == url
    assert f'url = "{shown}"' in printed(settings)


@pytest.mark.parametrize("dsn", ["mysql://u:hunter2@h/d", "host=h password=hunter2", "nonsense", "postgresql:h"])
def test_other_databases_are_refused(file: Path, dsn: str) -> None:
    rule = "has to begin with postgresql:// or postgres://"
    assert refusal(file, f'[database]\ndsn = "{dsn}"') == f"database.dsn (FILE) {rule}"
    with pytest.raises(SettingsRefused, match=re.escape(f"CELLGATE_DATABASE_DSN (environment) {rule}")):
        load(None, {"CELLGATE_DATABASE_DSN": dsn})
    with pytest.raises(SettingsRefused) as refused:
        stated(Settings(), "database", "dsn", dsn, "--dsn")
    assert str(refused.value) == f"--dsn (command line) {rule}"


def test_both_schemes_of_postgresql_are_taken() -> None:
    for dsn in ("postgresql://h/d", "postgres://h/d", ""):
        assert stated(Settings(), "database", "dsn", dsn, "--dsn").database.dsn == dsn


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "cellgate.toml").mkdir()
    with pytest.raises(SettingsRefused, match=re.escape(f"{tmp_path}/cellgate.toml cannot be read: Is a directory")):
        load(tmp_path / "cellgate.toml", {})
    (tmp_path / "loop.toml").symlink_to("loop.toml")
    with pytest.raises(SettingsRefused, match=r"loop\.toml cannot be read"):
        load(tmp_path / "loop.toml", {})
    assert load(tmp_path / "absent.toml", {}) == Settings()


def test_every_knob_has_a_default_and_a_help_text() -> None:
    for name, kind in SECTIONS.items():
        for each in dataclasses.fields(kind):
            assert each.default is not dataclasses.MISSING, (name, each.name)
            assert len(each.metadata["help"]) > 10, (name, each.name)
            assert isinstance(each.default, str) or each.metadata["least"] <= each.default <= each.metadata["most"]


def test_the_page_is_the_program_s() -> None:
    """To mend: .venv/bin/python -c "from gateway.settings import page; print(page(), end='')" > docs/settings.md"""
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == page()
