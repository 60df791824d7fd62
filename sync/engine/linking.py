"""Which tasks a merge request names now, against the links it had. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sync.core.merge_requests.milestones import is_open
from sync.core.model.common import LinkKind, MergeRequest, Reference
from sync.core.references import find as references_find
from sync.core.rules.portal import ReferenceRules

COMMIT = "commit"


@dataclass(frozen=True, slots=True)
class TaskMention:
    """How a merge request names one task: the strongest mention, and every place of one."""

    kind: LinkKind
    found_in: tuple[str, ...]


def find_named_tasks(
    merge_request: MergeRequest,
    messages: Iterable[str],
    rules: ReferenceRules,
    before: Mapping[int, TaskMention],
) -> dict[int, TaskMention]:
    """The tasks named in branch, title, description and, while it is open, commit messages.

    Once it is not open its branch may get other work: what its commits named then stays.
    """
    found = list(references_find.find_references(merge_request.source_branch, "branch", rules))
    found += references_find.find_references(merge_request.title, "title", rules)
    found += references_find.find_references(merge_request.description, "description", rules)
    if is_open(merge_request):
        for message in messages:
            found += references_find.find_references(message, COMMIT, rules)
    else:
        found += [
            Reference(task_id, link.kind, COMMIT)
            for task_id, link in before.items()
            if COMMIT in link.found_in
        ]
    return _group_by_task(found)


def _group_by_task(found: list[Reference]) -> dict[int, TaskMention]:
    places: dict[int, set[str]] = {}
    for reference in found:
        places.setdefault(reference.task_id, set()).add(reference.source)
    strongest = references_find.strongest_references(found)
    return {
        task_id: TaskMention(reference.kind, tuple(sorted(places[task_id])))
        for task_id, reference in strongest.items()
    }
