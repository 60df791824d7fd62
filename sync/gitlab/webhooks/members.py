"""Members, projects and groups that came, changed or went, as hooks of groups and of the whole
instance tell them. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#group-member-events
https://docs.gitlab.com/administration/system_hooks/
"""

from __future__ import annotations

from typing import Any

from sync.core.model.activity import Thing
from sync.core.model.kinds import Kind
from sync.gitlab.dates import day, moment
from sync.gitlab.json_fields import must, text, whole
from sync.gitlab.webhooks.projects import group_of, project_named


def member_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """A member of a group or project: `title` who, `state` the role, `expires_at` until when.

    Who did it is not told. Raises Unreadable.
    """
    action = _action(payload, "user_")
    user_id = must(whole(payload.get("user_id")), "the member has no id")
    group_id = whole(payload.get("group_id"))
    owner = group_of(payload, connection_id) if group_id else project_named(payload, connection_id)
    return Thing(
        project=owner,
        of=Kind.MEMBER,
        id=f"group/{group_id}/{user_id}" if group_id else str(user_id),
        title=text(payload.get("user_name")) or text(payload.get("user_username")),
        url="",
        state=text(payload.get("group_access")) or text(payload.get("access_level")),
        action=action,
        at=moment(payload.get("updated_at")),
        expires_at=day(payload.get("expires_at")),
    )


def project_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """A project: `state` who sees it, `text` its path of before. Raises Unreadable."""
    action = _action(payload, "project_")
    project = project_named(payload, connection_id)
    return Thing(
        project=project,
        of=Kind.PROJECT,
        id=str(project.id),
        title=project.name or project.path,
        url="",
        state=text(payload.get("project_visibility")).rpartition("|")[2],
        action=action,
        at=moment(payload.get("updated_at")),
        text=text(payload.get("old_path_with_namespace")),
    )


def group_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """A group or subgroup: `text` its path of before. Raises Unreadable."""
    action = _action(payload, "group_", "subgroup_")
    group = group_of(payload, connection_id)
    return Thing(
        project=group,
        of=Kind.PROJECT,
        id=f"group/{must(whole(payload.get('group_id')), 'the group has no id')}",
        title=group.name or group.path,
        url="",
        action=action,
        at=moment(payload.get("updated_at")),
        text=text(payload.get("old_full_path")),
    )


def _action(payload: dict[str, Any], *begins: str) -> str:
    """These hooks have no `object_kind`: the event's name says what happened."""
    told = text(payload.get("event_name"))
    return must(told if told.startswith(begins) else None, f"the event is {told or 'not named'}")
