"""A temporary PostgreSQL server from the installed package, for tests and measurements."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg

from tools.system_packages import PACKAGES, program

_ADMIN = "postgres"

# For what may be lost with the machine, such as a test's rows: nothing waits for the disk.
# https://www.postgresql.org/docs/current/non-durability.html
CARELESS = MappingProxyType(
    {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
)


def programs() -> Path | None:
    """Return the folder of initdb and postgres; None if not installed."""
    initdb = PACKAGES["postgresql"].program()
    return initdb.parent if initdb else None


@dataclass
class Server:
    """A server of its own; `folder` holds its data and its socket, which only its user can enter.

    `settings` are added to those of the package.
    """

    folder: Path
    settings: Mapping[str, str]

    def __post_init__(self) -> None:
        self._where = program("postgresql").parent
        self._user = _unprivileged(self.folder)
        made = ["-D", self.folder / "data", "-U", _ADMIN, "-A", "trust", "-N"]
        _run([self._where / "initdb", *made], self._user)
        self.start()

    def start(self) -> None:
        self._server = _start(self._where, self.folder, self._user, self.settings)
        try:
            _wait(self._server, self.folder)
        except BaseException:
            self.crash()
            raise

    def crash(self) -> None:
        """End it at once, without a word to its clients: they find out."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(30)


@contextmanager
def temporary_server(settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Path]:
    """Runs a server and gives the folder of its socket, which only its user can enter.

    `settings` are added to those of the package.
    """
    with server(settings) as running:
        yield running.folder


@contextmanager
def server(settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Server]:
    """Runs a server that can be stopped and started again; nothing of it is kept."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    try:
        running = Server(folder, settings)
        try:
            yield running
        finally:
            running.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def url(folder: Path, database: str) -> str:
    """The address of a database on the server, as DATABASE_URL takes it."""
    return f"postgresql:///{database}?host={folder}&user={_ADMIN}"


def _unprivileged(folder: Path) -> dict[str, Any]:
    """How to start a process that is not root: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    os.chown(folder, account.pw_uid, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _run(command: list[Any], user: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", **user)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr.strip()}")


def _start(
    where: Path, folder: Path, user: dict[str, Any], more: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "max_connections": 100,
        "timezone": "Asia/Vladivostok",  # a server's zone must not matter
        **more,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [where / "postgres", "-D", folder / "data", *options]
    with open(folder / "log", "wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **user)


def _wait(server: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(300):
        try:
            psycopg.connect(url(folder, "postgres")).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start: {(folder / 'log').read_text()}")
