"""Tokens of a sign-in: renewed before they end, spent once, and what a refusal means."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from b24app.grants import StoredGrant
from sync.deadlines import limit_outbound
from sync.errors import Denied, Later
from sync.gitlab.api import oauth as gitlab_oauth
from tests.b24app.routes.test_sign_ins import (
    application,
    connect,
    gitlab,
    grant_of,
    portal,
    record_of,
    tokens_of,
)
from tests.b24app.test_clients import Waiting

__all__ = ["application", "gitlab", "portal"]  # fixtures


def test_a_token_is_renewed_before_it_ends_and_the_end_counts_from_its_receipt(
    world, gitlab, portal, clock
):
    connect(world, gitlab, portal)
    first = tokens_of(world, portal)
    assert first.expires_at == clock.now() + timedelta(hours=2)
    clock.sleep(7200 - 61)
    client = world.deps.clients.code_host(record_of(world, portal))
    client.get("/user")
    assert gitlab.oauth.refreshed == 0
    clock.sleep(2)
    client.get("/user")
    second = tokens_of(world, portal)
    assert gitlab.oauth.refreshed == 1
    assert second.refresh_token != first.refresh_token
    assert second.expires_at == clock.now() + timedelta(hours=2)


def test_a_token_that_ended_unexpectedly_is_renewed_once(world, gitlab, portal):
    connect(world, gitlab, portal)
    client = world.deps.clients.code_host(record_of(world, portal))
    client.get("/user")
    gitlab.state.tokens[tokens_of(world, portal).access_token].revoked = True
    created = client.post("/projects/1/issues", {"title": "Slow"})
    assert created["title"] == "Slow"
    assert gitlab.oauth.refreshed == 1
    assert len(gitlab.state.project("acme/shop").issues) == 1


def test_two_processes_never_spend_one_refresh_token_twice(
    world, make_world, gitlab, portal, clock
):
    connect(world, gitlab, portal)
    clock.sleep(7200)
    record, grant = record_of(world, portal), grant_of(world, portal)
    barrier = threading.Barrier(4)

    def renew(number):
        waiting = Waiting(clock.now())
        clients = replace(world.deps.clients, owner=f"process-{number}", clock=waiting)
        barrier.wait()
        return StoredGrant(clients, record, grant).current()

    with ThreadPoolExecutor(4) as pool:
        held = set(pool.map(renew, range(4)))
    assert held == {tokens_of(world, portal).access_token}
    assert (gitlab.oauth.refreshed, gitlab.oauth.reused) == (1, 0)


def test_a_new_pair_is_saved_before_it_is_used(world, gitlab, portal, clock, monkeypatch):
    connect(world, gitlab, portal)
    clock.sleep(7200)
    held = StoredGrant(world.deps.clients, record_of(world, portal), grant_of(world, portal))
    token = held.current()
    assert tokens_of(world, portal).access_token == token


def test_a_refused_renewal_turns_the_connection_red_and_says_what_to_do(
    world, gitlab, portal, clock
):
    connect(world, gitlab, portal)
    gitlab.oauth.revoke("ann")
    clock.sleep(7200)
    with pytest.raises(Denied):
        world.deps.clients.code_host(record_of(world, portal)).get("/user")
    record = record_of(world, portal)
    assert record.state == "paused"
    assert record.state_reason == (
        "GitLab does not accept the sign-in any more. It was revoked in GitLab, its user was "
        "blocked, or its last renewal was cut off. Connect with GitLab again on the settings page"
    )
    headers = world.bearer(portal.id, admin=True) | {"Accept-Language": "ru"}
    (row,) = world.client.get("/api/settings", headers=headers).json["connections"]
    assert row["state_reason"] == (
        "GitLab больше не принимает этот вход. Его отозвали в GitLab, пользователя заблокировали "
        "или последнее продление прервалось. Подключитесь к GitLab ещё раз на странице настроек"
    )
    asked = len(gitlab.requests)
    with pytest.raises(Denied, match="sign-in at GitLab is over"):
        world.deps.clients.code_host(record).get("/user")
    assert len(gitlab.requests) == asked
    connect(world, gitlab, portal)
    assert record_of(world, portal).state == "active"


def test_a_gitlab_that_is_down_ends_no_sign_in(world, gitlab, portal, clock):
    connect(world, gitlab, portal)
    clock.sleep(7200)
    gitlab.failing = 502
    with pytest.raises(Later):
        world.deps.clients.code_host(record_of(world, portal)).get("/user")
    gitlab.failing = 0
    assert record_of(world, portal).state == "active"
    world.deps.clients.code_host(record_of(world, portal)).get("/user")


def test_a_renewal_that_could_be_cut_off_is_not_begun(world, gitlab, portal, clock):
    connect(world, gitlab, portal)
    clock.sleep(7200)
    with limit_outbound(2.0), pytest.raises(Later, match="Too little time"):
        world.deps.clients.code_host(record_of(world, portal)).get("/user")
    assert gitlab.oauth.refreshed == 0


def test_a_wrong_secret_ends_no_sign_in(world, gitlab, portal, clock, application):
    connect(world, gitlab, portal)
    clock.sleep(7200)
    secret, application.secret = application.secret, "renewed"
    with pytest.raises(Denied, match="secret is another one"):
        world.deps.clients.code_host(record_of(world, portal)).get("/user")
    application.secret = secret
    world.deps.clients.code_host(record_of(world, portal)).get("/user")


def test_an_answer_without_a_way_to_renew_is_refused(clock):
    with pytest.raises(Denied) as denied:
        gitlab_oauth._pair({"access_token": "a", "scope": "api"}, clock.now())
    assert denied.value.code == "no_refresh_token"
    with pytest.raises(Denied):
        less = {"access_token": "a", "refresh_token": "r", "scope": "read_api"}
        gitlab_oauth._pair(less, clock.now())
