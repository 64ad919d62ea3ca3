"""This module is in charge of writing the printed SDL of the subgraphs beside their sources: `python -m schema`."""

from __future__ import annotations

from pathlib import Path

from schema.graph import load_graphs

if __name__ == "__main__":
    for name, graph in load_graphs().items():
        Path(__file__).with_name(f"{name}.graphql").write_text(graph.sdl, encoding="utf-8")
