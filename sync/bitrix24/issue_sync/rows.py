"""Rows of tasks, messages, comments, logged work and files as values of the core. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from urllib.parse import quote, unquote

from sync.bitrix24.issue_sync.marks import mark_key, unmarked
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.bitrix24.issue_sync.signatures import parted
from sync.bitrix24.issue_sync.values import XML_PREFIX, read_description, read_text, read_values
from sync.bitrix24.rest.batch import as_int, as_mapping
from sync.core.issue_sync.model import (
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    PRIORITY,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Author,
    Comment,
    File,
    Item,
    ItemAddress,
    TimeEntry,
)
from sync.text.chars import JOINER

_CHAT_FILE = re.compile(r"\[disk=(\d{1,18})\]", re.IGNORECASE)
_TASK_FILE = re.compile(r"\[DISK FILE ID=n(\d{1,18})\]", re.IGNORECASE)
# What acts on people or sends commands when it stands in a message.
# https://apidocs.bitrix24.com/api-reference/chats/messages/formatting.html
_ACTIVE = re.compile(r"\[(?=/?(?:user=all|send|put|call|context|chat)\b)", re.IGNORECASE)
HISTORY_FIELDS = {
    "TITLE": TITLE,
    "DESCRIPTION": DESCRIPTION,
    "DEADLINE": DEADLINE,
    "PRIORITY": PRIORITY,
    "STATUS": STATUS,
    "STAGE": STAGE,
    "TAGS": TAGS,
    "TIME_ESTIMATE": ESTIMATE,
}
FOLDER_PREFIX = "b24bridge "
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReadingSide:
    """What every row is read with: our user's number, the portal's address, what is kept.

    `columns`: the first column of each workgroup, 0 where it has none that we see. `signatures`:
    by task, the line behind its description that names its author; what is read is added.
    """

    user_id: int
    url: str  # of the portal's pages, with a slash at its end
    options: TaskOptions
    columns: Mapping[int, int] = field(default_factory=dict)
    signatures: MutableMapping[int, str] = field(default_factory=dict)


def parse_item(row: Mapping[str, Any], side: ReadingSide) -> Item:
    """Build an item of a task's row, without comments, time and files.

    A task that nobody moved yet has no column and stands in the first one.
    """
    task_id, group_id = str(as_int(row["id"])), str(as_int(row.get("groupId")) or "")
    values = read_values(row, side.options)
    if line := parted(read_description(row))[1]:
        side.signatures[int(task_id)] = line
    else:
        side.signatures.pop(int(task_id), None)
    if values[STAGE] is None and (first := side.columns.get(as_int(group_id))):
        values[STAGE] = str(first)
    changed_at = read_moment(row.get("statusChangedDate"))
    xml_id = str(row.get("xmlId") or "")
    key = xml_id.removeprefix(XML_PREFIX) if xml_id.startswith(XML_PREFIX) else ""
    author = parse_person(row.get("creator"), row.get("createdBy"))
    return Item(
        address=ItemAddress(task_id, group_id, task_id),
        values=values,
        author=_writer(author, key, side),
        created_at=read_moment(row.get("createdDate")) or NEVER,
        updated_at=read_moment(row.get("changedDate")) or NEVER,
        url=f"{side.url}{_page(group_id, side.user_id)}tasks/task/view/{task_id}/",
        kind="task",
        edited_at={STATUS: changed_at} if changed_at else {},
        key=key,
        active_at=read_moment(row.get("activityDate")),
        version=version_of(row),
    )


def version_of(row: Mapping[str, Any]) -> str:
    """Return what is other whenever a task was edited, talked about, or had work logged.

    No event tells of logged work: its sum does. An edited message changes nothing of it.
    """
    worked = as_int(row.get("timeSpentInLogs"))
    return f"{row.get('changedDate') or ''} {row.get('activityDate') or ''} {worked}"


def _page(group_id: str, user_id: int) -> str:
    return f"workgroups/group/{group_id}/" if group_id else f"company/personal/user/{user_id}/"


def parse_person(person: Any, person_id: Any) -> Author:
    """Build an author of the person beside an id, where the answer has one."""
    number = as_int(person_id) or as_int(as_mapping(person).get("id"))
    name = unescape(str(as_mapping(person).get("name") or ""))
    return Author(str(number) if number else "", name)


def parse_editors(result: Any) -> dict[str, str]:
    """Return who last edited each field, from a history whose newest row comes first."""
    editors: dict[str, str] = {}
    for row in as_mapping(result).get("list") or ():
        name = HISTORY_FIELDS.get(str(as_mapping(row).get("field")))
        if name:
            editors.setdefault(name, parse_person(row.get("user"), None).id)
    return editors


def read_moment(value: Any) -> datetime | None:
    """Return a date of the portal in UTC; None where there is none, or no offset with it."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def parse_messages(
    result: Any, side: ReadingSide, skipped: Collection[int]
) -> dict[int, Comment | None]:
    """Build the comments of `im.dialog.messages.get` by their numbers; None for what is none.

    The portal's own notes have the author 0; a deleted message may stay without its text.
    """
    users = as_mapping(result).get("users")
    names = {as_int(user.get("id")): user for user in users or () if isinstance(user, dict)}
    comments: dict[int, Comment | None] = {}
    for row in as_mapping(result).get("messages") or ():
        number = as_int(row.get("id")) if isinstance(row, dict) else 0
        if number:
            silent = not as_int(row.get("author_id")) or number in skipped
            deleted = as_mapping(row.get("params")).get("IS_DELETED") == "Y"
            comments[number] = None if silent or deleted else _message(row, names, side)
    return comments


