"""Settings → the rules that decisions read. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.core import rules as core
from sync.settings.model import Ci, Deployments, Group, Settings, Stage, Target


def to_rules(settings: Settings, user_ids: Mapping[str, int] | None = None) -> core.Rules:
    """The rules of a portal.

    `user_ids`: portal user ids by casefolded e-mail address, for people who are given by one; a
    person whose address is not among them is left to the other ways of finding people.
    """
    default = _group(settings.rules.default, core.GroupRules())
    return core.Rules(
        references=core.ReferenceRules(settings.references.prefix, settings.references.pattern),
        default=default,
        groups={key: _group(one, default) for key, one in settings.rules.workgroups.items()},
        people=_people(settings, user_ids or {}),
        language=settings.language,
    )


def _group(group: Group, base: core.GroupRules) -> core.GroupRules:
    steps = {step: _target(target) for step, target in group.steps.items()}
    notify = base.notify if group.notify is None else frozenset(group.notify)
    return core.GroupRules(
        {**base.steps, **steps},
        notify,
        _ci(group.ci, base.ci),
        _deployments(group.deployments, base.deployments),
    )


def _ci(ci: Ci, base: core.CiRules) -> core.CiRules:
    return replace(base, **ci.model_dump(exclude_none=True))


def _deployments(told: Deployments, base: core.DeploymentRules) -> core.DeploymentRules:
    message = base.message if told.message is None else told.message
    known = told.environments
    environments = base.environments if known is None else tuple(known)
    return core.DeploymentRules(message, environments)


def _target(target: Target) -> core.StepTarget:
    return core.StepTarget(target.status, _stage(target.stage) if target.stage else None)


def _stage(stage: Stage) -> core.StageRef:
    return core.StageRef(stage.id, stage.type, stage.title)


def _people(settings: Settings, user_ids: Mapping[str, int]) -> dict[str, int]:
    found = {
        name: who if isinstance(who, int) else user_ids.get(who.casefold())
        for name, who in settings.people.items()
    }
    return {name: user_id for name, user_id in found.items() if user_id is not None}
