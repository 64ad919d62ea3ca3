"""This module is in charge of what end-to-end tests share: folders that a server may run in, and one demonstration for those that only ask."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.processes import Running, running

READY = "Ctrl-C stops it."


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that does not exist yet, where the account of the embedded server may pass."""
    made = Path(tempfile.mkdtemp(prefix="cellgate-e2e-", dir="/tmp"))
    made.chmod(0o755)
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def demo_data() -> Iterator[Path]:
    """The data folder of the shared demonstration."""
    made = Path(tempfile.mkdtemp(prefix="cellgate-e2e-", dir="/tmp"))
    made.chmod(0o755)
    yield made / "data"
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def demo(demo_data: Path) -> Iterator[Running]:
    """A small demonstration on a free port."""
    with running("demo", "--data", demo_data, "--port", "0", "--packs", "200", ready=READY) as server:
        yield server
