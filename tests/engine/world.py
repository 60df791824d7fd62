"""A portal, a code host and a worker over one database, without sockets and with one clock."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from unittest.mock import patch
from urllib.parse import urlsplit

import requests
from cryptography.fernet import Fernet
from requests.adapters import BaseAdapter
from sqlalchemy import select

from b24app.clients import Clients
from sync.bitrix24.events.parse import dedupe_key
from sync.bitrix24.events.php_form import parse_form
from sync.bitrix24.rest.credentials import AppKeys
from sync.core.clock import ManualClock
from sync.core.rules.portal import Rules
from sync.engine.audit.writer import CallRecorder
from sync.engine.deliver.calls import Calls, InlineCalls
from sync.engine.deps import Deps
from sync.engine.worker import Worker
from sync.gitlab.api.client import GitLab
from sync.gitlab.webhooks import verify as webhooks_verify
from sync.gitlab.webhooks.verify import event_name
from sync.store import connections, inbox, logs, outbox, portals, subjects
from sync.store.db.database import read, write
from sync.store.rows import (
    ApiCallRow,
    CommandRow,
    ConnectionDraft,
    ConnectionRecord,
    ConnectionSecrets,
    Delivery,
    Installation,
    PortalTokens,
)
from sync.store.tables import command, delivery, task
from sync.store.vault import Vault
from tests.databases import opened
from tests.emulators.bitrix24 import api
from tests.emulators.bitrix24.errors import RestError
from tests.emulators.bitrix24.events import EventSource, Posting
from tests.emulators.bitrix24.records import Binding, Token
from tests.emulators.bitrix24.server import BitrixEmulator
from tests.emulators.bitrix24.wire import Hangup
from tests.emulators.bitrix24.wire import Request as PortalRequest
from tests.emulators.gitlab.deliveries import Waiting, headers_for
from tests.emulators.gitlab.entities import MergeRequest
from tests.emulators.gitlab.parts import raw
from tests.emulators.gitlab.server import GitLabEmulator, _encoded
from tests.emulators.gitlab.web import Request as HostRequest

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PORTAL, OAUTH, HOST = "http://portal.test", "http://oauth.test", "http://gitlab.test"
REPORT = "[b]CI/CD "
KEY = Fernet.generate_key().decode()


class Wire(BaseAdapter):
    """Carries requests into a function instead of a socket. `before`, `after`: for faults."""

    def __init__(self, answer: Callable[[requests.PreparedRequest], requests.Response]) -> None:
        super().__init__()
        self.answer = answer

    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:
        return self.answer(request)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class World:
    """Everything a history needs over an empty migrated database. `rules` are the portal's."""

    url: str
    card: str = "new"
    v3: bool = True
    rules: Rules = field(default_factory=Rules)
    seed: int = 1
    member: str = "d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f"
    calls: Calls = field(default_factory=InlineCalls)

    def __post_init__(self) -> None:
        self.clock = ManualClock(START)
        self.b24 = BitrixEmulator(
            self.clock, card=self.card, v3=self.v3, client_id="local.app", member_id=self.member
        )
        self.b24.oauth.url = OAUTH
        self.b24.oauth.portals = [(self.b24.state, lambda: f"{PORTAL}/rest/")]
        self.b24.events.put = self._posted
        self.b24.state.emit = EventSource(
            self.b24.state, self.b24.events, lambda: {"domain": "portal.test"}
        ).task_event
        self.gitlab = GitLabEmulator(self.clock, seed=self.seed)
        self.gitlab.state.url = HOST
        self.gitlab.deliveries.send = self._hooked
        self.inbox_order: list[Delivery] = []
        self.hold_deliveries = False
        self.vault = Vault([KEY])
        self.database = opened(self.url)
        self._patches = ExitStack()
        self._install()

    def patch(self, owner: object, name: str, value: object) -> None:
        """Replaces an attribute until the world is closed."""
        self._patches.enter_context(patch.object(owner, name, value))

    def refuse(self, method: str, code: str, times: int = 10_000) -> list[str]:
        """The portal refuses the method, inside of batches too; what it refused so far."""
        refused: list[str] = []
        usual = api.run

        def run(portal: object, caller: object, name: str, params: object) -> object:
            if portal is self.b24.state and name == method and len(refused) < times:
                refused.append(name)
                raise RestError(400, code, code)
            return usual(portal, caller, name, params)

        self.patch(api, "run", run)
        return refused

    def close(self) -> None:
        self._patches.close()
        self.database.dispose()

    # --- the two sides

    def _install(self) -> None:
        b24, now = self.b24, self.clock.now()
        b24.app.installed = True
        self.responsible = b24.state.add_user("Rita", email="rita@acme.example", id=7).id
        b24.state.add_user("Boris", email="bob@acme.example", id=8)
        b24.state.add_user_field("UF_CI_STATUS", "string")
        b24.state.add_group("Site", id=3, members=[1, 7, 8])
        token = b24.token(1)
        tokens = PortalTokens(token.access, token.refresh, token.expires, 1)
        install = Installation(b24.state.member_id, f"{PORTAL}/rest/", f"{OAUTH}/rest/", tokens)
        draft = ConnectionDraft("gitlab", "gitlab", HOST, ConnectionSecrets(f"hook-{self.member}"))
        with write(self.database) as conn:
            self.portal_id = portals.create_or_update(conn, self.vault, install, now)
            portals.set_features(conn, self.portal_id, {"v3": self.v3}, now)
            portals.set_state(conn, self.portal_id, "active", "", now)
            self.connection_id = connections.upsert(conn, self.vault, self.portal_id, draft, now)
        for event in ("ONTASKUPDATE", "ONTASKADD", "ONTASKDELETE", "ONTASKCOMMENTADD"):
            _bind(b24, event)
        state = self.gitlab.state
        for name in ("ann", "bob", "cid"):
            state.add_user(name, public=True)
        self.shop = state.add_project("acme/shop", members={"ann": 40, "bob": 40, "cid": 40})
        self.token = state.add_token("ann")
        flags = (
            "merge_requests_events", "push_events", "pipeline_events", "deployment_events",
        )  # fmt: skip
        self.gitlab.add_hook(self.shop, "http://bridge.test/hook", *flags)

    def save_token(self, token: Token) -> None:
        """As when an administrator opens the app in the portal again."""
        fresh, now = PortalTokens(token.access, token.refresh, token.expires, 1), self.clock.now()
        with write(self.database) as conn:
            portals.save_tokens(conn, self.vault, self.portal_id, fresh, now)
            portals.set_state(conn, self.portal_id, "active", "", now)

    def task(self, task_id: int = 2103, **fields: object) -> int:
        values = {"responsible_id": 7, "group_id": 3, **fields}
        with self.b24.state.lock:
            self.b24.state.create_task(f"Task {task_id}", id=task_id, **values)
        return task_id

    def with_task(self, task_id: int = 2103, **fields: object) -> World:
        self.task(task_id, **fields)
        return self

    def opened(
        self, branch: str = "feature/B24-2103-pay", title: str = "Pay", **fields: object
    ) -> MergeRequest:
        """A merge request of ann's, reviewed by bob, on a branch with one commit."""
        self.gitlab.push(self.shop, branch, ["Add payment"], "ann")
        return self.gitlab.open_mr(self.shop, branch, title, "ann", reviewers=["bob"], **fields)

    def status(self, task_id: int = 2103) -> int:
        return self.b24.state.tasks[task_id].status

    def cards(self, task_id: int = 2103) -> list[str]:
        """The messages of the task's discussion that show merge requests."""
        return [text for text in self._messages(task_id) if not text.startswith(REPORT)]

    def reports(self, task_id: int = 2103) -> list[str]:
        """The messages of the task's discussion about pipelines."""
        return [text for text in self._messages(task_id) if text.startswith(REPORT)]

    def _messages(self, task_id: int) -> list[str]:
        return [message.text for message in self.b24.state.discussion(task_id)]

    def told(self) -> list[tuple[int, str]]:
        """(user, text) of the notifications a person sees."""
        return [(n.user_id, n.text) for n in self.b24.state.notifications.values()]

    def posted(self, group_id: int = 3) -> list[str]:
        """What the workgroup's chat shows, the first first."""
        chat = self.b24.state.chat_of("SONET_GROUP", str(group_id))
        return [message.text for message in self.b24.state.dialog_messages(chat.id)]

    def tick(self, seconds: float = 1.0) -> None:
        self.clock.sleep(seconds)

    # --- deliveries

    def _posted(self, posting: Posting) -> None:
        body = posting.form.encode()
        nonce = str(len(self.inbox_order) + self.clock.now().timestamp())
        self._arrive(
            f"bitrix24:{self.portal_id}", None, dedupe_key(parse_form(body), body, nonce),
            posting.event, {}, body,
        )  # fmt: skip

    def _hooked(self, one: Waiting, *, forced: bool = False) -> None:
        body = raw(one.payload)
        headers = headers_for(self.gitlab.deliveries, one, body)
        self._arrive(
            f"gitlab:{self.connection_id}", self.connection_id,
            webhooks_verify.dedupe_key(headers, body, self.clock.now()), event_name(headers),
            headers, body,
        )  # fmt: skip

    def _arrive(
        self, origin: str, connection_id: int | None, key: str, event: str,
        headers: dict[str, str], body: bytes,
    ) -> None:  # fmt: skip
        delivery = Delivery(
            self.portal_id, connection_id, origin, key, event, headers, body, self.clock.now()
        )
        self.inbox_order.append(delivery)
        if not self.hold_deliveries:
            self.store([delivery])

    def store(self, found: list[Delivery]) -> None:
        with write(self.database) as conn:
            inbox.insert_many(conn, found)

    # --- the worker

    def session(self) -> requests.Session:
        session = requests.Session()
        session.trust_env = False
        session.mount(PORTAL, Wire(self.portal_answer))
        session.mount(OAUTH, Wire(self.oauth_answer))
        session.mount(HOST, Wire(self.host_answer))
        return session

    def portal_answer(self, request: requests.PreparedRequest) -> requests.Response:
        try:
            answer = self.b24._answer(self.b24._listeners[-1], _portal_request(request))
        except Hangup:
            raise requests.ConnectionError("the connection was closed") from None
        response = _response(request, answer.status, answer.body, answer.content_type)
        response.headers.update(answer.headers)
        return response

    def oauth_answer(self, request: requests.PreparedRequest) -> requests.Response:
        answer = self.b24.oauth.answer(_portal_request(request))
        return _response(request, answer.status, answer.body, answer.content_type)

    def host_answer(self, request: requests.PreparedRequest) -> requests.Response:
        url = urlsplit(request.url)
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = HostRequest(
            request.method, url.path, headers, url.query, _bytes(request.body), HOST
        )
        reply = self.gitlab.answer(asked)
        data, kind = _encoded(reply)
        made = _response(request, reply.status, data, kind)
        made.headers.update(reply.headers)
        return made

    def deps(self, owner: str = "one") -> Deps:
        rooms = self.clients(owner)
        return Deps(
            database=self.database,
            vault=self.vault,
            clock=self.clock,
            portal_for=rooms.portal_of,
            code_host_for=self._code_host,
            owner=owner,
            rules_for=lambda conn, row: self.rules,
            jitter=Random(self.seed).random,
            calls=self.calls,
        )

    def _code_host(self, connection: ConnectionRecord) -> GitLab:
        rooms = self.clients("one")
        return GitLab(
            HOST,
            self.token.value,
            connection_id=connection.id,
            session=self.session(),
            call_log=rooms.call_log("gitlab", self.portal_id, connection=connection.name),
        )

    def clients(self, owner: str, audit: CallRecorder | None = None) -> Clients:
        """What opens the other sides; calls are written down by `audit`, or at once."""
        rooms = _Rooms(None, self.database, self.vault, self.clock, owner, audit or self)
        object.__setattr__(rooms, "_session", self.session())
        return rooms

    def add(self, call: ApiCallRow) -> None:
        """Writes a call down at once: a history is the same whenever it is played."""
        with write(self.database) as conn:
            logs.save_calls(conn, [call])

    def work(self, owner: str = "one") -> int:
        """Everything that can be done now, by a fresh worker."""
        return Worker(self.deps(owner)).run_once()

    def settle(self, rounds: int = 30, seconds: float = 15.0) -> None:
        """Works until nothing is left, letting time pass for what waits for it."""
        for _ in range(rounds):
            self.work()
            self.tick(seconds)
            if not self.waiting():
                return
        raise AssertionError("work is left over")

    def waiting(self) -> int:
        with read(self.database) as conn:
            left = inbox.pending_count(conn, self.portal_id)
            counts = outbox.counts(conn, self.portal_id)
            left += counts.get("waiting", 0) + counts.get("sending", 0)
            return left + subjects.counts(conn, self.portal_id).get("dirty", 0)

    def decisions(self, task_id: int = 2103) -> list[str]:
        """Why things were done about a task, the first first."""
        with read(self.database) as conn:
            found = logs.decisions(conn, self.portal_id, "task", str(task_id))
        return [one.reason for one in reversed(found)]

    def outcomes(self) -> list[str]:
        """What came of each delivery, in the order of arrival."""
        with read(self.database) as conn:
            return list(conn.scalars(select(delivery.c.outcome).order_by(delivery.c.id)))

    def commands(self, state: str | None = None) -> list[CommandRow]:
        with read(self.database) as conn:
            found = conn.execute(select(command.c.id).order_by(command.c.id)).scalars().all()
            subject_keys = {row for row in conn.scalars(select(command.c.subject_key))}
            rows = [
                row
                for key in subject_keys
                for row in outbox.by_subject(conn, self.portal_id, "task", key, limit=len(found))
            ]
        rows.sort(key=lambda row: row.id)
        return [row for row in rows if state in (None, row.state)]

    def state(self) -> tuple[str, str]:
        """The portal's state and its reason."""
        with read(self.database) as conn:
            record = portals.by_id(conn, self.portal_id)
        return record.state, record.state_reason

    def steps(self) -> dict[int, str | None]:
        with read(self.database) as conn:
            return {
                row.task_id: row.step for row in conn.execute(select(task.c.task_id, task.c.step))
            }


class _Rooms(Clients):
    """The app's own wiring over a session without sockets."""

    @property
    def app_keys(self) -> AppKeys:
        return AppKeys("local.app", "client-secret", frozenset({OAUTH}))

    def session(self) -> requests.Session:
        return self._session


def _bind(b24: BitrixEmulator, event: str) -> None:
    number = b24.state.next_id("handler")
    b24.state.bindings.append(Binding(number, event, "http://bridge.test/b24/events"))


def _portal_request(request: requests.PreparedRequest) -> PortalRequest:
    url = urlsplit(request.url)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return PortalRequest(request.method, url.path, url.query, headers, _bytes(request.body))


def _bytes(body: object) -> bytes:
    whole = body.read() if hasattr(body, "read") else body  # a form with a file is streamed
    return whole.encode() if isinstance(whole, str) else (whole or b"")


def _response(
    request: requests.PreparedRequest, status: int, body: bytes, content_type: str
) -> requests.Response:
    made = requests.Response()
    made.status_code, made.url, made.request = status, request.url, request
    made.raw = io.BytesIO(body)
    made._content = body
    made.headers["Content-Type"] = content_type
    made.encoding = "utf-8"
    return made
