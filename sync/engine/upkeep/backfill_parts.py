"""The parts of a project's history: what reads each, and what takes it into the mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sync.engine.upkeep import backfill_store
from sync.engine.upkeep.backfill_store import Taking
from sync.gitlab.api.pagination import Page
from sync.gitlab.history import deployments as history_deployments_
from sync.gitlab.history import discussions as history_discussions
from sync.gitlab.history import events as history_events_
from sync.gitlab.history import merge_requests as history_merge_requests
from sync.gitlab.history import project as history_project

Reader = Callable[..., Page[Any]]  # of GitLab, Project, datetime, Cursor | None
Saver = Callable[[Taking, Sequence[Any]], None]


@dataclass(frozen=True, slots=True)
class Part:
    """`dated`: it has what is late enough; other parts have everything there is. `grows`: of a
    longer period only what is missing has to be read. `looks_up`: commits by title, in the
    mirror."""

    read: Reader
    save: Saver
    dated: bool = True
    grows: bool = False
    looks_up: bool = False


_NOTES = {of: partial(history_discussions.notes, of) for of in history_discussions.NOTEABLES}

# In the order in which each finds what it refers to.
PARTS: dict[str, Part] = {
    "branches": Part(history_project.branches, backfill_store.save_items, dated=False),
    "commits": Part(history_project.commits, backfill_store.save_commits),
    "merge_requests": Part(
        history_merge_requests.merge_requests, backfill_store.save_merge_requests, grows=True
    ),
    "pipelines": Part(history_project.pipelines, backfill_store.save_pipelines, grows=True),
    "deployments": Part(
        history_deployments_.deployments, backfill_store.save_deployments, grows=True
    ),
    "tags": Part(history_project.tags, backfill_store.save_items, dated=False),
    "releases": Part(history_project.releases, backfill_store.save_items),
    "issues": Part(history_discussions.issues, backfill_store.save_items, grows=True),
    "notes": Part(_NOTES["merge_requests"], backfill_store.save_items),
    "issue_notes": Part(_NOTES["issues"], backfill_store.save_items),
    "code_notes": Part(history_events_.notes, backfill_store.save_items, looks_up=True),
}
