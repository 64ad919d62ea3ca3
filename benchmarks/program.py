"""This module is in charge of a comparison as a program: how it ends, and what is said where it cannot run.

Only the programs import it: servers that are compared, and clients that are measured, are not to be larger by the gateway's commands.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from benchmarks.harness import Broken, Missing
from gateway.bench import NO_FIGURES
from gateway.command_line import say
from gateway.commands import OPERATOR_ERRORS


def ended(compared: Callable[[], int]) -> NoReturn:
    """Run a comparison to its end: 0, or 1 where a figure does not hold; where it cannot run, NO_FIGURES, and a code with the reason."""
    try:
        sys.exit(compared())
    except KeyboardInterrupt:
        sys.exit(130)
    except (Missing, Broken, *OPERATOR_ERRORS) as refused:
        say(refused)
    except (OSError, http.client.HTTPException, subprocess.SubprocessError) as failed:
        say(Broken(f"{type(failed).__name__}: {failed}"))
    except Exception as failed:
        if type(failed) is not RuntimeError:
            # A defect of the comparison's own: who mends it needs the trace.
            traceback.print_exc()
        say(Broken(f"{failed}" if type(failed) is RuntimeError else f"it ended by {type(failed).__name__}; the trace is above"))
    sys.exit(NO_FIGURES)
