"""What messages about different things have in common: people, links, places, sizes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sync.core.i18n.translate import known, say, tell
from sync.core.messages import urls
from sync.core.model.common import SHORT_SHA, Person, Project
from sync.text.clip import clipped
from sync.text.plain import Line
from sync.text.tree import Inline, Link, Text, UserMention

MOST_TITLE = 255  # characters, what the code host allows
MOST_NAME = 120
MOST_PEOPLE = 6  # named in one line; the rest are counted
MOST_READ = 20_000  # characters of a text that are looked at

Users = Mapping[int, int]  # a person's id on the code host → the portal user's id


def text(words: str, most: int = MOST_TITLE) -> Text:
    return Text(clipped(words, most))


def first_line(words: str) -> str:
    """The first line that says something."""
    return clipped(words[:MOST_READ].strip().partition("\n")[0].rstrip(), MOST_TITLE)


def link(url: str, words: str, most: int = MOST_TITLE) -> Inline:
    """A link where there is an address, else its words."""
    return Link(url, (text(words, most),)) if url and words else text(words or url, most)


def project_link(project: Project) -> Inline:
    return link(project.url, project.path)


def commit_link(project: Project, sha: str, url: str = "") -> Inline:
    return link(url or urls.commit(project, sha), sha[:SHORT_SHA])


def ref_link(project: Project, ref: str) -> Inline:
    return link(urls.branch(project, ref), ref)


def person(one: Person | None, language: str, users: Users) -> Inline:
    """Somebody by name, live where the portal knows them."""
    if one is None or not one.shown:
        return Text(say(language, "somebody"))
    return UserMention(clipped(one.shown, MOST_NAME), portal_user=users.get(one.id))


def listed(lines: Sequence[Line], language: str) -> Line:
    """The first of them in one line; the rest are counted."""
    shown = list(lines[:MOST_PEOPLE])
    if rest := len(lines) - len(shown):
        shown.append(tell(language, "more", count=str(rest)))
    return beside(shown)


def beside(lines: Iterable[Line], between: str = ", ") -> Line:
    """Those that say anything, in one line."""
    return tuple(node for one in lines if one for node in (Text(between), *one))[1:]


def word(language: str, state: str) -> Line:
    """A state in a word; one that a later version of the host adds stays as it is."""
    key = f"word {state}"
    return tell(language, key) if known(key) else (text(state, MOST_NAME),)


def day(moment: datetime, language: str) -> str:
    parts = {"year": f"{moment:%Y}", "month": f"{moment:%m}", "day": f"{moment:%d}"}
    return say(language, "date", **parts)
