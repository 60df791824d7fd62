"""The rules of a workgroup, edited by managers whom an administrator named, and no more."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sync.settings.apply import apply, current_settings
from sync.settings.document import read as settings
from sync.store import logs, portals, tasks
from sync.store.db.database import read, write
from tests.b24app.factories import mirrored
from tests.b24app.pages import installed
from tests.emulators.bitrix24 import work


@pytest.fixture
def group(emulator):
    return emulator.state.add_group("Sales", stages=[("Do", "NEW"), ("Look", None)])


@pytest.fixture
def manager(beside, emulator, group):
    """The headers of a manager, named among the editors of the first of two workgroups."""
    installed(beside, emulator)
    user = emulator.state.add_user("Mia Manager", email="mia@portal.test")
    other = emulator.state.add_group("Support")
    portal = beside.portal(emulator.state.member_id)
    text = (
        f"version: 1\nportal: {emulator.host}\nrules:\n  workgroups:\n"
        f"    {group.id}: {{projects: [acme/shop], editors: [{user.id}]}}\n"
        f"    {other.id}: {{projects: [acme/secret]}}\n"
    )
    with write(beside.deps.engine) as conn:
        now, vault = beside.deps.clock.now(), beside.deps.vault
        apply(conn, vault, portal, settings(text, {}), environ={}, now=now)
    token = emulator.token(user.id).access
    return beside.bearer(portal.id, user_id=user.id, admin=False, access_token=token)


def own(beside, headers):
    return beside.client.get("/api/own-rules", headers=headers).json


def change(beside, headers, group_id, patch, base, **more):
    body = {"patch": patch, "base": base, **more}
    return beside.client.post(f"/api/own-rules/{group_id}", json=body, headers=headers)


def rules_of(beside, emulator, group_id):
    with read(beside.deps.engine) as conn:
        portal = portals.by_id(conn, beside.portal(emulator.state.member_id).id)
        return current_settings(conn, portal).rules.workgroups[group_id]


STEPS = {"steps": {"review": {"status": "in_progress", "stage": {"title": "Look"}}}}


def test_a_workgroup_is_called_as_its_managers_know_it(beside, manager, emulator, group, clock):
    assert own(beside, manager)["groups"][0]["name"] == ""
    (mia,) = (user.id for user in emulator.state.users.values() if user.name.startswith("Mia"))
    emulator.state.groups[group.id].members[mia] = "E"
    clock.sleep(11)  # until it is asked again whether she is in it
    assert own(beside, manager)["groups"][0]["name"] == "Sales"


def test_a_manager_edits_the_workgroup_they_lead(beside, manager, emulator, group):
    (row,) = own(beside, manager)["groups"]
    assert (row["id"], row["values"]) == (group.id, {})
    assert [column["value"] for column in row["columns"]] == ["Do", "Look"]
    checked = change(beside, manager, group.id, STEPS, row["version"], check=True).json
    assert checked["outcome"] == "ok"
    assert any("Look" in line for line in checked["difference"])
    assert rules_of(beside, emulator, group.id).steps == {}
    assert change(beside, manager, group.id, STEPS, row["version"]).json["outcome"] == "ok"
    assert list(rules_of(beside, emulator, group.id).steps) == ["review"]
    with read(beside.deps.engine) as conn:
        portal = beside.portal(emulator.state.member_id)
        (noted,) = logs.decisions(conn, portal.id, "settings", "", 5)
    assert "+" in noted.reason


def rehearsed(beside, headers, group_id, patch):
    path = f"/api/own-rules/{group_id}/rehearsal"
    answer = beside.client.post(path, json={"patch": patch, "base": "-"}, headers=headers)
    if answer.status_code != 200:
        return answer.json["error"]["code"]
    return [line for line in map(json.loads, answer.text.splitlines()) if line["text"]]


def test_a_rehearsal_tells_a_manager_only_of_tasks_they_may_open(
    beside, manager, emulator, group, clock
):
    (mia,) = (user.id for user in emulator.state.users.values() if user.name.startswith("Mia"))
    portal = beside.portal(emulator.state.member_id)
    own_group = f"{group.id}: {{projects: [team/shop], editors: [{mia}]}}"
    beside.connect(portal, f"rules: {{workgroups: {{{own_group}}}}}\n", emulator.host)
    work.create_task(emulator.state, "Pay by card", id=2103, group_id=group.id)
    with write(beside.deps.engine) as conn:
        mirrored(conn, portal.id)
        body = replace(tasks.get(conn, portal.id, [2103])[2103].body, group_id=group.id)
        tasks.save_read(conn, portal.id, {2103: body}, clock.now())
    patch = {"steps": {"approved": {"status": "deferred"}}}
    (line,) = rehearsed(beside, manager, group.id, patch)
    assert (line["text"][:7], line["examples"]) == ("No task", [])
    emulator.state.groups[group.id].members[mia] = "E"
    clock.sleep(61)  # until it is asked again whether she may open it
    (line,) = rehearsed(beside, manager, group.id, patch)
    assert line["text"] == "Tasks that would move: 1 (of 1 with work in the last 30 days)."
    assert line["examples"][0].startswith("Pay by card: moved to “deferred”")
    assert rules_of(beside, emulator, group.id).steps == {}


def test_a_rehearsal_does_not_reach_beyond_the_workgroup(beside, manager, group):
    assert rehearsed(beside, manager, group.id + 1, STEPS) == "not_editor"
    assert rehearsed(beside, manager, group.id, {"projects": ["acme/secret"]}) == "invalid"
    assert rehearsed(beside, manager, group.id, {"notify": "nonsense"}) == "invalid"


def test_the_later_of_two_managers_is_overtaken(beside, manager, group):
    (row,) = own(beside, manager)["groups"]
    change(beside, manager, group.id, STEPS, row["version"])
    late = change(beside, manager, group.id, {"notify": ["merged"]}, row["version"]).json
    assert late["outcome"] == "overtaken"


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"projects": ["acme/secret"]}, "projects"),
        ({"chat": "chat7"}, "chat"),
        ({"roles": {"manager": [1]}}, "roles"),
        ({"editors": [1, 2]}, "editors"),
        ({"comments": {"internal": True}}, "comments.internal"),
        ({"routes": [{"on": ["push"], "to": ["chat7"]}]}, "routes[0].to[0]"),
        ({"routes": [{"on": ["push"], "to": ["general"]}]}, "routes[0].to[0]"),
        ({"routes": [{"on": ["issue"], "to": ["qa"], "internal": True}]}, "routes[0].internal"),
        ({"steps": {"review": {"status": "nonsense"}}}, "steps.review.status"),
    ],
)  # fmt: skip
def test_what_reaches_beyond_the_workgroup_is_refused(
    beside, manager, emulator, group, patch, path
):
    (row,) = own(beside, manager)["groups"]
    before = rules_of(beside, emulator, group.id)
    done = change(beside, manager, group.id, patch, row["version"]).json
    assert done["outcome"] == "invalid"
    assert [row["path"] for row in done["problems"]] == [f"rules.workgroups.{group.id}.{path}"]
    assert rules_of(beside, emulator, group.id) == before


def test_another_workgroup_is_nobody_elses_to_edit(beside, manager, emulator, group):
    (row,) = own(beside, manager)["groups"]
    answer = change(beside, manager, group.id + 1, STEPS, row["version"])
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "not_editor")
    assert "acme/secret" not in str(own(beside, manager))


def test_who_is_no_editor_sees_no_rules(beside, manager, emulator):
    user = emulator.state.add_user("Ed")
    portal = beside.portal(emulator.state.member_id)
    token = emulator.token(user.id).access
    headers = beside.bearer(portal.id, user_id=user.id, admin=False, access_token=token)
    assert own(beside, headers) == {"groups": [], "fields": []}
