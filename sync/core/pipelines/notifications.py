"""Build the notifications about pipelines and jobs: what chats and persons read. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core.i18n import durations
from sync.core.i18n.translate import has_sentence, translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message
from sync.core.messages.parts import (
    MAX_NAME_LENGTH,
    PortalUserIds,
    commit_link,
    first_line,
    join_nonempty,
    link,
    mention_person,
    project_link,
    ref_or_merge_request_link,
    state_word,
    text_node,
)
from sync.core.model.pipelines import FailedJob, JobRun, Pipeline, PipelineStatus
from sync.core.pipelines.messages import stage_details
from sync.text.plain import Line
from sync.text.tree import Text


def build_pipeline_message(
    pipeline: Pipeline, language: str, users: PortalUserIds, jobs: Sequence[FailedJob] = ()
) -> Message:
    """Build the notification of a pipeline.

    `jobs` are the failed ones, as far as they are known; chats do not show their logs.
    """
    values = {
        "link": link(pipeline.url, f"#{pipeline.id}"),
        "project": project_link(pipeline.project),
    }
    status, ref = (
        translate_inline(language, f"pipeline {pipeline.status}"),
        ref_or_merge_request_link(pipeline.project, pipeline.ref),
    )
    culprits = [
        job for job in jobs if not job.allow_failure and pipeline.status is PipelineStatus.FAILED
    ]
    took = durations.format_if_known(pipeline.duration_seconds or None, language)
    lines = [
        _commit_line(pipeline, language),
        _merge_request_line(pipeline, language),
        translate_inline(language, "detail duration", duration=took) if took else (),
        translate_inline(
            language, "detail started by", actor=mention_person(pipeline.actor, language, users)
        )
        if pipeline.actor
        else (),
        *stage_details(culprits, language),
    ]
    return Message(
        translate_inline(language, "pipeline notification", status=status, ref=ref, **values),
        tuple(filter(None, lines)),
        values={
            **{name: (node,) for name, node in values.items()},
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
            language, "detail commit", sha=commit_link(pipeline.project, pipeline.sha)
        )
    sha = commit_link(pipeline.project, pipeline.sha, pipeline.commit.url)
    author = (
        text_node(f" ({pipeline.commit.author_name})", MAX_NAME_LENGTH)
        if pipeline.commit.author_name
        else Text("")
    )
    words = text_node(f" {first_line(pipeline.commit.message)}")
    return (*translate_inline(language, "detail commit", sha=sha), words, author)


def _merge_request_line(pipeline: Pipeline, language: str) -> Line:
    if pipeline.merge_request_iid is None:
        return ()
    url = messages_urls.merge_request(pipeline.project, pipeline.merge_request_iid)
    return translate_inline(
        language, "detail merge request", link=link(url, f"!{pipeline.merge_request_iid}")
    )


def build_job_message(job: JobRun, language: str, users: PortalUserIds) -> Message:
    """Build the notification of a job, with the reason where it failed."""
    key = f"job {job.status}" if has_sentence(f"job {job.status}") else "job other"
    values = {
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
        translate_inline(language, "detail duration", duration=took) if took else (),
        translate_inline(language, "job retries", count=job.retries) if job.retries else (),
    ]
    return Message(
        translate_inline(language, key, state=state, **values),
        tuple(filter(None, lines)),
        values={
            **{name: (node,) for name, node in values.items()},
            "branch": (ref_or_merge_request_link(job.project, job.ref),),
            "actor": (mention_person(job.actor, language, users),),
            "title": (text_node(job.name),),
            "state": state,
            "url": (Text(job.url),),
            "text": reason,
            "sha": (commit_link(job.project, job.sha),) if job.sha else (),
            "environment": (text_node(job.environment, MAX_NAME_LENGTH),),
            "duration": (Text(took),),
            "stage": (text_node(job.stage, MAX_NAME_LENGTH),),
            "job": (values["link"],),
        },
    )


def _job_details(job: JobRun, language: str) -> Line:
    """List pipeline, stage, branch, commit and environment, as far as they are known."""
    number = f"#{job.pipeline_id}"
    page = link(messages_urls.pipeline(job.project, job.pipeline_id), number)
    parts: list[Line] = [
        translate_inline(language, "job pipeline", link=page) if job.pipeline_id else (),
        translate_inline(language, "job stage", stage=text_node(job.stage, MAX_NAME_LENGTH))
        if job.stage
        else (),
        (ref_or_merge_request_link(job.project, job.ref),) if job.ref else (),
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
    """Translate why a job failed; a reason that is not known stays as it is.

    https://docs.gitlab.com/api/jobs/ lists them.
    """
    if not job.failure_reason or job.status != "failed":
        return ()
    key = f"job why {job.failure_reason}"
    return (
        translate_inline(language, key)
        if has_sentence(key)
        else (text_node(job.failure_reason, MAX_NAME_LENGTH),)
    )
