"""A portal's client over what is stored: tokens renewed once, limits shared, calls logged."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from b24app.services.settings_lookups import PortalLookups
from sync.core.clock import ManualClock
from sync.core.model.common import PortalUser
from sync.errors import Denied, Later
from sync.settings.apply import apply
from sync.settings.document import read as parse
from sync.settings.problems import Invalid
from sync.store import connections, logs, people, portals
from sync.store.db.database import read, write
from sync.store.rows import CallFilter
from sync.store.tables import portal as table
from tests import tls
from tests.b24app.pages import installed


@pytest.fixture
def portal(beside, emulator):
    installed(beside, emulator)
    return beside.portal(emulator.state.member_id)


@pytest.fixture(autouse=True)
def built(monkeypatch):
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


class Waiting(ManualClock):
    """A clock that stands still while threads really wait for each other."""

    def sleep(self, seconds):
        time.sleep(seconds)


def tokens(world, portal):
    with read(world.deps.engine) as conn:
        return portals.tokens(conn, world.deps.vault, portal.id)


def test_a_token_that_is_over_is_renewed_and_stored(beside, emulator, portal, clock):
    before = tokens(beside, portal)
    clock.sleep(timedelta(hours=2).total_seconds())
    assert beside.deps.clients.portal(portal.id).call("profile", {}, write=False)["result"]
    after = tokens(beside, portal)
    assert after.access_token != before.access_token
    assert after.refresh_token != before.refresh_token
    assert after.expires_at > clock.now()


def test_many_workers_renew_a_token_once(beside, emulator, portal, clock):
    clock.sleep(timedelta(hours=2).total_seconds())
    before = emulator.oauth.requests["refresh_token"]
    rooms = replace(beside.deps.clients, clock=Waiting(clock.now()))
    clients = [rooms.portal(portal.id) for _ in range(6)]
    failed = []

    def call(client):
        try:
            client.call("profile", {}, write=False)
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failed.append(error)

    threads = [threading.Thread(target=call, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert emulator.oauth.requests["refresh_token"] - before == 1


def test_without_tokens_the_portal_is_denied(beside, emulator, portal):
    with write(beside.deps.engine) as conn:
        conn.execute(table.update().values(access_token_sealed=None))
    with pytest.raises(Denied, match="There are no tokens of this portal"):
        beside.deps.clients.portal(portal.id)


def test_calls_are_logged_without_tokens(beside, emulator, portal):
    beside.deps.clients.portal(portal.id).call("profile", {}, write=False)
    held = tokens(beside, portal)
    assert beside.deps.audit.flush()
    with read(beside.deps.engine) as conn:
        rows = logs.find_calls(conn, CallFilter(portal.id))
    assert rows[0].method == "profile"
    text = "".join(row.request + row.answer for row in rows)
    assert held.access_token not in text
    assert held.refresh_token not in text


def test_the_request_allowance_is_shared_through_the_database(beside, emulator, portal):
    for _ in range(3):
        beside.deps.clients.portal(portal.id).call("profile", {}, write=False)
    with read(beside.deps.engine) as conn:
        assert logs.read_allowance(conn, portal.id).level >= 3


def test_a_connection_without_a_token_is_denied(world):
    portal = world.install()
    world.connect(portal)
    with read(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
    with pytest.raises(Denied, match="The connection main has no access token"):
        world.deps.clients.code_host(record)


def test_people_given_by_e_mail_are_known_by_the_portals_users(world):
    portal = world.install()
    text = "version: 1\nportal: portal.example.com\npeople: {ann: Ann@Example.com, bob: 7}\n"
    now = world.deps.clock.now()
    with write(world.deps.engine) as conn:
        settings = parse(text, {})
        apply(conn, world.deps.vault, portal, settings, environ={}, now=now)
        ann = PortalUser(12, "Ann", "ann@example.com")
        people.save_portal_users(conn, portal.id, [ann])
    assert world.deps.clients.rules(portal.id).people == {"ann": 12, "bob": 7}


def test_settings_are_checked_against_the_portal_itself(beside, emulator, portal):
    group = emulator.state.add_group("Shop", members=[1])
    emulator.state.add_stage(group.id, "Testing", system_type="REVIEW")
    text = f"""\
version: 1
portal: portal.example.com
people:
  anna: admin@portal.test
  one: 1
  nobody: 4321
rules:
  workgroups:
    {group.id}:
      steps:
        review: {{stage: {{title: testing}}}}
        merged: {{stage: {{title: Nowhere}}}}
    999: {{}}
