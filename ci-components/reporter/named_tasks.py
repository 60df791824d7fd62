"""The tasks that a pipeline's texts name, and the merge request each belongs to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reporter.ci_variables import Facts
from reporter.gitlab_facts import Known
from reporter.model import MergeRequest, NamedTask
from reporter.references import STRENGTH, named_tasks
from reporter.settings import Settings

MOST_REPORTED = 40  # their reads fit in one batch
Texts = Iterable[tuple[str, str]]


def find_tasks(facts: Facts, settings: Settings, known: Known) -> tuple[NamedTask, ...]:
    """Each task once, by its strongest mention and the merge request in which that stands."""
    found: dict[int, NamedTask] = {}
    for texts, request in sources(facts, known):
        for text, where in texts:
            for task_id, kind in named_tasks(text, where, settings.task_prefix).items():
                found[task_id] = stronger(found.get(task_id), NamedTask(task_id, kind, request))
    return tuple(found.values())[:MOST_REPORTED]


def stronger(known: NamedTask | None, new: NamedTask) -> NamedTask:
    """What is only mentioned by one merge request is not moved by it."""
    if known is None or STRENGTH[new.kind] > STRENGTH[known.kind]:
        return new
    return known


def sources(facts: Facts, known: Known) -> Iterator[tuple[Texts, int]]:
    """The texts that may name tasks, each group with the merge request it belongs to, or 0."""
    for mr in known.merge_requests:
        brought = known.brought.get(mr.iid, ())
        yield [*merge_request_texts(mr), *((one.message, "commit") for one in brought)], mr.iid
    yield [(facts.ref, "branch"), (facts.message, "commit")], known.own
    yield [(one.message, "commit") for one in known.commits], 0


def merge_request_texts(mr: MergeRequest) -> Texts:
    return (mr.source_branch, "branch"), (mr.title, "title"), (mr.description, "description")
