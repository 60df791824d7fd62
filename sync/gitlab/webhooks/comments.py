"""Comments as hooks tell them, with what they are about. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import Person
from sync.gitlab.json_fields import (
    UnreadablePayload,
    mapping,
    person,
    positive_int,
    require,
    require_kind,
    text,
    timestamp,
    web_url,
)
from sync.gitlab.webhooks.projects import hook_owner

# noteable_type -> (its kind, where it stands in the body, its page, the field that is its key).
_NOTEABLES = {
    "MergeRequest": ("merge_request", "merge_request", "merge_requests", "iid"),
    "Commit": ("commit", "commit", "commit", "id"),
    "Issue": ("issue", "issue", "issues", "iid"),
    "WorkItem": ("issue", "work_item", "work_items", "iid"),
    "Snippet": ("snippet", "snippet", "snippets", "id"),
}


def parse_note(payload: dict[str, Any], connection_id: int) -> Comment:
    """Parse a comment that was written or edited. Raises UnreadablePayload."""
    require_kind(payload, "note")
    attributes = mapping(payload.get("object_attributes"))
    _refuse_sample(payload, attributes)
    address, project_id = web_url(attributes.get("url")), payload.get("project_id")
    project = hook_owner(payload, connection_id, fallback_id=project_id, url=address)
    note_id = require(positive_int(attributes.get("id")), "the comment has no id")
    on = _parse_target(payload, attributes, project.url)
    written = require(timestamp(attributes.get("created_at")), "the comment has no date")
    return Comment(
        project=project,
        id=note_id,
        target=on,
        text=text(attributes.get("note")),
        author=_note_author(payload, attributes),
        url=address or f"{on.url}#note_{note_id}",
        created_at=written,
        updated_at=timestamp(attributes.get("updated_at")) or written,
        system=attributes.get("system") is True,
        internal=is_internal(payload, attributes),
        deleted=text(attributes.get("action")) == "delete",
        file_position=file_position(attributes),
    )


def parse_confidential_note(payload: dict[str, Any], connection_id: int) -> Comment:
    """Parse a comment for members only, or on such an issue. Raises UnreadablePayload."""
    return replace(parse_note(payload, connection_id), internal=True)


def _refuse_sample(payload: dict[str, Any], row: dict[str, Any]) -> None:
    """Refuse the Test button's sample: it has who pressed it write what somebody else wrote."""
    actor, author_id = person(payload.get("user")), positive_int(row.get("author_id"))
    is_new = text(row.get("action")) == "create"
    if is_new and actor is not None and author_id is not None and author_id != actor.id:
        raise UnreadablePayload("a sample of the webhook's Test button: another's comment")


def is_internal(payload: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether not everybody who sees the project may read the comment `told`."""
    on = (mapping(payload.get(name)) for name in ("issue", "work_item"))
    return (
        True in (row.get("internal"), row.get("confidential"))
        or text(payload.get("event_type")) == "confidential_note"
        or any(issue.get("confidential") is True for issue in on)
    )


def _note_author(payload: dict[str, Any], row: dict[str, Any]) -> Person | None:
    """Who wrote it: `user` is who acted, and somebody else may edit. None where not told."""
    actor, author_id = person(payload.get("user")), positive_int(row.get("author_id"))
    edited_by_another = (
        text(row.get("action")) == "update" and actor is not None and author_id != actor.id
    )
    return None if edited_by_another else actor


def _parse_target(payload: dict[str, Any], row: dict[str, Any], project_url: str) -> CommentTarget:
    kind = text(row.get("noteable_type"))
    if kind not in _NOTEABLES:
        raise UnreadablePayload(f"the comment is on {kind or 'nothing that is told'}")
    name, place, page, field = _NOTEABLES[kind]
    on = mapping(payload.get(place))
    key = text(on.get(field)) if kind == "Commit" else str(positive_int(on.get(field)) or "")
    message = text(on.get("message" if kind == "Commit" else "description"))
    return CommentTarget(
        kind=name,
        key=require(key, f"the {name.replace('_', ' ')} that the comment is on is not told"),
        title=text(on.get("title")) or message.partition("\n")[0],
        url=web_url(on.get("url")) or f"{project_url}/-/{page}/{key}",
        text=message,
    )


def file_position(row: dict[str, Any]) -> str:
    """File and line, "" for a comment on the whole; of old comments on commits the file only."""
    position = mapping(row.get("position")) or mapping(row.get("st_diff"))
    path = text(position.get("new_path")) or text(position.get("old_path"))
    line = positive_int(position.get("new_line")) or positive_int(position.get("old_line"))
    return f"{path}:{line}" if path and line else path
