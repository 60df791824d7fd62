"""The room over an emulated portal, through real HTTP and the real client."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from sync.bitrix24.issue_sync.client import PortalTasks
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.credentials import AppKeys, Credentials
from sync.bitrix24.rest.throttle import Throttle
from sync.core.audit import CallLog
from sync.core.clock import ManualClock
from sync.core.issue_sync.model import Item, ItemAddress
from sync.net import guarded_session
from tests.bitrix24.conftest import MemoryAllowance, MemoryTokens
from tests.emulators.bitrix24 import BitrixEmulator

SCOPES = ("task", "tasks", "im", "user_basic", "sonet_group", "disk")
OURS, ANNA, BORIS, STRANGER = 1, 7, 8, 9


@dataclass
class Site:
    """An emulated portal, and its tasks as a side of links."""

    b24: BitrixEmulator
    clock: ManualClock
    portal: Portal
    tasks: PortalTasks

    def read(self, task_id: int) -> Any:
        return self.tasks.read([ItemAddress(str(task_id), "3")])[str(task_id)]

    def item(self, task_id: int) -> Item:
        item = self.read(task_id)
        assert isinstance(item, Item)
        return item

    def counted(self) -> int:
        """The requests since the last look."""
        total = self.portal.requests
        self.portal.requests = 0
        return total

    def with_options(self, **options: Any) -> PortalTasks:
        self.tasks = PortalTasks(self.portal, TaskOptions(**options))
        return self.tasks


def opened_site(*, user_id: int = OURS, **options: Any) -> Site:
    clock = ManualClock()
    b24 = BitrixEmulator(clock, **{"scopes": SCOPES, **options}).start()
    b24.finish_install()
    b24.state.quirks.list_has_chat = False
    for number, name in ((ANNA, "Anna"), (BORIS, "Boris"), (STRANGER, "Eve")):
        b24.state.add_user(name, id=number)
    b24.state.add_group("Site", id=3, members=[OURS, ANNA, BORIS])
    token = b24.token(user_id)
    app = AppKeys(b24.app.client_id, b24.app.client_secret, [b24.oauth_url])
    credentials = Credentials(
        b24.state.member_id, f"{b24.portal_url}/rest/", f"{b24.oauth_url}/rest/", token.access,
        token.refresh, expires_at=clock.now() + timedelta(hours=1), user_id=user_id,
    )  # fmt: skip
    allowance = MemoryAllowance(clock.now())
    portal = Portal(
        credentials, app, tokens=MemoryTokens(credentials),
        throttle=Throttle(allowance, clock), call_log=CallLog(clock=clock),
        session=guarded_session(("127.0.0.0/8",)),
        features={"new_card": b24.state.card == "new", "v3": True},
    )  # fmt: skip
    return Site(b24, clock, portal, PortalTasks(portal, TaskOptions()))


@pytest.fixture
def site() -> Iterator[Site]:
    opened = opened_site()
    yield opened
    opened.b24.stop()


@pytest.fixture(params=["new", "old"])
def either(request: pytest.FixtureRequest) -> Iterator[Site]:
    opened = opened_site(card=request.param)
    yield opened
    opened.b24.stop()
