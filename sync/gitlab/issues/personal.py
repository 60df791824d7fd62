"""Comments and time under the name of who wrote them, where they connected their account.

The mark behind a text is the same in anybody's name: by it what we wrote is found again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from sync.core.issue_sync.model import Author
from sync.core.issue_sync.writes import (
    AddComment,
    AddTime,
    DeleteComment,
    DeleteTime,
    EditComment,
    Outcome,
)
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues import comments, time_log
from sync.gitlab.issues.asking import Instance
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


def _as(reader: IssueReader, personal: GitLab, own_id: str) -> IssueReader:
    """Return a reader that asks in a person's name, and learns nothing of who we are by it."""
    instance = Instance(lacking=reader.instance.lacking, own_id=own_id)
    return replace(reader, client=personal, instance=instance)
