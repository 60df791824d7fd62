"""Alerts: derived columns come and go, what people said stays; nobody sees another portal's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine

from sync.core.alerts.model import Alert, AlertKey, AlertState, PipelineResult, RefKey, parse_handle
from sync.core.model.common import Project
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.core.rules.portal import Severity
from sync.store import alerts
from sync.store import pipelines as store_pipelines
from sync.store.alerts import AlertRow, Recovery
from sync.store.db.database import write
from tests.store.factories import NOW, a_connection, a_portal, after

OPEN = Alert(
    "", 12, AlertState.OPEN, Severity.HIGH, "failed", 1, 1, NOW, NOW, 12,
    results=(PipelineResult(12, "failed", NOW, ("test",)),),
)  # fmt: skip
RESOLVED = replace(
    OPEN, state=AlertState.RESOLVED, ended_at=after(minutes=42), fixed_by_pipeline_id=13
)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with write(engine) as opened:
        yield opened


@pytest.fixture
def portal_id(conn: Connection) -> int:
    return a_portal(conn)


@pytest.fixture
def line(conn: Connection, portal_id: int) -> RefKey:
    return RefKey(a_connection(conn, portal_id), 7, "main")


def key(line: RefKey, first_pipeline_id: int = 12, stage: str = "") -> AlertKey:
    return AlertKey(line, first_pipeline_id, stage)


def test_an_alert_is_read_as_it_was_saved(conn: Connection, line: RefKey) -> None:
    alerts.save(conn, line, [OPEN])
    assert alerts.list_of_ref(conn, line) == (AlertRow(key(line), OPEN),)
    assert alerts.get(conn, [key(line), key(line, 99)]) == {key(line): AlertRow(key(line), OPEN)}


def test_what_people_said_outlives_what_is_derived(conn: Connection, line: RefKey) -> None:
    alerts.save(conn, line, [OPEN])
    alerts.acknowledge(conn, key(line), "Rita", after(minutes=1))
    alerts.assign(conn, key(line), 8)
    alerts.set_task(conn, key(line), 3001)
    alerts.save(conn, line, [RESOLVED])
    told = AlertRow(key(line), RESOLVED, after(minutes=1), "Rita", 8, 3001)
    assert alerts.list_of_ref(conn, line) == (told,)


def test_the_first_task_of_an_alert_stays(conn: Connection, line: RefKey) -> None:
    alerts.save(conn, line, [OPEN])
    for task_id in (3001, 3002):
        alerts.set_task(conn, key(line), task_id)
    assert alerts.list_of_ref(conn, line)[0].task_id == 3001


def test_lines_with_an_open_alert_are_found(conn: Connection, line: RefKey) -> None:
    other = replace(line, ref="next")
    alerts.save(conn, line, [OPEN])
    alerts.save(conn, other, [RESOLVED])
    assert alerts.open_refs(conn, [line, other, replace(line, ref="none")]) == {line}


def test_a_portal_sees_its_own_alerts(conn: Connection, portal_id: int, line: RefKey) -> None:
    other = a_portal(conn, "member-2")
    alerts.save(conn, line, [OPEN, replace(RESOLVED, first_pipeline_id=9)])
    assert [row.key.first_pipeline_id for row in alerts.list_of_portal(conn, portal_id)] == [12]
    assert [
        row.key.first_pipeline_id
        for row in alerts.list_of_portal(conn, portal_id, include_ended=True)
    ] == [12, 9]
    assert alerts.list_of_portal(conn, other, include_ended=True) == ()
    assert (alerts.open_count(conn, portal_id), alerts.open_count(conn, other)) == (1, 0)


def test_an_alert_is_found_by_what_people_type(
    conn: Connection, portal_id: int, line: RefKey
) -> None:
    staged = replace(OPEN, stage="unit-tests")
    alerts.save(conn, line, [OPEN, staged])
    found = alerts.find(conn, portal_id, key(line).handle)
    assert found
    assert found.alert == OPEN
    found = alerts.find(conn, portal_id, key(line, 12, "unit-tests").handle)
    assert found
    assert found.alert == staged
    assert alerts.find(conn, a_portal(conn, "member-2"), key(line).handle) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1-7-12", (1, 7, 12, "")),
        ("1-7-12-unit-tests", (1, 7, 12, "unit-tests")),
        ("1-7", None),
        ("1-7-x", None),
        ("1--7", None),
        ("", None),
        ("1-7-²", None),
        ("1-7-12-\0", None),
        ("1-7-" + "9" * 30, None),
    ],
)
def test_a_handle_is_taken_apart(text: str, wanted: tuple[int, int, int, str] | None) -> None:
    assert parse_handle(text) == wanted


@pytest.mark.parametrize("stage", ["", "test", "a:b"])
def test_a_name_is_taken_apart_again(stage: str) -> None:
    alert_key = AlertKey(RefKey(1, 7, "feature/#12"), 12, stage)
    assert AlertKey.parse(alert_key.subject_key) == alert_key


def test_the_mean_time_to_recovery_is_told_by_line(
    conn: Connection, portal_id: int, line: RefKey
) -> None:
    quick = replace(RESOLVED, first_pipeline_id=20, ended_at=after(minutes=10))
    late = replace(RESOLVED, first_pipeline_id=30, ended_at=after(days=40))
    gone = replace(RESOLVED, first_pipeline_id=40, state=AlertState.CLOSED)
    alerts.save(conn, line, [RESOLVED, quick, late, gone])
    found = alerts.recovery(conn, portal_id, NOW, after(days=30))
    assert found == (Recovery(line, 2, timedelta(minutes=26)),)
    assert alerts.recovery(conn, a_portal(conn, "member-2"), NOW, after(days=30)) == ()


def test_the_history_is_what_ended_in_the_order_of_pipelines(
    conn: Connection, line: RefKey
) -> None:
    project = Project(line.connection_id, 7, "acme/shop", "https://gitlab.test/acme/shop")
    told = [(3, "failed"), (1, "success"), (2, "running"), (4, "canceled")]
    store_pipelines.save_pipelines(
        conn,
        [
            Pipeline(project, number, PipelineStatus(status), "main", "4f1c", "", NOW)
            for number, status in told
        ],
    )
    assert [one.id for one in alerts.history(conn, line)] == [1, 3, 4]
    assert alerts.history(conn, replace(line, ref="next")) == ()
