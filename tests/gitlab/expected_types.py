"""What a webhook body must be read as, by the name that it gives itself."""

from __future__ import annotations

from typing import Any

from sync.core.model.activity import Comment, Push, Release, Resource, TagPush
from sync.core.model.events import (
    CodeEvent,
    DeploymentEvent,
    MergeRequestEvent,
    PipelineEvent,
    UnrecognisedEvent,
)
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import JobRun

_BY_OBJECT = {
    "push": ("Push Hook", Push),
    "tag_push": ("Tag Push Hook", TagPush),
    "merge_request": ("Merge Request Hook", MergeRequestEvent),
    "pipeline": ("Pipeline Hook", PipelineEvent),
    "build": ("Job Hook", JobRun),
    "deployment": ("Deployment Hook", DeploymentEvent),
    "note": ("Note Hook", Comment),
    "release": ("Release Hook", Release),
    "issue": ("Issue Hook", Kind.ISSUE),
    "work_item": ("Issue Hook", Kind.WORK_ITEM),
    "milestone": ("Milestone Hook", Kind.MILESTONE),
    "wiki_page": ("Wiki Page Hook", Kind.WIKI_PAGE),
    "feature_flag": ("Feature Flag Hook", Kind.FEATURE_FLAG),
    "emoji": ("Emoji Hook", Kind.EMOJI),
    "vulnerability": ("Vulnerability Hook", Kind.VULNERABILITY),
    "access_token": ("Resource Access Token Hook", Kind.ACCESS_TOKEN),
    "deploy_token": ("Resource Deploy Token Hook", Kind.ACCESS_TOKEN),
}
_BY_EVENT = {
    "project_create": ("Project Hook", Kind.PROJECT),
    "project_destroy": ("Project Hook", Kind.PROJECT),
    "project_rename": ("Project Hook", Kind.PROJECT),
    "project_transfer": ("Project Hook", Kind.PROJECT),
    "project_update": ("Project Hook", Kind.PROJECT),
    "group_create": ("Subgroup Hook", Kind.PROJECT),
    "group_destroy": ("Subgroup Hook", Kind.PROJECT),
    "group_rename": ("Subgroup Hook", Kind.PROJECT),
    "subgroup_create": ("Subgroup Hook", Kind.PROJECT),
    "subgroup_destroy": ("Subgroup Hook", Kind.PROJECT),
    "user_access_request_to_group": ("Member Hook", Kind.MEMBER),
    "user_access_request_denied_for_group": ("Member Hook", Kind.MEMBER),
    "user_add_to_group": ("Member Hook", Kind.MEMBER),
    "user_remove_from_group": ("Member Hook", Kind.MEMBER),
    "user_update_for_group": ("Member Hook", Kind.MEMBER),
    "user_add_to_team": ("Member Hook", Kind.MEMBER),
    "user_remove_from_team": ("Member Hook", Kind.MEMBER),
    "user_update_for_team": ("Member Hook", Kind.MEMBER),
    "repository_update": ("System Hook", UnrecognisedEvent),
    "user_create": ("System Hook", UnrecognisedEvent),
    "user_destroy": ("System Hook", UnrecognisedEvent),
    "user_failed_login": ("System Hook", UnrecognisedEvent),
    "user_rename": ("System Hook", UnrecognisedEvent),
    "key_create": ("System Hook", UnrecognisedEvent),
    "key_destroy": ("System Hook", UnrecognisedEvent),
}
EXPECTED: dict[str, tuple[str, type | Kind]] = _BY_OBJECT | _BY_EVENT
IN_SYSTEM_HOOKS = {"push", "tag_push", "merge_request", *_BY_EVENT}


def name_of(payload: dict[str, Any]) -> str:
    return payload.get("object_kind") or payload["event_name"]


def type_of(told: CodeEvent) -> type | Kind:
    """The type; of a thing its kind."""
    return told.kind if isinstance(told, Resource) else type(told)
