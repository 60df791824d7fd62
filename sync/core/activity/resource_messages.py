"""Build the messages about issues, milestones, wiki pages, members, tokens and others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message
from sync.core.messages.parts import (
    MAX_NAME_LENGTH,
    MAX_RELEASE_NOTES_LENGTH,
    PortalUserIds,
    first_line,
    format_date,
    join_limited,
    link,
    markdown_blocks,
    mention_person,
    project_link,
    quote_markdown,
    quote_plain,
    state_word,
    text_node,
)
from sync.core.model.activity import Release, Resource
from sync.core.model.kinds import Kind
from sync.text.plain import Line, lines_of, run_of
from sync.text.tree import Block, Inline, Link, Text

BuildDetails = Callable[[Resource, str, str], list[Line]]
_NEW_STATES = ("opened", "created")  # whose message quotes the description
_FORMER_MEMBER_STATES = ("removed", "denied", "withdrawn")
_GROUP_ID_PREFIX, _DEPLOY_TOKEN_ID_PREFIX = (
    "group/",
    "deploy/",
)  # how ids of groups and of deploy tokens begin
_NUMBERED_KINDS = (Kind.ISSUE, Kind.WORK_ITEM)  # known by their numbers


def build_resource_message(
    resource: Resource, state: str, language: str, users: PortalUserIds
) -> Message:
    """Build the message about a resource in that state.

    `state` comes from `sync.core.activity.resource_states`; one without a sentence reads "changed".
    A deleted resource has no link and no text.
    """
    resource = replace(resource, url="", text="") if state == "deleted" else resource
    text, values = _phrase_state(resource, state), _title_values(resource, language, users)
    hidden = translate_inline(language, "internal only") if resource.confidential else ()
    return Message(
        (
            *translate_inline(language, f"resource {_phrase_noun(resource)} {text}", **values),
            *hidden,
        ),
        tuple(_DETAILS_BY_KIND.get(resource.kind, _label_details)(resource, text, language)),
        _body(resource, state, language),
        values={
            "project": (values["project"],),
            "actor": (values["actor"],),
            "title": (text_node(resource.title),),
            "state": state_word(language, state),
            "link": (values["link"],),
            "url": (Text(resource.url),),
            "text": (text_node(first_line(resource.text)),),
        },
        notify_details=resource.kind is Kind.ACCESS_TOKEN,
    )


def _phrase_noun(resource: Resource) -> str:
    """Return the word with which the resource's sentence keys begin."""
    if resource.kind is Kind.PROJECT and resource.id.startswith(_GROUP_ID_PREFIX):
        return "group"
    if resource.kind is Kind.ACCESS_TOKEN and resource.id.startswith(_DEPLOY_TOKEN_ID_PREFIX):
        return "deploy_token"
    return resource.kind.value


def _phrase_state(resource: Resource, state: str) -> str:
    """Return the state in sentence keys; of a token only whether it expires or is revoked."""
    if resource.kind is Kind.ACCESS_TOKEN:
        return "revoked" if state == "revoked" else "expires"
    return state if has_sentence(f"resource {_phrase_noun(resource)} {state}") else "changed"


def _title_values(resource: Resource, language: str, users: PortalUserIds) -> dict[str, Inline]:
    title = (
        f"#{resource.id} {resource.title}" if resource.kind in _NUMBERED_KINDS else resource.title
    )
    day_of = {"date": format_date(resource.expires_at, language)} if resource.expires_at else {}
    return {
        "actor": mention_person(resource.actor, language, users),
        "project": project_link(resource.project),
        "link": link(resource.url, title or resource.id),
        "before": text_node(resource.text),
        "date": Text(translate(language, "on day" if day_of else "on day soon", **day_of)),
    }


def _body(resource: Resource, state: str, language: str) -> tuple[Block, ...]:
    """Quote the resource's text: of an issue when it is new, of a wiki page with each change."""
    match resource.kind:
        case Kind.ISSUE | Kind.WORK_ITEM | Kind.MILESTONE if state in _NEW_STATES:
            return quote_markdown(resource.text, language, resource.url)
        case Kind.WIKI_PAGE | Kind.FEATURE_FLAG:
            return quote_plain(resource.text)
        case _:
            return ()


def _label_details(resource: Resource, state: str, language: str) -> list[Line]:
    if not resource.labels:
        return []
    line = join_limited(
        [(text_node(label, MAX_NAME_LENGTH),) for label in resource.labels], language
    )
    return [translate_inline(language, "detail labels", labels=line)]


