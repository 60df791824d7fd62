"""What is said of pipelines, jobs and deployments. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core.deployments.environments import Deployment, DeploymentStatus, Tier
from sync.core.i18n import durations
from sync.core.i18n.translate import has_sentence, translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message
from sync.core.messages.parts import (
    MAX_NAME_LENGTH,
    PortalUserIds,
    commit_link,
    first_line,
    join_limited,
    join_nonempty,
    link,
    mention_person,
    project_link,
    ref_link,
    state_word,
    text_node,
)
from sync.core.model.activity import JobRun
from sync.core.model.common import FailedJob, Pipeline, PipelineStatus, Project
from sync.core.pipelines import messages as pipelines_messages
from sync.text.plain import Line
from sync.text.tree import Inline, Link, Text

_MERGE_REQUEST_REFS = "refs/merge-requests/"
_D = DeploymentStatus
_VERDICTS = (_D.APPROVED, _D.REJECTED)


def build_pipeline_message(
    pipeline: Pipeline, language: str, users: PortalUserIds, jobs: Sequence[FailedJob] = ()
) -> Message:
    """`jobs`: those that failed, as far as they are known; their logs are not said in chats."""
    named = {
        "link": link(pipeline.url, f"#{pipeline.id}"),
        "project": project_link(pipeline.project),
    }
    status, ref = (
        translate_inline(language, f"pipeline {pipeline.status}"),
        _ref_or_merge_request_link(pipeline.project, pipeline.ref),
    )
    culprits = [
        job for job in jobs if not job.allow_failure and pipeline.status is PipelineStatus.FAILED
    ]
    took = durations.format_if_known(pipeline.duration_seconds or None, language)
    lines = [
        _commit_line(pipeline, language),
        _merge_request_line(pipeline, language),
        translate_inline(language, "told took", duration=took) if took else (),
        translate_inline(
            language, "told started", actor=mention_person(pipeline.actor, language, users)
        )
        if pipeline.actor
        else (),
        *pipelines_messages.stage_details(culprits, language),
    ]
    return Message(
        translate_inline(language, "told pipeline", status=status, ref=ref, **named),
        tuple(filter(None, lines)),
        values={
            **{name: (node,) for name, node in named.items()},
            "branch": (ref,),
            "actor": (mention_person(pipeline.actor, language, users),),
            "title": (text_node(first_line(pipeline.commit.message)),) if pipeline.commit else (),
            "state": status,
            "url": (Text(pipeline.url),),
            "sha": (commit_link(pipeline.project, pipeline.sha),),
            "duration": (Text(took),),
            "stage": _join_links({job.stage: "" for job in culprits}.items()),
            "job": _join_links((job.name, job.url) for job in culprits),
        },
    )


def _join_links(links: Iterable[tuple[str, str]]) -> Line:
    return join_nonempty([(link(url, name, MAX_NAME_LENGTH),) for name, url in links])


def _commit_line(pipeline: Pipeline, language: str) -> Line:
    if pipeline.commit is None:
        return translate_inline(
            language, "told commit", sha=commit_link(pipeline.project, pipeline.sha)
        )
    sha = commit_link(pipeline.project, pipeline.sha, pipeline.commit.url)
    author = (
        text_node(f" ({pipeline.commit.author_name})", MAX_NAME_LENGTH)
        if pipeline.commit.author_name
        else Text("")
    )
    words = text_node(f" {first_line(pipeline.commit.message)}")
    return (*translate_inline(language, "told commit", sha=sha), words, author)


def _merge_request_line(pipeline: Pipeline, language: str) -> Line:
    if pipeline.merge_request_iid is None:
        return ()
    url = messages_urls.merge_request(pipeline.project, pipeline.merge_request_iid)
    return translate_inline(
        language, "told of request", link=link(url, f"!{pipeline.merge_request_iid}")
    )


def _ref_or_merge_request_link(project: Project, ref: str) -> Inline:
    """A merge request's own ref is no branch: its page is that of the merge request."""
    if ref.startswith(_MERGE_REQUEST_REFS):
        iid = ref.removeprefix(_MERGE_REQUEST_REFS).partition("/")[0]
        return link(
            messages_urls.merge_request(project, int(iid)) if iid.isdecimal() else "", f"!{iid}"
        )
    return ref_link(project, ref)


