"""Mirrored things that pages and the command line show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert

from sync.core.i18n.translate import translate
from sync.core.issue_sync import fuse
from sync.core.issue_sync.link import Conflict, LinkState, PlannedWrite, StoryLine, ValuePair
from sync.core.issue_sync.model import ItemAddress, SideName
from sync.core.issue_sync.story import conflict_line
from sync.core.issue_sync.writes import UpdateItem
from sync.core.model.common import Person, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, tier_of
from sync.core.model.merge_requests import MergeRequest, MergeRequestState
from sync.core.model.pipelines import Pipeline, PipelineStatus
from sync.core.model.tasks import LinkKind, Task, TaskStatus
from sync.sentences import as_sentence, sentence
from sync.store import (
    connections,
    deployments,
    inbox,
    issue_link_stories,
    issue_links,
    links,
    logs,
    subjects,
    tasks,
)
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines
from sync.store import projects as store_projects
from sync.store.rows import DecisionRow, Delivery, LinkRow
from sync.store.tables import command

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
APPROVED = translate(
    "en",
    "status changed",
    status=translate("en", "status in_progress"),
    why=translate("en", "step approved", mr="team/shop!7"),
)
FAULT = 'Traceback (most recent call last):\n  File "x.py", line 1, in y\n    z()\n{}'


def merge_request(connection_id: int, iid: int = 7, **changes: object) -> MergeRequest:
    project = Project(connection_id, 42, "team/shop", "https://gitlab.example.com/team/shop")
    pipeline = Pipeline(
        project, 900 + iid, PipelineStatus.SUCCESS, "feature/B24-2103", "abc12345",
        f"{project.url}/-/pipelines/{900 + iid}", AT, merge_request_iid=iid,
    )  # fmt: skip
    made = MergeRequest(
        project=project,
        iid=iid,
        title="Payment gateway",
        description="",
        url=f"{project.url}/-/merge_requests/{iid}",
        state=MergeRequestState.OPENED,
        draft=False,
        source_branch="feature/B24-2103",
        target_branch="main",
        author=Person(5, "ann", "Ann Author"),
        updated_at=AT,
        approved=True,
        approved_by=(Person(6, "rob", "Rob Reviewer"),),
        head_sha="abc12345",
        pipeline=pipeline,
    )
    return replace(made, **changes)


def mirrored(conn: Connection, portal_id: int, *, name: str = "main") -> None:
    """One merge request that moves task 2103 and mentions 999, which the portal does not show."""
    record = connections.by_name(conn, portal_id, name)
    assert record is not None
    one = merge_request(record.id)
    store_merge_requests.fold_snapshots(conn, [one])
    store_pipelines.save_pipelines(conn, [one.pipeline])
    links.save(
        conn,
        [
            LinkRow(portal_id, one.key, 2103, LinkKind.MOVE),
            LinkRow(portal_id, one.key, 999, LinkKind.MENTION),
            LinkRow(portal_id, one.key, 1000, LinkKind.MOVE, live=False),
        ],
    )
    task = Task(2103, "Pay by card", TaskStatus.IN_PROGRESS)
    tasks.save_read(conn, portal_id, {2103: task, 999: None}, AT)
    logs.save_decisions(conn, [DecisionRow(portal_id, "task", "2103", AT, APPROVED)])


def deployed(conn: Connection, portal_id: int, *told: tuple[str, str], name: str = "main") -> None:
    """Deployments of the merge request's head commit: (environment, status)."""
    record = connections.by_name(conn, portal_id, name)
    assert record is not None
    one = merge_request(record.id)
    made = [
        Deployment(
            one.project, number, environment, tier_of("", environment), DeploymentStatus(status),
            one.head_sha, "main", AT, url=f"https://{environment}.example.com",
        )
        for number, (environment, status) in enumerate(told, 1)
    ]  # fmt: skip
    deployments.save(conn, made, AT)


def failed(conn: Connection, portal_id: int) -> dict[str, str]:
    """A dead delivery, a dead subject and a refused command; their ids as `replay` takes them."""
    (dead,) = inbox.insert_many(
        conn,
        [Delivery(portal_id, None, f"bitrix24:{portal_id}", "k", "ONTASKUPDATE", {}, b"", AT)],
    )
    inbox.mark_dead(conn, dead, FAULT.format("KeyError: 'x'"))
    subjects.mark_dirty_many(conn, portal_id, [("task", "55", "heard")], AT)
    subjects.mark_dead(conn, portal_id, "task", "55", error=FAULT.format("KeyError: 55"))
    refused = conn.execute(
        insert(command)
        .values(
            portal_id=portal_id, lane="bitrix24", subject_kind="task", subject_key="2103",
            key="move", kind="move_task", reason="all merged", state="refused", created_at=AT,
            payload={"task_id": 2103, "status": "completed"}, records={"step": "merged"},
            done_at=AT, error="The employee who installed the application may not do this",
        )
        .returning(command.c.id)
    ).scalar_one()  # fmt: skip
    return {"delivery": str(dead), "subject": "task:55", "command": str(refused)}


LINK, STOPPED = "1-m2103-501", "1-m2104-502"  # keys of links


def linked(conn: Connection, portal_id: int, *, name: str = "main") -> None:
    """Two links: task 2103 ⇄ team/shop#12, whose title is disputed; one that stands still."""
    record = connections.by_name(conn, portal_id, name)
    assert record is not None
    store_projects.save_projects(conn, [merge_request(record.id).project])
    values = ValuePair({"title": "Pay by invoice"}, {"title": "Pay by card"})
    states = {
        LINK: LinkState(
            LINK,
            {
                SideName.PORTAL: ItemAddress("2103"),
                SideName.TRACKER: ItemAddress("501", "42", "12"),
            },
            clashes={"title": values},
            problems={
                "sprint": sentence(
                    "the {side}'s item has no {field} any more",
                    side=SideName.PORTAL,
                    field=as_sentence("sprint"),
                )
            },
        ),
        STOPPED: LinkState(
            STOPPED,
            {
                SideName.PORTAL: ItemAddress("2104"),
                SideName.TRACKER: ItemAddress("502", "42", "13"),
            },
            pause=fuse.blown(
                LinkState(STOPPED, {}, updated_at=(AT,) * fuse.UPDATES),
                (PlannedWrite(SideName.PORTAL, UpdateItem("w", ItemAddress("2104"), {})),),
                AT,
            ),
        ),
    }
    for key, state in states.items():
        issue_links.create(conn, portal_id, record.id, "pair", state, AT)
        issue_link_stories.add_story(conn, key, [StoryLine(AT, "linked", "by a person")])
    parked = conflict_line(Conflict("title", values, None, AT))
    issue_link_stories.add_story(conn, LINK, [parked])
