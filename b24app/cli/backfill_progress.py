"""The line that `backfill` prints of its progress."""

from __future__ import annotations

from sync.engine.upkeep.backfill import Progress
from sync.engine.upkeep.backfill_parts import PARTS
from sync.sentences import as_sentence, join_sentences, sentence

_PART_WIDTH = max(map(len, PARTS))


def progress_line(progress: Progress) -> str:
    """Return one line of progress: items, requests, items a minute, time left."""
    name = progress.part.ljust(_PART_WIDTH)
    match progress.state:
        case "failed":
            return sentence(
                "{name}  not read: {error}", name=name, error=as_sentence(progress.error)
            )
        case "waiting":
            return sentence("{name}  waits {error}", name=name, error=as_sentence(progress.error))
    of = (
        sentence(" of {read}", read=f"{progress.read + progress.remaining:,}")
        if progress.remaining
        else ""
    )
    facts = [
        sentence("{amount}{of}", amount=f"{progress.read:,}", of=of),
        sentence("{requests} requests", requests=f"{progress.requests:,}"),
    ]
    if progress.new and progress.seconds >= 1:
        rate = progress.new / progress.seconds
        facts.append(sentence("{rate} a minute", rate=f"{rate * 60:,.0f}"))
        facts += (
            [
                sentence(
                    "{duration} left",
                    duration=_format_duration(progress.remaining / rate),
                )
            ]
            if progress.remaining
            else []
        )
    lacks = sentence(", but {error}", error=as_sentence(progress.error)) if progress.error else ""
    return sentence(
        "{name}  {facts}, done{lacks}" if progress.state == "done" else "{name}  {facts}",
        name=name,
        facts=join_sentences(", ", facts),
        lacks=lacks,
    )


def _format_duration(seconds: float) -> str:
    return (
        sentence("about {seconds} min", seconds=f"{seconds / 60:.0f}")
        if seconds >= 60
        else sentence("about {seconds} s", seconds=f"{seconds:.0f}")
    )
