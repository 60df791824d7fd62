"""An issue in the terms of two-way links: its values, comments, time and files. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from sync.core.issue_sync.key_marks import without_definition
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LINKS,
    PARENT,
    PRIORITY,
    SPRINT,
    STATUS,
    TAGS,
    TITLE,
    Absence,
    Comment,
    File,
    Item,
    ItemAddress,
    TimeEntry,
    Unreachable,
    Value,
)
from sync.gitlab.issues.keys import FILE, unmarked
from sync.gitlab.issues.options import (
    ITERATIONS,
    MILESTONES,
    PRIORITY_SCOPE,
    WORKFLOW_SCOPE,
    IssueOptions,
)
from sync.gitlab.issues.rows import IssueRow, NoteRow, TimelogRow
from sync.gitlab.issues.titles import plain
from sync.text.markdown.checklists import checklist_of, without_checklist

OPENED, CLOSED = "opened", "closed"  # of an issue without a status of its own
UPLOAD = re.compile(r"/uploads/(?P<secret>[0-9a-f]{32})/(?P<name>[^\s)\]\"'<>]+)")


def in_scope(label: str, scope: str) -> bool:
    """Tell whether a label is `scope::…`. https://docs.gitlab.com/user/project/labels/"""
    return label.startswith(f"{scope}::")


def closes(label: str, options: IssueOptions) -> bool:
    """Tell whether a label `workflow::…` is that of a closed issue."""
    return label.removeprefix(f"{WORKFLOW_SCOPE}::").lower() in options.closed_workflows


def label_status(row: IssueRow, options: IssueOptions) -> str:
    """Return the label that says the status; the state where none fits it."""
    labels = sorted(label for label in row.labels if in_scope(label, WORKFLOW_SCOPE))
    fitting = [label for label in labels if closes(label, options) == row.closed]
    return fitting[0] if fitting else CLOSED if row.closed else OPENED


def reserved(label: str, options: IssueOptions, *, has_status: bool) -> bool:
    """Tell whether a label says something else than a tag."""
    scopes = (PRIORITY_SCOPE,) if has_status else (PRIORITY_SCOPE, WORKFLOW_SCOPE)
    return any(in_scope(label, scope) for scope in (*scopes, *options.scopes))


def values_of(row: IssueRow, options: IssueOptions, *, has_status: bool) -> dict[str, Value]:
    """Return the fields that an answer tells. `has_status`: statuses are the namespace's own.

    A status is left out where the answer cannot tell it.
    """
    priorities = sorted(label for label in row.labels if in_scope(label, PRIORITY_SCOPE))
    values: dict[str, Value] = {
        TITLE: plain(row.title),
        DESCRIPTION: without_definition(row.description)[0],
        ASSIGNEES: frozenset(row.assignees),
        PRIORITY: priorities[0] if priorities else None,
        DEADLINE: row.due_date,
        TAGS: frozenset(
            label for label in row.labels if not reserved(label, options, has_status=has_status)
        ),
        ESTIMATE: row.estimate or None,
    }
    if row.status is not None:
        values[STATUS] = row.status.id
    elif not has_status:
        values[STATUS] = label_status(row, options)
    if options.sprint == MILESTONES:
        values[SPRINT] = row.milestone
    if options.checklist:
        text = str(values[DESCRIPTION])
        values[DESCRIPTION] = without_checklist(text)
        values[CHECKLIST] = checklist_of(text) or None
    return values | scoped_values(row, options)


def scoped_values(row: IssueRow, options: IssueOptions) -> dict[str, Value]:
    """Return the fields that labels stand for: of several in a scope the first by its name."""
    return {
        f"{CUSTOM}{scope}": next(
            (
                label.removeprefix(f"{scope}::")
                for label in sorted(row.labels)
                if in_scope(label, scope)
            ),
            None,
        )
        for scope in options.scopes
    }


def work_item_values(row: IssueRow, options: IssueOptions) -> dict[str, Value]:
    """Return the fields of a work item, whose answer tells what REST does not.

    What a licence that went does not show any more is left out: nobody emptied it.
    """
    values = values_of(row, options, has_status=row.has_status)
    if options.parents and row.has_parent:
        values[PARENT] = row.parent
    if options.sprint == ITERATIONS and row.has_iteration:
        values[SPRINT] = row.iteration
    if row.links is not None:
        values[LINKS] = row.links
    if options.custom_fields:
        values |= {f"{CUSTOM}{name}": value for name, value in row.custom.items()}
    return values


def hidden_row(row: IssueRow, options: IssueOptions) -> Unreachable | None:
    """Return why a row is given to nobody, or None where it may be."""
    if not row.confidential or options.confidential:
        return None
    return Unreachable(address_of(row), Absence.CONFIDENTIAL, "The issue is confidential")


def item_of(row: IssueRow, values: dict[str, Value], options: IssueOptions) -> Item:
    """Return the item of a row with these values."""
    edited: dict[str, datetime] = {DESCRIPTION: row.edited_at} if row.edited_at else {}
    return Item(
        address=address_of(row),
        values=values,
        author=row.author,
        created_at=row.created_at,
        updated_at=row.updated_at,
        url=row.url,
        kind=row.kind,
        confidential=row.confidential,
        comments=comments_of(row.notes) if options.comments and row.notes is not None else None,
        time=time_of(row.timelogs) if options.time and row.timelogs is not None else None,
        files=files_of(row) if options.files and row.notes is not None else None,
        edited_at=edited,
        moved_to=row.moved_to,
        key=without_definition(row.description)[1],
        version=row.updated_at.isoformat(),
        milestone=row.milestone_title,
    )


def address_of(row: IssueRow) -> ItemAddress:
    """Return where an issue is now."""
    return ItemAddress(row.id, row.project_id, row.iid)


def comments_of(notes: Iterable[NoteRow]) -> tuple[Comment, ...]:
    """Return the comments, without those of ours that only show a file."""
    return tuple(comment_of(note) for note in notes if unmarked(note.body)[2] != FILE)


def comment_of(note: NoteRow) -> Comment:
    """Return a comment with its text as it was before our key was put behind it."""
    body, key, _ = unmarked(note.body)
    return Comment(note.id, note.author, body, note.created_at, note.edited_at, note.internal, key)


def time_of(entries: Iterable[TimelogRow]) -> tuple[TimeEntry, ...]:
    """Return logged work; seconds are negative where time was taken back."""
    return tuple(entry_of(entry) for entry in entries)


def entry_of(entry: TimelogRow) -> TimeEntry:
    """Return one entry of time."""
    summary, key, _ = unmarked(entry.summary)
    return TimeEntry(entry.id, entry.author, entry.seconds, entry.on, summary, key)


def files_of(row: IssueRow) -> tuple[File, ...]:
    """Return the uploads that the description and the comments name, each once.

    A comment of ours that shows a copied file gives it its key.
    """
    files: dict[str, File] = {}
    texts = [(row.description, "", ""), *(unmarked(note.body) for note in row.notes or ())]
    for body, key, kind in texts:
        for match in UPLOAD.finditer(body):
            file_id = f"{match['secret']}/{match['name']}"
            own = key if kind == FILE else ""
            if file_id not in files or own:
                files[file_id] = File(file_id, match["name"], reference=match.group(), key=own)
    return tuple(files.values())
