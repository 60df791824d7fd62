"""What a task is shown of deployments: one message an environment, edited in place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sync.core.deployments.environments import Deployment, EnvironmentStatus, environment_matches
from sync.core.i18n.translate import LANGUAGES, translate, translate_inline
from sync.core.merge_requests.plan import EDIT_WINDOW
from sync.core.messages import urls as messages_urls
from sync.core.messages.parts import (
    MAX_NAME_LENGTH,
    MAX_TITLE_LENGTH,
    PortalUserIds,
    link,
    mention_person,
)
from sync.core.model.commands import PlannedCommand, PutMessage
from sync.core.model.common import SHORT_SHA
from sync.core.model.task_view import SentMessage, TaskView
from sync.core.rules.portal import Rules
from sync.core.written import render
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Link, Paragraph, Strong, Text
from sync.text.urls import LONGEST

MAX_ENVIRONMENTS = 12  # environments named in one line


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
    phrase = "deployment edited" if number else "deployment said"
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


def render_environment_message(
    place: EnvironmentStatus,
    environments: Sequence[EnvironmentStatus],
    language: str,
    users: PortalUserIds,
) -> str:
    """The message as the portal shows it; `place.shown` or `place.under_way` is there."""
    one = place.in_progress or place.reverted_by or place.last_deployment
    assert one is not None
    lines = [(Strong(_headline(place, one, language)),), _deployment_details(one, language, users)]
    here = [of for of in environments if of.project == place.project][:MAX_ENVIRONMENTS]
    lines.append((Text(_environments_line(here, language)),))
    return render(Document((Paragraph(run_of(lines)),)))


def _headline(place: EnvironmentStatus, deployment: Deployment, language: str) -> Line:
    environment = clipped(place.environment, MAX_NAME_LENGTH)
    if deployment is place.reverted_by:
        return translate_inline(language, "deployment undone", environment=environment)
    key = f"deployment {deployment.status}"
    if deployment.status == "success" and deployment.url:
        url = link(deployment.url, deployment.url, LONGEST)
        return translate_inline(language, f"{key} url", environment=environment, url=url)
    return translate_inline(language, key, environment=environment)


def _deployment_details(deployment: Deployment, language: str, users: PortalUserIds) -> Line:
    """Commit, who, job: those that are known."""
    sha = deployment.sha[:SHORT_SHA]
    line = translate_inline(
        language, "deployment commit", sha=link(messages_urls.commit(deployment.project, sha), sha)
    )
    if deployment.commit_title:
        line = (*line, Text(f" {clipped(deployment.commit_title, MAX_TITLE_LENGTH)}"))
    if deployment.actor:
        line = (*line, Text(", "), mention_person(deployment.actor, language, users))
    if deployment.job_url:
        job = Link(deployment.job_url, translate_inline(language, "deployment job"))
        line = (*line, Text(", "), job)
    return line


def _environments_line(here: Sequence[EnvironmentStatus], language: str) -> str:
    marks = " ".join(
        f"{clipped(of.environment, 40)} {'✔' if of.includes_work else '–'}" for of in here
    )
    return translate(language, "deployment in", places=marks)
