"""What the metrics read of the mirror, on every database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine

from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import Commit, Person
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequestKey, MergeRequestState
from sync.core.model.tasks import LinkKind
from sync.store import activity, deployments, flow, links, merge_request_commits, projects
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import write
from sync.store.rows import LinkRow
from tests.store.factories import (
    ANN,
    BOB,
    NOW,
    a_connection,
    a_merge_request,
    a_portal,
    a_project,
    after,
)

pytestmark = pytest.mark.dialect
AGES_AGO = NOW - timedelta(days=400)


def comment(
    connection_id: int, number: int, author: Person, minutes: float, **values: Any
) -> Comment:
    target = CommentTarget("merge_request", "12", "Payment gateway", "")
    at = after(minutes=minutes)
    return Comment(a_project(connection_id), number, target, "Why?", author, "", at, at, **values)


def deployment(
    connection_id: int, number: int, minutes: float, sha: str, **values: Any
) -> Deployment:
    usual = {
        "environment": "production", "tier": Tier.PRODUCTION, "status": DeploymentStatus.SUCCESS,
        "ref": "main", "job_url": f"https://gitlab.test/jobs/{number}",
    }  # fmt: skip
    return Deployment(
        a_project(connection_id), number, sha=sha, updated_at=after(minutes=minutes),
        **{**usual, **values},
    )  # fmt: skip


def stage(conn: Connection) -> int:
    c = a_connection(conn, a_portal(conn))
    projects.save_projects(conn, [a_project(c)])
    opened = a_merge_request(c, created_at=NOW, merge_sha="feed" * 10)
    merged = a_merge_request(
        c, created_at=NOW, updated_at=after(minutes=50), state=MergeRequestState.MERGED,
        merge_sha="feed" * 10,
    )  # fmt: skip
    approved = a_merge_request(c, created_at=NOW, updated_at=after(minutes=40))
    store_merge_requests.fold_events(
        conn,
        [
            MergeRequestEvent(opened, "open", ANN, author_id=ANN.id),
            MergeRequestEvent(approved, "approved", BOB, True, True, author_id=ANN.id),
            MergeRequestEvent(merged, "merge", BOB, author_id=ANN.id),
        ],
    )
    commits = [Commit(f"{n}" * 40, "Pay", "Ann", None, at=after(minutes=-10 * n)) for n in (1, 2)]
    merge_request_commits.save(conn, {(opened.key, "v"): commits})
    landed = Commit("f" * 40, "Pay", "Ann", None, at=after(minutes=-90))  # no commit of its own
    merge_request_commits.add(conn, {opened.key: [landed]})
    comments = [
        comment(c, 1, ANN, 5), comment(c, 2, BOB, 6, system=True), comment(c, 3, BOB, 30),
        comment(c, 4, BOB, 20),
    ]  # fmt: skip
    activity.save(conn, comments, NOW)
    return c


def read(conn: Connection, c: int, since: Any = AGES_AGO) -> Any:
    return flow.read_flow(conn, [(c, 3)], since)


def test_a_change_has_its_moments(engine: Engine) -> None:
    with write(engine) as conn:
        c = stage(conn)
        ((change,), shipments) = read(conn, c)
    assert (change.key, change.title, shipments) == (
        MergeRequestKey(c, 3, 12),
        "Payment gateway",
        (),
    )
    assert (change.first_commit_at, change.opened_at) == (after(minutes=-20), NOW)
    assert (change.first_review_at, change.approved_at) == (after(minutes=20), after(minutes=40))
    assert (change.merged_at, change.closed_at, change.deployed_at) == (
        after(minutes=50), None, None
    )  # fmt: skip


def test_a_deployment_brings_what_the_host_says_and_its_own_commit(engine: Engine) -> None:
    cases = {
        "host": ("beef" * 10, {7: [12]}),
        "commit": ("feed" * 10, {}),
        "none": ("beef" * 10, {}),
    }
    brought = {}
    for name, (sha, contents) in cases.items():
        with write(engine) as conn:
            c = stage(conn)
            made = [
                deployment(c, 6, 55, sha, status=DeploymentStatus.FAILED),
                deployment(c, 7, 60, sha), deployment(c, 8, 70, sha),
                deployment(c, 9, 58, sha, environment="staging", tier=Tier.STAGING),
                deployment(c, -7, 60, sha[:8]),
            ]  # fmt: skip
            deployments.save(conn, made, NOW, contents_known=True)
            by_key = {(c, 3, number): iids for number, iids in contents.items()}
            deployments.save_contents(conn, by_key)
            changes, shipments = read(conn, c)
            brought[name] = (
                changes[0].deployed_at,
                [(shipment.deployment.id, len(shipment.changes)) for shipment in shipments],
            )
            conn.rollback()
    deployed_at = after(minutes=60)
    assert brought == {
        "host": (deployed_at, [(7, 1), (8, 0)]), "commit": (deployed_at, [(7, 1), (8, 0)]),
        "none": (None, [(7, 0), (8, 0)]),
    }  # fmt: skip


def test_what_ended_before_is_read_if_it_was_deployed_since(engine: Engine) -> None:
    with write(engine) as conn:
        c = stage(conn)
        assert read(conn, c, after(minutes=55))[0] == ()
        deployments.save(conn, [deployment(c, 7, 60, "beef" * 10)], NOW, contents_known=True)
        deployments.save_contents(conn, {(c, 3, 7): [12]})
        assert len(read(conn, c, after(minutes=55))[0]) == 1


def test_what_was_merged_before_is_read_if_its_commit_was_deployed_since(engine: Engine) -> None:
    with write(engine) as conn:
        c = stage(conn)
        deployments.save(conn, [deployment(c, 7, 60, "feed" * 10)], NOW)
        ((change,), _) = read(conn, c, after(minutes=55))
        assert change.deployed_at == after(minutes=60)
        assert flow.read_flow(conn, [(c, 3)], AGES_AGO, after(minutes=61))[0] == ()


def test_projects_of_removed_connections_are_not_measured(engine: Engine) -> None:
    with write(engine) as conn:
        portal = a_portal(conn)
        c = a_connection(conn, portal)
        projects.save_projects(conn, [a_project(c)])
        (project,) = flow.measured_projects(conn, portal)
    assert (project.key, project.path) == ((c, 3), "acme/shop")


def test_tasks_at_work_have_an_open_merge_request_or_one_that_changed(engine: Engine) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        c = a_connection(conn, portal_id)
        merged = {"state": MergeRequestState.MERGED}
        items = [
            a_merge_request(c, iid=12),
            a_merge_request(c, iid=13, updated_at=after(minutes=50), **merged),
            a_merge_request(c, iid=14, **merged),
        ]
        store_merge_requests.fold_snapshots(conn, items)
        links.save(
            conn,
            [
                LinkRow(portal_id, item.key, task_id, LinkKind.MOVE, live=task_id != 4)
                for item in items
                for task_id in (item.iid, 4)
            ],
        )
        at_work = flow.tasks_at_work(conn, [(c, 3)], after(minutes=30))
        assert at_work == [13, 12]
        assert flow.tasks_at_work(conn, [(c, 4)], NOW) == []
