"""The tasks that a report's texts name. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from sync.core.references.meanings import KINDS, combined_kind

from reporter.model import NamedTask, Report
from reporter.references import named_tasks
from reporter.texts import MOST_REPORTED, texts_of


def find_tasks(report: Report) -> list[NamedTask]:
    """Return each task that the report's texts name, at most `MOST_REPORTED`."""
    return combined_tasks(texts_of(report), report.settings.task_prefix)[:MOST_REPORTED]


def combined_tasks(texts: Iterable[tuple[str, str, int]], prefix: str) -> list[NamedTask]:
    """Return each task once: what all texts say of it, and the merge request that says most."""
    mentions: dict[int, list[tuple[str, str, int]]] = {}
    title = ""  # the description's, which comes behind it
    for text, where, request in texts:
        named = named_tasks(text, where, prefix, title if where == "description" else "")
        title = text if where == "title" else title
        for task_id, kind in named.items():
            mentions.setdefault(task_id, []).append((where, kind, request))
    tasks = []
    for task_id, of_task in mentions.items():
        strongest = max(of_task, key=lambda each: KINDS.index(each[1]))
        kind = combined_kind((where, kind) for where, kind, _ in of_task)
        tasks.append(NamedTask(task_id, kind, strongest[2]))
    return tasks
