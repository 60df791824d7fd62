"""An answer about an issue in the terms of two-way links. Pure.

An empty description is null, and `resolved` may be some milliseconds after `updated`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sync.core.issue_sync.key_marks import without_definition
from sync.core.issue_sync.model import (
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    LINKS,
    PARENT,
    SPRINT,
    TAGS,
    TITLE,
    Author,
    Comment,
    File,
    Item,
    ItemAddress,
    TimeEntry,
    Value,
)
from sync.core.issue_sync.sets import as_set
from sync.text import markdown, wiki
from sync.youtrack.issues import item_links
from sync.youtrack.issues.fields import (
    FieldFacts,
    by_purpose,
    issue_field,
    project_field,
    read_value,
)
from sync.youtrack.issues.keys import unmarked
from sync.youtrack.issues.options import IssueOptions
from sync.youtrack.json_fields import mapping, mappings, moment, text, whole

__all__ = ["FieldFacts", "issue_field", "project_field"]

_NEVER = datetime.min.replace(tzinfo=UTC)
_USER = "id,login,fullName"
COMMENT = f"id,text,usesMarkdown,created,updated,deleted,author({_USER}),visibility($type)"
FILE = "id,name,size,removed,visibility($type),comment(deleted,visibility($type))"
WORK = f"id,date,text,duration(minutes),author({_USER}),creator(id),type(name),issue(id)"
FIELD = (
    "id,name,$type,value(id,name,login,minutes,text),possibleEvents(id,presentation),"
    "projectCustomField(id,field(id,name,fieldType(id)))"
)
BASIC = (
    f"id,idReadable,summary,description,usesMarkdown,created,updated,resolved,project(id,shortName,archived),"
    "visibility($type),updater(id),"
    f"reporter({_USER}),tags(id,name),customFields({FIELD})"
)
WHOLE = f"{BASIC},comments({COMMENT}),attachments({FILE})"
SPRINTS = "id,name"


def with_planning(fields: str, options: IssueOptions) -> str:
    """Return a selection with links and sprints, where those are kept in step."""
    more = [f"links({item_links.FIELDS})"] if options.links or options.parents else []
    more += [f"sprints({SPRINTS})"] if options.sprints else []
    return ",".join([fields, *more])


def layout_of(row: Mapping[str, Any], options: IssueOptions) -> dict[str, FieldFacts]:
    """Return the issue's custom fields by their purpose."""
    return by_purpose(map(issue_field, mappings(row.get("customFields"))), options)


def values_of(row: Mapping[str, Any], options: IssueOptions) -> dict[str, Value]:
    """Return the fields that an answer tells; its sprint, where the reader put one in."""
    values: dict[str, Value] = {
        TITLE: text(row.get("summary")),
        DESCRIPTION: _markdown_of(row, *without_definition(text(row.get("description")))),
        TAGS: frozenset(text(tag.get("name")) for tag in mappings(row.get("tags"))),
    }
    stored = {text(each.get("id")): each.get("value") for each in mappings(row.get("customFields"))}
    for purpose, field in layout_of(row, options).items():
        if options.custom_fields or ":" not in purpose:
            value = read_value(field, stored.get(field.id))
            if purpose == "assignees" and not field.several:
                value = frozenset({str(value)}) if value else frozenset()
            if purpose == DEADLINE and value:
                value = str(value)[:10]  # of a field that holds the hour, too
            if purpose.startswith(CUSTOM) and field.is_choice:
                value = as_set(value) or None
            values[purpose] = value
    if options.links and "links" in row:
        values[LINKS] = item_links.links_of(row)
    if options.parents and "links" in row:
        values[PARENT] = item_links.parent_of(row)
    if options.sprints and SPRINT in row:
        values[SPRINT] = row[SPRINT]
    return values


def is_old_wiki(row: Mapping[str, Any], body: str, key: str) -> bool:
    """Tell whether a text is old wiki markup; where the answer does not say it, by its braces.

    What has a key of ours is our own Markdown.
    """
    flag = row.get("usesMarkdown")
    return not key and (not flag if isinstance(flag, bool) else wiki.is_old_wiki(body))


