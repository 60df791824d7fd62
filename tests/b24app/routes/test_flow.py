"""The metrics of the projects that a visitor may see, and the lists behind the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from sync.core.alerts.model import Alert, AlertState, RefKey
from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import Commit, Person, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequestState, Reviewer
from sync.core.model.tasks import LinkKind
from sync.core.rules.portal import Severity
from sync.store import (
    activity,
    alerts,
    connections,
    deployments,
    links,
    merge_request_commits,
    projects,
)
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import write
from sync.store.rows import LinkRow
from sync.store.tables import alert as alert_table
from tests.b24app.factories import AT, merge_request
from tests.b24app.pages import config_of, installed, post
from tests.emulators.bitrix24 import work

GROUP, TASK = 10, 2103
ANN, ROB = Person(5, "ann", "Ann Author"), Person(6, "rob", "Rob Reviewer")
PERIOD = "from=2026-03-01&to=2026-03-31"
SETTINGS = f"""rules:
  workgroups:
    {GROUP}:
      projects: [team/shop]
"""
OTHER = Project(0, 43, "team/wiki", "https://gitlab.example.com/team/wiki")


@pytest.fixture(autouse=True)
def built(monkeypatch):
    from b24app import assets

    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def people(emulator):
    """Ed is in the workgroup, Mia is not; Root is an administrator, and in no workgroup."""
    made = {
        name: emulator.state.add_user(name, email=f"{name}@portal.test", admin=name == "Root")
        for name in ("Ed", "Mia", "Root")
    }
    emulator.state.add_group("Shop", id=GROUP, owner_id=1, members=[made["Ed"].id])
    return made


@pytest.fixture
def portal(beside, emulator, people, clock):
    clock.sleep((AT + timedelta(days=30) - clock.now()).total_seconds())
    installed(beside, emulator)
    record = beside.portal(emulator.state.member_id)
    beside.connect(record, SETTINGS, domain=emulator.host)
    with write(beside.deps.engine) as conn:
        stage(conn, record.id)
    return record


def hours(number: float):
    return AT + timedelta(hours=number)


def stage(conn, portal_id):
    """One change from its first commit to production, one that waits, and another project."""
    connection_id = connections.by_name(conn, portal_id, "main").id
    shipped = merge_request(
        connection_id, 7, pipeline=None, created_at=hours(4), merge_sha="feed" * 10, approved=False,
        approved_by=(), updated_at=hours(4),
    )  # fmt: skip
    waiting = merge_request(
        connection_id, 8, title="Secret of another team", pipeline=None, created_at=hours(5),
        approved=False, approved_by=(), updated_at=hours(5),
        reviewers=(Reviewer(ROB), Reviewer(ANN, "reviewed")),
    )  # fmt: skip
    foreign = merge_request(
        connection_id, 9, project=replace(OTHER, connection_id=connection_id), pipeline=None,
        title="Wiki", created_at=hours(5), updated_at=hours(5),
    )  # fmt: skip
    projects.save_projects(conn, [shipped.project, foreign.project])
    approved = replace(shipped, updated_at=hours(9), approved=True)
    merged = replace(shipped, updated_at=hours(10), state=MergeRequestState.MERGED)
    events = [
        MergeRequestEvent(shipped, "open", ANN, author_id=5),
        MergeRequestEvent(approved, "approved", ROB, True, True, author_id=5),
        MergeRequestEvent(merged, "merge", ROB, author_id=5),
        MergeRequestEvent(waiting, "open", ANN, author_id=5),
        MergeRequestEvent(foreign, "open", ANN, author_id=5),
    ]
    store_merge_requests.fold_events(conn, events)
    commits = [
        Commit(f"{n}" * 40, "Work", "Ann", None, at=hours(2 - n)) for n in (1, 2)
    ]  # the older one second
    merge_request_commits.save(conn, {(shipped.key, "v"): commits})
    target = CommentTarget("merge_request", "7", "Payment gateway", shipped.url)
    comments = [
        Comment(shipped.project, n, target, "x", who, "", hours(at), hours(at), system=system)
        for n, who, at, system in ((1, ANN, 5, False), (2, ROB, 5.5, True), (3, ROB, 6, False))
    ]
    activity.save(conn, comments, hours(6))
    made = [
        Deployment(
            shipped.project, number, environment, tier, DeploymentStatus(status), sha, "main",
            hours(at), job_url=f"https://gitlab.example.com/jobs/{number}",
            commit_title="Secret of another team",
        )
        for number, environment, tier, status, sha, at in (
            (1, "production", Tier.PRODUCTION, "success", "aaaa" * 10, 3),
            (2, "staging", Tier.STAGING, "success", "feed" * 10, 11),
            (3, "production", Tier.PRODUCTION, "failed", "feed" * 10, 12),
            (4, "production", Tier.PRODUCTION, "success", "beef" * 10, 14),
            (-4, "production", Tier.PRODUCTION, "success", "beefbeef", 14),
            (5, "production", Tier.PRODUCTION, "success", "aaaa" * 10, 15),
        )
    ]  # fmt: skip
    deployments.save(conn, made, AT, contents_known=True)
    deployments.save_contents(conn, {(connection_id, 42, 4): [7], (connection_id, 42, 2): [7]})
    links.save(conn, [LinkRow(portal_id, waiting.key, TASK, LinkKind.MOVE)])


def opened(beside, emulator, user):
    config = config_of(post(beside, emulator.application_page(user.id)))
    return {"Authorization": f"Bearer {config['token']}"}


def asked(beside, emulator, user, path):
    answer = beside.client.get(path, headers=opened(beside, emulator, user))
    assert answer.status_code == 200, answer.text
    return answer.json


def test_a_change_is_measured_from_its_first_commit_to_production(beside, emulator, portal, people):
    metrics = asked(beside, emulator, people["Ed"], f"/api/metrics?{PERIOD}")
    values = {row["name"]: (row["value"], row["size"]) for row in metrics["measures"]}
    weeks = values.pop("deployment_frequency"), values.pop("throughput")
    assert [(round(value * 31 / 7, 6), size) for value, size in weeks] == [(3, 3), (1, 1)]
    hour = 3600
    assert values == {
        "lead_time": (14 * hour, 1), "change_failure_rate": (pytest.approx(1 / 3), 1),
        "time_to_restore": (1 * hour, 1), "cycle_time": (10 * hour, 1),
        "time_to_first_review": (2 * hour, 1), "coding": (4 * hour, 1), "waiting": (2 * hour, 1),
        "review": (3 * hour, 1), "merge": (1 * hour, 1), "deploy": (4 * hour, 1),
        "work_in_progress": (1, 1),
    }  # fmt: skip
    assert metrics["projects"] == [{"path": "team/shop", "group": GROUP}]


def test_the_last_days_are_a_period_too(beside, emulator, portal, people):
    path = "/api/metrics?days={}"
    month, days = (
        asked(beside, emulator, people["Ed"], path.format(count))["measures"][0]["size"]
        for count in (31, 7)
    )
    assert (month, days) == (3, 0)


def test_who_is_in_no_workgroup_sees_no_data(beside, emulator, portal, people):
    metrics = asked(beside, emulator, people["Mia"], f"/api/metrics?{PERIOD}")
    assert {row["value"] for row in metrics["measures"]} == {None}
    assert metrics["projects"] == []
    for name in ("throughput", "deployment_frequency", "work_in_progress"):
        path = f"/api/metrics/items?{PERIOD}&of={name}"
        assert asked(beside, emulator, people["Mia"], path)["items"] == []
    state = asked(beside, emulator, people["Mia"], "/api/metrics/now")
    assert (state["reviews"], state["alerts"], state["environments"]) == ([], [], [])


def test_without_the_right_to_ask_for_workgroups_nobody_else_sees_any(
    beside, emulator, portal, people
):
    emulator.app.scopes -= {"sonet_group"}
    metrics = asked(beside, emulator, people["Ed"], f"/api/metrics?{PERIOD}")
    assert metrics["projects"] == []


def test_an_administrator_sees_every_project_and_chooses(beside, emulator, portal, people):
    root = people["Root"]
    paths = {
        query: [
            row["project"]
            for row in asked(
                beside, emulator, root, f"/api/metrics/items?{PERIOD}&of=work_in_progress&{query}"
            )["items"]
        ]
        for query in ("", "project=team/wiki", f"group={GROUP}", "group=99")
    }
    assert paths == {
        "": ["team/shop", "team/wiki"], "project=team/wiki": ["team/wiki"],
        f"group={GROUP}": ["team/shop"], "group=99": [],
    }  # fmt: skip


LISTED = {
    "lead_time": ("Payment gateway (team/shop!7)", 14.0, ""),
    "throughput": ("Payment gateway (team/shop!7)", None, ""),
    "change_failure_rate": ("production (beefbeef)", 1.0, "rollback"),
    "time_to_restore": ("production (beefbeef)", 1.0, "rollback"),
}


@pytest.mark.parametrize("name", LISTED)
def test_each_number_has_its_list(beside, emulator, portal, people, name):
    path = f"/api/metrics/items?{PERIOD}&of={name}"
    (row,) = asked(beside, emulator, people["Ed"], path)["items"]
    seconds = row["seconds"] / 3600 if row["seconds"] is not None else None
    assert (row["title"], seconds, row["remedy"]) == LISTED[name]
    assert row["url"].startswith("https://gitlab.example.com/")


def test_a_number_and_its_list_are_of_one_moment_within_a_minute(
    beside, emulator, portal, people, clock
):
    path = "/api/metrics/items?of=work_in_progress"
    before = asked(beside, emulator, people["Ed"], path)["total"]
    with write(beside.deps.engine) as conn:
        connection_id = connections.by_name(conn, portal.id, "main").id
        newer = merge_request(connection_id, 10, pipeline=None, created_at=hours(6))
        store_merge_requests.fold_events(conn, [MergeRequestEvent(newer, "open", ANN, author_id=5)])
    assert asked(beside, emulator, people["Ed"], path)["total"] == before
    clock.sleep(60)  # shown at once, and read anew
    assert asked(beside, emulator, people["Ed"], path)["total"] == before
    clock.sleep(540)
    assert asked(beside, emulator, people["Ed"], path)["total"] == before + 1


@pytest.mark.parametrize("path", ["metrics?", "metrics/items?of=lead_time&"])
def test_nobody_waits_on_the_line_for_a_period_that_is_read_first(
    beside, emulator, portal, people, monkeypatch, path
):
    monkeypatch.setattr(beside.deps.flows, "read_soon", lambda *_: None)
    answer = asked(beside, emulator, people["Ed"], f"/api/{path}{PERIOD}")
    assert answer["is_being_read"] is True


def test_lists_are_paged(beside, emulator, portal, people):
    path = f"/api/metrics/items?{PERIOD}&of=deployment_frequency"
    first = asked(beside, emulator, people["Ed"], path)
    second = asked(beside, emulator, people["Ed"], f"{path}&page=2")
    assert [row["title"] for row in first["items"]] == [
        "production (aaaaaaaa)", "production (beefbeef)", "production (aaaaaaaa)"
    ]  # fmt: skip
    assert (first["total"], first["pages"], second["items"]) == (3, 1, [])


def test_titles_of_tasks_that_a_member_may_not_open_are_hidden(beside, emulator, portal, people):
    work.create_task(emulator.state, "Private", id=TASK, responsible_id=1)
    item, review = ({"Ed": None, "Root": None} for _ in range(2))
    for name in item:
        path = f"/api/metrics/items?{PERIOD}&of=work_in_progress&project=team/shop"
        (row,) = asked(beside, emulator, people[name], path)["items"]
        item[name] = row["title"], bool(row["url"])
        state = asked(beside, emulator, people[name], "/api/metrics/now?project=team/shop")
        (row,) = state["reviews"]
        review[name] = row["title"], row["reference"], bool(row["url"])
    secret = "Secret of another team"
    assert item == {"Ed": ("team/shop!8", False), "Root": (f"{secret} (team/shop!8)", True)}
    assert review == {"Ed": ("", "team/shop!8", False), "Root": (secret, "team/shop!8", True)}


def test_alerts_of_tasks_that_a_member_may_not_open_are_left_out(beside, emulator, portal, people):
    """Branches are called after the work. Who has an alert sees it; main is everybody's."""
    work.create_task(emulator.state, "Private", id=TASK, responsible_id=1)
    with write(beside.deps.engine) as conn:
        main = connections.by_name(conn, portal.id, "main")
        for number, ref in enumerate(("main", "B24-2103-lay-off-bob", "given")):
            raised = Alert("", number, AlertState.OPEN, Severity.HIGH, "failed", 3, 3, AT, AT, 14)
            alerts.save(conn, RefKey(main.id, 42, ref), [raised])
            of_ref = alert_table.c.ref == ref
            task = {"task_id": None if ref == "main" else TASK}
            given = {"assigned_to": people["Ed"].id if ref == "given" else None}
            conn.execute(update(alert_table).where(of_ref).values(task | given))
    branches = {
        name: {
            row["branch"]
            for row in asked(beside, emulator, people[name], "/api/metrics/now")["alerts"]
        }
        for name in people
    }
    every = {"main", "B24-2103-lay-off-bob", "given"}
    assert branches == {"Mia": set(), "Ed": {"main", "given"}, "Root": every}


