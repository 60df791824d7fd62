"""A portal's client over canned answers: stores in memory and a clock that is turned by hand."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from sync.bitrix24.rest import limits
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.credentials import AppKeys, Credentials
from sync.bitrix24.rest.throttle import Throttle
from sync.core.audit import CallLog
from sync.core.clock import ManualClock

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
REST = "https://portal.example/rest/"
TOKEN_URL = "https://oauth.bitrix.info/oauth/token/"
INFO_URL = "https://oauth.bitrix.info/rest/app.info"
SECRET = "client-secret-of-the-application-1"


class MemoryTokens:
    """One portal's tokens, as the store keeps them."""

    def __init__(self, credentials: Credentials) -> None:
        self.stored = credentials
        self.leases = 0
        self.on_lease = lambda: None

    def load(self) -> Credentials:
        return self.stored

    @contextmanager
    def refreshing(self):
        self.leases += 1
        self.on_lease()
        yield

    def save(self, credentials: Credentials) -> None:
        self.stored = credentials

    def domain_moved(self, client_endpoint: str) -> None:
        self.stored = replace(self.stored, client_endpoint=client_endpoint)


class MemoryAllowance:
    def __init__(self, now: datetime) -> None:
        self.stored = limits.full_allowance(now)

    def change(self, step):
        self.stored, told = step(self.stored)
        return told


@dataclass
class Desk:
    """A client and everything a test wants to look at."""

    portal: Portal
    tokens: MemoryTokens
    allowance: MemoryAllowance
    clock: ManualClock
    http: responses.RequestsMock
    log: list = field(default_factory=list)

    def answers(self, method: str, body, status: int = 200, rest: str = REST) -> None:
        self.http.add(
            responses.POST, rest + method, json=body if not isinstance(body, bytes) else None,
            body=body if isinstance(body, bytes) else None, status=status,
        )  # fmt: skip

    def renews(self, **changed) -> None:
        self.http.add(responses.GET, TOKEN_URL, json=token_answer(**changed))

    def sent(self) -> list[dict]:
        """The bodies of the requests to the portal."""
        return [json.loads(call.request.body) for call in self.http.calls if call.request.body]


def token_answer(**changed):
    return {
        "access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 3600,
        "client_endpoint": REST, "server_endpoint": "https://oauth.bitrix.info/rest/",
        "member_id": "member-1", "scope": "task,im", "status": "L", "user_id": 7,
        "domain": "oauth.bitrix.info", **changed,
    }  # fmt: skip


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(
        member_id="member-1",
        client_endpoint=REST,
        server_endpoint="https://oauth.bitrix.info/rest/",
        access_token="access-1",
        refresh_token="refresh-1",
        expires_at=NOW + timedelta(hours=1),
        user_id=7,
    )


@pytest.fixture
def app() -> AppKeys:
    return AppKeys("local.6f1", SECRET)


@pytest.fixture
def desk(credentials, app):
    with responses.RequestsMock(assert_all_requests_are_fired=False) as http:
        log: list = []
        clock = ManualClock(NOW)
        tokens, allowance = MemoryTokens(credentials), MemoryAllowance(NOW)
        portal = Portal(
            credentials,
            app,
            tokens=tokens,
            throttle=Throttle(allowance, clock),
            call_log=CallLog(log.append, clock),
            session=requests.Session(),
        )
        yield Desk(portal, tokens, allowance, clock, http, log)
