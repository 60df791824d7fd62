"""Webhook bodies about comments and emoji, on whatever they were left. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#comment-events
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.emulators.gitlab.entities import Commit, MergeRequest, Note, Project, User
from tests.emulators.gitlab.issue_payloads import issue_attributes, issue_url, kind
from tests.emulators.gitlab.parts import (
    commit_part,
    hook_time,
    person,
    project_part,
    project_url,
    repository_part,
)
from tests.emulators.gitlab.payloads import merge_request_attributes
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Award, Issue, Snippet

Thing = MergeRequest | Issue | Commit | Snippet
ACTION_SINCE = (16, 11)


@dataclass(frozen=True)
class Topic:
    """What a comment or an emoji is on. `key`: where its `part` stands in the body."""

    kind: str
    number: int | None
    key: str
    part: dict
    url: str


def topic(state: State, place: Project, thing: Thing) -> Topic:
    url = project_url(state, place)
    match thing:
        case MergeRequest():
            part = merge_request_attributes(state, place, thing)
            link = f"{url}/-/merge_requests/{thing.iid}"
            return Topic("MergeRequest", thing.id, "merge_request", part, link)
        case Issue():
            part = issue_attributes(state, place, thing)
            return Topic("Issue", thing.id, "issue", part, issue_url(state, thing))
        case Snippet():
            link = f"{url}/-/snippets/{thing.id}"
            return Topic("Snippet", thing.id, "snippet", _snippet(place, thing, link), link)
    part = commit_part(state, place, thing)
    return Topic("Commit", None, "commit", part, part["url"])


def _snippet(place: Project, one: Snippet, url: str) -> dict:
    return {
        "id": one.id,
        "title": one.title,
        "content": one.content,
        "author_id": one.author_id,
        "project_id": place.id,
        "created_at": hook_time(one.created_at),
        "updated_at": hook_time(one.created_at),
        "file_name": "snippet.txt",
        "type": "ProjectSnippet",
        "visibility_level": 0,
        "description": one.description,
        "url": url,
    }


def is_hidden(thing: Thing, remark: Note) -> bool:
    """Internal comments, and all comments on confidential issues, go to Confidential Note Hook."""
    return remark.internal or (isinstance(thing, Issue) and thing.confidential)


def note(
    state: State, place: Project, thing: Thing, remark: Note, actor: User, action: str = "create"
) -> dict:
    """`action`: create or update, told since 16.11. A request beside it has no action at all."""
    about = topic(state, place, thing)
    attributes = note_attributes(place, about, thing, remark)
    if state.at_least(*ACTION_SINCE):
        attributes["action"] = action
    return {
        "object_kind": "note",
        "event_type": "confidential_note" if is_hidden(thing, remark) else "note",
        "user": person(actor),
        "project_id": place.id,
        "project": project_part(state, place),
        "object_attributes": attributes,
        "repository": repository_part(state, place),
        about.key: about.part,
    }


def note_attributes(place: Project, about: Topic, thing: Thing, remark: Note) -> dict:
    return {
        "attachment": None,
        "author_id": remark.author_id,
        "change_position": None,
        "commit_id": thing.id if isinstance(thing, Commit) else None,
        "created_at": hook_time(remark.created_at),
        "discussion_id": remark.discussion_id,
        "id": remark.id,
        "line_code": _line_code(remark),
        "note": remark.body,
        "noteable_id": about.number,
        "noteable_type": about.kind,
        "original_position": remark.position,
        "position": remark.position,
        "project_id": place.id,
        "resolved_at": None,
        "resolved_by_id": None,
        "resolved_by_push": None,
        "st_diff": None,
        "system": remark.system,
        "type": remark.kind,
        "updated_at": hook_time(remark.updated_at or remark.created_at),
        "updated_by_id": remark.updated_by_id,
        "description": remark.body,
        "url": f"{about.url}#note_{remark.id}",
    }


def _line_code(remark: Note) -> str | None:
    return f"{remark.discussion_id}_0_{remark.position['new_line']}" if remark.position else None


def emoji(state: State, place: Project, award: Award, action: str) -> dict:
    """`action`: award or revoke. An emoji on a work item says `work_item`, not `issue`."""
    about = topic(state, place, award.thing)
    key = kind(award.thing) if isinstance(award.thing, Issue) else about.key
    on = f"{about.url}#note_{award.note.id}" if award.note else about.url
    body = {
        "object_kind": "emoji",
        "event_type": action,
        "user": person(state.users[award.user_id]),
        "project_id": place.id,
        "project": project_part(state, place),
        "object_attributes": {
            "user_id": award.user_id,
            "created_at": hook_time(award.created_at),
            "id": award.id,
            "name": award.name,
            "awardable_type": "Note" if award.note else about.kind,
            "awardable_id": award.note.id if award.note else about.number,
            "updated_at": hook_time(award.created_at),
            "action": action,
            "awarded_on_url": on,
        },
    }
    if award.note:
        body["note"] = note_attributes(place, about, award.thing, award.note)
    return body | {key: about.part}