def _message(row: Mapping[str, Any], names: Mapping[int, Any], side: ReadingSide) -> Comment:
    params = as_mapping(row.get("params"))
    text, key = unmarked(read_message(row.get("text")))
    pictures = [f"[DISK FILE ID=n{number}]" for number in _file_numbers(row) if number]
    at = read_moment(row.get("date")) or NEVER  # the portal does not say when it was edited
    author = parse_person(names.get(as_int(row.get("author_id"))), row.get("author_id"))
    return Comment(
        id=str(row["id"]),
        author=_writer(author, key, side),
        text="\n".join([part for part in (text, *pictures) if part]),
        at=at,
        edited_at=at if params.get("IS_EDITED") == "Y" else None,
        key=key if author.id == str(side.user_id) else "",
    )


def _writer(author: Author, key: str, side: ReadingSide) -> Author:
    """Return who wrote a message: our account may be a person's, so only with a key it is us."""
    return replace(author, is_bridge=bool(key) and author.id == str(side.user_id))


def read_message(value: Any) -> str:
    """Return a message's text with files named as descriptions name them."""
    text = str(value or "").replace("\r\n", "\n")
    if text.startswith(f"{JOINER}/"):
        text = text[1:]
    return _CHAT_FILE.sub(r"[DISK FILE ID=n\1]", text)


def write_message(text: str) -> str:
    """Return a text as a message in which nothing acts: no commands, no call to everybody."""
    text = _ACTIVE.sub("[" + JOINER, _TASK_FILE.sub(r"[disk=\1]", text))
    return JOINER + text if text.startswith("/") else text


def parse_comments(rows: Any, side: ReadingSide, skipped: Collection[int]) -> list[Comment]:
    """Build the comments of the old card, oldest first."""
    comments = []
    for row in rows or ():
        number = as_int(row.get("ID")) if isinstance(row, dict) else 0
        if not number or number in skipped:
            continue
        text, key = unmarked(str(row.get("POST_MESSAGE") or "").replace("\r\n", "\n"))
        author = Author(str(as_int(row.get("AUTHOR_ID"))), unescape(str(row.get("AUTHOR_NAME"))))
        comments.append(
            Comment(
                id=str(number),
                author=_writer(author, key, side),
                text=text,
                at=read_moment(row.get("POST_DATE")) or NEVER,
                key=key if author.id == str(side.user_id) else "",
            )
        )
    return sorted(comments, key=lambda comment: int(comment.id))


def parse_entries(rows: Any, task_id: int) -> list[TimeEntry]:
    """Build the entries of `task.elapseditem.getlist` of a task, oldest first.

    CREATED_DATE is the day of the work, in the portal's time.
    """
    own = [r for r in rows or () if isinstance(r, dict) and as_int(r.get("TASK_ID")) == task_id]
    return sorted(map(_entry, own), key=lambda entry: int(entry.id))


def _entry(row: Mapping[str, Any]) -> TimeEntry:
    """Build an entry. With a key it is ours, whoever's time it is."""
    text, key = unmarked(read_text(row.get("COMMENT_TEXT")))
    return TimeEntry(
        id=str(as_int(row["ID"])),
        author=Author(str(as_int(row.get("USER_ID"))), "", bool(key)),
        seconds=as_int(row.get("SECONDS")),
        on=_day(row.get("CREATED_DATE")),
        text=text,
        key=key,
    )


def _day(value: Any) -> date:
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        return NEVER.date()


def attachment_ids(row: Mapping[str, Any]) -> list[int]:
    """Return the attachments of a task's row; the portal says false for none."""
    value = row.get("ufTaskWebdavFiles")
    items: Iterable[Any] = value.values() if isinstance(value, dict) else value or ()
    return sorted({as_int(item) for item in items} - {0})


def parse_attachment(result: Any, folder: Any = None) -> File | None:
    """Build a file of `disk.attachedObject.get`; texts name it by either number.

    `folder`: that of the file; where we made it, its name is the key of the write.
    """
    row = as_mapping(result)
    if not as_int(row.get("ID")):
        return None
    reference = f"n{as_int(row.get('OBJECT_ID'))}"
    size = as_int(row["SIZE"]) if row.get("SIZE") is not None else None
    name = unescape(str(row.get("NAME") or ""))
    author_id = str(as_int(row.get("CREATED_BY")) or "")
    return File(str(as_int(row["ID"])), name, size, reference, read_folder(folder), author_id)


def folder_name(key: str) -> str:
    """Return the name of the folder in which a file of ours lies."""
    return FOLDER_PREFIX + quote(mark_key(key), safe=" ")


def read_folder(folder: Any) -> str:
    """Return the key in the name of a folder, "" where it is none of ours."""
    name = str(as_mapping(folder).get("NAME") or "")
    return unquote(name.removeprefix(FOLDER_PREFIX)) if name.startswith(FOLDER_PREFIX) else ""


def parse_chat_files(result: Any) -> list[File]:
    """Build the files of a page of messages: files of the drive, which have no attachment."""
    page = as_mapping(result)
    rows = [row for row in page.get("files") or () if isinstance(row, dict)]
    authors = {
        number: str(as_int(message.get("author_id")) or "")
        for message in page.get("messages") or ()
        if isinstance(message, dict)
        for number in _file_numbers(message)
    }
    return [
        File(
            f"n{number}",
            str(row.get("name") or ""),
            as_int(row.get("size")) or None,
            f"n{number}",
            author_id=authors.get(number, ""),
        )
        for row in rows
        if (number := as_int(row.get("id")))
    ]


def _file_numbers(message: Mapping[str, Any]) -> list[int]:
    files = as_mapping(message.get("params")).get("FILE_ID") or ()
    return [as_int(each) for each in (files.values() if isinstance(files, dict) else files)]