def _member_details(resource: Resource, state: str, language: str) -> list[Line]:
    lines: list[Line] = []
    if resource.state and state in ("added", "changed"):
        lines.append(
            translate_inline(
                language, "member role", role=text_node(resource.state, MAX_NAME_LENGTH)
            )
        )
    if resource.expires_at and state not in _FORMER_MEMBER_STATES:
        lines.append(
            translate_inline(
                language, "member until", date=format_date(resource.expires_at, language)
            )
        )
    return lines


def _token_details(resource: Resource, state: str, language: str) -> list[Line]:
    """Say what stops with the token and how to renew it; the app uses no deploy tokens."""
    lines = [translate_inline(language, "token stops")]
    if _phrase_noun(resource) == Kind.ACCESS_TOKEN:
        lines.append(translate_inline(language, "token of this app"))
    if state != "revoked":
        page = translate_inline(language, "token page")
        where = (Link(resource.url, page),) if resource.url else page
        lines.append(translate_inline(language, "token renew", page=where))
    return lines


def _vulnerability_details(resource: Resource, state: str, language: str) -> list[Line]:
    """List severity (the first label), identifiers (the others) and file."""
    lines: list[Line] = []
    if resource.labels:
        severity = resource.labels[0]
        key = f"severity {severity}"
        words = (
            translate_inline(language, key)
            if has_sentence(key)
            else (text_node(severity, MAX_NAME_LENGTH),)
        )
        lines.append(translate_inline(language, "detail severity", severity=words))
    if names := [(text_node(name, MAX_NAME_LENGTH),) for name in resource.labels[1:]]:
        lines.append(join_limited(names, language))
    if resource.text:
        lines.append(
            translate_inline(language, "detail file position", place=text_node(resource.text))
        )
    return lines


_DETAILS_BY_KIND: Mapping[Kind, BuildDetails] = {
    Kind.MEMBER: _member_details,
    Kind.ACCESS_TOKEN: _token_details,
    Kind.VULNERABILITY: _vulnerability_details,
}


def build_release_message(release: Release, language: str, users: PortalUserIds) -> Message:
    """Build the message about a release with the beginning of its notes.

    A deleted release is not linked and has no notes.
    """
    state = "deleted" if release.deleted else "updated" if release.updated else "created"
    url = "" if release.deleted else release.url
    values = {
        "link": link(url, release.name or release.tag),
        "project": project_link(release.project),
    }
    tag = link(
        "" if release.deleted else messages_urls.tag(release.project, release.tag), release.tag
    )
    actor = mention_person(release.actor, language, users)
    notes = (
        ()
        if release.deleted
        else markdown_blocks(release.text, MAX_RELEASE_NOTES_LENGTH, language, url)
    )
    by = translate_inline(language, "by actor", actor=actor) if release.actor else ()
    return Message(
        (*translate_inline(language, f"release {state}", **values), *by),
        (translate_inline(language, "release tag", tag=tag), *_asset_details(release, language)),
        notes,
        values={
            **{name: (node,) for name, node in values.items()},
            "actor": (actor,),
            "title": (text_node(release.name or release.tag),),
            "state": translate_inline(language, f"state {state}"),
            "url": (Text(url),),
            "text": run_of(lines_of(notes)),
            "tag": (tag,),
        },
    )


def _asset_details(release: Release, language: str) -> list[Line]:
    if release.deleted or not release.assets:
        return []
    names = [(link(url, name, MAX_NAME_LENGTH),) for name, url in release.assets]
    return [translate_inline(language, "release assets", assets=join_limited(names, language))]


def build_emoji_message(
    resource: Resource, state: str, language: str, users: PortalUserIds
) -> Message:
    """Build the message about a reaction: its name and the text it was left on."""
    actor = mention_person(resource.actor, language, users)
    values = {
        "actor": actor,
        "project": project_link(resource.project),
        "link": link(resource.url, f":{resource.title}:"),
    }
    return Message(
        translate_inline(language, f"emoji {state if state == 'revoked' else 'awarded'}", **values),
        (),
        quote_plain(first_line(resource.text)),
        values={
            **{name: (node,) for name, node in values.items()},
            "title": (text_node(resource.title),),
            "state": state_word(language, state),
            "url": (Text(resource.url),),
            "text": (text_node(first_line(resource.text)),),
        },
    )
