"""This module is in charge of testing the script at the root: from a bare Python to a running command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import pytest

SCRIPT = Path(__file__).parents[2] / "cellgate"
PROJECT = '[project]\ndependencies = ["nothing"]\n[project.optional-dependencies]\ntest = ["nothing"]\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A project with the real script, one empty dependency, and commands that say where they run."""
    root = tmp_path / "check out"
    (root / "gateway").mkdir(parents=True)
    shutil.copy(SCRIPT, root)
    (root / "pyproject.toml").write_text(PROJECT)
    (root / "constraints.txt").write_text("nothing==1.0\n")
    empty_wheel(tmp_path)
    says = "import os, sys; print('{}', sys.prefix, os.getcwd(), sys.argv[1:])\n"
    (root / "gateway/__init__.py").write_text("")
    (root / "gateway/cli.py").write_text(says.format("cli"))
    (root / "pytest.py").write_text(says.format("pytest"))
    return root


def empty_wheel(folder: Path) -> None:
    with ZipFile(folder / "nothing-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("nothing-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: nothing\nVersion: 1.0\n")
        wheel.writestr("nothing-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("nothing-1.0.dist-info/RECORD", "")


def start(checkout: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.Popen(
        [sys.executable, checkout / "cellgate", *arguments],
        cwd=checkout.parent,
        env={**environment, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(checkout.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(checkout: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(checkout, *arguments)
    out, err = process.communicate()
    return process.returncode, out, err


def loaded(checkout: Path) -> ModuleType:
    loader = SourceFileLoader("cellgate_script", str(checkout / "cellgate"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def test_first_second_and_changed_run(checkout: Path) -> None:
    venv = checkout / ".venv"
    code, out, err = run(checkout, "plan", "--of", "a b")
    assert (code, out) == (0, f"cli {venv} {checkout.parent} ['plan', '--of', 'a b']\n")
    assert "making .venv" in err

    assert run(checkout, "serve") == (0, f"cli {venv} {checkout.parent} ['serve']\n", "")

    code, out, err = run(checkout, "test", "-k", "x")
    assert (code, out) == (0, f"pytest {venv} {checkout} ['-k', 'x']\n")
    assert "installing" in err
    assert "making" not in err
    # What the tests need holds what the commands need.
    assert run(checkout, "test")[2] == run(checkout, "serve")[2] == ""

    (checkout / "constraints.txt").write_text("# newer\nnothing==1.0\n")
    assert "installing" in run(checkout, "serve")[2]

    # A folder that is called like a package of ours, where the user happens to be.
    (checkout.parent / "gateway").mkdir()
    (checkout.parent / "gateway/cli.py").write_text("print('somebody else')")
    assert run(checkout, "serve")[1].startswith("cli")


def test_two_at_once_make_one(checkout: Path) -> None:
    both = [start(checkout, "serve") for _ in range(2)]
    told = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("making .venv with" in err for _, err in told) == 1
    assert sum("waiting" in err for _, err in told) <= 1


def test_failed_install_never_counts_as_good(checkout: Path) -> None:
    (checkout / "pyproject.toml").write_text(PROJECT.replace("nothing", "no-such-distribution-of-ours", 1))
    for _ in range(2):
        code, out, err = run(checkout, "serve")
        assert code == 1
        assert out == ""
        assert "no-such-distribution-of-ours" in err
        assert "run the command again" in err
    assert not list((checkout / ".venv").glob("*.stamp"))


def test_half_a_virtual_environment_is_made_again(checkout: Path) -> None:
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to("/nonexistent/python")
    code, out, _ = run(checkout, "serve")
    assert code == 0
    assert out.startswith("cli")


def test_missing_ensurepip_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = loaded(checkout)
    monkeypatch.setattr(script.shutil, "which", lambda name: None)
    monkeypatch.setattr(script.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        script.prepare("run")
    assert not list((checkout / ".venv").glob("*.stamp"))


def test_uv_is_used_where_it_is(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script, commands = loaded(checkout), []
    monkeypatch.setattr(script.shutil, "which", lambda name: "/opt/uv" if name == "uv" else None)

    def record(command: list[str]) -> None:
        commands.append(command)
        (checkout / ".venv/bin").mkdir(parents=True, exist_ok=True)
        (checkout / ".venv/bin/python").touch()

    monkeypatch.setattr(script, "run", record)
    script.prepare("run")
    assert commands[0][:2] == ["/opt/uv", "venv"]
    assert commands[1][:3] == ["/opt/uv", "pip", "install"]
    assert script.ready("run", script.fingerprint())
    assert not script.ready("test", script.fingerprint())


def test_old_python_is_told_politely(checkout: Path) -> None:
    """The check stands before anything an old Python lacks; here it is run with a version of the past."""
    source = (checkout / "cellgate").read_text()
    head = source[: source.index("import contextlib")]
    past = head.replace("import sys\n", "import sys\nsys.version_info = (3, 9, 2)\n", 1)
    done = subprocess.run([sys.executable, "-c", past], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "cellgate needs Python 3.11 or later; this is 3.9" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_real_project_names_what_is_installed() -> None:
    script = loaded(SCRIPT.parent)
    pinned = {line.split("==")[0].lower() for line in (SCRIPT.parent / "constraints.txt").read_text().splitlines() if "==" in line}
    wanted = {requirement.split(";")[0].split(">")[0].split("=")[0].strip().lower() for requirement in script.requirements("test")}
    assert wanted <= pinned
    assert "://" not in (SCRIPT.parent / "constraints.txt").read_text()
