"""This module is in charge of what the console's tests share: a folder for data that does not exist yet, and one demonstration."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.end_to_end.processes import Running, running

READY = "Ctrl-C stops it."


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the account of the embedded server may pass."""
    made = Path(tempfile.mkdtemp(prefix="cellgate-console-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that does not exist yet."""
    with folder() as made:
        yield made / "data"


@pytest.fixture(scope="module")
def demo_data() -> Iterator[Path]:
    """The data folder of the shared demonstration."""
    with folder() as made:
        yield made / "data"


@pytest.fixture(scope="module")
def demo(demo_data: Path) -> Iterator[Running]:
    """A small demonstration on a free port."""
    with running("demo", "--data", demo_data, "--port", "0", "--packs", "40", ready=READY) as server:
        yield server
