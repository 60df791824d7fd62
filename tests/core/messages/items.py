"""Things of each kind that people are told of, with the rest filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.messages.message import Message
from sync.core.model.activity import Comment, CommentTarget, Push, Release, Resource, TagPush
from sync.core.model.common import Commit
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import FailedJob, JobRun, Pipeline, PipelineStatus
from sync.core.notifications.build import build_message
from sync.core.notifications.facts import FactsContext, build_facts
from sync.core.notifications.keys import NotificationSubject
from sync.core.rules.portal import Rules
from tests.core.factories import ANN, BOB, NOW, SHOP

SHA, OLD = "a1" * 20, "b2" * 20
HOME = SHOP.url
USERS = {BOB.id: 8}


def commit(number: int, author: str = "Bob") -> Commit:
    sha = f"{number:x}" * 40
    return Commit(sha, f"Step {number}\n\nwhy", author, None, f"{HOME}/-/commit/{sha}", NOW)


def push(count: int = 2, **values: Any) -> Push:
    commits = tuple(commit(number) for number in range(1, count + 1))
    usual = Push(SHOP, "feature/x", commits, BOB, SHA, OLD, count)
    return replace(usual, **values)


def tag(**values: Any) -> TagPush:
    return replace(TagPush(SHOP, "v1.5", SHA, BOB), **values)


def pipeline(status: str = "success", **values: Any) -> Pipeline:
    url = f"{HOME}/-/pipelines/31"
    usual = Pipeline(SHOP, 31, PipelineStatus(status), "main", SHA, url, NOW, actor=BOB)
    return replace(usual, **values)


FAILED_JOBS = (
    FailedJob(5, "unit", "test", f"{HOME}/-/jobs/5", log="secret"),
    FailedJob(6, "lint", "test", f"{HOME}/-/jobs/6"),
    FailedJob(7, "flaky", "test", f"{HOME}/-/jobs/7", allow_failure=True),
)


def job(status: str = "failed", **values: Any) -> JobRun:
    url = f"{HOME}/-/jobs/5"
    usual = JobRun(SHOP, 5, "unit", "test", status, "main", SHA, 31, url, NOW, BOB)
    return replace(usual, **values)


def deployment(status: str = "success", **values: Any) -> Deployment:
    usual = Deployment(
        SHOP, 4, "prod", Tier.PRODUCTION, DeploymentStatus(status), SHA, "main", NOW, actor=BOB
    )
    return replace(usual, **values)


def note(kind: str = "merge_request", **values: Any) -> Comment:
    on = CommentTarget(kind, SHA if kind == "commit" else "12", "Pay", f"{HOME}/-/on/12")
    usual = Comment(SHOP, 3, on, "Looks *good*", BOB, f"{on.url}#note_3", NOW, NOW)
    return replace(usual, **values)


def release(**values: Any) -> Release:
    url = f"{HOME}/-/releases/v1.5"
    return replace(Release(SHOP, "v1.5", "Spring", "# New\n\n- cards\n- refunds", url), **values)


def thing(of: str, did: str = "", **values: Any) -> Resource:
    """`did`: what was done, in the host's words."""
    usual = Resource(SHOP, Kind(of), "4", "Slow", f"{HOME}/-/{of}/4", action=did, actor=ANN, at=NOW)
    return replace(usual, **values)


def token(days: int | None = 7, **values: Any) -> Resource:
    until = None if days is None else datetime(2026, 11, 20, tzinfo=UTC) + timedelta(days=days)
    usual = thing(
        "access_token",
        "expiring_access_token",
        title="bridge",
        actor=None,
        expires_at=until,
        url=f"{HOME}/-/settings/access_tokens",
    )
    return replace(usual, **values)


def telling(
    one: NotificationSubject, language: str = "en", jobs: Sequence[FailedJob] = FAILED_JOBS
) -> Message:
    return build_message(one, language, USERS, state=state(one), jobs=jobs)


def state(one: NotificationSubject) -> str:
    return build_facts(one, FactsContext(now=NOW)).state


def message(one: NotificationSubject, language: str = "en") -> str:
    """What a chat is shown."""
    return telling(one, language).render(Rules(), kind_of(one))


def kind_of(one: NotificationSubject) -> Kind:
    return build_facts(one, FactsContext()).kind