def test_the_page_shows_who_is_awaited_and_what_is_where(beside, emulator, portal, people):
    state = asked(beside, emulator, people["Ed"], "/api/metrics/now")
    assert [row["people"] for row in state["reviews"]] == [["Rob Reviewer"]]
    assert [(row["environment"], row["version"]) for row in state["environments"]] == [
        ("production", "aaaaaaaa"), ("staging", "feedfeed")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "days=0",
        "days=x",
        "days=367",
        "from=2026-03-02&to=2026-03-01",
        "from=2020-01-01&to=2026-03-01",
    ],
)
def test_an_unreadable_period_is_refused(beside, emulator, portal, people, query):
    headers = opened(beside, emulator, people["Root"])
    answer = beside.client.get(f"/api/metrics?{query}", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_period")


@pytest.mark.parametrize("query", ["of=salaries", "of=lead_time&page=0", "of=lead_time&page=x"])
def test_an_unknown_list_is_refused(beside, emulator, portal, people, query):
    headers = opened(beside, emulator, people["Root"])
    answer = beside.client.get(f"/api/metrics/items?{query}", headers=headers)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "bad_request")


def log_work(emulator, task_id, user, seconds, at):
    state = emulator.state
    return work.log_time(state, state.tasks[task_id], user.id, seconds, "Work", at)


