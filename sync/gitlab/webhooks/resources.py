"""Issues, milestones, wiki pages and whatever else a project has, as hooks tell them. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sync.core.model.activity import Thing
from sync.core.model.common import Project
from sync.core.model.kinds import Kind
from sync.gitlab.dates import day, moment
from sync.gitlab.json_fields import Unreadable, link, mapping, mappings, must, of_kind, text, whole
from sync.gitlab.people import person
from sync.gitlab.webhooks.comments import is_internal
from sync.gitlab.webhooks.merge_requests import labels_of
from sync.gitlab.webhooks.projects import owner_of, project_at, project_of

# object_kind -> the kind, and the page that such things have.
_ISSUES = {"issue": (Kind.ISSUE, "issues"), "work_item": (Kind.WORK_ITEM, "work_items")}
_STATE_IDS = {1: "opened", 2: "closed"}
_BESIDE_EMOJI = ("note", "merge_request", "issue", "work_item", "snippet", "commit")
# A token's object_kind -> (what tells its ids from those of the other kind, where it is renewed).
_TOKENS = {
    "access_token": ("", "settings/access_tokens"),
    "deploy_token": ("deploy/", "settings/repository"),
}


def issue_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """An issue, a task, an incident, a group's epic. Raises Unreadable."""
    named = of_kind(payload, *_ISSUES)
    told, (kind, page) = mapping(payload.get("object_attributes")), _ISSUES[named]
    url = link(told.get("url"))
    owner = owner_of(payload, connection_id, fallback_id=told.get("project_id"), address=url)
    number = _number(owner, told, f"the {named.replace('_', ' ')} has no number")
    return Thing(
        project=owner,
        of=kind,
        id=number,
        title=text(told.get("title")),
        url=url or f"{owner.url}/-/{page}/{number}",
        state=text(told.get("state")) or _STATE_IDS.get(whole(told.get("state_id")) or 0, ""),
        action=text(told.get("action")),
        actor=person(payload.get("user")),
        at=moment(told.get("updated_at")) or moment(told.get("created_at")),
        labels=labels_of(payload, told),
        text=text(told.get("description")),
        confidential=told.get("confidential") is True
        or text(payload.get("event_type")).startswith("confidential_"),
    )


def confidential_issue_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    return replace(issue_heard(payload, connection_id), confidential=True)


def milestone_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """Who did it is not told. Raises Unreadable."""
    of_kind(payload, "milestone")
    told = mapping(payload.get("object_attributes"))
    owner = owner_of(payload, connection_id, fallback_id=told.get("project_id"))
    number = whole(told.get("iid"))
    return Thing(
        project=owner,
        of=Kind.MILESTONE,
        id=_number(owner, told, "the milestone has no number"),
        title=text(told.get("title")),
        url=f"{owner.url}/-/milestones/{number}" if owner.url and number else "",
        state=text(told.get("state")),
        action=text(payload.get("action")),
        actor=person(payload.get("user")),
        at=moment(told.get("updated_at")) or moment(told.get("created_at")),
        text=text(told.get("description")),
    )


def wiki_page_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """`text`: what the author said of the change; the time is not told. Raises Unreadable."""
    of_kind(payload, "wiki_page")
    told = mapping(payload.get("object_attributes"))
    url = link(told.get("url"))
    return Thing(
        project=owner_of(payload, connection_id, address=url),
        of=Kind.WIKI_PAGE,
        id=must(text(told.get("slug")), "the wiki page has no name"),
        title=text(told.get("title")) or text(told.get("slug")),
        url=url,
        action=text(told.get("action")),
        actor=person(payload.get("user")),
        text=text(told.get("message")),
    )


def feature_flag_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """`state`: active or inactive. A page of its own has the number that hooks leave out.

    Raises Unreadable.
    """
    of_kind(payload, "feature_flag")
    told = mapping(payload.get("object_attributes"))
    project = project_of(payload.get("project"), None, connection_id)
    return Thing(
        project=project,
        of=Kind.FEATURE_FLAG,
        id=str(must(whole(told.get("id")), "the feature flag has no id")),
        title=text(told.get("name")),
        url=f"{project.url}/-/feature_flags",
        state=_switch(told.get("active")),
        actor=person(payload.get("user")),
        text=text(told.get("description")),
    )


def emoji_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """`title`: the emoji's name; `text`: of the comment, else the title, that it was left on.

    Raises Unreadable.
    """
    of_kind(payload, "emoji")
    told = mapping(payload.get("object_attributes"))
    url = link(told.get("awarded_on_url"))
    on = [mapping(payload.get(name)) for name in _BESIDE_EMOJI]
    words = (text(one.get(name)) for one in on for name in ("note", "title", "message"))
    return Thing(
        project=owner_of(
            payload, connection_id, fallback_id=payload.get("project_id"), address=url
        ),
        of=Kind.EMOJI,
        id=str(must(whole(told.get("id")), "the emoji has no id")),
        title=text(told.get("name")),
        url=url,
        action=text(told.get("action")) or text(payload.get("event_type")),
        actor=person(payload.get("user")),
        at=moment(told.get("updated_at")) or moment(told.get("created_at")),
        text=next(filter(None, words), ""),
        confidential=is_internal(payload, on[0]),
    )


def vulnerability_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """`labels`: how severe it is, then its names; `text`: the file. Its id ends its address.

    Raises Unreadable.
    """
    of_kind(payload, "vulnerability")
    told = mapping(payload.get("object_attributes"))
    url = link(told.get("url"))
    names = [text(told.get("severity"))]
    names += [text(one.get("name")) for one in mappings(told.get("identifiers"))]
    number = url.rstrip("/").rpartition("/")[2]
    if not (number.isascii() and number.isdigit()):
        raise Unreadable("the vulnerability has no number")
    return Thing(
        project=project_at(url, told.get("project_id"), connection_id),
        of=Kind.VULNERABILITY,
        id=number,
        title=text(told.get("title")),
        url=url,
        state=text(told.get("state")),
        at=moment(told.get("updated_at")) or moment(told.get("created_at")),
        labels=tuple(filter(None, names)),
        text=text(mapping(told.get("location")).get("file")),
    )


def token_heard(payload: dict[str, Any], connection_id: int) -> Thing:
    """An access or deploy token that expires soon; told again as its day comes nearer.

    Raises Unreadable.
    """
    prefix, page = _TOKENS[of_kind(payload, *_TOKENS)]
    told = mapping(payload.get("object_attributes"))
    owner = owner_of(payload, connection_id)
    number = must(whole(told.get("id")), "the token has no id")
    return Thing(
        project=owner,
        of=Kind.ACCESS_TOKEN,
        id=f"{prefix}{number}",
        title=text(told.get("name")),
        url=f"{owner.url}/-/{page}" if owner.url else "",
        state="revoked" if told.get("revoked") is True else "",
        action=text(payload.get("event_name")),
        expires_at=day(told.get("expires_at")),
    )


def _switch(value: object) -> str:
    return ("active" if value else "inactive") if isinstance(value, bool) else ""


def _number(owner: Project, told: dict[str, Any], why: str) -> str:
    """Its number in the project. Numbers of groups repeat: there it is the id on the instance."""
    return str(must(whole(told.get("iid" if owner.id else "id")), why))
