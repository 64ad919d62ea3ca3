"""This module is in charge of subgraphs in files: one SDL a file, or a JSON list of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from gateway.composition.supergraph import SubgraphSource
from gateway.composition.supergraph_joins import SupergraphRefused

_UNKNOWN_URL: Final = "http://{name}.invalid/graphql"


def sources_in(files: Sequence[Path], urls: Mapping[str, str] | None = None) -> tuple[SubgraphSource, ...]:
    """The subgraphs in these files, in their order.

    A JSON file lists [{"name", "url", "sdl"}], or "file" beside it in the place of "sdl"; any other is the SDL of a subgraph that is called
    like the file. `urls` says by name where subgraphs answer. SupergraphRefused names the file and what is wrong with it.
    """
    known = urls or {}
    found = [source for file in files for source in (_listed(file) if file.suffix == ".json" else _single(file))]
    unknown = sorted(known.keys() - {source.name for source in found})
    if unknown:
        raise SupergraphRefused(f'there is a URL for "{unknown[0][:100]}", but no such subgraph')
    return tuple(SubgraphSource(source.name, known.get(source.name, source.url), source.sdl) for source in found)


def text_of(file: Path) -> str:
    """The text of a file; SupergraphRefused where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failed:
        why = failed.strerror if isinstance(failed, OSError) else "it is not UTF-8"
        raise SupergraphRefused(f"{file} cannot be read: {why}") from failed


def _single(file: Path) -> Iterator[SubgraphSource]:
    yield SubgraphSource(file.stem, _UNKNOWN_URL.format(name=file.stem), text_of(file))


def _listed(file: Path) -> Iterator[SubgraphSource]:
    try:
        listed = orjson.loads(text_of(file))
    except orjson.JSONDecodeError as failed:
        raise SupergraphRefused(f"{file} cannot be read: it is not JSON") from failed
    for number, entry in enumerate(listed if isinstance(listed, list) else [listed]):
        yield _source(entry, number, file.parent)


def _source(entry: Any, number: int, folder: Path) -> SubgraphSource:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("name", "url")):
        raise SupergraphRefused(f'subgraph {number} of the file is not of the form {{"name": "...", "url": "...", "sdl": "..."}}')
    sdl, path = entry.get("sdl"), entry.get("file")
    if not isinstance(sdl, str):
        if not isinstance(path, str):
            raise SupergraphRefused(f'subgraph "{entry["name"][:100]}" has neither "sdl" nor "file"')
        sdl = text_of(folder / path)
    return SubgraphSource(entry["name"], entry["url"], sdl)
