"""The parts of a project's history: what reads each, and what takes it into the mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sync.engine import backfilled
from sync.engine.backfilled import Taking
from sync.gitlab import (
    history,
    history_deployments,
    history_events,
    history_requests,
    history_talk,
)
from sync.gitlab.pages import Page

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


_NOTES = {of: partial(history_talk.notes, of) for of in history_talk.NOTEABLES}

# In the order in which each finds what it refers to.
PARTS: dict[str, Part] = {
    "branches": Part(history.branches, backfilled.save_items, dated=False),
    "commits": Part(history.commits, backfilled.save_commits),
    "merge_requests": Part(
        history_requests.merge_requests, backfilled.save_merge_requests, grows=True
    ),
    "pipelines": Part(history.pipelines, backfilled.save_pipelines, grows=True),
    "deployments": Part(history_deployments.deployments, backfilled.save_deployments, grows=True),
    "tags": Part(history.tags, backfilled.save_items, dated=False),
    "releases": Part(history.releases, backfilled.save_items),
    "issues": Part(history_talk.issues, backfilled.save_items, grows=True),
    "notes": Part(_NOTES["merge_requests"], backfilled.save_items),
    "issue_notes": Part(_NOTES["issues"], backfilled.save_items),
    "code_notes": Part(history_events.notes, backfilled.save_items, looks_up=True),
}
