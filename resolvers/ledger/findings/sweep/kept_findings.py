"""This module is in charge of findings that are kept in a file without a name until all of them are there, and then read in order.

However many there are, few of them are in memory: one that is read, and of each batch that was kept the place of its next one.
"""

from __future__ import annotations

import heapq
import pickle
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Final, Self

from resolvers.ledger.finding_rows import FindingRow

Key = tuple[str, str, str]
"""Rule, code, id: the order in which findings are told."""
_SIZE: Final = 8


class KeptFindings:
    """Findings out of memory, by batches; iterated in the order of rule, code and id, as often as one likes. The file ends with it."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._batches: list[tuple[int, int]] = []
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def keep(self, findings: Iterable[FindingRow]) -> None:
        """Take a batch in."""
        begin = self._file.seek(0, 2)
        for each in sorted(findings, key=_key):
            self._counts[each.rule] += 1
            key, row = pickle.dumps(_key(each)), pickle.dumps(each)
            self._file.write(len(row).to_bytes(_SIZE, "big") + key + row)
        self._batches.append((begin, self._file.tell()))

    @property
    def counts(self) -> Mapping[str, int]:
        """How many there are of each rule."""
        return self._counts

    def __iter__(self) -> Iterator[FindingRow]:
        for _, at in heapq.merge(*(self._places(*each) for each in self._batches)):
            self._file.seek(at)
            yield pickle.load(self._file)

    def _places(self, at: int, end: int) -> Iterator[tuple[Key, int]]:
        """The keys of a batch and where their rows begin."""
        while at < end:
            self._file.seek(at)
            size = int.from_bytes(self._file.read(_SIZE), "big")
            key: Key = pickle.load(self._file)
            row = self._file.tell()
            at = row + size
            yield key, row


def _key(finding: FindingRow) -> Key:
    return finding.rule, finding.code, finding.id
