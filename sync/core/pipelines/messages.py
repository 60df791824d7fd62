"""What people read of a pipeline: the message in the task and the author's notification. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core.i18n import durations
from sync.core.i18n.translate import say, tell
from sync.core.messages.parts import MOST_NAME, link, listed
from sync.core.model.common import SHORT_SHA, Commit, Job, PipelineStatus, Task
from sync.core.model.task_view import Run
from sync.core.written import written
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Block, CodeBlock, Document, Link, Paragraph, Strong, Text


def message(run: Run, language: str) -> str:
    """The message as the portal shows it. Its first line is its essence."""
    lines: list[Line] = [
        (Strong((Text(_essence(run, language)),)),),
        _about(run, language),
    ]
    blocks: list[Block] = []
    if run.pipeline.status is PipelineStatus.FAILED:
        culprits = [job for job in run.jobs or () if not job.allowed]
        lines += [*stages(culprits, language), *_allowed(run.jobs or (), language)]
        blocks += _log(culprits, lines, language)
    return written(Document((Paragraph(run_of(lines)), *blocks)))


def first_line(run: Run, language: str) -> str:
    return message(run, language).split("\n")[0]


def notification(task: Task, run: Run, language: str) -> str:
    """One sentence for the commit's author: which task, which pipeline, what of it."""
    key = "ci told failed" if run.pipeline.status is PipelineStatus.FAILED else "ci told fixed"
    sentence = tell(
        language,
        key,
        task=clipped(task.title, MOST_NAME),
        link=_pipeline(run),
        project=run.pipeline.project.path,
        sha=run.pipeline.sha[:SHORT_SHA],
        branch=run.branch,
    )
    return written(Document((Paragraph(sentence),)))


def _essence(run: Run, language: str) -> str:
    sha = run.pipeline.sha[:SHORT_SHA]
    return say(language, f"ci {run.pipeline.status}", sha=sha, branch=run.branch)


def _about(run: Run, language: str) -> Line:
    """The pipeline with its duration, and its commit where that was told."""
    line = tell(language, "ci pipeline", link=_pipeline(run))
    if duration := durations.took(run.pipeline.duration_seconds, language):
        line = tell(language, "ci pipeline took", link=_pipeline(run), duration=duration)
    return (*line, *commit(run.pipeline.commit, language))


def commit(one: Commit | None, language: str) -> Line:
    """Title and author, after a pipeline's link; nothing where it was not told."""
    if one is None:
        return ()
    title = link(one.url, one.message.strip().split("\n")[0], MOST_NAME)
    return tell(language, "ci commit", link=title, author=clipped(one.author_name, MOST_NAME))


def stages(culprits: Sequence[Job], language: str) -> list[Line]:
    """The jobs by their stages, a line each."""
    names = dict.fromkeys(job.stage for job in culprits)
    return [
        tell(
            language,
            "ci stage",
            stage=clipped(stage, MOST_NAME),
            jobs=jobs_of([job for job in culprits if job.stage == stage], language),
        )
        for stage in names
    ]


def _allowed(jobs: Iterable[Job], language: str) -> list[Line]:
    allowed = [job for job in jobs if job.allowed]
    return [tell(language, "ci allowed", jobs=jobs_of(allowed, language))] if allowed else []


def jobs_of(jobs: Sequence[Job], language: str) -> Line:
    """The first of them by name; the rest are counted."""
    return listed([(link(job.url, job.name, MOST_NAME),) for job in jobs], language)


def _log(culprits: Sequence[Job], lines: list[Line], language: str) -> Iterable[Block]:
    """The last lines of the first job that has any; the line above them says whose they are."""
    job = next((job for job in culprits if job.log), None)
    if job is None:
        return ()
    lines.append(tell(language, "ci log", job=clipped(job.name, MOST_NAME)))
    return (CodeBlock(job.log),)


def _pipeline(run: Run) -> Link:
    return Link(run.pipeline.url, (Text(f"#{run.pipeline.id}"),))
