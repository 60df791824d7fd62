"""The receiver of YouTrack's hints, and the file of our app that sends them."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from sync.settings.apply import apply
from sync.settings.document import read as read_document
from sync.store import connections
from sync.store.db.database import read, write
from sync.store.tables import delivery
from tests.youtrack.webhooks.test_hints import signed

BODY = b'{"v":1,"issue":"SHOP-12","kinds":["fields"]}'


@pytest.fixture
def secrets(world):
    """A YouTrack connection named yt."""
    portal = world.install()
    text = (
        "version: 1\nportal: portal.example.com\nconnections:\n"
        "  - {name: yt, kind: youtrack, url: https://yt.example.com, projects: [SHOP]}\n"
    )
    with write(world.deps.engine) as conn:
        settings = read_document(text, {})
        now = world.deps.clock.now()
        apply(conn, world.deps.vault, portal, settings, environ={}, now=now)
        record = connections.by_name(conn, portal.id, "yt")
        return connections.secrets(conn, world.deps.vault, record.id)


def post(world, secrets, headers, path="youtrack"):
    headers = {"Content-Type": "application/json", **headers}
    return world.client.post(f"/hooks/{path}/{secrets.hook_key}", data=BODY, headers=headers)


def test_a_hint_is_kept_without_its_secrets_and_its_portal_is_woken(world, secrets):
    answer = post(world, secrets, {"X-YouTrack-Token": secrets.hook_token})
    assert (answer.status_code, answer.data) == (200, b"")
    with read(world.deps.engine) as conn:
        row = conn.execute(select(delivery)).one()
    assert (row.body, row.event, row.origin) == (BODY, "hint", f"youtrack:{row.connection_id}")
    assert secrets.hook_token not in json.dumps(row.headers)
    assert world.woken == [row.portal_id]


def test_once_the_app_signs_its_token_alone_is_refused(world, secrets):
    token = {"X-YouTrack-Token": secrets.hook_token}
    by_app = signed(BODY, world.deps.clock.now(), secrets.signing_token)
    statuses = [post(world, secrets, headers).status_code for headers in (token, by_app, token)]
    assert statuses == [200, 200, 401]


def test_a_hint_that_is_sent_again_counts_once_and_later_not_at_all(world, secrets):
    by_app = signed(BODY, world.deps.clock.now(), secrets.signing_token)
    assert [post(world, secrets, by_app).status_code for _ in range(2)] == [200, 200]
    world.deps.clock.sleep(301)
    assert post(world, secrets, by_app).status_code == 401
    assert world.deliveries() == 1


def test_an_address_of_another_kind_is_no_address(world, secrets):
    answer = post(world, secrets, {"X-Gitlab-Token": secrets.hook_token}, path="gitlab")
    assert answer.status_code == 404


def test_a_gitlab_address_takes_no_hints(world):
    gitlab = world.connect(world.install())
    assert post(world, gitlab, {"X-YouTrack-Token": gitlab.hook_token}).status_code == 404


def test_who_is_not_ours_is_told_what_to_do(world, secrets):
    answer = post(world, secrets, {})
    assert answer.status_code == 401
    assert answer.json["error"]["change"] == "Install the app anew: `b24bridge youtrack app`"
