"""Build the messages about pipelines and jobs: the task's, the author's, the notification. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core.i18n import durations
from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message, render
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
from sync.core.model.common import SHORT_SHA, Commit, Project
from sync.core.model.pipelines import FailedJob, JobRun, Pipeline, PipelineStatus
from sync.core.model.task_view import BranchPipeline
from sync.core.model.tasks import Task
from sync.core.pipelines import messages as pipelines_messages
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Block, CodeBlock, Document, Inline, Link, Paragraph, Strong, Text


def render_pipeline_message(run: BranchPipeline, language: str) -> str:
    """Write the task's message of a pipeline as BBCode; line 1 sums it up."""
    lines: list[Line] = [
        (Strong((Text(_status_line(run, language)),)),),
        _pipeline_line(run, language),
    ]
    blocks: list[Block] = []
    if run.pipeline.status is PipelineStatus.FAILED:
        culprits = [job for job in run.failed_jobs or () if not job.allow_failure]
        lines += [
            *_merged_details(run, language),
            *stage_details(culprits, language),
            *_allowed_failure_details(run.failed_jobs or (), language),
        ]
        blocks += _log_blocks(culprits, lines, language)
    return render(Document((Paragraph(run_of(lines)), *blocks)))


def render_first_line(run: BranchPipeline, language: str) -> str:
    """Return the first line of the task's message."""
    return render_pipeline_message(run, language).split("\n")[0]


def render_author_notification(task: Task, run: BranchPipeline, language: str) -> str:
    """Tell the commit's author in one sentence that the pipeline failed or passes."""
    key = (
        "pipeline notification failed"
        if run.pipeline.status is PipelineStatus.FAILED
        else "pipeline notification fixed"
    )
    sentence = translate_inline(
        language,
        key,
        task=clipped(task.title, MAX_NAME_LENGTH),
        link=_pipeline_link(run),
        project=run.pipeline.project.path,
        sha=run.pipeline.sha[:SHORT_SHA],
        branch=run.branch,
    )
    failed = run.pipeline.status is PipelineStatus.FAILED
    reasons = _merged_details(run, language) if failed else []
    return render(Document((Paragraph(run_of([sentence, *reasons])),)))


def _status_line(run: BranchPipeline, language: str) -> str:
    sha = run.pipeline.sha[:SHORT_SHA]
    return translate(
        language, f"pipeline message {run.pipeline.status}", sha=sha, branch=run.branch
    )


def _merged_details(run: BranchPipeline, language: str) -> list[Line]:
    """Return a line that says why a failure after a merge concerns the task; none before it."""
    if not run.merged:
        return []
    links = join_limited([(link(url, name),) for name, url in run.merged], language)
    return [translate_inline(language, "pipeline after merge", branch=run.branch, links=links)]


def _pipeline_line(run: BranchPipeline, language: str) -> Line:
    """Link the pipeline with its duration, and its commit where known."""
    line = translate_inline(language, "pipeline link", link=_pipeline_link(run))
    if duration := durations.format_if_known(run.pipeline.duration_seconds, language):
        line = translate_inline(
            language, "pipeline link duration", link=_pipeline_link(run), duration=duration
        )
    return (*line, *commit_details(run.pipeline.commit, language))


def commit_details(commit: Commit | None, language: str) -> Line:
    """Return the commit's title and author, to follow a pipeline's link; empty for None."""
    if commit is None:
        return ()
    title = link(commit.url, commit.message.strip().split("\n")[0], MAX_NAME_LENGTH)
    return translate_inline(
        language, "pipeline commit", link=title, author=clipped(commit.author_name, MAX_NAME_LENGTH)
    )


def stage_details(culprits: Sequence[FailedJob], language: str) -> list[Line]:
    """List the failed jobs, a line for each stage."""
    names = dict.fromkeys(job.stage for job in culprits)
    return [
        translate_inline(
            language,
            "pipeline stage jobs",
            stage=clipped(stage, MAX_NAME_LENGTH),
            jobs=job_links([job for job in culprits if job.stage == stage], language),
        )
        for stage in names
    ]


def _allowed_failure_details(jobs: Iterable[FailedJob], language: str) -> list[Line]:
    allowed = [job for job in jobs if job.allow_failure]
    return (
        [translate_inline(language, "pipeline allowed failures", jobs=job_links(allowed, language))]
        if allowed
        else []
    )


def job_links(jobs: Sequence[FailedJob], language: str) -> Line:
    """Link the first jobs by name, and count the rest."""
    return join_limited([(link(job.url, job.name, MAX_NAME_LENGTH),) for job in jobs], language)


def _log_blocks(culprits: Sequence[FailedJob], lines: list[Line], language: str) -> Iterable[Block]:
    """Quote the log of the first job that has one, and name that job in `lines`."""
    job = next((job for job in culprits if job.log), None)
    if job is None:
        return ()
    lines.append(
        translate_inline(language, "pipeline job log", job=clipped(job.name, MAX_NAME_LENGTH))
    )
    return (CodeBlock(job.log),)


def _pipeline_link(run: BranchPipeline) -> Link:
    return Link(run.pipeline.url, (Text(f"#{run.pipeline.id}"),))


_MERGE_REQUEST_REFS = "refs/merge-requests/"


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
        _ref_or_merge_request_link(pipeline.project, pipeline.ref),
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
        *pipelines_messages.stage_details(culprits, language),
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


def _ref_or_merge_request_link(project: Project, ref: str) -> Inline:
    """Link a branch, or the merge request where the ref is its own."""
    if ref.startswith(_MERGE_REQUEST_REFS):
        iid = ref.removeprefix(_MERGE_REQUEST_REFS).partition("/")[0]
        return link(
            messages_urls.merge_request(project, int(iid)) if iid.isdecimal() else "", f"!{iid}"
        )
    return ref_link(project, ref)


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
