"""Posting of webhooks as GitLab's workers do it: once, without retries, each one logged.

https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
Switches of `Weather` lose, repeat, delay and reorder what is on its way.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import requests

from tests.emulators.gitlab import routing, signing
from tests.emulators.gitlab.disabling import alert_status, count
from tests.emulators.gitlab.entities import Group, Project
from tests.emulators.gitlab.parts import raw
from tests.emulators.gitlab.state import Hook, HookEvent, State
from tests.emulators.gitlab.templates import TemplateError, render

TIMEOUT_SECONDS = 10.0
CHAIN_LIFE = timedelta(minutes=30)
CHAIN_LIMIT = 100
RESPONSE_BODY_LIMIT = 8 * 1024
INTERNAL_ERROR = "internal error"


@dataclass
class Weather:
    """What happens on the way. Shares are 0..1; `hold` keeps everything until `release()`."""

    lose: float = 0.0
    duplicate: float = 0.0
    delay_seconds: float = 0.0
    shuffle: bool = False
    hold: bool = False
    seed: int = 7

    def __post_init__(self) -> None:
        self.random = Random(self.seed)


@dataclass(frozen=True)
class Waiting:
    """A delivery on its way. `key`: its Idempotency-Key."""

    hook: Hook
    trigger: str
    payload: dict
    key: str
    due: datetime
    chain: str = ""


@dataclass(frozen=True)
class Dropped:
    hook_id: int
    trigger: str
    why: str
    payload: dict


@dataclass
class Deliveries:
    """`dropped`: events GitLab decided not to send; `lost`: those the weather took."""

    state: State
    weather: Weather = field(default_factory=Weather)
    per_minute: int | None = None
    timeout: float = TIMEOUT_SECONDS
    waiting: list[Waiting] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    lost: list[Waiting] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chains: dict[str, tuple[datetime, set[int]]] = {}
        self._minutes: dict[tuple[str, int], int] = defaultdict(int)

    def fire(self, place: Project | Group, flag: str, payload: dict, *, chain: str = "") -> None:
        """Send `payload` to every hook that listens; `chain`: X-Gitlab-Event-UUID of the cause."""
        for hook in routing.listeners(self.state, place, flag, payload):
            self._queue(place, hook, routing.TRIGGERS[flag], payload, chain)
        if not self.weather.hold:
            self.release()

    def release(self) -> int:
        """Send all that is due now; the number sent. What is delayed stays."""
        with self.state.lock:
            now = self.state.now()
            due = [one for one in self.waiting if one.due <= now]
            self.waiting = [one for one in self.waiting if one.due > now]
            if self.weather.shuffle:
                self.weather.random.shuffle(due)
        for one in due:
            self.send(one)
        return len(due)

    def send(self, one: Waiting, *, forced: bool = False) -> HookEvent | None:
        """Post and log; None where the hook is disabled by now. `forced`: a test or a resend."""
        if one.hook.id not in self.state.hooks:
            self._drop(one.hook, one.trigger, one.payload, "hook removed")
            return None
        if not forced and alert_status(self.state, one.hook) != "executable":
            self._drop(one.hook, one.trigger, one.payload, "hook disabled")
            return None
        return post(self, one)

    def register(self, hook: Hook, chain: str) -> str:
        """The X-Gitlab-Event-UUID of a delivery; remembers that `hook` fired under it."""
        uuid = chain or self.state.next_uuid()
        _, hooks = self._chains.get(uuid, (None, set()))
        self._chains[uuid] = (self.state.now(), hooks | {hook.id})
        return uuid

    def blocked(self, hook: Hook, chain: str) -> bool:
        """Whether `hook` fired in this chain within 30 minutes, or 100 hooks did."""
        since, hooks = self._chains.get(chain, (None, set()))
        alive = since is not None and self.state.now() - since < CHAIN_LIFE
        return alive and (hook.id in hooks or len(hooks) >= CHAIN_LIMIT)

    def _queue(
        self, place: Project | Group, hook: Hook, trigger: str, payload: dict, chain: str
    ) -> None:
        with self.state.lock:
            if why := self._refusal(place, hook, chain):
                self._drop(hook, trigger, payload, why)
                return
            due = self.state.now() + timedelta(seconds=self.weather.delay_seconds)
            one = Waiting(hook, trigger, payload, self.state.next_uuid(), due, chain)
            if self.weather.random.random() < self.weather.lose:
                self.lost.append(one)
                return
            twice = self.weather.random.random() < self.weather.duplicate
            self.waiting.extend([one, replace(one)] if twice else [one])

    def _refusal(self, place: Project | Group, hook: Hook, chain: str) -> str:
        if alert_status(self.state, hook) != "executable":
            return "hook disabled"
        if chain and self.blocked(hook, chain):
            return "recursive webhook"
        namespace = place.path.split("/")[0]
        minute = (namespace, int(self.state.now().timestamp()) // 60)
        self._minutes[minute] += 1
        over = self.per_minute is not None and self._minutes[minute] > self.per_minute
        return "rate limited" if over else ""

    def _drop(self, hook: Hook, trigger: str, payload: dict, why: str) -> None:
        self.dropped.append(Dropped(hook.id, trigger, why, payload))


def post(deliveries: Deliveries, one: Waiting) -> HookEvent:
    """One POST; the answer, whatever it is, goes to the hook's log and its failure count."""
    state, hook = deliveries.state, one.hook
    started = time.perf_counter()
    try:
        payload = render(hook.custom_webhook_template, one.payload)
    except TemplateError as error:
        return _logged(state, one, {}, {}, (INTERNAL_ERROR, {}, str(error)), 0.0)
    body = raw(payload)
    with state.lock:
        head = headers_for(deliveries, one, body)
    answer = _exchange(routing.target(hook), body, head, deliveries.timeout)
    return _logged(state, one, head, payload, answer, time.perf_counter() - started)


