"""What both sides of a pair offer, asked of them: statuses, priorities, types, columns; rights."""

from __future__ import annotations

import pytest

from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, hook_logs, portals
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow
from tests.b24app.pages import installed
from tests.emulators.gitlab.server import GitLabEmulator
from tests.emulators.youtrack.server import YouTrackEmulator
from tests.emulators.youtrack.state import DEFAULT


@pytest.fixture
def admin(beside, emulator, clock):
    """An administrator's headers; a GitLab, a YouTrack and a workgroup are connected."""
    with GitLabEmulator(clock) as gitlab, YouTrackEmulator(clock) as youtrack:
        ann = gitlab.state.add_user("ann", "Ann Oak")
        gitlab.state.add_project("acme/shop", members={"ann": 30})
        youtrack.state.add_project("SHOP", [youtrack.state.add_user("bridge")], DEFAULT)
        installed(beside, emulator)
        emulator.state.add_group("Sales", stages=[("Do", "NEW"), ("Look", None)])
        portal = beside.portal(emulator.state.member_id)
        text = (
            f"version: 1\nportal: {emulator.host}\nconnections:\n"
            f"  - {{name: main, url: '{gitlab.url}', token: {{env: A}}, projects: [acme/shop]}}\n"
            f"  - {{name: yt, kind: youtrack, url: '{youtrack.url}', token: {{env: B}},\n"
            "     projects: [SHOP]}\n"
        )
        environ = {"A": gitlab.state.add_token(ann).value, "B": "perm-bridge"}
        with write(beside.deps.engine) as conn:
            now, vault = beside.deps.clock.now(), beside.deps.vault
            apply(conn, vault, portal, settings(text, environ), environ=environ, now=now)
        yield beside.bearer(portal.id, access_token=emulator.token(1).access)


def proposed(beside, admin, emulator, project, name):
    group = next(iter(emulator.state.groups))
    query = f"workgroup={group}&project={project}&connection={name}"
    answer = beside.client.get(f"/api/settings/pair-proposals?{query}", headers=admin)
    assert answer.status_code == 200, answer.json
    return {key: [row["value"] for row in rows] for key, rows in answer.json.items()}


def test_statuses_come_from_youtracks_bundles_and_the_real_board(beside, admin, emulator):
    found = proposed(beside, admin, emulator, "SHOP", "yt")
    assert "In Progress" in found["issue_statuses"]
    assert "Critical" in found["issue_priorities"]
    assert found["columns"] == ["Do", "Look"]


def test_gitlab_offers_its_types_and_labels(beside, admin, emulator):
    found = proposed(beside, admin, emulator, "acme/shop", "main")
    assert found["issue_types"] == ["issue", "task", "incident"]
    assert found["columns"] == ["Do", "Look"]


def test_of_several_connections_one_has_to_be_named(beside, admin, emulator):
    group = next(iter(emulator.state.groups))
    query = f"workgroup={group}&project=SHOP"
    answer = beside.client.get(f"/api/settings/pair-proposals?{query}", headers=admin)
    assert answer.status_code == 404


def test_rights_are_said_for_each_project(beside, admin):
    answers = {
        name: beside.client.post(f"/api/connections/{name}/rights", headers=admin, json={}).json
        for name in ("main", "yt")
    }
    (shop,) = answers["main"]["rights"]
    assert (shop["target"], shop["ok"]) == ("project acme/shop", False)
    assert "Developer" in shop["text"]
    (other,) = answers["yt"]["rights"]
    assert (other["target"], other["text"]) == ("SHOP", "our app is not there")


def test_youtracks_projects_are_searched(beside, admin):
    path = "/api/connections/yt/targets?search=sho"
    (item,) = beside.client.get(path, headers=admin).json["items"]
    assert item["path"] == "SHOP"
    assert beside.client.get(path + "es", headers=admin).json["items"] == []


def test_webhooks_are_shown_with_their_last_delivery_and_failures(beside, admin, emulator):
    now = beside.deps.clock.now()
    with read(beside.deps.engine) as conn:
        portal = portals.by_id(conn, beside.portal(emulator.state.member_id).id)
        main = connections.by_name(conn, portal.id, "main")
    with write(beside.deps.engine) as conn:
        row = HookLogRow(main.id, "project acme/shop", now, failed=3, made_up=2, good_at=now)
        hook_logs.save(conn, row)
    shown = beside.client.get("/api/settings", headers=admin).json["connections"]
    (hook,) = next(each for each in shown if each["name"] == "main")["hooks"]
    assert (hook["ok"], hook["failed"], hook["made_up"]) == (True, 3, 2)
    assert "acme/shop" in hook["text"]
