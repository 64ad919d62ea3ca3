"""This module is in charge of telling a platform by files: a folder that somebody carries on, and a folder that answers come back to.

FOLDER/out/20261125T091500.123456Z.ndjson   what is to be told, complete as soon as it has this name
FOLDER/answers/*.ndjson                     answers, put there by rename when complete
FOLDER/answers/done/                        answers that were taken
FOLDER/answers/refused/                     files with a line that cannot be understood; nothing of them was taken
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.platform.adapter import Batch, PlatformUnreachable
from gateway.platform.message import AnswerRefused, lines, read_line
from resolvers.database.outbox import Answer, Message

LOG: Final = logging.getLogger("cellgate.platform")
MOST_BYTES: Final = 64_000_000


class FileAdapter:
    """One folder."""

    answers_later = True

    def __init__(self, folder: Path) -> None:
        self._out = folder / "out"
        self._answers = folder / "answers"

    async def deliver(self, messages: Sequence[Message]) -> tuple[Answer, ...]:
        """One file; its answers come later. Raises PlatformUnreachable where it cannot be written."""
        name = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ") + ".ndjson"
        try:
            await asyncio.to_thread(_write, self._out, name, lines(messages))
        except OSError as failed:
            raise PlatformUnreachable(f"{self._out / name} cannot be written: {failed.strerror}") from failed
        return ()

    async def answered(self) -> AsyncIterator[AbstractAsyncContextManager[Batch]]:
        """One batch per file of answers, in order of name."""
        for path in await asyncio.to_thread(_files, self._answers):
            try:
                answers = await asyncio.to_thread(_read, path)
            except AnswerRefused as refused:
                LOG.warning("the answers in %s were not taken: %s", path.name, refused)
                await asyncio.to_thread(_move, path, self._answers / "refused")
            except OSError as failed:
                LOG.warning("the answers in %s cannot be read: %s", path.name, failed.strerror)
            else:
                yield self._batch(path, answers)

    @contextlib.asynccontextmanager
    async def _batch(self, path: Path, answers: tuple[Answer, ...]) -> AsyncIterator[Batch]:
        yield Batch(path.name, answers)
        # Taken in twice after a crash in between: answers are taken once however often they come.
        await asyncio.to_thread(_move, path, self._answers / "done")


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / ("." + name)
    with draft.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(folder / name)
    # The name has to outlive a power cut as well: the messages count as sent from now on.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(folder: Path) -> list[Path]:
    return sorted([path for path in folder.glob("*.ndjson") if path.is_file() and not path.name.startswith(".")]) if folder.is_dir() else []


def _read(path: Path) -> tuple[Answer, ...]:
    if path.stat().st_size > MOST_BYTES:
        raise AnswerRefused(f"the file has more than {MOST_BYTES} bytes")
    found: list[Answer] = []
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            if raw.strip():
                try:
                    found.append(read_line(raw))
                except AnswerRefused as refused:
                    raise AnswerRefused(f"line {number}: {refused}") from refused
    return tuple(found)


def _move(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path.replace(folder / path.name)
