"""Issues, milestones, wiki pages and whatever else a project has, as hooks tell them. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync.core.model.activity import Resource
from sync.core.model.common import Project
from sync.core.model.kinds import Kind
from sync.gitlab.json_fields import (
    UnreadablePayload,
    exact_timestamp,
    mapping,
    mappings,
    person,
    positive_int,
    require,
    require_kind,
    start_of_day,
    text,
    timestamp,
    web_url,
)
from sync.gitlab.webhooks.comments import is_internal
from sync.gitlab.webhooks.merge_requests import event_labels, refuse_sample, replaced_values
from sync.gitlab.webhooks.projects import hook_owner, hook_project, project_at_url
from sync.gitlab.webhooks.samples import refuse_made_up_vulnerability

# object_kind -> the kind, and the page that such things have.
_ISSUES = {"issue": (Kind.ISSUE, "issues"), "work_item": (Kind.WORK_ITEM, "work_items")}
_STATE_IDS = {1: "opened", 2: "closed"}
_ISSUE_FIELDS = {
    "title": "title", "description": "text", "labels": "labels", "state_id": "state",
}  # fmt: skip
_EMOJI_TARGETS = ("note", "merge_request", "issue", "work_item", "snippet", "commit")
# What the Test buttons make up: the first emoji of the instance, on a comment, and a token.
# See app/services/concerns/integrations/project_test_data.rb in GitLab's source.
_SAMPLE_EMOJI, _SAMPLE_TOKEN = "thumbsup", "pat_for_webhook_event"
# A token's object_kind -> (what tells its ids from those of the other kind, where it is renewed).
_TOKENS = {
    "access_token": ("", "settings/access_tokens"),
    "deploy_token": ("deploy/", "settings/repository"),
}


def parse_issue(payload: dict[str, Any], connection_id: int) -> Resource:
    """Parse an issue, a task, an incident, a group's epic. Raises UnreadablePayload."""
    named = require_kind(payload, *_ISSUES)
    row, (kind, page) = mapping(payload.get("object_attributes")), _ISSUES[named]
    url = web_url(row.get("url"))
    owner = hook_owner(payload, connection_id, fallback_id=row.get("project_id"), url=url)
    number = _number_or_id(owner, row, f"the {named.replace('_', ' ')} has no number")
    refuse_sample(payload, row)
    return Resource(
        project=owner,
        kind=kind,
        id=number,
        title=text(row.get("title")),
        url=url or f"{owner.url}/-/{page}/{number}",
        state=text(row.get("state")) or _STATE_IDS.get(positive_int(row.get("state_id")) or 0, ""),
        action=text(row.get("action")),
        actor=person(payload.get("user")),
        at=exact_timestamp(row.get("updated_at")) or timestamp(row.get("created_at")),
        labels=event_labels(payload, row),
        text=text(row.get("description")),
        confidential=row.get("confidential") is True
        or text(payload.get("event_type")).startswith("confidential_"),
        replaced=replaced_values(payload, _ISSUE_FIELDS),
    )


def parse_confidential_issue(payload: dict[str, Any], connection_id: int) -> Resource:
    """Parse the same of an issue for members only. Raises UnreadablePayload."""
    return replace(parse_issue(payload, connection_id), confidential=True)


def parse_milestone(payload: dict[str, Any], connection_id: int) -> Resource:
    """Who did it is not told. Raises Unreadable."""
    require_kind(payload, "milestone")
    attributes = mapping(payload.get("object_attributes"))
    owner = hook_owner(payload, connection_id, fallback_id=attributes.get("project_id"))
    number = positive_int(attributes.get("iid"))
    return Resource(
        project=owner,
        kind=Kind.MILESTONE,
        id=_number_or_id(owner, attributes, "the milestone has no number"),
        title=text(attributes.get("title")),
        url=f"{owner.url}/-/milestones/{number}" if owner.url and number else "",
        state=text(attributes.get("state")),
        action=text(payload.get("action")),
        actor=person(payload.get("user")),
        at=timestamp(attributes.get("updated_at")) or timestamp(attributes.get("created_at")),
        text=text(attributes.get("description")),
    )


def parse_wiki_page(payload: dict[str, Any], connection_id: int) -> Resource:
    """`text`: what the author said of the change; the time is not told. Raises Unreadable."""
    require_kind(payload, "wiki_page")
    attributes = mapping(payload.get("object_attributes"))
    url = web_url(attributes.get("url"))
    return Resource(
        project=hook_owner(payload, connection_id, url=url),
        kind=Kind.WIKI_PAGE,
        id=require(text(attributes.get("slug")), "the wiki page has no name"),
        title=text(attributes.get("title")) or text(attributes.get("slug")),
        url=url,
        action=text(attributes.get("action")),
        actor=person(payload.get("user")),
        text=text(attributes.get("message")),
    )


