"""What people do from a task: in GitLab by their own right there, and the hours of the task."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sync.core.model.common import PortalUser, Project
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, oauth_grants, people, projects, subjects
from sync.store.db.database import read, write
from sync.store.oauth_grants import GrantTokens
from tests.b24app.pages import installed
from tests.b24app.routes.test_flow import built, opened  # noqa: F401 - a fixture
from tests.emulators.bitrix24 import work
from tests.emulators.gitlab.server import GitLabEmulator

TASK, PATH = 2103, "/api/task/2103"


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.state.add_project("acme/shop", members={"ann": 40})
        yield running


@pytest.fixture
def staff(emulator):
    return {
        name: emulator.state.add_user(name, email=f"{name}@portal.test", admin=name == "Root")
        for name in ("Ed", "Mia", "Root")
    }


@pytest.fixture
def portal(beside, emulator, gitlab, staff):
    installed(beside, emulator)
    work.create_task(emulator.state, "Pay by card!", id=TASK, responsible_id=staff["Ed"].id)
    record = beside.portal(emulator.state.member_id)
    environ = {"TOKEN": gitlab.state.add_token("ann").value}
    text = (
        f"version: 1\nportal: {emulator.host}\nconnections:\n"
        f"  - {{name: main, url: '{gitlab.url}', token: {{env: TOKEN}}, projects: [acme/shop]}}\n"
    )
    with write(beside.deps.engine) as conn:
        now, vault = beside.deps.clock.now(), beside.deps.vault
        apply(conn, vault, record, settings(text, environ), environ=environ, now=now)
        main = connections.by_name(conn, record.id, "main")
        shop = gitlab.state.project("acme/shop")
        projects.save_projects(
            conn, [Project(main.id, shop.id, shop.path, f"{gitlab.url}/acme/shop")]
        )
        people.save_portal_users(conn, record.id, [PortalUser(staff["Ed"].id, "Ed Elm")])
    return record


def log(emulator, user, seconds, text):
    state = emulator.state
    work.log_time(state, state.tasks[TASK], user.id, seconds, text, state.now())


def ask(beside, emulator, user, path, body=None):
    method = "GET" if body is None else "POST"
    headers = opened(beside, emulator, user)
    return beside.client.open(f"{PATH}/{path}", method=method, json=body, headers=headers)


def test_an_administrator_creates_a_branch_proposes_it_and_runs_a_pipeline(
    beside, emulator, portal, staff, gitlab
):
    shop, root = gitlab.state.project("acme/shop"), staff["Root"]
    here = ask(beside, emulator, root, "actions").json
    assert here == {"projects": ["acme/shop"], "branch": f"B24-{TASK}"}
    made = ask(beside, emulator, root, "branch", {"project": "acme/shop"}).json
    assert made["name"] in shop.branches
    proposed = {"project": "acme/shop", "branch": made["name"]}
    assert ask(beside, emulator, root, "merge-request", proposed).json["name"] == "acme/shop!1"
    second = ask(beside, emulator, root, "merge-request", proposed)
    assert (second.status_code, "already exists" in second.text) == (409, True)
    run = ask(beside, emulator, root, "pipeline", proposed | {"act": "run"}).json
    assert shop.pipelines[run["id"]].status == "pending"
    act = proposed | {"act": "cancel", "id": run["id"]}
    assert ask(beside, emulator, root, "pipeline", act).json["status"] == "canceled"
    assert ask(beside, emulator, root, "pipeline", act | {"act": "retry"}).status_code == 200


def test_who_has_no_account_of_their_own_is_told_to_connect_it(
    beside, emulator, portal, staff, gitlab
):
    assert ask(beside, emulator, staff["Ed"], "actions").json["projects"] == []
    answer = ask(beside, emulator, staff["Ed"], "branch", {"project": "acme/shop"})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "no_account")
    assert list(gitlab.state.project("acme/shop").branches) == ["main"]


def test_who_connected_an_account_acts_where_gitlab_lets_them_and_learns_of_nothing_else(
    beside, emulator, portal, staff, gitlab
):
    state = gitlab.state
    state.add_user("ed", "Ed Elm")
    for path, members in (("acme/site", {"ann": 40, "ed": 30}), ("acme/secret", {"ann": 40})):
        state.add_project(path, members=members)
    with write(beside.deps.engine) as conn:
        main = connections.by_name(conn, portal.id, "main")
        rows = [state.project(path) for path in ("acme/site", "acme/secret")]
        url = f"{gitlab.url}/acme"
        projects.save_projects(conn, [Project(main.id, row.id, row.path, url) for row in rows])
        tokens = GrantTokens(
            state.add_token("ed").value, "", beside.deps.clock.now() + timedelta(hours=2)
        )
        own = (main.id, staff["Ed"].id, tokens, {"username": "ed"})
        oauth_grants.save(conn, beside.deps.vault, *own, beside.deps.clock.now())
    assert ask(beside, emulator, staff["Ed"], "actions").json["projects"] == ["acme/site"]
    made = ask(beside, emulator, staff["Ed"], "branch", {"project": "acme/site"})
    assert made.json["name"] in state.project("acme/site").branches
    for path in ("acme/secret", "acme/none"):
        refused = ask(beside, emulator, staff["Ed"], "branch", {"project": path})
        error = {**refused.json["error"], "request_id": ""}
        assert (refused.status_code, error) == (
            404,
            {"code": "no_project", "text": f"There is no project {path}",
             "change": "", "request_id": ""},
        )  # fmt: skip


def test_who_may_not_open_the_task_does_nothing(beside, emulator, portal, staff):
    for path in ("branch", "merge-request", "pipeline", "replay"):
        body = {"project": "acme/shop", "branch": "main", "act": "run"}
        assert ask(beside, emulator, staff["Mia"], path, body).status_code == 404
    for path in ("hours", "actions"):
        assert ask(beside, emulator, staff["Mia"], path).status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("branch", {}), ("branch", {"project": 7}), ("merge-request", {"project": "acme/shop"}),
        ("pipeline", {"project": "acme/shop", "branch": "main", "act": "delete"}),
        ("pipeline", {"project": "acme/shop", "branch": "main", "act": "retry", "id": "7"}),
    ],
)  # fmt: skip
def test_an_unreadable_wish_is_refused(beside, emulator, portal, staff, path, body):
    assert ask(beside, emulator, staff["Root"], path, body).status_code == 400


def test_a_project_that_is_not_connected_is_not_there(beside, emulator, portal, staff):
    answer = ask(beside, emulator, staff["Root"], "branch", {"project": "acme/none"})
    assert answer.status_code == 404


def test_hours_are_shown_by_person_with_where_they_were_logged(beside, emulator, portal, staff):
    log(emulator, staff["Ed"], 3600, "By hand")
    log(emulator, staff["Root"], 1800, "Review")
    log(emulator, staff["Ed"], 600, "By hand, too")
    assert ask(beside, emulator, staff["Ed"], "hours").json["people"] == [
        {"person": "Ed Elm", "seconds": {"portal": 4200}},
        {"person": "Root", "seconds": {"portal": 1800}},
    ]


def test_a_replay_has_the_task_decided_anew(beside, emulator, portal, staff):
    assert ask(beside, emulator, staff["Ed"], "replay", {}).json == {"replayed": 1}
    with read(beside.deps.engine) as conn:
        assert subjects.counts(conn, portal.id) == {"dirty": 1}
