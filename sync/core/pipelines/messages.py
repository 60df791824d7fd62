"""Build a task's message of a branch's pipelines, and the one to the commit's author. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core.i18n import durations
from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages.message import render
from sync.core.messages.parts import (
    MAX_NAME_LENGTH,
    join_limited,
    link,
)
from sync.core.model.common import SHORT_SHA, Commit
from sync.core.model.pipelines import FailedJob, PipelineStatus
from sync.core.model.task_view import BranchPipeline
from sync.core.model.tasks import Task
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Block, CodeBlock, Document, Link, Paragraph, Strong, Text


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