def _markdown_of(row: Mapping[str, Any], body: str, key: str) -> str:
    if not body or not is_old_wiki(row, body, key):
        return body
    return markdown.write(wiki.read(body), markdown.YOUTRACK)


def author_of(value: object, own_id: str, by: object = None) -> Author:
    """Return who wrote something; `by`: the account that stored it, where it may differ."""
    row = mapping(value)
    user_id = text(row.get("id"))
    stored_by = text(mapping(by).get("id")) or user_id
    login = text(row.get("login"))
    name = text(row.get("fullName")) or login
    return Author(user_id, name, bool(own_id) and stored_by == own_id, login)


def is_limited(row: Mapping[str, Any]) -> bool:
    """Tell whether only some of the project's people see an issue, a comment or a file.

    A kind of visibility that is unknown limits: what it hides must not cross.
    """
    kind = text(mapping(row.get("visibility")).get("$type"))
    return bool(kind) and not kind.endswith("UnlimitedVisibility")


def address_of(row: Mapping[str, Any]) -> ItemAddress:
    """Return where an issue is now; the number is the readable id, which changes with it."""
    project = mapping(row.get("project"))
    return ItemAddress(text(row.get("id")), text(project.get("id")), text(row.get("idReadable")))


def item_of(
    row: Mapping[str, Any],
    own_id: str,
    options: IssueOptions,
    base_url: str,
    work: tuple[TimeEntry, ...] | None = None,
) -> Item:
    """Return the item of an answer. `work`: its logged work, None where it was not read."""
    has_entries = "comments" in row
    comments = [each for each in mappings(row.get("comments")) if each.get("deleted") is not True]
    files = [each for each in mappings(row.get("attachments")) if _is_there(each)]
    readable = text(row.get("idReadable"))
    return Item(
        address=address_of(row),
        values=values_of(row, options),
        author=author_of(row.get("reporter"), own_id),
        created_at=moment(row.get("created")) or _NEVER,
        updated_at=moment(row.get("updated")) or _NEVER,
        url=f"{base_url}/issue/{readable}" if readable else "",
        confidential=is_limited(row),
        comments=tuple(comment_of(each, own_id) for each in comments)
        if options.comments and has_entries
        else None,
        time=work if options.time else None,
        files=tuple(map(file_of, files)) if options.files and has_entries else None,
        key=without_definition(text(row.get("description")))[1],
    )


def comment_of(row: Mapping[str, Any], own_id: str) -> Comment:
    """Return a comment with its text as it was before our key was put behind it."""
    body, key = unmarked(text(row.get("text")))
    return Comment(
        text(row.get("id")),
        author_of(row.get("author"), own_id),
        _markdown_of(row, body, key),
        moment(row.get("created")) or _NEVER,
        moment(row.get("updated")),
        is_limited(row),
        key,
    )


def entry_of(row: Mapping[str, Any], own_id: str) -> TimeEntry:
    """Return logged work. Its `creator` booked it, whoever the author is: echoes show by it."""
    words, key = unmarked(text(row.get("text")))
    return TimeEntry(
        text(row.get("id")),
        author_of(row.get("author"), own_id, row.get("creator")),
        (whole(mapping(row.get("duration")).get("minutes")) or 0) * 60,
        (moment(row.get("date")) or _NEVER).date(),
        words,
        key,
        text(mapping(row.get("type")).get("name")),
    )


def file_of(row: Mapping[str, Any]) -> File:
    """Return a file; texts name it by its stored name. Who sees its comment alone sees it."""
    stored = text(row.get("name"))
    name, key = unmarked(stored)
    is_internal = is_limited(row) or is_limited(mapping(row.get("comment")))
    size = whole(row.get("size"))
    return File(text(row.get("id")), name, size, stored, key, internal=is_internal)


def _is_there(row: Mapping[str, Any]) -> bool:
    """Tell whether a file is shown: one of a comment goes with it."""
    return row.get("removed") is not True and mapping(row.get("comment")).get("deleted") is not True
