"""This module is in charge of Node programs that tests run: what they need is installed once for each lock file, outside of the repository."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

SECONDS = 180


def install(program: Path, name: str) -> Path:
    """A folder with the program and its packages.

    Where it cannot be had the test is skipped, but on a build server it fails: there a missing tool is a defect.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        cannot("node and npm are needed")
    files = sorted(path for path in program.iterdir() if path.suffix in {".mjs", ".json"})
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"cellgate-node-{name}-{os.getuid()}-{digest}"
    if not (folder / "node_modules").exists():
        try:
            _make(files, folder)
        except (OSError, subprocess.SubprocessError) as failed:
            cannot(f"the packages of {name} could not be installed: {failed}")
    return folder


def _make(files: list[Path], folder: Path) -> None:
    making = Path(tempfile.mkdtemp(prefix=f"{folder.name}-"))
    for path in files:
        shutil.copy(path, making)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=making, check=True, capture_output=True, timeout=SECONDS)
    # Another run may have been first; its folder is as good.
    with contextlib.suppress(OSError):
        making.rename(folder)
    shutil.rmtree(making, ignore_errors=True)


def cannot(reason: str) -> None:
    """On a build server a missing tool is a failure; on a desk it is a reason to skip."""
    if os.environ.get("CI", "") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
