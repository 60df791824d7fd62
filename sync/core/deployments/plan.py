"""What a task is shown of deployments: one message an environment, edited in place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sync.core.deployments.messages import render_environment_message
from sync.core.i18n.translate import LANGUAGES, translate
from sync.core.messages.parts import PortalUserIds
from sync.core.messages.revise import editable_id, plan_message
from sync.core.model.commands import Place
from sync.core.model.deployments import EnvironmentStatus, environment_matches
from sync.core.model.plans import Part, PlannedCommand
from sync.core.model.task_view import TaskView
from sync.core.rules.portal import Rules


def plan_deployments(view: TaskView, rules: Rules, now: datetime) -> Part:
    """Plan a message for each environment that the settings want.

    A task only has to be known, not fresh: what is written does not depend on its state.
    """
    if not any(env.last_deployment or env.in_progress for env in view.environments):
        return Part()
    if view.task is None:
        return Part(needs=frozenset({"task"}))
    deployment_rules = rules.for_group(view.task.group_id).deployments
    if not deployment_rules.message:
        return Part()
    environments = [
        env
        for env in view.environments
        if environment_matches(env.environment, env.tier, deployment_rules.environments)
    ]
    place = Place(view.task.id)
    messages = (_plan_message(view, place, env, environments, rules, now) for env in environments)
    return Part(tuple(message for message in messages if message))


def _plan_message(
    view: TaskView,
    place: Place,
    status: EnvironmentStatus,
    environments: Sequence[EnvironmentStatus],
    rules: Rules,
    now: datetime,
) -> PlannedCommand | None:
    """Plan the message; what is in progress is shown only where there is one already."""
    sent, language = view.sent_message(status.subject_key), rules.language
    users = view.users_of(status.project)
    message_id = editable_id(sent, now)
    status = status if message_id else replace(status, in_progress=None)
    if not (status.last_deployment or status.in_progress):
        return None
    text = render_environment_message(status, environments, language, users)
    if sent.text == text:
        return None
    if not message_id and _summary(sent.text or "") in _summaries(status, environments, users):
        return None
    phrase = "environment message edited" if message_id else "environment message posted"
    reason = translate(language, phrase, environment=status.environment)
    return plan_message(place, status.subject_key, text, message_id, reason)


def _summary(text: str) -> str:
    """Return what is worth a new message when it changes: where, what of it, which commit."""
    return "\n".join(text.split("\n")[:2])


def _summaries(
    status: EnvironmentStatus, environments: Sequence[EnvironmentStatus], users: PortalUserIds
) -> set[str]:
    return {
        _summary(render_environment_message(status, environments, language, users))
        for language in LANGUAGES
    }
