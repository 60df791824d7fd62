"""Things of each kind that people are told of, with the rest filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.deployments.environments import Deployment, DeploymentStatus, Tier
from sync.core.messages.message import Telling
from sync.core.model.activity import JobRun, Note, Noteable, Push, Release, TagPush, Thing
from sync.core.model.common import Commit, Job, Pipeline, PipelineStatus
from sync.core.model.kinds import Kind
from sync.core.notifications.build import telling_of
from sync.core.notifications.facts import Around, Subject, facts_of
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
    Job(5, "unit", "test", f"{HOME}/-/jobs/5", log="secret"),
    Job(6, "lint", "test", f"{HOME}/-/jobs/6"),
    Job(7, "flaky", "test", f"{HOME}/-/jobs/7", allowed=True),
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


def note(kind: str = "merge_request", **values: Any) -> Note:
    on = Noteable(kind, SHA if kind == "commit" else "12", "Pay", f"{HOME}/-/on/12")
    usual = Note(SHOP, 3, on, "Looks *good*", BOB, f"{on.url}#note_3", NOW, NOW)
    return replace(usual, **values)


def release(**values: Any) -> Release:
    url = f"{HOME}/-/releases/v1.5"
    return replace(Release(SHOP, "v1.5", "Spring", "# New\n\n- cards\n- refunds", url), **values)


def thing(of: str, did: str = "", **values: Any) -> Thing:
    """`did`: what was done, in the host's words."""
    usual = Thing(SHOP, Kind(of), "4", "Slow", f"{HOME}/-/{of}/4", action=did, actor=ANN, at=NOW)
    return replace(usual, **values)


def token(days: int | None = 7, **values: Any) -> Thing:
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


def telling(one: Subject, language: str = "en", jobs: Sequence[Job] = FAILED_JOBS) -> Telling:
    return telling_of(one, language, USERS, state=state(one), jobs=jobs)


def state(one: Subject) -> str:
    return facts_of(one, Around(now=NOW)).state


def message(one: Subject, language: str = "en") -> str:
    """What a chat is shown."""
    return telling(one, language).message(Rules(), kind_of(one))


def kind_of(one: Subject) -> Kind:
    return facts_of(one, Around()).kind
