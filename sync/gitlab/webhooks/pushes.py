"""Pushes to branches and tags as hooks tell them. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.core.model.activity import Push, TagPush
from sync.core.model.common import Commit
from sync.gitlab.json_fields import (
    UnreadablePayload,
    count,
    email,
    mapping,
    mappings,
    pusher,
    require_kind,
    text,
    timestamp,
    web_url,
)
from sync.gitlab.webhooks.projects import hook_project

_BRANCH_PREFIX = "refs/heads/"
_TAG_PREFIX = "refs/tags/"


def parse_push(payload: dict[str, Any], connection_id: int) -> Push:
    """Parse a push to a branch. Raises UnreadablePayload."""
    require_kind(payload, "push")
    before, after = text(payload.get("before")), text(payload.get("after"))
    commits = tuple(parse_commit(item) for item in mappings(payload.get("commits")))
    _refuse_sample(before, commits)
    protected = payload.get("ref_protected")
    return Push(
        project=hook_project(payload.get("project"), payload.get("project_id"), connection_id),
        branch=_ref_name(payload, _BRANCH_PREFIX, "a branch"),
        commits=commits,
        actor=pusher(payload),
        after=after,
        before=before,
        total=count(payload.get("total_commits_count")) or len(commits),
        created=_is_zero(before),
        deleted=_is_zero(after),
        protected=protected if isinstance(protected, bool) else None,
    )


def parse_tag_push(payload: dict[str, Any], connection_id: int) -> TagPush:
    """Parse a push of a tag. `sha`: of the commit, of a deleted tag what it was on.

    Raises Unreadable.
    """
    require_kind(payload, "tag_push")
    before, after = text(payload.get("before")), text(payload.get("after"))
    _refuse_sample(before, [parse_commit(item) for item in mappings(payload.get("commits"))])
    deleted = _is_zero(after)
    return TagPush(
        project=hook_project(payload.get("project"), payload.get("project_id"), connection_id),
        tag=_ref_name(payload, _TAG_PREFIX, "a tag"),
        sha=before if deleted else text(payload.get("checkout_sha")) or after,
        actor=pusher(payload),
        message=text(payload.get("message")),
        deleted=deleted,
        moved=not deleted and bool(before) and not _is_zero(before),
    )


def _refuse_sample(before: str, commits: Sequence[Commit]) -> None:
    """Refuse the sample that the Test button sends: a push never brings what was there before.

    See lib/gitlab/data_builder/push.rb in GitLab's source.
    """
    if before and before in {commit.sha for commit in commits}:
        raise UnreadablePayload("a sample of the webhook's Test button")


def parse_commit(row: dict[str, Any]) -> Commit:
    """Parse a commit of a hook; what it lacks is empty."""
    author = mapping(row.get("author"))
    return Commit(
        sha=text(row.get("id")),
        message=text(row.get("message")),
        author_name=text(author.get("name")),
        author_email=email(author.get("email")),
        url=web_url(row.get("url")),
        at=timestamp(row.get("timestamp")),
    )


def _ref_name(payload: dict[str, Any], under: str, subject: str) -> str:
    ref = text(payload.get("ref"))
    if not ref.startswith(under) or ref == under:
        raise UnreadablePayload(f"the push is to {ref or 'no ref'}, not to {subject}")
    return ref.removeprefix(under)


def _is_zero(sha: str) -> bool:
    """All zeros stand for "no commit": the branch or tag was created or deleted."""
    return set(sha) == {"0"}
