"""Pushes to branches and tags as hooks tell them. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events
"""

from __future__ import annotations

from typing import Any

from sync.core.model.activity import Push, TagPush
from sync.core.model.common import Commit
from sync.gitlab.dates import moment
from sync.gitlab.json_fields import Unreadable, count, link, mapping, mappings, of_kind, text
from sync.gitlab.people import email, pusher
from sync.gitlab.webhooks.projects import project_of

_BRANCH = "refs/heads/"
_TAG = "refs/tags/"


def branch_pushed(payload: dict[str, Any], connection_id: int) -> Push:
    """The event of a push to a branch. Raises Unreadable."""
    of_kind(payload, "push")
    before, after = text(payload.get("before")), text(payload.get("after"))
    commits = tuple(commit_of(item) for item in mappings(payload.get("commits")))
    protected = payload.get("ref_protected")
    return Push(
        project=project_of(payload.get("project"), payload.get("project_id"), connection_id),
        branch=_name(payload, _BRANCH, "a branch"),
        commits=commits,
        actor=pusher(payload),
        after=after,
        before=before,
        total=count(payload.get("total_commits_count")) or len(commits),
        created=_is_zero(before),
        deleted=_is_zero(after),
        protected=protected if isinstance(protected, bool) else None,
    )


def tag_pushed(payload: dict[str, Any], connection_id: int) -> TagPush:
    """The event of a push of a tag. `sha`: of the commit, of a deleted tag what it was on.

    Raises Unreadable.
    """
    of_kind(payload, "tag_push")
    before, after = text(payload.get("before")), text(payload.get("after"))
    deleted = _is_zero(after)
    return TagPush(
        project=project_of(payload.get("project"), payload.get("project_id"), connection_id),
        tag=_name(payload, _TAG, "a tag"),
        sha=before if deleted else text(payload.get("checkout_sha")) or after,
        actor=pusher(payload),
        message=text(payload.get("message")),
        deleted=deleted,
        moved=not deleted and bool(before) and not _is_zero(before),
    )


def commit_of(told: dict[str, Any]) -> Commit:
    author = mapping(told.get("author"))
    return Commit(
        sha=text(told.get("id")),
        message=text(told.get("message")),
        author_name=text(author.get("name")),
        author_email=email(author.get("email")),
        url=link(told.get("url")),
        at=moment(told.get("timestamp")),
    )


def _name(payload: dict[str, Any], under: str, what: str) -> str:
    ref = text(payload.get("ref"))
    if not ref.startswith(under) or ref == under:
        raise Unreadable(f"the push is to {ref or 'no ref'}, not to {what}")
    return ref.removeprefix(under)


def _is_zero(sha: str) -> bool:
    """All zeros stand for "no commit": the branch or tag was created or deleted."""
    return set(sha) == {"0"}