def headers_for(deliveries: Deliveries, one: Waiting, body: bytes) -> dict[str, str]:
    state, hook = deliveries.state, one.hook
    return signing.headers(
        routing.event_header(one.trigger),
        body,
        at=state.now(),
        delivery_id=one.key,
        webhook_uuid=state.next_uuid(),
        event_uuid=deliveries.register(hook, one.chain),
        instance=state.url,
        version=state.version,
        token=hook.token,
        signing_token=hook.signing_token,
        custom=hook.custom_headers,
    )


def _exchange(
    url: str, body: bytes, head: dict[str, str], timeout: float
) -> tuple[str, dict[str, str], str]:
    """Status as text, headers and body; a broken connection is an `internal error`."""
    try:
        got = requests.post(url, data=body, headers=head, timeout=timeout, allow_redirects=False)
    except requests.RequestException as error:
        return INTERNAL_ERROR, {}, str(error)
    return str(got.status_code), dict(got.headers), got.text[:RESPONSE_BODY_LIMIT]


def _logged(
    state: State,
    one: Waiting,
    head: dict[str, str],
    payload: dict,
    answer: tuple[str, dict[str, str], str],
    seconds: float,
) -> HookEvent:
    status, answered, text = answer
    shown = {k: "[REDACTED]" if k in _hidden(one.hook) else v for k, v in head.items()}
    with state.lock:
        event = HookEvent(
            id=state.next_id("hook_event"),
            hook_id=one.hook.id,
            url=one.hook.url,
            trigger=one.trigger,
            request_headers=shown,
            request_data=payload,
            response_headers=answered,
            response_body="" if status == INTERNAL_ERROR else text,
            response_status=status,
            execution_duration=round(seconds, 6),
            created_at=state.now(),
        )
        one.hook.log.append(event)
        count(state, one.hook, ok=status[0] in "23")
    return event


def _hidden(hook: Hook) -> set[str]:
    return {"X-Gitlab-Token", *hook.custom_headers}