def parse_feature_flag(payload: dict[str, Any], connection_id: int) -> Resource:
    """`state`: active or inactive. A page of its own has the number that hooks leave out.

    Raises Unreadable.
    """
    require_kind(payload, "feature_flag")
    attributes = mapping(payload.get("object_attributes"))
    project = hook_project(payload.get("project"), None, connection_id)
    return Resource(
        project=project,
        kind=Kind.FEATURE_FLAG,
        id=str(require(positive_int(attributes.get("id")), "the feature flag has no id")),
        title=text(attributes.get("name")),
        url=f"{project.url}/-/feature_flags",
        state=_flag_state(attributes.get("active")),
        actor=person(payload.get("user")),
        text=text(attributes.get("description")),
    )


def parse_emoji(payload: dict[str, Any], connection_id: int) -> Resource:
    """`title`: the emoji's name; `text`: of the comment, else the title, that it was left on.

    Raises Unreadable.
    """
    require_kind(payload, "emoji")
    attributes = mapping(payload.get("object_attributes"))
    url = web_url(attributes.get("awarded_on_url"))
    on = [mapping(payload.get(name)) for name in _EMOJI_TARGETS]
    words = (text(row.get(name)) for row in on for name in ("note", "title", "message"))
    sample = (1, _SAMPLE_EMOJI, "Note")
    if tuple(map(attributes.get, ("id", "name", "awardable_type"))) == sample:
        raise UnreadablePayload("a sample of the webhook's Test button: nobody gave the emoji")
    return Resource(
        project=hook_owner(payload, connection_id, fallback_id=payload.get("project_id"), url=url),
        kind=Kind.EMOJI,
        id=str(require(positive_int(attributes.get("id")), "the emoji has no id")),
        title=text(attributes.get("name")),
        url=url,
        action=text(attributes.get("action")) or text(payload.get("event_type")),
        actor=person(payload.get("user")),
        at=timestamp(attributes.get("updated_at")) or timestamp(attributes.get("created_at")),
        text=next(filter(None, words), ""),
        confidential=is_internal(payload, on[0]),
    )


def parse_vulnerability(payload: dict[str, Any], connection_id: int) -> Resource:
    """`labels`: how severe it is, then its names; `text`: the file. Its id ends its address.

    Raises Unreadable.
    """
    require_kind(payload, "vulnerability")
    attributes = mapping(payload.get("object_attributes"))
    url = web_url(attributes.get("url"))
    names = [text(attributes.get("severity"))]
    names += [text(row.get("name")) for row in mappings(attributes.get("identifiers"))]
    number = url.rstrip("/").rpartition("/")[2]
    if not (number.isascii() and number.isdigit()):
        raise UnreadablePayload("the vulnerability has no number")
    refuse_made_up_vulnerability(number, attributes)
    return Resource(
        project=project_at_url(url, attributes.get("project_id"), connection_id),
        kind=Kind.VULNERABILITY,
        id=number,
        title=text(attributes.get("title")),
        url=url,
        state=text(attributes.get("state")),
        at=timestamp(attributes.get("updated_at")) or timestamp(attributes.get("created_at")),
        labels=tuple(filter(None, names)),
        text=text(mapping(attributes.get("location")).get("file")),
    )


def parse_token(payload: dict[str, Any], connection_id: int) -> Resource:
    """Parse an access or deploy token that expires soon; sent again as its day comes nearer.

    Raises Unreadable.
    """
    prefix, page = _TOKENS[require_kind(payload, *_TOKENS)]
    attributes = mapping(payload.get("object_attributes"))
    owner = hook_owner(payload, connection_id)
    number = require(positive_int(attributes.get("id")), "the token has no id")
    if attributes.get("name") == _SAMPLE_TOKEN:
        raise UnreadablePayload("a sample of the webhook's Test button: there is no such token")
    return Resource(
        project=owner,
        kind=Kind.ACCESS_TOKEN,
        id=f"{prefix}{number}",
        title=text(attributes.get("name")),
        url=f"{owner.url}/-/{page}" if owner.url else "",
        state="revoked" if attributes.get("revoked") is True else "",
        action=text(payload.get("event_name")),
        expires_at=start_of_day(attributes.get("expires_at")),
    )


def _flag_state(value: object) -> str:
    return ("active" if value else "inactive") if isinstance(value, bool) else ""


def _number_or_id(owner: Project, row: dict[str, Any], why: str) -> str:
    """Its number in the project. Numbers of groups repeat: there it is the id on the instance."""
    return str(require(positive_int(row.get("iid" if owner.id else "id")), why))
