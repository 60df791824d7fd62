"""Settings turned into the rules that decisions read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar
from zoneinfo import ZoneInfo

from sync.core.rules import portal as core
from sync.core.rules.routes import Channel, Role
from sync.settings.checks import named_people
from sync.settings.model import DeploymentSettings, Group, Settings, Target, Workgroup
from sync.settings.routing import AlertSettings, Chats, to_routes
from sync.settings.stages import Stage
from sync.settings.values import SettingsPart

UserIds = Mapping[str, int]
SimpleRules = TypeVar("SimpleRules", core.PipelineRules, core.CommentRules, core.SmartCommitRules)


def to_rules(settings: Settings, user_ids: UserIds | None = None) -> core.Rules:
    """Return the rules of a portal.

    `user_ids`: portal user ids by casefolded e-mail address, for people who are named by one; a
    person whose address is missing there is found by the other ways.
    """
    ids_by_name = user_ids or {}
    rules = _rules(settings, ids_by_name)
    return replace(rules, alerts=dict(_project_alert_rules(settings, rules)))


def needs_addresses(settings: Settings) -> bool:
    """Return whether any portal user is named by an e-mail address."""
    return any(isinstance(reference, str) for _, reference in named_people(settings))


def _rules(settings: Settings, ids_by_name: UserIds) -> core.Rules:
    default = _group_rules(settings.rules.default, core.GroupRules(), ids_by_name)
    groups = settings.rules.workgroups.items()
    return core.Rules(
        references=core.ReferenceRules(settings.references.prefix, settings.references.pattern),
        default=default,
        groups={
            key: _workgroup_rules(workgroup, default, ids_by_name) for key, workgroup in groups
        },
        people=_mapped_people(settings, ids_by_name),
        language=settings.language,
        by_bot=settings.author == "bot",
        chats=_chats_by_channel(settings.chats),
        routes=to_routes(settings.routes),
        templates=dict(settings.templates),
        zone=ZoneInfo(settings.timezone),
    )


def _project_alert_rules(
    settings: Settings, rules: core.Rules
) -> Iterator[tuple[str, core.AlertRules]]:
    """Yield alert rules by casefolded path, over those of the project's workgroup."""
    for path, repository in settings.rules.projects.items():
        yield path.casefold(), _alert_rules(repository.alerts, rules.alerts_of(path))


def _group_rules(group: Group, base: core.GroupRules, user_ids: UserIds) -> core.GroupRules:
    steps = {step: _step_target(target) for step, target in group.steps.items()}
    roles = {Role(role): _user_ids(persons, user_ids) for role, persons in group.roles.items()}
    return replace(
        base,
        steps={**base.steps, **steps},
        notify=base.notify if group.notify is None else frozenset(group.notify),
        pipelines=_override(group.pipelines, base.pipelines),
        deployments=_deployment_rules(group.deployments, base.deployments),
        comments=_override(group.comments, base.comments),
        smart_commits=_override(group.smart_commits, base.smart_commits),
        alerts=_alert_rules(group.alerts, base.alerts),
        roles={**base.roles, **roles},
    )


def _workgroup_rules(group: Workgroup, base: core.GroupRules, user_ids: UserIds) -> core.GroupRules:
    return replace(
        _group_rules(group, base, user_ids),
        projects=tuple(group.projects),
        chat=group.chat,
        routes=to_routes(group.routes),
    )


def _user_ids(references: Iterable[int | str], user_ids: UserIds) -> tuple[int, ...]:
    ids = (
        reference if isinstance(reference, int) else user_ids.get(reference.casefold())
        for reference in references
    )
    return tuple(user_id for user_id in ids if user_id is not None)


def _override(settings: SettingsPart, base: SimpleRules) -> SimpleRules:
    """Replace rules by the settings of the same name that are set."""
    return replace(base, **settings.model_dump(exclude_none=True))


def _alert_rules(settings: AlertSettings, base: core.AlertRules) -> core.AlertRules:
    values = settings.model_dump(exclude_none=True)
    if settings.branches is not None:
        values["branches"] = tuple(settings.branches)
    return replace(base, **values)


def _chats_by_channel(chats: Chats) -> dict[Channel, str]:
    dialogs = {Channel.GENERAL: chats.general, Channel.RELEASES: chats.releases}
    return {room: dialog for room, dialog in dialogs.items() if dialog}


def _deployment_rules(
    settings: DeploymentSettings, base: core.DeploymentRules
) -> core.DeploymentRules:
    message = base.message if settings.message is None else settings.message
    patterns = settings.environments
    environments = base.environments if patterns is None else tuple(patterns)
    return core.DeploymentRules(message, environments)


def _step_target(target: Target) -> core.StepTarget:
    return core.StepTarget(target.status, _stage_ref(target.stage) if target.stage else None)


def _stage_ref(stage: Stage) -> core.StageRef:
    return core.StageRef(stage.id, stage.type, stage.title)


def _mapped_people(settings: Settings, user_ids: UserIds) -> dict[str, int]:
    people = {name: _user_ids([person], user_ids) for name, person in settings.people.items()}
    return {name: users[0] for name, users in people.items() if users}
