"""What a task is shown of deployments: one message an environment, edited in place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.deployments.messages import render_environment_message
from sync.core.i18n.translate import LANGUAGES, translate
from sync.core.messages.parts import (
    PortalUserIds,
)
from sync.core.messages.revise import EDIT_WINDOW
from sync.core.model.commands import PlannedCommand, PutMessage
from sync.core.model.deployments import EnvironmentStatus, environment_matches
from sync.core.model.task_view import SentMessage, TaskView
from sync.core.rules.portal import Rules


@dataclass(frozen=True, slots=True)
class DeploymentPart:
    commands: tuple[PlannedCommand, ...] = ()
    needs: frozenset[str] = frozenset()


def plan_deployments(view: TaskView, rules: Rules, now: datetime) -> DeploymentPart:
    """A task only has to be known, not fresh: what is written does not depend on its state."""
    if not any(place.last_deployment or place.in_progress for place in view.environments):
        return DeploymentPart()
    if view.task is None:
        return DeploymentPart(needs=frozenset({"task"}))
    wants = rules.for_group(view.task.group_id).deployments
    if not wants.message:
        return DeploymentPart()
    seen = [
        one
        for one in view.environments
        if environment_matches(one.environment, one.tier, wants.environments)
    ]
    found = (_plan_message(view, one, seen, rules, now) for one in seen)
    return DeploymentPart(tuple(one for one in found if one))


def _plan_message(
    view: TaskView,
    place: EnvironmentStatus,
    environments: Sequence[EnvironmentStatus],
    rules: Rules,
    now: datetime,
) -> PlannedCommand | None:
    """What goes on is shown where there is a message already: none begins with it."""
    said, language = view.messages.get(place.subject_key, SentMessage()), rules.language
    users = view.users_of(place.project)
    editable = said.at is not None and said.message_id and now - said.at < EDIT_WINDOW
    place = place if editable else replace(place, in_progress=None)
    if not (place.last_deployment or place.in_progress):
        return None
    text = render_environment_message(place, environments, language, users)
    if said.text == text:
        return None
    if not editable and _summary(said.text or "") in _summaries(place, environments, users):
        return None
    number = said.message_id if editable else None
    phrase = "environment message edited" if number else "environment message posted"
    effect = PutMessage(view.task.id, place.subject_key, text, number)
    return place.subject_key, effect, translate(language, phrase, environment=place.environment)


def _summary(text: str) -> str:
    """What is worth a new message: where, what of it, which commit."""
    return "\n".join(text.split("\n")[:2])


def _summaries(
    place: EnvironmentStatus, environments: Sequence[EnvironmentStatus], users: PortalUserIds
) -> set[str]:
    return {
        _summary(render_environment_message(place, environments, language, users))
        for language in LANGUAGES
    }
