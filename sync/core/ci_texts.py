"""What people read of a pipeline: the message in the task and the author's notification. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.core import durations
from sync.core.model import Job, PipelineStatus, Task
from sync.core.phrases import say, tell
from sync.core.view import Run
from sync.core.written import written
from sync.text.tree import (
    Block,
    CodeBlock,
    Document,
    Inline,
    LineBreak,
    Link,
    Paragraph,
    Strong,
    Text,
)

MOST_JOBS = 6  # named in one line; the rest are counted
MOST_TITLE = 120  # characters
SHORT_SHA = 8  # characters, as the code host shortens it


def message(run: Run, language: str) -> str:
    """The message as the portal shows it. Its first line is its essence."""
    lines: list[tuple[Inline, ...]] = [
        (Strong((Text(_essence(run, language)),)),),
        _about(run, language),
    ]
    blocks: list[Block] = []
    if run.pipeline.status is PipelineStatus.FAILED:
        culprits = [job for job in run.jobs or () if not job.allowed]
        lines += [*stages(culprits, language), *_allowed(run.jobs or (), language)]
        blocks += _log(culprits, lines, language)
    return written(Document((_paragraph(lines), *blocks)))


def first_line(run: Run, language: str) -> str:
    return message(run, language).split("\n")[0]


def notification(task: Task, run: Run, language: str) -> str:
    """One sentence for the commit's author: which task, which pipeline, what of it."""
    key = "ci told failed" if run.pipeline.status is PipelineStatus.FAILED else "ci told fixed"
    sentence = tell(
        language,
        key,
        task=_clipped(task.title),
        link=_pipeline(run),
        project=run.pipeline.project.path,
        sha=run.pipeline.sha[:SHORT_SHA],
        branch=run.branch,
    )
    return written(Document((Paragraph(sentence),)))


def _essence(run: Run, language: str) -> str:
    sha = run.pipeline.sha[:SHORT_SHA]
    return say(language, f"ci {run.pipeline.status}", sha=sha, branch=run.branch)


def _about(run: Run, language: str) -> tuple[Inline, ...]:
    """The pipeline with its duration, and its commit where that was told."""
    line = tell(language, "ci pipeline", link=_pipeline(run))
    if duration := took(run.pipeline.duration_seconds, language):
        line = tell(language, "ci pipeline took", link=_pipeline(run), duration=duration)
    commit = run.pipeline.commit
    if commit is None:
        return line
    title = _clipped(commit.message.strip().split("\n")[0])
    link = Link(commit.url, (Text(title),))
    return (*line, *tell(language, "ci commit", link=link, author=_clipped(commit.author_name)))


def stages(culprits: Sequence[Job], language: str) -> list[tuple[Inline, ...]]:
    """The jobs by their stages, a line each."""
    names = dict.fromkeys(job.stage for job in culprits)
    return [
        tell(
            language,
            "ci stage",
            stage=_clipped(stage),
            jobs=_jobs([job for job in culprits if job.stage == stage], language),
        )
        for stage in names
    ]


def _allowed(jobs: Iterable[Job], language: str) -> list[tuple[Inline, ...]]:
    allowed = [job for job in jobs if job.allowed]
    return [tell(language, "ci allowed", jobs=_jobs(allowed, language))] if allowed else []


def _jobs(jobs: Sequence[Job], language: str) -> tuple[Inline, ...]:
    shown: list[Inline] = [Link(job.url, (Text(_clipped(job.name)),)) for job in jobs[:MOST_JOBS]]
    if rest := len(jobs) - len(shown):
        shown.append(Text(say(language, "more", count=rest)))
    return tuple(node for one in shown for node in (Text(", "), one))[1:]


def _log(
    culprits: Sequence[Job], lines: list[tuple[Inline, ...]], language: str
) -> Iterable[Block]:
    """The last lines of the first job that has any; the line above them says whose they are."""
    job = next((job for job in culprits if job.log), None)
    if job is None:
        return ()
    lines.append(tell(language, "ci log", job=_clipped(job.name)))
    return (CodeBlock(job.log),)


def _pipeline(run: Run) -> Link:
    return Link(run.pipeline.url, (Text(f"#{run.pipeline.id}"),))


def took(seconds: int | None, language: str) -> str:
    """How long it was, "" where that is not known."""
    return "" if seconds is None else durations.shown(seconds, language)


def _paragraph(lines: Iterable[tuple[Inline, ...]]) -> Paragraph:
    return Paragraph(tuple(node for line in lines for node in (LineBreak(), *line))[1:])


def _clipped(text: str) -> str:
    return text if len(text) <= MOST_TITLE else text[: MOST_TITLE - 1] + "…"
