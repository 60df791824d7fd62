"""Pages that stay open: renewed with a fresh token, and ended with their installation."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from b24app.auth.page_tokens import Visitor
from sync.store import portals
from sync.store.db.database import write
from sync.store.rows import Installation, PortalTokens
from sync.store.tables import portal as portal_table
from tests.b24app.factories import AT
from tests.b24app.pages import installed, post
from tests.b24app.routes.test_who_may_read import PATH, built, opened, people, portal

__all__ = ["built", "people", "portal"]  # fixtures


def test_a_page_that_stays_open_is_renewed_with_a_fresh_token(
    beside, emulator, portal, people, clock
):
    headers = opened(beside, emulator, people["Ed"])
    clock.sleep(timedelta(minutes=55).total_seconds())
    fresh = emulator.token(people["Ed"].id).access
    renewed = beside.client.post("/api/renew", json={"access_token": fresh}, headers=headers).json
    assert (renewed["seconds"], renewed["admin"]) == (3600, False)
    clock.sleep(timedelta(minutes=50).total_seconds())
    headers = {"Authorization": f"Bearer {renewed['token']}"}
    assert beside.client.get(PATH, headers=headers).status_code == 200


def test_a_page_without_a_fresh_token_ends_with_the_one_it_has(
    beside, emulator, portal, people, clock
):
    headers = opened(beside, emulator, people["Ed"])
    clock.sleep(timedelta(minutes=55).total_seconds())
    renewed = beside.client.post("/api/renew", json={}, headers=headers).json
    clock.sleep(timedelta(minutes=6).total_seconds())  # the portal's own token is over now
    headers = {"Authorization": f"Bearer {renewed['token']}"}
    answer = beside.client.get("/api/status", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "page_over")


def test_a_page_is_not_renewed_with_somebody_elses_token(beside, emulator, portal, people):
    headers = opened(beside, emulator, people["Mia"])
    foreign = emulator.token(people["Ed"].id).access
    renewed = beside.client.post("/api/renew", json={"access_token": foreign}, headers=headers)
    headers = {"Authorization": f"Bearer {renewed.json['token']}"}
    assert beside.client.get(PATH, headers=headers).status_code == 404


# --- installations


def status_code(beside, headers):
    return beside.client.get("/api/status", headers=headers).status_code


def test_pages_of_an_erased_portal_open_nothing_of_the_next_one(beside, emulator, portal):
    headers = beside.bearer(portal.id)
    with write(beside.deps.engine) as conn:
        conn.execute(delete(portal_table))
        told = Installation(
            "c" * 32, "https://next.example.com/rest/", "", PortalTokens("a", "r", None, 1)
        )
        next_id = portals.create_or_update(conn, beside.deps.vault, told, AT)
    assert next_id > portal.id
    assert status_code(beside, headers) == 401


@pytest.mark.parametrize("installation", ["", "another", "tO6NtHYs3Gg6Dc07T9NFXw"])
def test_a_page_of_no_installation_or_another_opens_nothing(beside, emulator, portal, installation):
    visitor = Visitor(portal.id, 1, True, installation, emulator.token(1).access)
    token = beside.deps.tokens.issue(visitor, beside.deps.clock.now())
    assert status_code(beside, {"Authorization": f"Bearer {token}"}) == 401
    with write(beside.deps.engine) as conn:
        conn.execute(update(portal_table).values(installation=""))
    assert status_code(beside, {"Authorization": f"Bearer {token}"}) == 401


@pytest.mark.parametrize("clean", [True, False])
def test_pages_of_before_a_reinstallation_are_over(beside, emulator, portal, people, clean):
    headers = opened(beside, emulator, people["Root"])
    assert status_code(beside, headers) == 200
    emulator.lifecycle.uninstall(clean=clean)
    emulator.flush_events()
    assert status_code(beside, headers) in (401, 404)
    emulator.lifecycle.reinstall()
    installed(beside, emulator)
    assert status_code(beside, headers) == 401
    assert status_code(beside, opened(beside, emulator, people["Root"])) == 200


def test_an_installation_whose_end_nobody_heard_of_ends_its_pages(beside, emulator, portal, people):
    headers = opened(beside, emulator, people["Root"])
    post(beside, emulator.install_page())
    assert status_code(beside, headers) == 401


def test_the_late_event_of_an_installation_ends_no_page(beside, emulator, portal, people):
    headers = opened(beside, emulator, people["Root"])
    url = beside.deps.config.public_url
    emulator.lifecycle.install_silently(handler=f"{url}/b24/events")
    emulator.flush_events()
    assert status_code(beside, headers) == 200
    emulator.app.application_token = "of another installation"
    emulator.lifecycle.install_silently(handler=f"{url}/b24/events")
    emulator.flush_events()
    assert status_code(beside, headers) == 401


def test_the_switch_ends_all_open_pages_at_once(beside, emulator, portal, people):
    headers = [opened(beside, emulator, user) for user in people.values()]
    with write(beside.deps.engine) as conn:
        assert portals.end_pages(conn) == 1
    assert [status_code(beside, each) for each in headers] == [401, 401, 401]
