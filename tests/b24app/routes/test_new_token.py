"""A token replaced on the page, against an emulated GitLab."""

from __future__ import annotations

import pytest

from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections
from sync.store.db.database import read, write
from tests.emulators.gitlab.server import GitLabEmulator


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture
def portal(world, gitlab):
    installed, old = world.install(), gitlab.state.add_token("ann").value
    text = (
        "version: 1\nportal: portal.example.com\nconnections:\n"
        f"  - name: main\n    url: {gitlab.url}\n    token: {{env: T}}\n    projects: [acme/shop]\n"
    )
    with write(world.deps.engine) as conn:
        now, environ = world.deps.clock.now(), {"T": old}
        apply(conn, world.deps.vault, installed, settings(text, environ), environ=environ, now=now)
    return installed


def replace(world, portal, token):
    path = "/api/connections/main/token"
    return world.client.post(path, json={"token": token}, headers=world.bearer(portal.id))


def stored_token(world, portal):
    with read(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        return connections.secrets(conn, world.deps.vault, record.id).access_token


def test_a_token_that_gitlab_takes_is_stored_and_who_did_it_is_kept(world, portal, gitlab):
    fresh = gitlab.state.add_token("ann").value
    answer = replace(world, portal, f" {fresh}\n")
    assert answer.status_code == 200
    assert "ann at GitLab" in answer.json["account"]
    assert fresh not in answer.text
    assert stored_token(world, portal) == fresh
    page = world.client.get("/api/settings", headers=world.bearer(portal.id)).json
    assert [change["text"] for change in page["changes"]] == ["user 1: main, token"]
    assert "stored: true" in page["text"]


def test_a_token_that_gitlab_refuses_changes_nothing(world, portal):
    before = stored_token(world, portal)
    assert replace(world, portal, "glpat-of-nobody").status_code == 409
    assert stored_token(world, portal) == before
