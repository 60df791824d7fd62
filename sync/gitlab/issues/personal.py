"""Issues, edits, comments, time and files under the name of who wrote them, with their own account.

The mark behind a text is the same in anybody's name: by it what we wrote is found again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sync.core.issue_sync.model import Author, ItemAddress
from sync.core.issue_sync.writes import (
    AddComment,
    AddFile,
    AddTime,
    Change,
    CreateItem,
    DeleteComment,
    DeleteTime,
    Done,
    EditComment,
    Outcome,
    UpdateItem,
)
from sync.errors import SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues import comments, files, time_log
from sync.gitlab.issues.asking import Instance
from sync.gitlab.issues.changes import initial
from sync.gitlab.issues.items import ItemWriter
from sync.gitlab.issues.own_accounts import OwnAccounts
from sync.gitlab.issues.reading import IssueReader


def write_comment(
    reader: IssueReader, accounts: OwnAccounts, write: AddComment | EditComment | DeleteComment
) -> Outcome:
    """Add, edit or delete a comment. Raises SyncError."""
    client, own_id = reader.client, reader.own_id()
    match write:
        case AddComment():
            own = replace(write, text=write.own_text)
            return accounts.write(
                write.person,
                lambda personal: comments.add(personal, own_id, own),
                lambda: comments.add(client, own_id, write),
            )
        case EditComment():
            return _edit(reader, accounts, write)
        case DeleteComment():
            return accounts.help_out(
                write.person,
                lambda: comments.delete(client, write),
                lambda personal: comments.delete(personal, write),
            )
        case _:
            assert_never(write)


def _edit(reader: IssueReader, accounts: OwnAccounts, write: EditComment) -> Outcome:
    """Edit a comment in the name under which it stands: another's text names nobody.

    A Maintainer may edit what others wrote, so we do where its author has no account any more.
    https://docs.gitlab.com/user/discussions/#edit-a-comment
    """
    client, own_id = reader.client, reader.own_id()
    key, author_id = reader.instance.notes.get(write.comment_id) or comments.read_key(client, write)
    if author_id == own_id:
        return comments.edit(client, own_id, write, key)
    own = replace(write, text=write.own_text or write.text)
    writer = write.person if accounts.wrote(write.person, author_id) else ""
    return accounts.write(
        writer,
        lambda personal: comments.edit(personal, own_id, own, key),
        lambda: comments.edit(client, own_id, own, key),
    )


def create_item(
    items: ItemWriter, accounts: OwnAccounts, write: CreateItem, existing: ItemAddress | None
) -> Outcome:
    """Create an issue in its author's name. Raises SyncError."""

    def create(personal: GitLab) -> Outcome:
        outcome = _writer(items, personal).create(replace(write, author=None), None)
        return _completed(items, outcome, initial(write.values))

    if existing is not None:
        return items.create(write, existing)
    return accounts.write(write.person, create, lambda: items.create(write, None))


def update_item(items: ItemWriter, accounts: OwnAccounts, write: UpdateItem) -> Outcome:
    """Change fields in the name of who edited them. Raises SyncError."""

    def update(personal: GitLab) -> Outcome:
        outcome = _writer(items, personal).update(write)
        return _completed(items, outcome, write.changes)

    return accounts.write(write.person, update, lambda: items.update(write))


def _writer(items: ItemWriter, personal: GitLab) -> ItemWriter:
    return ItemWriter(_as(items.reader, personal, items.reader.own_id()))


def _completed(items: ItemWriter, outcome: Outcome, changes: Mapping[str, Change]) -> Outcome:
    """Write as us what a person with fewer rights could not: GitLab leaves it out in silence."""
    if not isinstance(outcome, Done) or outcome.item is None or not outcome.dropped:
        return outcome
    left = {name: changes[name] for name in outcome.dropped if name in changes}
    if not left:
        return outcome
    before = {name: outcome.item.values.get(name) for name in left}
    try:
        again = items.update(UpdateItem("", outcome.item.address, left, before))
    except SyncError:
        return outcome
    if not isinstance(again, Done) or again.item is None:
        return outcome
    values = {**outcome.item.values, **again.item.values}
    return replace(outcome, item=replace(again.item, values=values), dropped=again.dropped)


def write_time(
    reader: IssueReader, accounts: OwnAccounts, write: AddTime | DeleteTime, now: datetime
) -> Outcome:
    """Log work, or delete what was logged. Raises SyncError."""
    own_id = reader.own_id()
    match write:
        case AddTime():
            own = replace(
                write, text=write.own_text, author=Author(accounts.ids.get(write.person, ""))
            )
            return accounts.write(
                write.person,
                lambda personal: time_log.add(_as(reader, personal, own_id), own, now),
                lambda: time_log.add(reader, write, now),
            )
        case DeleteTime():
            return accounts.help_out(
                write.person,
                lambda: time_log.delete(reader, write),
                lambda personal: time_log.delete(_as(reader, personal, own_id), write),
            )
        case _:
            assert_never(write)


def add_file(
    reader: IssueReader, accounts: OwnAccounts, write: AddFile, fetch: files.Fetch
) -> Outcome:
    """Upload a file, in the name of who added it. Raises SyncError."""
    most, own_id = reader.options.max_file_bytes, reader.own_id()
    return accounts.write(
        write.person,
        lambda personal: files.add(personal, own_id, write, fetch, most),
        lambda: files.add(reader.client, own_id, write, fetch, most),
    )


def _as(reader: IssueReader, personal: GitLab, own_id: str) -> IssueReader:
    """Return a reader that asks in a person's name, and learns nothing of who we are by it."""
    shared = reader.instance
    instance = Instance(lacking=shared.lacking, own_id=own_id, footers=shared.footers)
    return replace(reader, client=personal, instance=instance)
