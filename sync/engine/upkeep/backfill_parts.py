"""The parts of a project's history: what reads each, and what takes it into the mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sync.engine.upkeep import backfill_store
from sync.engine.upkeep.backfill_store import PageContext
from sync.gitlab.api.pagination import Page
from sync.gitlab.history import deployments as history_deployments_
from sync.gitlab.history import discussions as history_discussions
from sync.gitlab.history import events as history_events_
from sync.gitlab.history import merge_requests as history_merge_requests
from sync.gitlab.history import project as history_project

Reader = Callable[..., Page[Any]]  # of GitLab, Project, datetime, Cursor | None
Saver = Callable[[PageContext, Sequence[Any]], None]


@dataclass(frozen=True, slots=True)
class BackfillPart:
    """`dated`: it has what is late enough; other parts have everything there is. `grows`: of a
    longer period only what is missing has to be read. `looks_up`: commits by title, in the
    mirror."""

    read: Reader
    save: Saver
    dated: bool = True
    extendable: bool = False
    needs_commits: bool = False


_NOTE_READERS = {
    of: partial(history_discussions.read_notes, of) for of in history_discussions.NOTEABLES
}

# In the order in which each finds what it refers to.
PARTS: dict[str, BackfillPart] = {
    "branches": BackfillPart(
        history_project.read_branches, backfill_store.save_activity, dated=False
    ),
    "commits": BackfillPart(history_project.read_commits, backfill_store.save_commits),
    "merge_requests": BackfillPart(
        history_merge_requests.read_merge_requests,
        backfill_store.save_merge_requests,
        extendable=True,
    ),
    "pipelines": BackfillPart(
        history_project.read_pipelines, backfill_store.save_pipelines, extendable=True
    ),
    "deployments": BackfillPart(
        history_deployments_.read_deployments, backfill_store.save_deployments, extendable=True
    ),
    "tags": BackfillPart(history_project.read_tags, backfill_store.save_activity, dated=False),
    "releases": BackfillPart(history_project.read_releases, backfill_store.save_activity),
    "issues": BackfillPart(
        history_discussions.read_issues, backfill_store.save_activity, extendable=True
    ),
    "comments": BackfillPart(_NOTE_READERS["merge_requests"], backfill_store.save_activity),
    "issue_comments": BackfillPart(_NOTE_READERS["issues"], backfill_store.save_activity),
    "code_comments": BackfillPart(
        history_events_.read_notes, backfill_store.save_activity, needs_commits=True
    ),
}
