"""b24bridge as people run it, in its own processes, beside an emulated portal in ours."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, func, select

from bench import lives
from bench.lives import Told
from bench.load import encoded
from demo.installing import install
from demo.service import ROOT, Service, wait_until
from sync.config import Config
from sync.core.clock import WallClock
from sync.store import connections, portals
from sync.store.db.database import open_database, read, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets
from sync.store.tables import command, delivery, in_literals, subject
from sync.store.vault import Vault
from tests.emulators.bitrix24.server import BitrixEmulator

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
        more = {"B24BRIDGE_LOG_LEVEL": "warning", **self.environ}
        if self.database_url:
            more["DATABASE_URL"] = self.database_url
        self.service = Service(self.home, self.b24, self.command, self.tree, more)
        self._stack.callback(self.service.stop)
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
        self.service.start()
        install(self)
        self.engine = open_database(Config.from_env(self.service.environ).database_url)
        self._stack.callback(self.engine.dispose)
        self.webhook = self.connect(self) if self.connect else self._connect_without_token()

    def _connect_without_token(self) -> Webhook:
        config = Config.from_env(self.service.environ)
        key = _WEBHOOK.path.rpartition("/")[2]
        secrets = ConnectionSecrets(key, _WEBHOOK.token, _WEBHOOK.signing_token)
        draft = ConnectionDraft("gitlab", "gitlab", "http://gitlab.test", secrets)
        with write(self.engine) as conn:
            (portal,) = portals.all_active(conn)
            before = WallClock().now() - 2 * lives.BEFORE  # the lives are of afterwards
            connections.upsert(conn, Vault(config.secret_keys), portal.id, draft, before)
        return _WEBHOOK

    def tasks(self, ids: Iterable[int]) -> None:
        with self.b24.state.lock:
            for task_id in ids:
                self.b24.state.create_task(
                    f"Task {task_id}", id=task_id, responsible_id=RESPONSIBLE, group_id=3
                )

    @property
    def url(self) -> str:
        return self.service.url

    @staticmethod
    def signal(pids: Sequence[int], number: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

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
        wait_until(lambda: not self.left(), seconds, lambda: f"{self.left()} things still wait")


def _count(conn: Connection, table: object, states: Sequence[str]) -> int:
    found = select(func.count()).select_from(table).where(in_literals(table.c.state, *states))
    return conn.scalar(found) or 0
