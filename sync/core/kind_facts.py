"""What there is to ask of each kind of thing: its states, its filters, its tasks. Pure.

Settings are checked against these tables, so that no rule is written that can never say anything.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.deployments import DeploymentStatus
from sync.core.kinds import Kind
from sync.core.model import PipelineStatus
from sync.core.routes import Role

_K = Kind
_RUNS = tuple(one.value for one in PipelineStatus if one is not PipelineStatus.UNKNOWN)
_DEPLOYED = tuple(one.value for one in DeploymentStatus if one is not DeploymentStatus.UNKNOWN)
_TRACKED = ("opened", "updated", "closed", "reopened")

STATES: Mapping[Kind, tuple[str, ...]] = {
    _K.PUSH: ("pushed",),
    _K.BRANCH: ("created", "deleted"),
    _K.TAG: ("created", "deleted"),
    _K.MERGE_REQUEST: ("draft", "opened", "approved", "merged", "closed"),
    _K.PIPELINE: _RUNS,
    _K.JOB: tuple(one for one in _RUNS if one != "blocked"),
    _K.NOTE: ("created", "deleted"),
    _K.RELEASE: ("created", "deleted"),
    _K.DEPLOYMENT: _DEPLOYED,
    _K.ALERT: ("open", "unstable", "resolved", "closed"),
    _K.ISSUE: _TRACKED,
    _K.WORK_ITEM: _TRACKED,
    _K.MILESTONE: ("created", "closed", "reopened", "deleted"),
    _K.WIKI_PAGE: ("created", "updated", "deleted"),
    _K.FEATURE_FLAG: ("active", "inactive"),
    _K.EMOJI: ("awarded", "revoked"),
    _K.MEMBER: ("added", "updated", "removed", "requested", "denied"),
    _K.PROJECT: ("created", "renamed", "moved", "updated", "deleted"),
    _K.ACCESS_TOKEN: ("expiring", "revoked"),
    _K.VULNERABILITY: ("detected", "confirmed", "resolved", "dismissed"),
}

# A host's words for what was done → the words of settings; those that are not here stay.
_WORDS: Mapping[str, str] = {
    "open": "opened",
    "close": "closed",
    "reopen": "reopened",
    "create": "created",
    "update": "updated",
    "delete": "deleted",
    "destroy": "deleted",
    "rename": "renamed",
    "transfer": "moved",
    "award": "awarded",
    "revoke": "revoked",
}
# The same of events of members, projects and tokens, by how their names begin.
_EVENTS: tuple[tuple[str, str], ...] = (
    ("user_add_", "added"),
    ("user_update_", "updated"),
    ("user_remove_", "removed"),
    ("user_access_request_denied_", "denied"),
    ("user_access_request_revoked_", "removed"),
    ("user_access_request_", "requested"),
    ("expiring_", "expiring"),
)
_OWNERS = ("project_", "subgroup_", "group_")

# The filters of a rule → the kinds that have something for them to look at.
FILTERS: Mapping[str, frozenset[Kind]] = {
    "branches": frozenset(
        {_K.PUSH, _K.BRANCH, _K.MERGE_REQUEST, _K.PIPELINE, _K.JOB, _K.DEPLOYMENT, _K.ALERT}
    ),
    "labels": frozenset({_K.MERGE_REQUEST, _K.ISSUE, _K.WORK_ITEM, _K.VULNERABILITY}),
    "environments": frozenset({_K.DEPLOYMENT, _K.JOB}),
    "jobs": frozenset({_K.JOB}),
}

# What a task's discussion shows without a rule → the part of a workgroup's settings that says so.
SHOWN_IN_TASKS: Mapping[Kind, str] = {
    _K.PIPELINE: "by `ci`",
    _K.DEPLOYMENT: "by `deployments`",
    _K.MERGE_REQUEST: "as its card",
    _K.NOTE: "by `notes`",
}
# Things that can be the work of a task; the rest have none, and so no one of its roles.
OF_TASKS = frozenset(
    {*SHOWN_IN_TASKS, _K.PUSH, _K.BRANCH, _K.RELEASE, _K.ALERT, _K.ISSUE, _K.WORK_ITEM}
)
TASK_ROLES = frozenset({Role.RESPONSIBLE, Role.CREATOR, Role.ACCOMPLICES, Role.AUDITORS})


def state_of(told: str) -> str:
    """The state in the words of settings; what no table knows as it was told."""
    for begin, word in _EVENTS:
        if told.startswith(begin):
            return word
    for owner in _OWNERS:
        if told.startswith(owner):
            return state_of(told.removeprefix(owner))
    return _WORDS.get(told, told)
