"""What people read of a pipeline: the message in the task and the author's notification. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core.i18n import durations
from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages.parts import MAX_NAME_LENGTH, join_limited, link
from sync.core.model.common import SHORT_SHA, Commit, FailedJob, PipelineStatus, Task
from sync.core.model.task_view import BranchPipeline
from sync.core.written import render
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Block, CodeBlock, Document, Link, Paragraph, Strong, Text


def render_pipeline_message(run: BranchPipeline, language: str) -> str:
    """The message as the portal shows it. Its first line is its essence."""
    lines: list[Line] = [
        (Strong((Text(_status_line(run, language)),)),),
        _pipeline_line(run, language),
    ]
    blocks: list[Block] = []
    if run.pipeline.status is PipelineStatus.FAILED:
        culprits = [job for job in run.failed_jobs or () if not job.allow_failure]
        lines += [
            *stage_details(culprits, language),
            *_allowed_failure_details(run.failed_jobs or (), language),
        ]
        blocks += _log_blocks(culprits, lines, language)
    return render(Document((Paragraph(run_of(lines)), *blocks)))


def render_first_line(run: BranchPipeline, language: str) -> str:
    return render_pipeline_message(run, language).split("\n")[0]


def render_author_notification(task: Task, run: BranchPipeline, language: str) -> str:
    """One sentence for the commit's author: which task, which pipeline, what of it."""
    key = "ci told failed" if run.pipeline.status is PipelineStatus.FAILED else "ci told fixed"
    sentence = translate_inline(
        language,
        key,
        task=clipped(task.title, MAX_NAME_LENGTH),
        link=_pipeline_link(run),
        project=run.pipeline.project.path,
        sha=run.pipeline.sha[:SHORT_SHA],
        branch=run.branch,
    )
    return render(Document((Paragraph(sentence),)))


def _status_line(run: BranchPipeline, language: str) -> str:
    sha = run.pipeline.sha[:SHORT_SHA]
    return translate(language, f"ci {run.pipeline.status}", sha=sha, branch=run.branch)


def _pipeline_line(run: BranchPipeline, language: str) -> Line:
    """The pipeline with its duration, and its commit where that was told."""
    line = translate_inline(language, "ci pipeline", link=_pipeline_link(run))
    if duration := durations.format_if_known(run.pipeline.duration_seconds, language):
        line = translate_inline(
            language, "ci pipeline took", link=_pipeline_link(run), duration=duration
        )
    return (*line, *commit_details(run.pipeline.commit, language))


def commit_details(commit: Commit | None, language: str) -> Line:
    """Title and author, after a pipeline's link; nothing where it was not told."""
    if commit is None:
        return ()
    title = link(commit.url, commit.message.strip().split("\n")[0], MAX_NAME_LENGTH)
    return translate_inline(
        language, "ci commit", link=title, author=clipped(commit.author_name, MAX_NAME_LENGTH)
    )


def stage_details(culprits: Sequence[FailedJob], language: str) -> list[Line]:
    """The jobs by their stages, a line each."""
    names = dict.fromkeys(job.stage for job in culprits)
    return [
        translate_inline(
            language,
            "ci stage",
            stage=clipped(stage, MAX_NAME_LENGTH),
            jobs=job_links([job for job in culprits if job.stage == stage], language),
        )
        for stage in names
    ]


def _allowed_failure_details(jobs: Iterable[FailedJob], language: str) -> list[Line]:
    allowed = [job for job in jobs if job.allow_failure]
    return (
        [translate_inline(language, "ci allowed", jobs=job_links(allowed, language))]
        if allowed
        else []
    )


def job_links(jobs: Sequence[FailedJob], language: str) -> Line:
    """The first of them by name; the rest are counted."""
    return join_limited([(link(job.url, job.name, MAX_NAME_LENGTH),) for job in jobs], language)


def _log_blocks(culprits: Sequence[FailedJob], lines: list[Line], language: str) -> Iterable[Block]:
    """The last lines of the first job that has any; the line above them says whose they are."""
    job = next((job for job in culprits if job.log), None)
    if job is None:
        return ()
    lines.append(translate_inline(language, "ci log", job=clipped(job.name, MAX_NAME_LENGTH)))
    return (CodeBlock(job.log),)


def _pipeline_link(run: BranchPipeline) -> Link:
    return Link(run.pipeline.url, (Text(f"#{run.pipeline.id}"),))
