"""Whether others reach this service: their own tests of it are asked for and looked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from b24app.services import outside
from sync.bitrix24.events.parse import parse_event, parse_form
from sync.core.clock import ManualClock
from sync.core.model.events import UnrecognisedEvent
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, inbox
from sync.store.db.database import read, write
from tests.b24app.pages import installed
from tests.emulators.gitlab.server import GitLabEmulator


class Flushing(ManualClock):
    """Time passes as soon as the portal's queue is empty."""

    def __init__(self, emulator) -> None:
        super().__init__()
        self.emulator = emulator

    def sleep(self, seconds: float) -> None:
        self.emulator.events.flush()
        super().sleep(seconds)


@pytest.fixture
def service(beside, emulator):
    installed(beside, emulator)
    return replace(beside.deps.clients, clock=Flushing(emulator))


def ask(service, beside, emulator):
    portal = beside.portal(emulator.state.member_id)
    return outside.ask_portal(service, portal, service.portal(portal.id))


def bound(emulator):
    return [row for row in emulator.state.bindings if row.event == "ONAPPTEST"]


def test_the_portals_own_event_with_our_nonce_arrives(service, beside, emulator):
    asked = ask(service, beside, emulator)
    assert asked.ok
    assert asked.text.startswith("the portal's test event arrived in 0.")
    assert bound(emulator) == []
    with read(beside.deps.engine) as conn:
        bodies = inbox.bodies_since(conn, f"bitrix24:{1}", "ONAPPTEST", 0)
    assert len(bodies) == 1
    assert isinstance(parse_event(parse_form(bodies[0])), UnrecognisedEvent)


def test_an_event_that_is_lost_is_said_and_nothing_stays_bound(service, beside, emulator):
    emulator.events.lose_next = 1
    asked = ask(service, beside, emulator)
    assert (asked.ok, asked.text) == (
        False,
        "the portal's test event did not arrive within 20 s",
    )
    assert "public address" in asked.change
    assert bound(emulator) == []


def test_another_nonce_is_not_taken_for_ours(service, beside, emulator, monkeypatch):
    nonces = iter(["aaaa", "bbbb"])
    monkeypatch.setattr(outside.secrets, "token_hex", lambda size: next(nonces))
    assert ask(service, beside, emulator).ok
    emulator.events.lose_next = 1
    assert not ask(service, beside, emulator).ok


@pytest.fixture
def gitlab(clock, beside, emulator):
    installed(beside, emulator)
    portal = beside.portal(emulator.state.member_id)
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        shop = running.state.add_project("acme/shop", members={"ann": 40})
        running.push(shop, "main", ["Begin"], "ann")
        token = running.state.add_token("ann").value
        text = (
            f"version: 1\nportal: {emulator.host}\nconnections:\n  - name: main\n"
            f"    url: {running.url}\n    token: {{env: T}}\n    projects: [acme/shop]\n"
        )
        with write(beside.deps.engine) as conn:
            document, now = settings(text, {"T": token}), beside.deps.clock.now()
            apply(conn, beside.deps.vault, portal, document, environ={"T": token}, now=now)
            record = connections.by_name(conn, portal.id, "main")
            secrets = connections.secrets(conn, beside.deps.vault, record.id)
        running.record, running.portal = record, portal
        url = f"{beside.deps.config.public_url}/hooks/gitlab/{secrets.hook_key}"
        running.hook = running.add_hook(shop, url, "push_events", token=secrets.hook_token)
        yield running


def test_gitlabs_own_test_delivery_arrives(gitlab, beside):
    asked = outside.ask_gitlab(beside.deps.clients, gitlab.record)
    assert asked.ok
    assert asked.text.startswith("GitLab's test delivery arrived here in ")
    with read(beside.deps.engine) as conn:
        assert inbox.last_received(conn, gitlab.portal.id, "gitlab")[0] == "Push Hook"


def test_an_address_that_gitlab_does_not_reach_is_said(gitlab, beside):
    key = gitlab.hook.url.rsplit("/", 1)[1]
    gitlab.hook.url = f"http://127.0.0.1:9/hooks/gitlab/{key}"
    asked = outside.ask_gitlab(beside.deps.clients, gitlab.record)
    assert not asked.ok
    assert "GitLab's test: " in asked.text
    assert "public address" in asked.change


def test_a_receiver_that_refuses_gitlab_is_said(gitlab, beside):
    gitlab.hook.token = "another"
    assert not outside.ask_gitlab(beside.deps.clients, gitlab.record).ok


def test_more_tests_than_gitlab_allows_are_no_fault(gitlab, beside):
    answers = [outside.ask_gitlab(beside.deps.clients, gitlab.record) for _ in range(6)]
    assert all(answer.ok for answer in answers)
    assert answers[-1].text == "GitLab allows no further test this minute"


def test_a_connection_without_a_webhook_has_nothing_to_test(gitlab, beside):
    gitlab.state.hooks.clear()
    assert outside.ask_gitlab(beside.deps.clients, gitlab.record) is None