def test_hours_of_a_period_are_those_of_tasks_that_the_visitor_may_open(
    beside, emulator, portal, people, clock
):
    work.create_task(emulator.state, "Private", id=TASK, responsible_id=1)
    log_work(emulator, TASK, people["Mia"], 3600, emulator.state.now())
    log_work(emulator, TASK, people["Mia"], 900, emulator.state.now() - timedelta(days=40))
    path = "/api/metrics/hours?days=30"
    seconds = {
        name: asked(beside, emulator, people[name], path)["tasks"] for name in ("Root", "Ed")
    }
    assert seconds == {"Root": [{"id": TASK, "title": "", "seconds": 3600}], "Ed": []}


def test_hours_are_asked_in_one_request_and_kept_for_a_minute(
    beside, emulator, portal, people, clock
):
    work.create_task(emulator.state, "Pay by card", id=TASK, responsible_id=people["Ed"].id)
    log_work(emulator, TASK, people["Ed"], 3600, emulator.state.now())
    headers = opened(beside, emulator, people["Ed"])
    path, batches = "/api/metrics/hours?group=10", emulator.requests["batch"]
    first, again = (beside.client.get(path, headers=headers).json for _ in range(2))
    assert first == again
    assert first["people"] == [{"person": "Ed", "seconds": {"portal": 3600}}]
    assert (emulator.requests["batch"] - batches, first["whole"]) == (1, True)
    clock.sleep(61)
    log_work(emulator, TASK, people["Ed"], 600, emulator.state.now())
    anew = beside.client.get(path, headers=headers).json
    assert anew["tasks"][0]["seconds"] == 4200