"""
    with pytest.raises(Invalid) as raised:
        parse(text, {}, PortalLookups(beside.deps.clients.portal(portal.id)))
    told = [str(problem) for problem in raised.value.problems]
    assert told[0] == "line 6: people.nobody: the portal has no user 4321"
    assert told[1].startswith(
        f"line 12: rules.workgroups.{group.id}.steps.merged.stage: "
        "the workgroup has no such column; it has: "
    )
    assert told[2:] == [
        "line 13: rules.workgroups.999: the portal has no workgroup 999, or the app cannot see it"
    ]


def test_a_hundred_workgroups_are_read_fifty_a_request(beside, emulator, portal, clock):
    """Against the same questions asked one by one: requests, and seconds under the limits."""
    groups = [emulator.state.add_group(f"Team {n}", members=[1]) for n in range(100)]
    ids = [group.id for group in groups]
    steps = "\n".join(f"    {n}: {{projects: [acme/p{n}]}}" for n in ids)
    text = f"version: 1\nportal: portal.example.com\nrules:\n  workgroups:\n{steps}\n"
    shown: list[tuple[str, int, int]] = []

    def measured(read) -> tuple[int, float]:
        clock.sleep(600)  # the installation's requests are forgotten
        client, began = beside.deps.clients.portal(portal.id), clock.now()
        read(client)
        return client.requests, (clock.now() - began).total_seconds()

    def one_by_one(client) -> None:
        lookups = PortalLookups(client)
        for number in ids:
            assert lookups.stages(number)
            assert lookups.may_post(f"sg{number}")

    def together(client) -> None:
        lookups = PortalLookups(client, lambda *progress: shown.append(progress))
        parse(text, {}, lookups)

    slow, slow_seconds = measured(one_by_one)
    fast, fast_seconds = measured(together)
    assert (slow, fast) == (200, 4)
    assert fast_seconds <= slow_seconds / 10
    assert shown == [
        ("workgroups", 50, 100), ("workgroups", 100, 100), ("chats", 50, 100), ("chats", 100, 100),
    ]  # fmt: skip


def test_chats_are_checked_for_who_may_write_there(beside, emulator, portal):
    state = emulator.state
    group = state.add_group("Shop", members=[1])
    mine = state.add_chat("chat", "Mine", 1, members=[1])
    theirs = state.add_chat("chat", "Theirs", 2, members=[2])
    news = state.add_chat("chat", "News", 2, members=[1, 2])
    news.can_post = "owner"
    lookups = PortalLookups(beside.deps.clients.portal(portal.id))
    told = {name: lookups.may_post(name) for name in (
        f"sg{group.id}", f"chat{mine.id}", f"chat{theirs.id}", f"chat{news.id}", "chat999", "sg999",
    )}  # fmt: skip
    assert list(told.values()) == [True, True, False, False, False, False]
    assert lookups.unchecked == ""


def test_chats_that_may_not_be_looked_at_stop_nothing(beside, emulator, portal):
    emulator.state.app.scopes -= {"im"}
    lookups = PortalLookups(beside.deps.clients.portal(portal.id))
    text = "version: 1\nportal: portal.example.com\nchats: {general: 5, releases: 6}\n"
    assert parse(text, {}, lookups).chats.general == "chat5"
    assert lookups.unchecked.startswith("im.dialog.get was not done (INSUFFICIENT_SCOPE)")


def test_a_moved_domain_is_followed_and_stored(beside, emulator, portal):
    emulator.move_domain()
    assert beside.deps.clients.portal(portal.id).call("profile", {}, write=False)["result"]
    with read(beside.deps.engine) as conn:
        stored = conn.scalar(select(table.c.client_endpoint))
    assert stored == f"{emulator.portal_url}/rest/"


def test_a_portal_of_its_own_authority_answers_once_that_is_named(
    beside, emulator, portal, clock, tmp_path
):
    authority = tls.certify(tmp_path)
    port = int(emulator.host.rpartition(":")[2])
    with tls.before(port, tmp_path) as address:
        with write(beside.deps.engine) as conn:
            portals.set_endpoint(conn, portal.id, f"{address}/rest/", clock.now())
        clients = beside.deps.clients
        with pytest.raises(Later) as raised:
            clients.portal(portal.id).call("profile", {}, write=False)
        assert raised.value.code == "tls"
        assert "B24BRIDGE_PORTAL_CA_FILE" in str(raised.value)
        named = replace(clients.config, portal_ca_file=str(authority))
        trusting = replace(clients, config=named)
        assert trusting.portal(portal.id).call("profile", {}, write=False)["result"]
