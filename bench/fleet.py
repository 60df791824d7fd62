"""Many portals, web processes and workers on one PostgreSQL server, beside an emulated Bitrix24.

All portals of the database are at one emulated address and have tasks of their own there; its
limits are off, for they are counted by portal. Wake-ups go through the database, as on several
machines.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, Queue
from threading import Thread
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import func, insert, select

from bench import lives
from bench.lives import Told
from bench.load import Load, apart, begin, encoded
from bench.site import Site, Webhook
from demo.service import Service
from sync.config import Config
from sync.core.clock import WallClock
from sync.store import connections
from sync.store.db.database import open_database, read, write
from sync.store.db.migrate import migrate
from sync.store.rows import ConnectionDraft, ConnectionSecrets
from sync.store.tables import portal, portal_access, worker
from sync.store.vault import Vault
from tests.emulators.bitrix24.wire import Listener, Request, Response
from tools import postgres

WEBS = 2
SENDERS = 8
_SIGNING = f"whsec_{'A' * 43}="
_TASK = re.compile(rb"B24-(\d+)-part")
_AGAIN_SECONDS = 0.5  # until a delivery that was not accepted is sent again
_REST_SECONDS, _CALM_SECONDS = 900, 3
_MOVED = 3  # the status of a task with an open merge request


@dataclass
class Fleet:
    """What runs. `arrived`: when each of the `awaited` tasks was moved; monotonic seconds."""

    site: Site
    server: postgres.Server
    webs: list[Service]
    webhooks: list[Webhook] = field(default_factory=list)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    arrived: dict[int, float] = field(default_factory=dict)
    awaited: set[int] = field(default_factory=set)

    def populate(self, count: int) -> None:
        """Let the installed portal have `count` - 1 more beside it, each with a connection."""
        config = Config.from_env(self.site.service.environ)
        vault, before = Vault(config.secret_keys), WallClock().now() - 2 * lives.BEFORE
        with write(self.site.engine) as conn:
            row = dict(conn.execute(select(portal)).mappings().one())
            first = row.pop("id")
            more = [row | {"member_id": f"{n:032x}", "installation": f"{n:032x}"}
                    for n in range(1, count)]  # fmt: skip
            ids = [first, *conn.scalars(insert(portal).returning(portal.c.id), more)]
            for number, portal_id in enumerate(ids):
                key = f"key-of-{number}"
                secrets = ConnectionSecrets(key, f"token-{number}", _SIGNING)
                draft = ConnectionDraft("gitlab", "shop", "http://gitlab.test", secrets)
                connections.upsert(conn, vault, portal_id, draft, before)
                self.webhooks.append(Webhook(f"/hooks/gitlab/{key}", f"token-{number}", _SIGNING))
        self._watch()

    def _watch(self) -> None:
        answer = self.site.b24._answer

        def noted(listener: Listener, request: Request) -> Response:
            came = time.monotonic()
            try:
                return answer(listener, request)
            finally:
                tasks = self.site.b24.state.tasks
                for task_id in [one for one in tuple(self.awaited) if tasks[one].status == _MOVED]:
                    self.awaited.discard(task_id)
                    self.arrived[task_id] = came

        self.site.b24._answer = noted

    def start_workers(self, count: int) -> None:
        """Start workers, wait until each has begun and every portal was looked after once."""
        log = (self.site.home / "workers.log").open("ab")
        for _ in range(count):
            self.workers.append(
                subprocess.Popen(
                    [sys.executable, "-m", "b24app.cli", "worker"],
                    env=self.site.service.environ,
                    cwd=self.site.tree,
                    stdout=log,
                    stderr=log,
                )
            )

        self.rest()

    def rest(self) -> None:
        """Wait until nothing waits, and each portal was asked lately whether it is open to us.

        Workers are never idle among so many portals: every one is asked again each minute.
        """
        calm, until = 0, time.monotonic() + _REST_SECONDS
        while calm < _CALM_SECONDS:
            if time.monotonic() > until:
                raise RuntimeError(f"the workers have no rest after {_REST_SECONDS} s")
            time.sleep(1)
            calm = calm + 1 if self._have_begun() and not self.site.left() else 0

    def _have_begun(self) -> bool:
        with read(self.site.engine) as conn:
            asked = conn.scalar(select(func.count()).select_from(portal_access))
            begun = conn.scalar(select(func.count()).select_from(worker))
        return asked == len(self.webhooks) and begun == len(self.workers)

    def signal_workers(self, number: int) -> None:
        for process in self.workers:
            os.kill(process.pid, number)

    def stop_workers(self) -> None:
        for process in self.workers:
            for number in (signal.SIGCONT, signal.SIGTERM):
                with suppress(ProcessLookupError):
                    os.kill(process.pid, number)
        for process in self.workers:
            process.wait(60)
        self.workers.clear()

    def send(
        self, deliveries: Sequence[tuple[Webhook, Told]], seconds: float = 0.0
    ) -> dict[int, float]:
        """Send each until it is accepted, spread over `seconds`; when that was, by task."""
        waiting: Queue[tuple[float, Webhook, Told]] = Queue()
        began = time.monotonic()
        for place, (webhook, told) in enumerate(deliveries):
            waiting.put((began + seconds * place / len(deliveries), webhook, told))
        accepted: dict[int, float] = {}
        senders = [
            Thread(target=self._sender, args=(self.webs[n % len(self.webs)], waiting, accepted))
            for n in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        return accepted

    def storm(self, deliveries: Sequence[tuple[Webhook, Told]]) -> None:
        """Send all at once, from a process apart: what it costs to send is not ours.

        What is not accepted is sent again.
        """
        halves = [deliveries[n :: len(self.webs)] for n in range(len(self.webs))]
        with ThreadPoolExecutor(len(halves)) as threads:
            loads = threads.map(self._fire, self.webs, halves)
            refused = [half[place]
                       for half, load in zip(halves, loads, strict=True)
                       for place in load.unanswered]  # fmt: skip
        self.send(refused)

    @staticmethod
    def _fire(web: Service, deliveries: Sequence[tuple[Webhook, Told]]) -> Load:
        shots = [encoded(web.url, webhook.path, _headers(webhook, told), told.body)
                 for webhook, told in deliveries]  # fmt: skip
        with apart() as pool:
            return begin(pool, web.url, shots, SENDERS // WEBS).result()

    def _sender(
        self, web: Service, waiting: Queue[tuple[float, Webhook, Told]], accepted: dict[int, float]
    ) -> None:
        connection = http.client.HTTPConnection(urlsplit(web.url).netloc, timeout=60)
        while True:
            try:
                due, webhook, told = waiting.get_nowait()
            except Empty:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                connection.request("POST", webhook.path, told.body, _headers(webhook, told))
                answer = connection.getresponse()
                answer.read()
                status = answer.status
            except (OSError, http.client.HTTPException):
                connection.close()
                status = 0
            if status == 200:
                accepted.setdefault(task_of(told), time.monotonic())
            else:
                waiting.put((time.monotonic() + _AGAIN_SECONDS, webhook, told))


def _headers(webhook: Webhook, told: Told) -> dict[str, str]:
    return told.headers(datetime.now(UTC), token=webhook.token, signing_token=webhook.signing_token)


def task_of(told: Told) -> int:
    """The task of the life that a delivery belongs to."""
    match = _TASK.search(told.body)
    assert match is not None
    return int(match[1])


def by_task(deliveries: Iterable[Told]) -> Mapping[int, list[Told]]:
    """Deliveries of each life, in their order."""
    lives: dict[int, list[Told]] = {}
    for told in deliveries:
        lives.setdefault(task_of(told), []).append(told)
    return lives


@contextmanager
def fleet(portals: int) -> Iterator[Fleet]:
    """Web processes and so many portals, without a worker yet."""
    with postgres.server({"max_connections": "300"}) as server:
        with psycopg.connect(postgres.url(server.folder, "postgres"), autocommit=True) as conn:
            conn.execute("CREATE DATABASE bench")
        url = postgres.url(server.folder, "bench")
        engine = open_database(url)
        migrate(engine)
        engine.dispose()
        more = {"B24BRIDGE_QUEUE_URL": url}
        with Site(url, "web", more) as site:
            site.b24.state.limits.on = False
            others = [
                Service(site.home, site.b24, "web", site.tree, dict(site.service.more))
                for _ in range(WEBS - 1)
            ]
            running = Fleet(site, server, [site.service, *others])
            try:
                for other in others:
                    other.start()
                running.populate(portals)
                yield running
            finally:
                running.stop_workers()
                for other in others:
                    other.stop()
