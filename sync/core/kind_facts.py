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
_ISSUE = ("opened", "closed", "reopened", "changed")

STATES: Mapping[Kind, tuple[str, ...]] = {
    _K.PUSH: ("pushed",),
    _K.BRANCH: ("created", "deleted"),
    _K.TAG: ("created", "moved", "deleted"),
    _K.MERGE_REQUEST: ("draft", "opened", "approved", "merged", "closed"),
    _K.PIPELINE: _RUNS,
    _K.JOB: _RUNS,
    _K.NOTE: ("created", "deleted"),
    _K.RELEASE: ("created", "updated", "deleted"),
    _K.DEPLOYMENT: _DEPLOYED,
    _K.ALERT: ("open", "unstable", "resolved", "closed"),
    _K.ISSUE: _ISSUE,
    _K.WORK_ITEM: _ISSUE,
    _K.MILESTONE: ("created", "closed", "reopened", "deleted", "changed"),
    _K.WIKI_PAGE: ("created", "changed", "deleted"),
    _K.FEATURE_FLAG: ("on", "off"),
    _K.EMOJI: ("awarded", "revoked"),
    _K.MEMBER: ("added", "changed", "removed", "denied", "withdrawn", "requested"),
    _K.PROJECT: ("created", "changed", "renamed", "transferred", "deleted"),
    _K.ACCESS_TOKEN: ("expires_60", "expires_30", "expires_7", "expires_1", "revoked"),
    _K.VULNERABILITY: ("detected", "confirmed", "dismissed", "resolved"),
}

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
