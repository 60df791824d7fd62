"""The inbox of trouble and a task's issues: what is shown, and what an administrator decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from sync.core.issue_sync.link import Entry, EntryKind, EntryState, ValuePair
from sync.core.issue_sync.model import SideName
from sync.store import connections, issue_link_stories, issue_links, issue_lists, leases, portals
from sync.store.db.database import read, write
from sync.store.tables import issue_link
from tests.b24app.factories import AT, LINK, STOPPED, failed, linked, mirrored

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL


@pytest.fixture
def portal(world):
    installed = world.install()
    world.connect(installed)
    with write(world.deps.engine) as conn:
        mirrored(conn, installed.id)
        linked(conn, installed.id)
        conn.execute(update(issue_link).values(done_version=issue_link.c.version))
    return installed


@pytest.fixture
def headers(world, portal):
    return world.bearer(portal.id)


def trouble_of(world, headers):
    return world.client.get("/api/trouble", headers=headers).json


def act(world, headers, path, **body):
    return world.client.post(f"/api/links/{path}", json=body, headers=headers)


def stored(world, key):
    with read(world.deps.engine) as conn:
        return issue_links.load(conn, [key])[key], issue_links.by_key(conn, key)


def test_a_disputed_field_shows_both_values_and_the_names_of_both_items(world, headers):
    disputed, stopped = trouble_of(world, headers)["links"]
    assert (disputed["state"], disputed["task_title"]) == ("disputed", "Pay by card")
    assert disputed["issue"] == "team/shop#12"
    assert disputed["issue_url"] == "https://gitlab.example.com/team/shop/-/issues/12"
    assert disputed["disputes"] == [
        {"field": "title", "tracker": "Pay by invoice", "portal": "Pay by card", "decided": ""}
    ]
    assert disputed["problems"] == [
        {"field": "sprint", "text": "the portal's item has no sprint any more"}
    ]
    assert stopped["state"] == "paused"
    assert stopped["reason"].startswith("6 updates in 10 minutes. Usually two programs undo")


def test_what_works_is_no_trouble_and_is_not_counted(world, portal, headers):
    with write(world.deps.engine) as conn:
        for key in (LINK, STOPPED):
            before = issue_links.load(conn, [key])[key]
            works = replace(before, clashes={}, problems={}, pause=None)
            issue_links.save(conn, works, before)
    assert trouble_of(world, headers)["links"] == []
    assert world.client.get("/api/status", headers=headers).json["troubled_links"] == 0


def test_troubled_links_are_counted_for_administrators_alone(world, portal, headers):
    status = world.client.get("/api/status", headers=headers).json
    assert status["troubled_links"] == 2


@pytest.mark.parametrize("text", ['"pause"', '"clashes": "problems"', '{"refused": 1}'])
def test_a_text_that_looks_like_other_trouble_is_only_what_a_link_waits_for(world, headers, text):
    with write(world.deps.engine) as conn:
        before = issue_links.load(conn, [LINK])[LINK]
        works = replace(before, clashes={}, problems={}, waiting={TRACKER: text})
        issue_links.save(conn, works, before)
    held, stopped = trouble_of(world, headers)["links"]
    assert (held["state"], held["reason"]) == ("held", text)
    assert stopped["key"] == STOPPED


def test_an_entry_that_is_refused_is_trouble_with_its_reason(world, headers):
    entry = Entry(
        EntryKind.COMMENT,
        TRACKER,
        "c1",
        {TRACKER: "9"},
        state=EntryState.REFUSED,
        reason="Too long",
    )
    with write(world.deps.engine) as conn:
        before = issue_links.load(conn, [STOPPED])[STOPPED]
        issue_links.save(conn, replace(before, pause=None, entries=(entry,)), before)
    link = trouble_of(world, headers)["links"][1]
    assert (link["state"], link["reason"]) == ("refused", "Too long")
    assert act(world, headers, f"{STOPPED}/retry").json["state"] == "waiting"
    assert stored(world, STOPPED)[0].entries[0].state is EntryState.LIVE


def test_a_decision_is_kept_with_its_author_and_the_link_is_worked_on(world, portal, headers):
    world.woken.clear()
    answer = act(world, headers, f"{LINK}/decide", field="title", winner="portal")
    assert answer.json["disputes"][0]["decided"] == "portal"
    link, row = stored(world, LINK)
    assert link.decided == {"title": PORTAL}
    assert row.version > row.done_version
    assert world.woken == [portal.id]
    with read(world.deps.engine) as conn:
        line = issue_link_stories.story(conn, row.id)[-1]
    assert (line.kind, line.text) == ("decided", "title: the portal's stands, by user 1")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"field": "title", "winner": "both"}, 400),
        ({"field": ["title"], "winner": "portal"}, 400),
        ({"field": "title", "winner": ["portal"]}, 400),
        ({"field": "weight", "winner": "portal"}, 409),
    ],
)
def test_a_decision_about_nothing_is_refused(world, headers, body, status):
    assert act(world, headers, f"{LINK}/decide", **body).status_code == status
    assert stored(world, LINK)[0].decided == {}


def test_a_paused_link_is_resumed(world, headers):
    assert act(world, headers, f"{STOPPED}/resume").json["state"] == "waiting"
    assert stored(world, STOPPED)[0].pause is None


def test_an_ended_link_is_left_alone(world, headers):
    with write(world.deps.engine) as conn:
        before = issue_links.load(conn, [STOPPED])[STOPPED]
        issue_links.save(conn, replace(before, ended="by a person"), before)
    assert act(world, headers, f"{STOPPED}/resume").status_code == 409


@pytest.mark.parametrize("key", ["none", "1-m9-9", "%2e%2e"])
def test_an_unknown_link_is_said_so(world, headers, key):
    assert act(world, headers, f"{key}/resume").json["error"]["code"] == "no_link"


def test_nothing_is_changed_while_a_worker_has_the_links(world, portal, headers):
    now = world.deps.clock.now()
    with write(world.deps.engine) as conn:
        leases.acquire(conn, f"links:{portal.id}", "w", now=now, ttl=timedelta(minutes=1))
    answer = act(world, headers, f"{STOPPED}/resume")
    assert (answer.status_code, answer.json["error"]["code"]) == (503, "links_busy")
    assert stored(world, STOPPED)[0].pause is not None
    with write(world.deps.engine) as conn:
        leases.release(conn, f"links:{portal.id}", "w")
    assert act(world, headers, f"{STOPPED}/resume").status_code == 200


def test_a_task_shows_its_issue_and_what_happened_newest_first(world, headers):
    (link,) = world.client.get("/api/task/2103/links", headers=headers).json["links"]
    assert (link["issue"], link["state"]) == ("team/shop#12", "disputed")
    assert [line["kind"] for line in link["story"]] == ["parked", "linked"]


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "status of task 2103 “Pay by card”"),
        ("ru", "Статус: задача 2103 «Pay by card»"),
    ],
)
def test_failures_are_named_for_people(world, portal, headers, language, name):
    with write(world.deps.engine) as conn:
        failed(conn, portal.id)
    failures = trouble_of(world, headers | {"Accept-Language": language})["failures"]
    assert failures[0]["name"] == name
    texts = {
        "en": "The employee who installed the application may not do this",
        "ru": "У установившего приложение сотрудника нет на это прав",
    }
    assert failures[0]["text"] == texts[language]


def test_a_disconnected_portal_and_a_paused_connection_are_named(world, portal, headers):
    with write(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        connections.set_state(conn, record.id, "paused", "The token is refused")
        portals.set_state(conn, portal.id, "disconnected", "The application was uninstalled", AT)
    trouble = trouble_of(world, headers | {"Accept-Language": "ru"})
    assert trouble["portal"]["reason"] == "Приложение удалено"
    assert [(row["name"], row["state"]) for row in trouble["connections"]] == [("main", "paused")]


def test_a_halted_pair_is_shown_and_goes_on(world, portal, headers):
    with write(world.deps.engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        issue_lists.halt(conn, record.id, "pair", "Half of the tasks have vanished")
    (pair,) = trouble_of(world, headers)["pairs"]
    assert pair == {
        "connection": "main", "pair": "pair", "text": "Half of the tasks have vanished"
    }  # fmt: skip
    body = {"connection": "main", "pair": "pair"}
    for status in (200, 404):
        answer = world.client.post("/api/pairs/resume", json=body, headers=headers)
        assert answer.status_code == status
    assert trouble_of(world, headers)["pairs"] == []


def test_fields_are_shown_without_the_markup_of_their_sides(world, portal, headers):
    texts = ValuePair(
        {"description": "**Pay** by [card](https://shop.test)\n\n- soon"},
        {"description": "[B]Pay[/B] by card"},
    )
    with write(world.deps.engine) as conn:
        link = issue_links.load(conn, [LINK])[LINK]
        issue_links.save(conn, replace(link, bases={"description": texts}), link)
    shown = trouble_of(world, headers)["links"][0]["fields"]
    assert shown[0] == {
        "field": "description",
        "state": "same",
        "tracker": "Pay by card • soon",
        "portal": "Pay by card",
    }
