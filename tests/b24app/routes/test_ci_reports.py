"""Reports of CI jobs: who is let in, what is kept, what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from b24app.routes.ci_reports import MAX_REPORT_BYTES
from sync.core.model.activity import Push
from sync.core.model.deployments import Tier
from sync.core.model.events import DeploymentEvent, MergeRequestEvent, PipelineEvent
from sync.core.model.tasks import Task, TaskStatus
from sync.engine.deps import parse_delivery
from sync.settings.apply import apply
from sync.settings.document import read as settings
from sync.store import connections, inbox, portals, tasks
from sync.store.db.database import read, write
from sync.store.rows import ConnectionDraft, ConnectionSecrets, Installation, PortalTokens
from sync.store.tables import delivery
from tests.emulators.gitlab.entities import Pipeline
from tests.emulators.gitlab.server import GitLabEmulator

OURS = "https://bridge.example.com"


@pytest.fixture
def gitlab(clock) -> Iterator[GitLabEmulator]:
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.shop = running.state.add_project("acme/shop", members={"ann": 40})
        running.other = running.state.add_project("evil/shop", members={"ann": 40})
        yield running


def connect(world, gitlab, choice="projects: [acme/shop]"):
    """A connection to the emulated GitLab."""
    portal = world.portal() or world.install()
    text = (
        "version: 1\nportal: portal.example.com\nconnections:\n"
        f"  - name: main\n    url: {gitlab.url}\n    {choice}\n"
    )
    with write(world.deps.engine) as conn:
        apply(
            conn, world.deps.vault, portal, settings(text, {}), environ={},
            now=world.deps.clock.now(),
        )  # fmt: skip
        return connections.by_name(conn, portal.id, "main")


@pytest.fixture
def connected(world, gitlab):
    connect(world, gitlab)
    return world


def run(gitlab, project=None) -> Pipeline:
    place = project or gitlab.shop
    gitlab.push(place, "feature/B24-2103-pay", ["Add payment"], "ann")
    return gitlab.run_pipeline(place, ref="feature/B24-2103-pay")


def report(gitlab, pipeline, **changes):
    place = gitlab.state.projects[pipeline.project_id]
    url = f"{gitlab.url}/{place.path}"
    told = {
        "version": 1,
        "mode": "report",
        "server_url": gitlab.url,
        "project_id": place.id,
        "project_path": place.path,
        "project_title": "Shop",
        "project_url": url,
        "default_branch": "main",
        "pipeline_id": pipeline.id,
        "pipeline_url": f"{url}/-/pipelines/{pipeline.id}",
        "pipeline_source": pipeline.source,
        "status": "success",
        "ref": pipeline.ref,
        "tag": False,
        "sha": pipeline.sha,
        "job_id": pipeline.jobs[-1].id,
        "job_url": f"{url}/-/jobs/1",
        "author": "ann",
        "author_name": "Ann Oak",
        "merge_requests": [
            {
                "iid": 12,
                "title": "Pay",
                "url": f"{url}/-/merge_requests/12",
                "state": "opened",
                "source_branch": pipeline.ref,
                "target_branch": "main",
                "description": "Closes B24-2104, see B24-2105",
            }
        ],
        "failed_jobs": [],
        "deployments": [
            {
                "environment": "production",
                "status": "success",
                "tier": "production",
                "url": "https://acme.example",
            }
        ],
        "commits": [{"sha": pipeline.sha, "message": "Add payment, fixes B24-2106"}],
        "refused": [],
    }
    return {"report": told | changes}


def post(world, token, body):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return world.client.post("/ci/report", data=data, headers=headers)


def kept(world):
    with read(world.deps.engine) as conn:
        return inbox.next_batch(conn, world.portal().id, 10, world.deps.clock.now())


def test_a_report_is_kept_and_says_what_hooks_would(connected, gitlab):
    pipeline = run(gitlab)
    answer = post(connected, gitlab.identity.mint(pipeline, OURS), report(gitlab, pipeline))
    assert answer.status_code == 200
    url = "https://portal.example.com/company/personal/user/1/tasks/task/view"
    named = [{"id": number, "url": f"{url}/{number}/"} for number in (2103, 2104, 2105, 2106)]
    said = [{"text": "the app has the report; the tasks it names: 2103, 2104, 2105, 2106"}]
    assert answer.json == {
        "accepted": True, "duplicate": False, "tasks": named, "notes": said,
    }  # fmt: skip
    assert connected.woken == [connected.portal().id]
    (row,) = kept(connected)
    assert row.event == "CI Report"
    request, push, ran, deployed = parse_delivery(row)
    assert isinstance(request, MergeRequestEvent)
    assert isinstance(push, Push)
    assert isinstance(ran, PipelineEvent)
    assert isinstance(deployed, DeploymentEvent)
    assert request.action == ""
    assert request.merge_request.description == "Closes B24-2104, see B24-2105"
    assert (push.branch, push.after) == (pipeline.ref, pipeline.sha)
    assert [one.message for one in push.commits] == ["Add payment, fixes B24-2106"]
    assert (push.project.name, push.project.default_branch) == ("Shop", "main")
    assert (ran.pipeline.id, ran.pipeline.status) == (pipeline.id, "success")
    assert ran.pipeline.url == f"{gitlab.url}/acme/shop/-/pipelines/{pipeline.id}"
    assert deployed.merge_request_iids == (12,)
    assert (deployed.deployment.tier, deployed.deployment.sha) == (Tier.PRODUCTION, pipeline.sha)
    assert deployed.deployment.actor.name == "Ann Oak"


def test_tasks_are_found_by_the_portals_rules_and_shown_where_it_shows_them(connected, gitlab):
    """One was read and is in a workgroup, one is known to be missing, one was never read."""
    portal, now = connected.portal(), connected.deps.clock.now()
    grouped = Task(2103, "Secret plan", TaskStatus.WAITING, group_id=3)
    with write(connected.deps.engine) as conn:
        tasks.save_read(conn, portal.id, {2103: grouped, 2104: None}, now)
    pipeline = run(gitlab)
    body = report(gitlab, pipeline, commits=[])
    answer = post(connected, gitlab.identity.mint(pipeline, OURS), body)
    place = "https://portal.example.com"
    assert answer.json["tasks"] == [
        {"id": 2103, "url": f"{place}/workgroups/group/3/tasks/task/view/2103/"},
        {"id": 2104},
        {"id": 2105, "url": f"{place}/company/personal/user/1/tasks/task/view/2105/"},
    ]
    assert "Secret plan" not in answer.text


def test_the_prefix_of_the_portal_counts(world, gitlab):
    connect(world, gitlab, "projects: [acme/shop]\nreferences: {prefix: TASK}")
    pipeline = run(gitlab)
    body = report(gitlab, pipeline, commits=[{"sha": pipeline.sha, "message": "Fix TASK-7"}])
    answer = post(world, gitlab.identity.mint(pipeline, OURS), body)
    assert [task["id"] for task in answer.json["tasks"]] == [7]


@pytest.mark.parametrize(
    ("choice", "proven", "heard"),
    [
        ("acme/shop", ("main", "other"), (1, 1)),
        ("acme/shop", ("main",), (1, 0)),
        ("acme/shop", ("other",), (0, 1)),
        ("acme/shop", (), (0, 0)),
        ("acme/other", (), (1, 0)),
    ],
    ids=["both proved it", "the first did", "the second did", "nobody did", "not chosen"],
)
@pytest.mark.parametrize("ending", ["", "/"], ids=["alike", "written otherwise"])
def test_a_report_reaches_the_portals_that_proved_their_access(
    connected, gitlab, choice, proven, heard, ending
):
    installation = Installation(
        "b" * 32, "https://other.example.com/rest/", "", PortalTokens("a", "r", None, 1)
    )
    now = connected.deps.clock.now()
    with write(connected.deps.engine) as conn:
        other = portals.create_or_update(conn, connected.deps.vault, installation, now)
        options = {"projects": [choice]}
        url = gitlab.url + ending
        draft = ConnectionDraft("gitlab", "main", url, ConnectionSecrets("other"), options)
        other_id = connections.upsert(conn, connected.deps.vault, other, draft, now)
        main_id = connections.by_name(conn, connected.portal().id, "main").id
        for name, connection_id in (("main", main_id), ("other", other_id)):
            if name in proven:
                connections.add_proofs(conn, connection_id, ["acme/shop"], now)
    pipeline = run(gitlab)
    answer = post(connected, gitlab.identity.mint(pipeline, OURS), report(gitlab, pipeline))
    assert answer.status_code == (200 if any(heard) else 403)
    with read(connected.deps.engine) as conn:
        found = [inbox.pending_count(conn, one) for one in (connected.portal().id, other)]
    assert tuple(found) == heard
    if not any(heard):
        assert answer.json["error"]["code"] == "contested"
        return
    places = {task["url"].split("/company")[0] for task in answer.json["tasks"]}
    assert ("https://other.example.com" in places) is bool(heard[1])


@pytest.mark.parametrize(
    ("address", "audience", "status"),
    [
        ("/ci/portal.example.com/ci/report", f"{OURS}/ci/portal.example.com", 200),
        ("/ci/PORTAL.example.com/ci/report", f"{OURS}/ci/PORTAL.example.com", 200),
        ("/ci/portal.example.com/ci/report", OURS, 401),
        ("/ci/report", f"{OURS}/ci/portal.example.com", 401),
        ("/ci/other.example.com/ci/report", f"{OURS}/ci/other.example.com", 403),
        ("/ci/%00/ci/report", OURS, 401),
    ],
    ids=["its own", "in capitals", "not of the token", "of the token alone", "unknown", "NUL"],
)
def test_a_job_may_address_its_report_to_one_portal(connected, gitlab, address, audience, status):
    pipeline = run(gitlab)
    headers = {"Authorization": f"Bearer {gitlab.identity.mint(pipeline, audience)}"}
    answer = connected.client.post(address, json=report(gitlab, pipeline), headers=headers)
    assert answer.status_code == status
    assert len(kept(connected)) == (status == 200)


def test_a_repeated_report_is_answered_with_its_tasks_again(connected, gitlab):
    pipeline = run(gitlab)
    token = gitlab.identity.mint(pipeline, OURS)
    first, again = (post(connected, token, report(gitlab, pipeline)).json for _ in range(2))
    assert (again["duplicate"], again["tasks"]) == (True, first["tasks"])


def test_settings_in_a_report_are_refused_and_not_ignored(connected, gitlab):
    pipeline = run(gitlab)
    body = report(gitlab, pipeline) | {"settings": {"chat": "chat1"}}
    answer = post(connected, gitlab.identity.mint(pipeline, OURS), body)
    assert answer.status_code == 422
    assert answer.json["error"]["text"] == "settings: Extra inputs are not permitted"


def test_the_same_token_twice_is_kept_once(connected, gitlab):
    pipeline = run(gitlab)
    token = gitlab.identity.mint(pipeline, OURS)
    post(connected, token, report(gitlab, pipeline))
    again = post(connected, token, report(gitlab, pipeline, status="failed"))
    assert (again.status_code, again.json["duplicate"]) == (200, True)
    assert len(kept(connected)) == 1


def test_what_the_report_says_of_itself_is_not_believed(connected, gitlab):
    pipeline = run(gitlab)
    lies = {
        "sha": "0" * 40, "ref": "main", "project_path": "evil/shop", "job_id": 5,
        "project_url": "https://evil.example", "author": "root", "pipeline_url": "javascript:1",
    }  # fmt: skip
    body = report(gitlab, pipeline, **lies)
    assert post(connected, gitlab.identity.mint(pipeline, OURS), body).status_code == 200
    events = parse_delivery(kept(connected)[0])
    ran = next(event for event in events if isinstance(event, PipelineEvent)).pipeline
    assert (ran.sha, ran.ref, ran.project.path) == (pipeline.sha, pipeline.ref, "acme/shop")
    assert ran.url.startswith(f"{gitlab.url}/acme/shop/")
    assert (ran.actor.username, ran.actor.name) == ("ann", "")


@pytest.mark.parametrize("name", ["project_id", "pipeline_id"])
def test_a_report_about_something_else_than_the_tokens_is_refused(connected, gitlab, name):
    pipeline = run(gitlab)
    body = report(gitlab, pipeline, **{name: 77})
    answer = post(connected, gitlab.identity.mint(pipeline, OURS), body)
    assert answer.status_code == 422
    assert answer.json["error"]["text"] == f"report.{name}: is not what the ID token says"
    assert connected.deliveries() == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://other.example"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"jti": None},
        {"nbf": 9_999_999_999},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_us_is_refused_without_saying_why(connected, gitlab, changes):
    pipeline = run(gitlab)
    answer = post(connected, gitlab.identity.mint(pipeline, OURS, **changes), b"{}")
    assert answer.status_code == 401
    assert answer.json["error"]["text"] == "The ID token is not accepted"
    assert connected.deliveries() == 0


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YQ==", "Bearer a.b.c"])
def test_without_a_token_nothing_is_read(connected, header):
    headers = {} if header is None else {"Authorization": header}
    assert connected.client.post("/ci/report", data=b"{}", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "choice", ["projects: [acme/shop]", "groups: [acme]", "issue_links: false"]
)
@pytest.mark.dialect
def test_a_project_that_was_not_chosen_is_refused(world, gitlab, choice):
    connect(world, gitlab, choice)
    pipeline = run(gitlab, gitlab.other)
    answer = post(world, gitlab.identity.mint(pipeline, OURS), report(gitlab, pipeline))
    assert answer.status_code == 403
    assert answer.json["error"]["text"] == "This GitLab is known here, and this project is not"
    assert world.deliveries() == 0


def test_everything_wrong_with_a_report_is_said_at_once(connected, gitlab):
    pipeline = run(gitlab)
    body = report(gitlab, pipeline, version=2, status="fine", tag="no", extra=1)
    answer = post(connected, gitlab.identity.mint(pipeline, OURS), body)
    assert answer.status_code == 422
    assert answer.json["error"]["text"] == (
        "report.version: Input should be 1; "
        "report.status: Input should be '', 'running', 'success', 'failed', 'canceled', "
        "'skipped', 'manual' or 'unknown'; "
        "report.tag: Input should be a valid boolean; "
        "report.extra: Extra inputs are not permitted"
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"report": []}'], ids=range(7)
)
def test_what_is_no_report_is_refused(connected, gitlab, body):
    token = gitlab.identity.mint(run(gitlab), OURS)
    assert post(connected, token, body).status_code == 422
    assert connected.deliveries() == 0


def test_a_report_that_is_too_large_is_refused_before_anything_else(connected, gitlab):
    answer = post(connected, "", b"x" * (MAX_REPORT_BYTES + 1))
    assert answer.status_code == 413


@pytest.mark.dialect
def test_no_token_is_kept(connected, gitlab):
    pipeline = run(gitlab)
    token = gitlab.identity.mint(pipeline, OURS)
    post(connected, token, report(gitlab, pipeline))
    with read(connected.deps.engine) as conn:
        row = conn.execute(select(delivery)).one()
    assert token.encode() not in row.body
    assert token not in json.dumps(row.headers)
