"""Weeks of work that reached production: what pages of metrics have something to show of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import Commit, Person, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.events import MergeRequestEvent
from sync.core.model.merge_requests import MergeRequestState, Reviewer
from sync.store import activity, connections, deployments, merge_request_commits, projects
from sync.store import merge_requests as store_merge_requests
from tests.b24app.factories import merge_request

ANN, ROB = Person(5, "ann", "Ann Author"), Person(6, "rob", "Rob Reviewer")
FIRST = 200  # number of the first merge request, deployment and comment
# Title, hours from the first commit: opened, reviewed, approved, merged, deployed.
WORK = (
    ("Show prices with tax", 6, 9, 20, 21, 22),
    ("Remember the last address", 3, 5, 7, 26, 28),
    ("Round totals as the bank does", 10, 31, 33, 34, 36),
    ("Hotfix: round refunds too", 1, 2, 2.5, 3, 4),
    ("Send receipts by e-mail", 8, 12, 30, 32, 33),
    ("Pay in two parts", 16, 20, 41, 44, 46),
    ("Search orders by phone", 5, 6, 8, 9, 11),
)
EVERY = timedelta(days=4)


def shipped_for_weeks(
    conn: Connection,
    portal_id: int,
    now: datetime,
    *,
    name: str = "main",
    project: Project | None = None,
) -> None:
    """Save merge requests that were reviewed, merged and deployed, one each four days until now.

    The fourth is the hotfix of what the third brought. A last one waits for its review. Without a
    `project` they are of the one that all examples have.
    """
    record = connections.by_name(conn, portal_id, name)
    assert record is not None
    project = project or merge_request(record.id).project
    start, made, comments = now - EVERY * len(WORK), [], []
    for number, (title, *_) in enumerate(WORK):
        began = start + EVERY * number
        opened, reviewed, approved, merged, deployed = (
            began + timedelta(hours=hours) for hours in WORK[number][1:]
        )
        iid, sha = FIRST + number, f"{number + 1:x}" * 40
        branch = "hotfix/refunds" if title.startswith("Hotfix") else f"feature/{iid}"
        proposed = merge_request(
            record.id, iid, project=project, url=_url(project, iid), title=title, pipeline=None,
            created_at=opened, updated_at=opened,
            approved=False, approved_by=(), source_branch=branch, head_sha=sha, merge_sha=sha,
        )  # fmt: skip
        projects.save_projects(conn, [proposed.project])
        ready = replace(proposed, updated_at=approved, approved=True, approved_by=(ROB,))
        done = replace(ready, updated_at=merged, state=MergeRequestState.MERGED)
        events = [
            MergeRequestEvent(proposed, "open", ANN, author_id=ANN.id),
            MergeRequestEvent(ready, "approved", ROB, True, True, author_id=ANN.id),
            MergeRequestEvent(done, "merge", ROB, author_id=ANN.id),
        ]
        store_merge_requests.fold_events(conn, events)
        work = Commit(sha, title, ANN.name, None, at=began)
        merge_request_commits.save(conn, {(proposed.key, "v"): [work]})
        target = CommentTarget("merge_request", str(iid), title, proposed.url)
        comments.append(Comment(proposed.project, iid, target, "Why?", ROB, "", reviewed, reviewed))
        made.append(
            Deployment(
                proposed.project, iid, "production", Tier.PRODUCTION, DeploymentStatus.SUCCESS, sha,
                "main", deployed, url="https://shop.example.com", commit_title=title,
            )
        )  # fmt: skip
    waiting = merge_request(
        record.id, FIRST + len(WORK), project=project, url=_url(project, FIRST + len(WORK)),
        title="Gift cards", pipeline=None, approved=False,
        approved_by=(), created_at=now - EVERY, updated_at=now - EVERY, reviewers=(Reviewer(ROB),),
        source_branch="feature/gift-cards", head_sha="f" * 40,
    )  # fmt: skip
    proposal = MergeRequestEvent(waiting, "open", ANN, author_id=ANN.id)
    store_merge_requests.fold_events(conn, [proposal])
    activity.save(conn, comments, now)
    deployments.save(conn, made, now, contents_known=True)
    contents = {(record.id, each.project.id, each.id): [each.id] for each in made}
    deployments.save_contents(conn, contents)


def _url(project: Project, iid: int) -> str:
    return f"{project.url}/-/merge_requests/{iid}"
