"""Webhook bodies of groups, and of tokens that expire soon. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#group-member-events
Those of groups have no `object_kind`: `event_name` tells what happened.
"""

from __future__ import annotations

from datetime import date, datetime

from tests.emulators.gitlab.entities import Group, Project, User
from tests.emulators.gitlab.parts import REDACTED, hook_time, plain_time, project_part
from tests.emulators.gitlab.state import State

LEVELS = {10: "Guest", 20: "Reporter", 30: "Developer", 40: "Maintainer", 50: "Owner"}


def member(
    group: Group, user: User, event: str, level: int, at: datetime, expires: datetime | None
) -> dict:
    """`event`: user_add_to_group, user_update_for_group, user_access_request_to_group…"""
    return {
        "created_at": plain_time(at),
        "updated_at": plain_time(at),
        "group_name": group.name,
        "group_path": group.path.rsplit("/", 1)[-1],
        "group_id": group.id,
        "user_username": user.username,
        "user_name": user.name,
        "user_email": user.public_email or REDACTED,
        "user_id": user.id,
        "group_access": LEVELS[level],
        "group_plan": None,
        "expires_at": plain_time(expires),
        "event_name": event,
    }


def subgroup(parent: Group, one: Group, event: str, at: datetime) -> dict:
    return {
        "created_at": plain_time(at),
        "updated_at": plain_time(at),
        "event_name": event,
        "name": one.name,
        "path": one.path.rsplit("/", 1)[1],
        "full_path": one.path,
        "group_id": one.id,
        "parent_group_id": parent.id,
        "parent_name": parent.name,
        "parent_path": parent.path.rsplit("/", 1)[-1],
        "parent_full_path": parent.path,
    }


def project(place: Project, owner: User, event: str, at: datetime) -> dict:
    return {
        "event_name": event,
        "created_at": plain_time(place.created_at),
        "updated_at": plain_time(at),
        "name": place.name,
        "path": place.path.rsplit("/", 1)[1],
        "path_with_namespace": place.path,
        "project_id": place.id,
        "project_namespace_id": place.id + 1000,
        "owners": [{"name": owner.name, "email": owner.public_email or REDACTED}],
        "project_visibility": place.visibility,
    }


def access_token(
    state: State, place: Project | Group, bot: User, *, number: int, name: str, expires: date
) -> dict:
    return {
        "object_kind": "access_token",
        **_of(state, place),
        "object_attributes": {
            "user_id": bot.id,
            "created_at": hook_time(place_created(place, state)),
            "id": number,
            "name": name,
            "expires_at": expires.isoformat(),
            "last_used_at": None,
        },
        "event_name": "expiring_access_token",
    }


def deploy_token(
    state: State, place: Project | Group, *, number: int, name: str, expires: datetime
) -> dict:
    kind = "project_type" if isinstance(place, Project) else "group_type"
    return {
        "object_kind": "deploy_token",
        **_of(state, place),
        "object_attributes": {
            "id": number,
            "name": name,
            "expires_at": hook_time(expires),
            "created_at": hook_time(place_created(place, state)),
            "revoked": False,
            "deploy_token_type": kind,
        },
        "event_name": "expiring_deploy_token",
    }


def place_created(place: Project | Group, state: State) -> datetime:
    return place.created_at if isinstance(place, Project) else state.now()


def _of(state: State, place: Project | Group) -> dict:
    if isinstance(place, Project):
        return {"project": project_part(state, place)}
    short = place.path.rsplit("/", 1)[-1]
    told = {"group_name": place.name, "group_path": short, "group_id": place.id}
    return {"group": told | {"full_path": place.path}}
