"""What the page *Health* gets: every check, and what was missed and made up for."""

from __future__ import annotations

import pytest

from sync.store import connections, hook_logs
from sync.store.db.database import write
from sync.store.hook_logs import SWITCHED_OFF, HookLogRow, TaskGap


def health(world, language="en"):
    headers = world.bearer(world.portal().id) | {"Accept-Language": language}
    answer = world.client.get("/api/health", headers=headers)
    assert answer.status_code == 200
    return answer.json


@pytest.fixture
def installed(make_world):
    world = make_world()
    world.connect(world.install())
    return world


def test_what_was_missed_is_listed_of_both_systems(installed):
    now = installed.deps.clock.now()
    with write(installed.deps.engine) as conn:
        (record,) = connections.by_portal(conn, installed.portal().id)
        row = HookLogRow(record.id, "project a/b", now, gap_at=now, failed=14, made_up=13)
        hook_logs.save(conn, row)
        hook_logs.set_tasks_read(conn, record.portal_id, now, 3, TaskGap(now, 3))
    missed = health(installed)["missed"]
    assert [(row["connection"], row["failed"], row["made_up"]) for row in missed] == [
        ("Bitrix24", 3, 3),
        ("main", 14, 13),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "wiki pages, feature flags, emoji"), ("ru", "страницы вики, переключатели функций")],
)
def test_what_no_list_has_is_said_where_a_webhook_was_switched_off(installed, language, words):
    with write(installed.deps.engine) as conn:
        (record,) = connections.by_portal(conn, installed.portal().id)
        now = installed.deps.clock.now()
        hook_logs.save(conn, HookLogRow(record.id, "project a/b", now, problem=SWITCHED_OFF))
    (hook,) = (row for row in health(installed, language)["checks"] if row["subject"] == "hook")
    assert (hook["ok"], hook["urgent"]) == (False, True)
    assert words in hook["why"]
