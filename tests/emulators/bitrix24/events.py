"""Events out of the portal: built as the vendor prints them, posted by a thread, never retried.

https://apidocs.bitrix24.com/api-reference/events/
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import requests

from tests.emulators.bitrix24.php import write_form
from tests.emulators.bitrix24.records import Binding
from tests.emulators.bitrix24.state import Portal

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Posting:
    """One event on its way to one handler. `status` 0: the handler was not reached."""

    event: str
    handler: str
    form: str
    status: int = 0


@dataclass
class EventPoster:
    """`lost` and `duplicated` are shares of 0..1; `lose_next` counts; `delay` is in seconds.

    `reordered` or `held` keep the events until `flush`. `on` False: nothing is even queued.
    """

    random: Random = field(default_factory=lambda: Random(7))
    on: bool = True
    lost: float = 0.0
    lose_next: int = 0
    duplicated: float = 0.0
    reordered: bool = False
    held: bool = False
    delay: float = 0.0
    sent: list[Posting] = field(default_factory=list)
    dropped: list[Posting] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting: deque[Posting] = deque()
        self._changed = threading.Condition()
        self._busy = self._stopping = self._flushing = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def put(self, posting: Posting) -> None:
        with self._changed:
            if not self.on:
                return
            if self.lose_next > 0 or self.random.random() < self.lost:
                self.lose_next = max(0, self.lose_next - 1)
                self.dropped.append(posting)
                return
            twice = self.random.random() < self.duplicated
            self._waiting.extend([posting] * (2 if twice else 1))
            self._changed.notify_all()

    def flush(self, timeout: float = 30.0) -> None:
        """Send what is held and wait until all is sent. Raises TimeoutError."""
        with self._changed:
            if self.reordered:
                shuffled = list(self._waiting)
                self.random.shuffle(shuffled)
                self._waiting = deque(shuffled)
            self._flushing = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout)
            self._flushing = False
        if not done:
            raise TimeoutError("events were not delivered in time")

    def _ready(self) -> bool:
        free = self._flushing or not (self.held or self.reordered)
        return self._stopping or (bool(self._waiting) and free)

    def _run(self) -> None:
        session = requests.Session()
        session.trust_env = False
        while True:
            with self._changed:
                self._changed.wait_for(self._ready)
                if self._stopping:
                    return
                posting, self._busy = self._waiting.popleft(), True
                delay = self.delay
                if delay:
                    self._changed.wait_for(lambda: self._stopping, delay)
            status = _post(session, posting)
            done = Posting(posting.event, posting.handler, posting.form, status)
            with self._changed:
                self.sent.append(done)
                self._busy = False
                self._changed.notify_all()


def _post(session: requests.Session, posting: Posting) -> int:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "Bitrix24 Webhook",
    }
    try:
        response = session.post(
            posting.handler,
            data=posting.form,
            headers=headers,
            timeout=TIMEOUT,
            allow_redirects=False,
        )
    except requests.RequestException:
        return 0
    return response.status_code


@dataclass(frozen=True)
class EventSource:
    """Turns what happened in a portal into postings for its bound handlers."""

    portal: Portal
    poster: EventPoster
    addresses: Callable[[], dict[str, str]]

    def task_event(self, name: str, data: dict[str, Any], user_id: int | None) -> None:
        """Nothing is delivered until the installation is finished."""
        if not (self.portal.app.present and self.portal.app.installed):
            return
        for binding in self.portal.live_bindings(name):
            auth = self._common() | self._token(binding, user_id)
            self._put(binding.handler, name, data, auth, binding.id)

    def app_event(
        self,
        name: str,
        data: dict[str, Any],
        *,
        handler: str,
        tokens: int | None = None,
        signed: bool = True,
    ) -> None:
        """`tokens`: whose fresh pair goes along (ONAPPINSTALL, ONAPPUPDATE)."""
        auth = self._common()
        if tokens is not None:
            token = self.portal.issue(tokens)
            auth |= {"access_token": token.access, "refresh_token": token.refresh}
            auth |= {"expires_in": 3600, "expires": int(token.expires.timestamp())}
            auth |= {"scope": self._scope(), "status": self.portal.app.status, "user_id": tokens}
        if not signed:
            auth.pop("application_token")
        self._put(handler, name, data, auth, None)

    def _put(
        self,
        handler: str,
        name: str,
        data: dict[str, Any],
        auth: dict[str, Any],
        handler_id: int | None,
    ) -> None:
        body: dict[str, Any] = {"event": name}
        body |= {"event_handler_id": handler_id} if handler_id else {}
        body |= {"data": data, "ts": int(self.portal.now().timestamp()), "auth": auth}
        self.poster.put(Posting(name, handler, write_form(body)))

    def _scope(self) -> str:
        return ",".join(sorted(self.portal.app.scopes))

    def _common(self) -> dict[str, Any]:
        token = self.portal.app.application_token
        return self.addresses() | {"member_id": self.portal.member_id, "application_token": token}

    def _token(self, binding: Binding, user_id: int | None) -> dict[str, Any]:
        """The acting person's own token; none when the system acted."""
        owner = binding.auth_type or user_id
        extra: dict[str, Any] = {"scope": self._scope(), "status": self.portal.app.status}
        if not owner:
            return extra
        token = self.portal.issue(owner, refreshable=False)
        extra |= {"access_token": token.access, "expires_in": 3600, "user_id": owner}
        return extra | {"expires": int(token.expires.timestamp())}
