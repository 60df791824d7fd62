"""The states, filters and task roles that rules may use with each kind. Pure.

Settings are checked against these tables, so that no rule is accepted that can never match.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.model.kinds import Kind
from sync.core.notifications import facts
from sync.core.rules.routes import Role

_K = Kind
STATES_BY_KIND: Mapping[Kind, tuple[str, ...]] = {
    **facts.BASIC_STATES,
    _K.ALERT: ("open", "unstable", "resolved", "closed"),
}

# The filters of a rule → the kinds that they apply to.
FILTER_KINDS: Mapping[str, frozenset[Kind]] = {
    "branches": frozenset(
        {_K.PUSH, _K.BRANCH, _K.MERGE_REQUEST, _K.PIPELINE, _K.JOB, _K.DEPLOYMENT, _K.ALERT}
    ),
    "labels": frozenset({_K.MERGE_REQUEST, _K.ISSUE, _K.WORK_ITEM, _K.VULNERABILITY, _K.ALERT}),
    "environments": frozenset({_K.DEPLOYMENT, _K.JOB}),
    "jobs": frozenset({_K.JOB}),
}

# What a task's discussion shows without a rule → the setting of a workgroup that decides it.
BUILT_IN_TASK_KINDS: Mapping[Kind, str] = {
    _K.PIPELINE: "by `pipelines`",
    _K.DEPLOYMENT: "by `deployments`",
    _K.MERGE_REQUEST: "as its card",
    _K.COMMENT: "by `comments`",
}
# Kinds that can belong to a task; the others have no task and so no task roles.
TASK_KINDS = frozenset(
    {*BUILT_IN_TASK_KINDS, _K.PUSH, _K.BRANCH, _K.RELEASE, _K.ALERT, _K.ISSUE, _K.WORK_ITEM}
)
TASK_ROLES = frozenset({Role.RESPONSIBLE, Role.CREATOR, Role.ACCOMPLICES, Role.AUDITORS})
