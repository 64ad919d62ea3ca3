"""This module is in charge of the rejects file: one NDJSON line for each line that was not taken, whole or not there."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from resolvers.importing.reader import ImportRefused
from resolvers.importing.records import Fault, Reject


def rejects_path(path: Path) -> Path:
    """FILE.rejects.ndjson beside FILE."""
    return path.with_name(path.name + ".rejects.ndjson")


class RejectsFile:
    """Where rejects of one run go. `count` is how many there are."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.count = 0

    def write(self, rejects: Iterable[Reject]) -> None:
        """Append rejects in the order of their lines."""
        for reject in rejects:
            self._stream.write(_printed(reject))
            self.count += 1


@contextmanager
def rejects_file(path: Path) -> Iterator[RejectsFile]:
    """The rejects of importing `path`, put in the place of an earlier run's at the end, in one step; removed where nothing was rejected.

    Until then they grow in FILE.rejects.ndjson.partial, which a run that is killed leaves behind and the next one writes anew; one that fails
    removes it. It is locked for as long as the process lives, so that two imports of one file cannot mix theirs. Raises ImportRefused IMPORT_RUNNING,
    REJECTS_UNWRITABLE.
    """
    target = rejects_path(path)
    partial = target.with_name(target.name + ".partial")
    if target.is_dir():
        raise ImportRefused("REJECTS_UNWRITABLE", f"{target.name}, where rejected lines go, is a folder")
    try:
        opened = partial.open("a", encoding="utf-8", newline="\n")
    except OSError as closed:
        told = f"{partial.name}, where rejected lines go, cannot be written beside the file: {closed.strerror}; import a copy from another folder"
        raise ImportRefused("REJECTS_UNWRITABLE", told) from closed
    with opened as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ImportRefused("IMPORT_RUNNING", "another import of this file is running") from None
        # The run that held the lock before may have put this very file in its place since we opened it.
        if not partial.exists() or not os.path.samestat(partial.stat(), os.fstat(stream.fileno())):
            raise ImportRefused("IMPORT_RUNNING", "another import of this file has just ended; start again")
        stream.truncate(0)
        written = RejectsFile(stream)
        try:
            yield written
        except Exception:
            # What ended the run is said by it; half of its rejects would only look as if it had come to its end.
            partial.unlink()
            raise
        stream.flush()
        os.fsync(stream.fileno())
        if written.count:
            partial.replace(target)
        else:
            target.unlink(missing_ok=True)
            partial.unlink()


def _printed(reject: Reject) -> str:
    first, *others = reject.faults
    told: dict[str, object] = {"line": reject.line.number, **_said(first)}
    if others:
        told["also"] = [_said(fault) for fault in others]
    told["original"] = reject.line.original
    if reject.line.cut:
        told["cut"] = True
    return json.dumps(told, ensure_ascii=False) + "\n"


def _said(fault: Fault) -> dict[str, object]:
    """A fault, with where the battery stands only where that is told, as in a result of /ingest."""
    told: dict[str, object] = {"field": fault.field, "rule": fault.rule, "message": fault.message}
    return told if fault.state is None else {**told, "state": fault.state, "allowed": list(fault.allowed)}