def build_job_message(job: JobRun, language: str, users: PortalUserIds) -> Message:
    """A failed job with its reason, one that waits to be started, or whatever else it does."""
    key = f"job {job.status}" if has_sentence(f"job {job.status}") else "job other"
    named = {
        "link": link(job.url, job.name, MAX_NAME_LENGTH),
        "project": project_link(job.project),
    }
    state, reason = state_word(language, job.status), _failure_reason(job, language)
    took = durations.format_if_known(job.duration_seconds or None, language)
    lines = [
        _job_details(job, language),
        translate_inline(language, "job reason", reason=reason) if reason else (),
        translate_inline(language, "job allowed")
        if job.allow_failure and job.status == "failed"
        else (),
        translate_inline(language, "told took", duration=took) if took else (),
        translate_inline(language, "job retries", count=job.retries) if job.retries else (),
    ]
    return Message(
        translate_inline(language, key, state=state, **named),
        tuple(filter(None, lines)),
        values={
            **{name: (node,) for name, node in named.items()},
            "branch": (_ref_or_merge_request_link(job.project, job.ref),),
            "actor": (mention_person(job.actor, language, users),),
            "title": (text_node(job.name),),
            "state": state,
            "url": (Text(job.url),),
            "text": reason,
            "sha": (commit_link(job.project, job.sha),) if job.sha else (),
            "environment": (text_node(job.environment, MAX_NAME_LENGTH),),
            "duration": (Text(took),),
            "stage": (text_node(job.stage, MAX_NAME_LENGTH),),
            "job": (named["link"],),
        },
    )


def _job_details(job: JobRun, language: str) -> Line:
    """Pipeline, stage, branch, commit and environment: those that are known."""
    number = f"#{job.pipeline_id}"
    page = link(messages_urls.pipeline(job.project, job.pipeline_id), number)
    parts: list[Line] = [
        translate_inline(language, "job pipeline", link=page) if job.pipeline_id else (),
        translate_inline(language, "job stage", stage=text_node(job.stage, MAX_NAME_LENGTH))
        if job.stage
        else (),
        (_ref_or_merge_request_link(job.project, job.ref),) if job.ref else (),
        (commit_link(job.project, job.sha),) if job.sha else (),
        (
            link(
                messages_urls.environment(job.project, job.environment),
                job.environment,
                MAX_NAME_LENGTH,
            ),
        )
        if job.environment
        else (),
    ]
    return join_nonempty(parts)


def _failure_reason(job: JobRun, language: str) -> Line:
    """https://docs.gitlab.com/api/jobs/ lists the reasons' names; a new one stays as it is."""
    if not job.failure_reason or job.status != "failed":
        return ()
    key = f"job why {job.failure_reason}"
    return (
        translate_inline(language, key)
        if has_sentence(key)
        else (text_node(job.failure_reason, MAX_NAME_LENGTH),)
    )


def build_deployment_message(
    deployment: Deployment, language: str, users: PortalUserIds, tasks: Sequence[str] = ()
) -> Message:
    """`tasks`: titles of those whose work it carries; who tests or manages reads what came."""
    verdict = deployment.status in _VERDICTS
    page = messages_urls.environment(deployment.project, deployment.environment)
    named = {
        "environment": link(page, deployment.environment, MAX_NAME_LENGTH),
        "project": project_link(deployment.project),
    }
    actor = mention_person(deployment.actor, language, users)
    headed = deployment.url and deployment.status is _D.SUCCESS
    key = "deployed success url" if headed else f"deployed {deployment.status}"
    url = link(deployment.url, deployment.url, 2_000)
    lines = [
        translate_inline(language, "told url", url=url) if deployment.url and not headed else (),
        join_nonempty(
            [
                _tier_line(deployment, language),
                (_ref_or_merge_request_link(deployment.project, deployment.ref),)
                if deployment.ref
                else (),
            ]
        ),
        _deployed_commit_line(deployment, language),
        translate_inline(language, "told started", actor=actor)
        if deployment.actor and not verdict
        else (),
        (Link(deployment.job_url, translate_inline(language, "deployed job")),)
        if deployment.job_url
        else (),
    ]
    return Message(
        translate_inline(language, key, actor=actor, url=url, **named),
        tuple(filter(None, lines)),
        values={
            **{name: (node,) for name, node in named.items()},
            "branch": (_ref_or_merge_request_link(deployment.project, deployment.ref),)
            if deployment.ref
            else (),
            "actor": (actor,),
            "title": (text_node(deployment.commit_title),),
            "state": translate_inline(language, f"word {deployment.status}"),
            "link": (link(deployment.url or page, deployment.environment, MAX_NAME_LENGTH),),
            "url": (Text(deployment.url),),
            "sha": (commit_link(deployment.project, deployment.sha),),
        },
        summary=_task_lines(tasks, language),
    )


def _task_lines(titles: Sequence[str], language: str) -> tuple[Line, ...]:
    if not titles:
        return ()
    key = "told task" if len(titles) == 1 else "told tasks"
    return (
        translate_inline(
            language,
            key,
            tasks=join_limited([(text_node(one, MAX_NAME_LENGTH),) for one in titles], language),
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
        language, "told commit", sha=commit_link(deployment.project, deployment.sha)
    )
    return (*line, text_node(f" {deployment.commit_title}")) if deployment.commit_title else line
