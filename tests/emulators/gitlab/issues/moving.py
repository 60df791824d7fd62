"""Moves of issues between projects, and what follows of them later.

app/services/work_items/data_sync/ ; https://docs.gitlab.com/api/issues/#move-an-issue
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.emulators.gitlab import access
from tests.emulators.gitlab.entities import Project, User
from tests.emulators.gitlab.issue_payloads import columns, written
from tests.emulators.gitlab.issues import labels
from tests.emulators.gitlab.issues.records import Upload
from tests.emulators.gitlab.payloads import change
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue

if TYPE_CHECKING:
    from tests.emulators.gitlab.issues.service import Issues

UPLOAD = re.compile(r"/uploads/([0-9a-f]{32})/([^\s)\"]+)")
COPY_SECONDS = 2  # after which the worker copies entries of time
MOVABLE = ("Issue", "Incident", "Task")


@dataclass
class Copies:
    """Entries of time that a worker is still to copy. `cleanup`: it deletes those it copied."""

    cleanup: bool = False
    waiting: list[tuple[datetime, Issue, Issue]] = field(default_factory=list)

    def run(self, state: State, *, now: bool = False) -> None:
        """Copy what its time has come for: new ids, no hook, no touch."""
        ready = [row for row in self.waiting if now or row[0] <= state.now()]
        self.waiting = [row for row in self.waiting if row not in ready]
        for _, source, target in ready:
            target.timelogs += [
                replace(entry, id=state.next_id("timelog")) for entry in source.timelogs
            ]
            target.total_time_spent = sum(entry.seconds for entry in target.timelogs)
            if self.cleanup:
                source.timelogs.clear()
                source.total_time_spent = 0


def problem(state: State, issue: Issue, target: Project, actor: User) -> str:
    """Why it cannot be moved there; "" where it can."""
    if target.id == issue.project_id:
        return "Cannot move issue to project it originates from!"
    source = state.projects[issue.project_id]
    roles = [state.access_level(actor, place) for place in (source, target)]
    if min(roles) < access.planner(state) or target.archived:
        return "Cannot move issue due to insufficient permissions!"
    if issue.kind not in MOVABLE:
        return f"Cannot move issues of '{issue.kind.lower()}' type."
    return ""


def move(issues: Issues, issue: Issue, target: Project, actor: User, chain: str = "") -> Issue:
    """A new issue there, with new ids of all it holds; the old one is closed."""
    state, source = issues.state, issues.state.projects[issue.project_id]
    moved = copy.deepcopy(issue)
    moved.id, moved.project_id = state.next_id("issue"), target.id
    moved.iid = state.next_id(f"iid of issues in {target.id}")
    names = {label.title: label for label in labels.available(state, target)}
    moved.labels = [names[label.title] for label in issue.labels if label.title in names]
    moved.milestone_id = _milestone(source, target, issue.milestone_id)
    moved.description = _uploads(state, source, target, issue.description)
    moved.status_id, moved.timelogs, moved.total_time_spent = "", [], 0
    threads: dict[str, str] = {}
    for note in moved.notes:
        note.id = state.next_id("note")
        note.discussion_id = threads.setdefault(note.discussion_id, state.next_sha())
        note.body = _uploads(state, source, target, note.body)
    target.issues[moved.iid] = moved
    touched = moved.updated_at
    issues.note(moved, f"moved from {source.path}#{issue.iid}", actor)
    moved.updated_at = touched
    issue.moved_to_id = moved.id
    issues.note(issue, f"moved to {target.path}#{moved.iid}", actor)
    issues.set_state(issue, actor, "closed", chain)
    opened = columns(moved, written(state))
    changes = {name: change(None, value) for name, value in opened.items() if value is not None}
    issues.fire(moved, actor, "open", changes, chain=chain)
    due = state.now() + timedelta(seconds=COPY_SECONDS)
    issues.copies.waiting.append((due, issue, moved))
    return moved


def _milestone(source: Project, target: Project, number: int | None) -> int | None:
    """Only one of the same title is kept."""
    held = source.milestones.get(number or 0)
    same = [item.id for item in target.milestones.values() if held and item.title == held.title]
    return same[0] if same else None


def _uploads(state: State, source: Project, target: Project, text: str) -> str:
    """Files are copied, and the text names the copies."""

    def copied(match: re.Match[str]) -> str:
        for upload in source.uploads.values():
            if upload.secret == match[1]:
                made = Upload(
                    state.next_id("upload"),
                    target.id,
                    state.next_sha()[:32],
                    upload.filename,
                    upload.content,
                    upload.user_id,
                    state.now(),
                )
                target.uploads[made.id] = made
                return f"/uploads/{made.secret}/{made.filename}"
        return match.group()

    return UPLOAD.sub(copied, text)
