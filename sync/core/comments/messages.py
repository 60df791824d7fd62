"""What is said of comments, reactions and releases: of what people wrote. Pure."""

from __future__ import annotations

from sync.core.i18n.translate import known, tell
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Telling
from sync.core.messages.parts import Users, first_line, link, person, project_link, text, word
from sync.core.model.activity import Note, Noteable, Release, Thing
from sync.core.model.common import SHORT_SHA
from sync.core.told_prose import MOST_NOTES, plain, prose, quoted
from sync.text.plain import Line, lines_of, run_of
from sync.text.tree import Inline, Link, Text

_MARKS = {"merge_request": "!", "issue": "#", "snippet": "$"}


def note(one: Note, language: str, users: Users) -> Telling:
    """Who said what on what. The quote is all of a comment that is not long."""
    named: dict[str, Inline] = {
        "actor": person(one.author, language, users),
        "project": project_link(one.project),
        "on": link(one.on.url, _name(one.on)),
    }
    state = "deleted" if one.deleted else "created"
    key = "told note gone" if one.deleted else _key(one.on)
    hidden = tell(language, "told internal") if one.internal else ()
    page = link(one.url, _name(one.on))
    lines: list[Line] = [tell(language, "told place", place=text(one.place))] if one.place else []
    if one.url and not one.deleted:
        lines.append((Link(one.url, tell(language, "told note open")),))
    return Telling(
        (*tell(language, key, **named), *hidden),
        tuple(lines),
        () if one.deleted else quoted(one.text, language, one.url),
        places={
            "project": (named["project"],),
            "actor": (named["actor"],),
            "title": (named["on"],),
            "state": tell(language, f"word {state}"),
            "link": (page,),
            "url": (Text(one.url),),
            "text": run_of(lines_of(prose(one.text, MOST_NOTES, language, one.url))),
        },
    )


def _key(on: Noteable) -> str:
    return f"told note {on.kind}" if known(f"told note {on.kind}") else "told note other"


def _name(on: Noteable) -> str:
    key = on.key[:SHORT_SHA] if on.kind == "commit" else on.key
    return f"{_MARKS.get(on.kind, '')}{key} {first_line(on.title)}".strip()


def release(one: Release, language: str, users: Users) -> Telling:
    """With its notes, of which a long one shows the beginning; one that is gone has no page."""
    state = "deleted" if one.deleted else "updated" if one.updated else "created"
    url = "" if one.deleted else one.url
    named = {"link": link(url, one.name or one.tag), "project": project_link(one.project)}
    tag = link("" if one.deleted else messages_urls.tag(one.project, one.tag), one.tag)
    actor = person(one.actor, language, users)
    notes = () if one.deleted else prose(one.text, MOST_NOTES, language, url)
    by = tell(language, "by", actor=actor) if one.actor else ()
    return Telling(
        (*tell(language, f"release {state}", **named), *by),
        (tell(language, "release tag", tag=tag),),
        notes,
        places={
            **{name: (node,) for name, node in named.items()},
            "actor": (actor,),
            "title": (text(one.name or one.tag),),
            "state": tell(language, f"word {state}"),
            "url": (Text(url),),
            "text": run_of(lines_of(notes)),
            "tag": (tag,),
        },
    )


def emoji(one: Thing, state: str, language: str, users: Users) -> Telling:
    """A reaction by its name, and the words it was left on."""
    actor = person(one.actor, language, users)
    named = {
        "actor": actor,
        "project": project_link(one.project),
        "link": link(one.url, f":{one.title}:"),
    }
    return Telling(
        tell(language, f"emoji {state if state == 'revoked' else 'awarded'}", **named),
        (),
        plain(first_line(one.text)),
        places={
            **{name: (node,) for name, node in named.items()},
            "title": (text(one.title),),
            "state": word(language, state),
            "url": (Text(one.url),),
            "text": (text(first_line(one.text)),),
        },
    )
