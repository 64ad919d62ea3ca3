"""This module is in charge of what reports cost those who ask for none."""

from __future__ import annotations

import subprocess
import sys


def test_what_only_columns_need_is_not_loaded_at_the_start() -> None:
    asked = "import sys, gateway.commands; print(sorted({'pyarrow', 'numpy', 'pandas'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout == "[]\n"
