"""b24bridge as people run it, in its own processes, beside an emulated portal in ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import requests
from sqlalchemy import Connection, func, select

from bench.lives import Told
from bench.load import encoded
from demo.installing import install
from demo.stage import free_port
from sync.config import Config
from sync.core.clock import WallClock
from sync.store import connections, portals
from sync.store.db.database import open_database, read, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets
from sync.store.tables import command, delivery, subject
from sync.store.vault import Vault
from tests.emulators.bitrix24.server import BitrixEmulator

ROOT = Path(__file__).parents[1]
START_SECONDS = 60
RESPONSIBLE = 7
_LEFT = (
    (delivery, ("new", "failed")),
    (subject, ("dirty",)),
    (command, ("waiting", "sending")),
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a code host posts, and with what it signs."""

    path: str
    token: str = field(repr=False)
    signing_token: str = field(repr=False)


_WEBHOOK = Webhook("/hooks/gitlab/key-of-the-hook", "token-of-the-hook", f"whsec_{'A' * 43}=")


@dataclass
class Site:
    """`command`: serve, or web for a web process alone. Use as a context manager.

    `tree`: the source tree that is run. `connect` connects a code host; without it the connection
    is written into the database and has no access token, so that no sweep can repair what a hook
    should have told.
    """

    database_url: str = ""  # "": the embedded one
    command: str = "serve"
    environ: dict[str, str] = field(default_factory=dict)
    tree: Path = ROOT
    connect: Callable[[Site], Webhook] | None = None

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.home = Path(tempfile.mkdtemp(prefix="b24bridge-bench-"))
        self._stack.callback(shutil.rmtree, self.home, ignore_errors=True)
        self.b24 = self._stack.enter_context(BitrixEmulator())
        self.url = f"http://127.0.0.1:{free_port()}"
        self._server: subprocess.Popen[bytes] | None = None
        self._stack.callback(self.stop)
        try:
            self._set_up()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def _set_up(self) -> None:
        """Installs the app through its real install flow, then connects a code host."""
        self.b24.state.add_user("Rita", email="rita@acme.example", id=RESPONSIBLE)
        self.b24.state.add_group("Shop", id=3, members=[1, RESPONSIBLE])
        self.start()
        install(self)
        self.webhook = self.connect(self) if self.connect else self._connect_without_token()

    def _connect_without_token(self) -> Webhook:
        config = Config.from_env(self._environ())
        self.engine = open_database(config.database_url)
        self._stack.callback(self.engine.dispose)
        key = _WEBHOOK.path.rpartition("/")[2]
        secrets = ConnectionSecrets(key, _WEBHOOK.token, _WEBHOOK.signing_token)
        draft = ConnectionDraft("gitlab", "gitlab", "http://gitlab.test", secrets)
        with write(self.engine) as conn:
            (portal,) = portals.all_active(conn)
            connections.upsert(conn, Vault(config.secret_keys), portal.id, draft, WallClock().now())
        return _WEBHOOK

    def tasks(self, ids: Iterable[int]) -> None:
        with self.b24.state.lock:
            for task_id in ids:
                self.b24.state.create_task(
                    f"Task {task_id}", id=task_id, responsible_id=RESPONSIBLE, group_id=3
                )

    # --- the processes

    def start(self) -> None:
        """Until it is ready. Raises RuntimeError with the log's end if it does not become so."""
        with (self.home / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [sys.executable, "-m", "b24app.cli", self.command],
                env=self._environ(), cwd=self.tree, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        wait(self.ready, START_SECONDS, lambda: f"b24bridge did not start:\n{self.last_words()}")

    def run(self, *words: str) -> str:
        """What `b24bridge …` printed. Raises RuntimeError with its words where it failed."""
        done = subprocess.run(
            [sys.executable, "-m", "b24app.cli", *words],
            env=self._environ(), cwd=self.tree, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"b24bridge {' '.join(words)}:\n{done.stdout}{done.stderr}")
        return done.stdout.strip()

    def stop(self) -> None:
        if self._server and self._server.poll() is None:
            self.signal(self.processes(), signal.SIGTERM, of=1)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(30)
            self.kill()

    def kill(self) -> None:
        """kill -9 for the whole process group."""
        if self._server:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait(10)

    def processes(self) -> list[int]:
        """The process tree, the root first."""
        return tree(self._server.pid) if self._server else []

    @staticmethod
    def signal(pids: Sequence[int], number: int, *, of: int | None = None) -> None:
        for pid in pids[:of]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def ready(self) -> bool:
        path = "/readyz" if self.command == "serve" else "/healthz"
        try:
            return requests.get(self.url + path, timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def _environ(self) -> dict[str, str]:
        told = {
            "B24BRIDGE_DATA_DIR": str(self.home),
            "B24BRIDGE_PUBLIC_URL": self.url,
            "B24BRIDGE_BIND": self.url.removeprefix("http://"),
            "B24BRIDGE_CLIENT_ID": self.b24.app.client_id,
            "B24BRIDGE_CLIENT_SECRET": self.b24.app.client_secret,
            "B24BRIDGE_OAUTH_HOSTS": self.b24.oauth_url,
            "B24BRIDGE_ALLOWED_NETWORKS": "127.0.0.0/8",
            "B24BRIDGE_LOG_LEVEL": "warning",
        }
        if self.database_url:
            told["DATABASE_URL"] = self.database_url
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {"PYTHONPATH": str(self.tree)} | told | self.environ

    def last_words(self) -> str:
        return "\n".join((self.home / "log").read_text(errors="replace").splitlines()[-15:])

    # --- deliveries

    def shots(self, told: Iterable[Told], again: str = "") -> list[bytes]:
        """Signed requests; `again` makes other deliveries of the same content."""
        now = datetime.now(UTC)
        return [
            encoded(
                self.url,
                self.webhook.path,
                one.headers(
                    now,
                    token=self.webhook.token,
                    signing_token=self.webhook.signing_token,
                    again=again,
                ),
                one.body,
            )
            for one in told
        ]

    def left(self) -> int:
        """Deliveries, subjects and commands that still wait."""
        with read(self.engine) as conn:
            return sum(_count(conn, table, states) for table, states in _LEFT)

    def settled(self, seconds: float) -> None:
        wait(lambda: not self.left(), seconds, lambda: f"{self.left()} things still wait")


def wait(done: Callable[[], bool], seconds: float, why: Callable[[], str]) -> None:
    """Raises RuntimeError saying `why` when it is not `done` in time."""
    until = time.monotonic() + seconds
    while not done():
        if time.monotonic() > until:
            raise RuntimeError(why())
        time.sleep(0.1)


def tree(root: int) -> list[int]:
    """The process and its living descendants (proc(5), task/children)."""
    try:
        told = Path(f"/proc/{root}/task/{root}/children").read_text()
    except OSError:
        return []
    return [root, *(pid for child in told.split() for pid in tree(int(child)))]


def _count(conn: Connection, table: object, states: Sequence[str]) -> int:
    found = select(func.count()).select_from(table).where(table.c.state.in_(states))
    return conn.scalar(found) or 0
