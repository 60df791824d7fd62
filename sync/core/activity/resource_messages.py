"""What is said of issues, milestones, wiki pages, members, tokens and the rest. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from sync.core.i18n.translate import known, say, tell
from sync.core.messages.message import Telling
from sync.core.messages.parts import (
    MOST_NAME,
    Users,
    day,
    first_line,
    link,
    listed,
    person,
    project_link,
    text,
    word,
)
from sync.core.model.activity import Thing
from sync.core.model.kinds import Kind
from sync.core.told_prose import plain, quoted
from sync.text.plain import Line
from sync.text.tree import Block, Inline, Link, Text

Lines = Callable[[Thing, str, str], list[Line]]
_NEW = ("opened", "created")  # whose description is said with them
_NO_MEMBER = ("removed", "denied", "withdrawn")
_GROUP, _DEPLOY = "group/", "deploy/"  # how ids of groups and of deploy tokens begin
_MARKED = (Kind.ISSUE, Kind.WORK_ITEM)  # known by their numbers


def thing(one: Thing, state: str, language: str, users: Users) -> Telling:
    """`state`: as `sync.core.news_facts` names it; one that has no words is a change.

    What is gone has no page and no words any more.
    """
    one = replace(one, url="", text="") if state == "deleted" else one
    said, named = _said(one, state), _named(one, language, users)
    hidden = tell(language, "told internal") if one.confidential else ()
    return Telling(
        (*tell(language, f"thing {_noun(one)} {said}", **named), *hidden),
        tuple(_LINES.get(one.of, _labels)(one, said, language)),
        _words(one, state, language),
        places={
            "project": (named["project"],),
            "actor": (named["actor"],),
            "title": (text(one.title),),
            "state": word(language, state),
            "link": (named["link"],),
            "url": (Text(one.url),),
            "text": (text(first_line(one.text)),),
        },
        whole=one.of is Kind.ACCESS_TOKEN,
    )


def _noun(one: Thing) -> str:
    """The word its phrases begin with."""
    if one.of is Kind.PROJECT and one.id.startswith(_GROUP):
        return "group"
    if one.of is Kind.ACCESS_TOKEN and one.id.startswith(_DEPLOY):
        return "deploy_token"
    return one.of.value


def _said(one: Thing, state: str) -> str:
    """Its state as phrases know it; how soon a token expires is said by the day."""
    if one.of is Kind.ACCESS_TOKEN:
        return "revoked" if state == "revoked" else "expires"
    return state if known(f"thing {_noun(one)} {state}") else "changed"


def _named(one: Thing, language: str, users: Users) -> dict[str, Inline]:
    title = f"#{one.id} {one.title}" if one.of in _MARKED else one.title
    day_of = {"date": day(one.expires_at, language)} if one.expires_at else {}
    return {
        "actor": person(one.actor, language, users),
        "project": project_link(one.project),
        "link": link(one.url, title or one.id),
        "before": text(one.text),
        "date": Text(say(language, "on day" if day_of else "soon", **day_of)),
    }


def _words(one: Thing, state: str, language: str) -> tuple[Block, ...]:
    """What was written of it: of an issue when it is new, of a wiki page about the change."""
    match one.of:
        case Kind.ISSUE | Kind.WORK_ITEM | Kind.MILESTONE if state in _NEW:
            return quoted(one.text, language, one.url)
        case Kind.WIKI_PAGE | Kind.FEATURE_FLAG:
            return plain(one.text)
        case _:
            return ()


def _labels(one: Thing, state: str, language: str) -> list[Line]:
    if not one.labels:
        return []
    found = listed([(text(label, MOST_NAME),) for label in one.labels], language)
    return [tell(language, "told labels", labels=found)]


def _membership(one: Thing, state: str, language: str) -> list[Line]:
    lines: list[Line] = []
    if one.state and state in ("added", "changed"):
        lines.append(tell(language, "member role", role=text(one.state, MOST_NAME)))
    if one.expires_at and state not in _NO_MEMBER:
        lines.append(tell(language, "member until", date=day(one.expires_at, language)))
    return lines


def _expiry(one: Thing, state: str, language: str) -> list[Line]:
    """What stops with the token, and what to do about it. Deploy tokens are of no use to us."""
    lines = [tell(language, "token stops")]
    if _noun(one) == Kind.ACCESS_TOKEN:
        lines.append(tell(language, "token ours"))
    if state != "revoked":
        page = tell(language, "token page")
        where = (Link(one.url, page),) if one.url else page
        lines.append(tell(language, "token renew", page=where))
    return lines


def _severity(one: Thing, state: str, language: str) -> list[Line]:
    """The first label is how severe it is, the others are its names elsewhere."""
    lines: list[Line] = []
    if one.labels:
        severity = one.labels[0]
        key = f"severity {severity}"
        words = tell(language, key) if known(key) else (text(severity, MOST_NAME),)
        lines.append(tell(language, "told severity", severity=words))
    if names := [(text(name, MOST_NAME),) for name in one.labels[1:]]:
        lines.append(listed(names, language))
    if one.text:
        lines.append(tell(language, "told place", place=text(one.text)))
    return lines


_LINES: Mapping[Kind, Lines] = {
    Kind.MEMBER: _membership,
    Kind.ACCESS_TOKEN: _expiry,
    Kind.VULNERABILITY: _severity,
}
