"""This module is in charge of asking the other composer: one long-lived Node process, one line a question."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.composition.supergraph import SubgraphSource
from tests.node import install

PROGRAM = Path(__file__).parent


@dataclass(frozen=True)
class Question:
    """Subgraphs to compose, and the supergraph we made of them, None where we refused; `unplanned` are operations that we say nobody can plan."""

    sources: tuple[SubgraphSource, ...]
    supergraph: str | None
    unplanned: tuple[str, ...] = ()

    def line(self) -> str:
        subgraphs = [{"name": source.name, "url": source.url, "sdl": source.sdl} for source in self.sources]
        return json.dumps({"subgraphs": subgraphs, "supergraph": self.supergraph, "unplanned": self.unplanned}) + "\n"


class Judge:
    """The process; to be closed. RuntimeError where it ends before it has answered."""

    def __init__(self) -> None:
        folder = install(PROGRAM, "composition")
        self._process = subprocess.Popen(
            ["node", "--stack-size=4000", "judge.mjs"],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def ask(self, questions: Iterable[Question]) -> Iterator[Any]:
        """The answers, in order; questions are made on a thread of their own, while earlier ones are thought about."""
        assert self._process.stdout is not None
        with ThreadPoolExecutor(1) as threads:
            asking = threads.submit(self._write, questions)
            for line in self._process.stdout:
                if line == "\n":
                    break
                yield json.loads(line)
            else:
                raise RuntimeError("the judge ended before it had answered all")
            asking.result()

    def _write(self, questions: Iterable[Question]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        try:
            for question in questions:
                stdin.write(question.line())
                stdin.flush()
        finally:
            # Whatever happened, who waits for the answers is told that these were all.
            stdin.write("\n")
            stdin.flush()
