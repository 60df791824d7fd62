"""Members, projects and groups that came, changed or went, as hooks of groups and of the whole
instance tell them. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#group-member-events
https://docs.gitlab.com/administration/system_hooks/
"""

from __future__ import annotations

from typing import Any

from sync.core.model.activity import Resource
from sync.core.model.kinds import Kind
from sync.gitlab.json_fields import positive_int, require, start_of_day, text, timestamp
from sync.gitlab.webhooks.projects import hook_group, system_hook_project


def parse_member(payload: dict[str, Any], connection_id: int) -> Resource:
    """Parse a member of a group or project: `title` who, `state` the role, `expires_at` until when.

    Who did it is not told. Raises Unreadable.
    """
    action = _action(payload, "user_")
    user_id = require(positive_int(payload.get("user_id")), "the member has no id")
    group_id = positive_int(payload.get("group_id"))
    owner = (
        hook_group(payload, connection_id)
        if group_id
        else system_hook_project(payload, connection_id)
    )
    return Resource(
        project=owner,
        kind=Kind.MEMBER,
        id=f"group/{group_id}/{user_id}" if group_id else str(user_id),
        title=text(payload.get("user_name")) or text(payload.get("user_username")),
        url="",
        state=text(payload.get("group_access")) or text(payload.get("access_level")),
        action=action,
        at=timestamp(payload.get("updated_at")),
        expires_at=start_of_day(payload.get("expires_at")),
    )


def parse_project(payload: dict[str, Any], connection_id: int) -> Resource:
    """Parse a project: `state` who sees it, `text` its earlier path. Raises UnreadablePayload."""
    action = _action(payload, "project_")
    project = system_hook_project(payload, connection_id)
    return Resource(
        project=project,
        kind=Kind.PROJECT,
        id=str(project.id),
        title=project.name or project.path,
        url="",
        state=text(payload.get("project_visibility")).rpartition("|")[2],
        action=action,
        at=timestamp(payload.get("updated_at")),
        text=text(payload.get("old_path_with_namespace")),
    )


def parse_group(payload: dict[str, Any], connection_id: int) -> Resource:
    """Parse a group or subgroup: `text` its earlier path. Raises UnreadablePayload."""
    action = _action(payload, "group_", "subgroup_")
    group = hook_group(payload, connection_id)
    return Resource(
        project=group,
        kind=Kind.PROJECT,
        id=f"group/{require(positive_int(payload.get('group_id')), 'the group has no id')}",
        title=group.name or group.path,
        url="",
        action=action,
        at=timestamp(payload.get("updated_at")),
        text=text(payload.get("old_full_path")),
    )


def _action(payload: dict[str, Any], *begins: str) -> str:
    """Return what happened, by the event's name: these hooks have no `object_kind`."""
    name = text(payload.get("event_name"))
    return require(name if name.startswith(begins) else None, f"the event is {name or 'not named'}")
