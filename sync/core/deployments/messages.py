"""Build the messages about deployments: the task's, and the notification. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message, render
from sync.core.messages.parts import (
    MAX_NAME_LENGTH,
    MAX_TITLE_LENGTH,
    PortalUserIds,
    commit_link,
    join_limited,
    join_nonempty,
    link,
    mention_person,
    project_link,
    ref_or_merge_request_link,
    text_node,
)
from sync.core.model.common import SHORT_SHA
from sync.core.model.deployments import Deployment, DeploymentStatus, EnvironmentStatus, Tier
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Link, Paragraph, Strong, Text
from sync.text.urls import LONGEST

MAX_ENVIRONMENTS = 12  # environments named in one line


def render_environment_message(
    place: EnvironmentStatus,
    environments: Sequence[EnvironmentStatus],
    language: str,
    users: PortalUserIds,
) -> str:
    """Write the task's message of an environment as BBCode.

    One of `place.in_progress`, `place.reverted_by` and `place.last_deployment` is set.
    """
    deployment = place.in_progress or place.reverted_by or place.last_deployment
    assert deployment is not None
    lines = [
        (Strong(_headline(place, deployment, language)),),
        _deployment_details(deployment, language, users),
    ]
    here = [of for of in environments if of.project == place.project][:MAX_ENVIRONMENTS]
    lines.append((Text(_environments_line(here, language)),))
    return render(Document((Paragraph(run_of(lines)),)))


def _headline(place: EnvironmentStatus, deployment: Deployment, language: str) -> Line:
    environment = clipped(place.environment, MAX_NAME_LENGTH)
    if deployment is place.reverted_by:
        return translate_inline(language, "environment reverted", environment=environment)
    key = f"environment {deployment.status}"
    if deployment.status == "success" and deployment.url:
        url = link(deployment.url, deployment.url, LONGEST)
        return translate_inline(language, f"{key} url", environment=environment, url=url)
    return translate_inline(language, key, environment=environment)


def _deployment_details(deployment: Deployment, language: str, users: PortalUserIds) -> Line:
    """List commit, actor and job, as far as they are known."""
    sha = deployment.sha[:SHORT_SHA]
    line = translate_inline(
        language, "environment commit", sha=link(messages_urls.commit(deployment.project, sha), sha)
    )
    if deployment.commit_title:
        line = (*line, Text(f" {clipped(deployment.commit_title, MAX_TITLE_LENGTH)}"))
    if deployment.actor:
        line = (*line, Text(", "), mention_person(deployment.actor, language, users))
    if deployment.job_url:
        job = Link(deployment.job_url, translate_inline(language, "environment job"))
        line = (*line, Text(", "), job)
    return line


def _environments_line(here: Sequence[EnvironmentStatus], language: str) -> str:
    marks = " ".join(
        f"{clipped(of.environment, 40)} {'✔' if of.includes_work else '–'}" for of in here
    )
    return translate(language, "environments with the work", places=marks)


_D = DeploymentStatus


_VERDICTS = (_D.APPROVED, _D.REJECTED)


def build_deployment_message(
    deployment: Deployment,
    language: str,
    users: PortalUserIds,
    tasks: Sequence[str] = (),
    undone: Sequence[Deployment] = (),
) -> Message:
    """Build the notification of a deployment.

    `tasks` are the titles of the tasks whose work it contains, for those who test or manage them.
    """
    verdict = deployment.status in _VERDICTS
    page = messages_urls.environment(deployment.project, deployment.environment)
    values = {
        "environment": link(page, deployment.environment, MAX_NAME_LENGTH),
        "project": project_link(deployment.project),
    }
    actor = mention_person(deployment.actor, language, users)
    headed = deployment.url and deployment.status is _D.SUCCESS
    key = "deployment success url" if headed else f"deployment {deployment.status}"
    url = link(deployment.url, deployment.url, 2_000)
    lines = [
        translate_inline(language, "detail url", url=url) if deployment.url and not headed else (),
        join_nonempty(
            [
                _tier_line(deployment, language),
                (ref_or_merge_request_link(deployment.project, deployment.ref),)
                if deployment.ref
                else (),
            ]
        ),
        _deployed_commit_line(deployment, language),
        translate_inline(language, "detail started by", actor=actor)
        if deployment.actor and not verdict
        else (),
        (Link(deployment.job_url, translate_inline(language, "deployment job")),)
        if deployment.job_url
        else (),
    ]
    return Message(
        translate_inline(language, key, actor=actor, url=url, **values),
        tuple(filter(None, lines)),
        values={
            **{name: (node,) for name, node in values.items()},
            "branch": (ref_or_merge_request_link(deployment.project, deployment.ref),)
            if deployment.ref
            else (),
            "actor": (actor,),
            "title": (text_node(deployment.commit_title),),
            "state": translate_inline(language, f"state {deployment.status}"),
            "link": (link(deployment.url or page, deployment.environment, MAX_NAME_LENGTH),),
            "url": (Text(deployment.url),),
            "sha": (commit_link(deployment.project, deployment.sha),),
        },
        summary=(*_rollback_lines(undone, language), *_task_lines(tasks, language)),
    )


def _rollback_lines(undone: Sequence[Deployment], language: str) -> tuple[Line, ...]:
    """Say first what is gone: people get no more than the summary."""
    if not undone:
        return ()
    commits = [_named_commit(deployment) for deployment in reversed(undone)]
    return (
        translate_inline(
            language, "deployment rolled back", commits=join_limited(commits, language)
        ),
    )


def _named_commit(deployment: Deployment) -> Line:
    sha: Line = (commit_link(deployment.project, deployment.sha),)
    title = deployment.commit_title
    return (*sha, text_node(f" {title}", MAX_NAME_LENGTH)) if title else sha


def _task_lines(titles: Sequence[str], language: str) -> tuple[Line, ...]:
    if not titles:
        return ()
    key = "detail task" if len(titles) == 1 else "detail tasks"
    return (
        translate_inline(
            language,
            key,
            tasks=join_limited(
                [(text_node(title, MAX_NAME_LENGTH),) for title in titles], language
            ),
        ),
    )


def _tier_line(deployment: Deployment, language: str) -> Line:
    return (
        ()
        if deployment.tier is Tier.OTHER
        else translate_inline(language, f"tier {deployment.tier}")
    )


def _deployed_commit_line(deployment: Deployment, language: str) -> Line:
    line = translate_inline(
        language, "detail commit", sha=commit_link(deployment.project, deployment.sha)
    )
    return (*line, text_node(f" {deployment.commit_title}")) if deployment.commit_title else line
