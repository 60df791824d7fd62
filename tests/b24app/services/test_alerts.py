"""Alerts on pages and on the command line: listed, seen and given away, of the own portal only."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from b24app.cli import main
from sync.core.alerts.model import Alert, AlertState, RefKey
from sync.core.model.common import PortalUser, Project
from sync.core.rules.portal import Severity
from sync.keyfile import new_key
from sync.store import alerts, connections, people, portals
from sync.store import projects as store_projects
from sync.store.db.database import read, write
from sync.store.rows import (
    ConnectionDraft,
    ConnectionSecrets,
    Installation,
    PortalRecord,
    PortalTokens,
)
from sync.store.tables import subject
from sync.store.vault import Vault
from tests.b24app.conftest import World
from tests.b24app.factories import AT

OPEN = Alert("", 12, AlertState.OPEN, Severity.HIGH, "failed", 3, 3, AT, AT, 14)
OVER = Alert(
    "unit/tests", 9, AlertState.RESOLVED, Severity.LOW, "failed", 1, 1, AT, AT, 9,
    ended_at=AT.replace(minute=42), fixed_by_pipeline_id=10,
)  # fmt: skip


def alerted(engine: Engine, portal: PortalRecord) -> str:
    """An open and a resolved alert on main of a project; the name of the open one."""
    with write(engine) as conn:
        draft = ConnectionDraft("gitlab", "main", "https://gitlab.test", ConnectionSecrets("key"))
        connection_id = connections.upsert(conn, Vault([new_key()]), portal.id, draft, AT)
        store_projects.save_projects(
            conn, [Project(connection_id, 7, "acme/shop", "https://gitlab.test/acme/shop")]
        )
        alerts.save(conn, RefKey(connection_id, 7, "main"), [OPEN, OVER])
        users = [PortalUser(1, "Rita"), PortalUser(8, "Boris"), PortalUser(9, "Eve", active=False)]
        people.replace_portal_users(conn, portal.id, users)
    return f"{connection_id}-7-12"


@pytest.fixture
def portal(world: World) -> PortalRecord:
    return world.install()


@pytest.fixture
def handle(world: World, portal: PortalRecord) -> str:
    return alerted(world.deps.engine, portal)


def bearer(world: World, portal_id: int) -> dict[str, str]:
    return world.bearer(portal_id)


def test_open_alerts_are_listed(world: World, portal: PortalRecord, handle: str) -> None:
    headers = bearer(world, portal.id)
    (row,) = world.client.get("/api/alerts", headers=headers).json["alerts"]
    assert {name: row[name] for name in ("id", "project", "branch", "state", "failures")} == {
        "id": handle,
        "project": "acme/shop",
        "branch": "main",
        "state": "open",
        "failures": 3,
    }
    assert row["pipeline_url"] == "https://gitlab.test/acme/shop/-/pipelines/14"
    every = world.client.get("/api/alerts?all=1", headers=headers).json["alerts"]
    assert [one["id"] for one in every] == [handle, handle.replace("-12", "-9-unit/tests")]
    assert world.client.get("/api/status", headers=headers).json["alerts"] == 1


@pytest.mark.dialect
def test_whoever_opened_the_page_has_seen_it(
    world: World, portal: PortalRecord, handle: str
) -> None:
    headers = bearer(world, portal.id)
    answer = world.client.post(f"/api/alerts/{handle}/ack", headers=headers)
    assert (answer.status_code, answer.json["acknowledged_by"]) == (200, "Rita")
    assert world.woken == [portal.id]
    with read(world.deps.engine) as conn:
        marked = set(conn.scalars(select(subject.c.kind)))
    assert marked == {"notification", "alerts"}


@pytest.mark.parametrize(("body", "name"), [({"user_id": 8}, "Boris"), ({}, "Rita")])
def test_it_is_given_to_somebody_or_taken(
    world: World, portal: PortalRecord, handle: str, body: dict[str, int], name: str
) -> None:
    path, headers = f"/api/alerts/{handle}/assign", bearer(world, portal.id)
    answer = world.client.post(path, json=body, headers=headers)
    assert (answer.status_code, answer.json["assigned_name"]) == (200, name)


def test_a_stage_with_a_slash_is_named_too(world: World, portal: PortalRecord, handle: str) -> None:
    path = f"/api/alerts/{handle.replace('-12', '-9-unit/tests')}/ack"
    answer = world.client.post(path, headers=bearer(world, portal.id))
    assert (answer.status_code, answer.json["stage"]) == (200, "unit/tests")


@pytest.mark.parametrize("user", [9, 99, 0, -1, "8", True, 2**40, [8]])
def test_nobody_who_is_not_there_is_given_anything(
    world: World, portal: PortalRecord, handle: str, user: object
) -> None:
    path, headers = f"/api/alerts/{handle}/assign", bearer(world, portal.id)
    assert world.client.post(path, json={"user_id": user}, headers=headers).status_code == 400


@pytest.mark.parametrize("act", ["ack", "assign"])
def test_an_alert_of_another_portal_is_not_there(world: World, handle: str, act: str) -> None:
    installation = Installation(
        "b" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(world.deps.engine) as conn:
        stranger = portals.create_or_update(conn, world.deps.vault, installation, AT)
    headers = bearer(world, stranger)
    assert world.client.get("/api/alerts?all=1", headers=headers).json["alerts"] == []
    for name in (handle, "1-7-99", "nonsense", "1-7-12-%00"):
        answer = world.client.post(f"/api/alerts/{name}/{act}", headers=headers)
        assert (answer.status_code, answer.json["error"]["code"]) == (404, "no_alert")


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/api/alerts"), ("post", "/api/alerts/1-7-12/ack"), ("post", "/api/alerts/1/assign")],
)
def test_without_a_page_token_nothing_is_told(world: World, method: str, path: str) -> None:
    assert getattr(world.client, method)(path).status_code == 401


@pytest.fixture
def listed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: object, database_url: str, engine: Engine
) -> str:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path))
    installation = Installation(
        "a" * 32, "https://acme.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    with write(engine) as conn:
        portal_id = portals.create_or_update(conn, Vault([new_key()]), installation, AT)
        record = portals.by_id(conn, portal_id)
    return alerted(engine, record)


def test_the_command_line_lists_them(listed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts", "--all"]) == 0
    head, *rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert head == ["ALERT", "STATE", "SEVERITY", "FAILURES", "AGE", "BRANCH", "WHO"]
    assert rows[0][:4] == [listed, "open", "high", "3"]
    assert rows[0][-3:] == ["acme/shop", "main", "-"]
    assert rows[1][1:7] == ["resolved", "low", "1", "42", "min", "acme/shop"]
    assert main(["status"]) == 0
    assert "alerts   1 open: `b24bridge alerts`" in capsys.readouterr().out


def test_the_command_line_says_who_has_seen_it_and_whose_it_is(
    listed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alerts", "ack", listed, "--by", "Vera"]) == 0
    assert main(["alerts", "--portal", "acme.example.com", "assign", listed, "8"]) == 0
    assert main(["alerts"]) == 0
    out = capsys.readouterr().out
    assert f"{listed} was seen by Vera.\n{listed} is assigned to 8.\n" in out
    assert out.splitlines()[-1].endswith("acme/shop main  seen by Vera, assigned to Boris")


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["ack", "1-7-99", "--by", "Vera"], "There is no alert 1-7-99"),
        (["assign", "{listed}", "99"], "The portal has no active user 99"),
    ],
)
def test_the_command_line_says_no(
    listed: str, args: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alerts", *(one.format(listed=listed) for one in args)]) == 1
    assert why in capsys.readouterr().err
