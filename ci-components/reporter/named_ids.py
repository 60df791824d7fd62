"""The tasks of a deployment: whatever its texts name was shipped, in which sense ever. Pure."""

from __future__ import annotations

from itertools import islice

from sync.core.references.meanings import MAX_REFERENCES, reference_pattern
from sync.core.references.prose import mask_code

from reporter.model import NamedTask, Report
from reporter.references import MOST_TASKS, MOST_TEXT
from reporter.texts import MOST_REPORTED, texts_of


def find_shipped(report: Report) -> list[NamedTask]:
    """Return each task once, with the first merge request that names it."""
    requests: dict[int, int] = {}
    for text, where, request in texts_of(report):
        for task_id in named_ids(text, where, report.settings.task_prefix):
            requests[task_id] = requests.get(task_id) or request
    return [NamedTask(task, "move", iid) for task, iid in requests.items()][:MOST_REPORTED]


def named_ids(text: str, where: str, prefix: str) -> list[int]:
    """Return the ids that `named_tasks` finds, without their sense."""
    if f"{prefix}-".casefold() not in text.casefold():
        return []
    prose = text if where == "branch" else mask_code(text[:MOST_TEXT])
    found = islice(reference_pattern(prefix).finditer(prose), MAX_REFERENCES)
    return list(dict.fromkeys(int(match["id"]) for match in found))[:MOST_TASKS]
