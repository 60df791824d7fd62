"""What messages about different things have in common: people, links, places, sizes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.messages import urls
from sync.core.model.common import SHORT_SHA, Person, Project
from sync.text.clip import clipped
from sync.text.plain import Line
from sync.text.tree import Inline, Link, Text, UserMention

MAX_TITLE_LENGTH = 255  # characters, what the code host allows
MAX_NAME_LENGTH = 120
MAX_LISTED = 6  # named in one line; the rest are counted
MAX_TEXT_READ = 20_000  # characters of a text that are looked at

PortalUserIds = Mapping[int, int]  # a person's id on the code host → the portal user's id


def text_node(words: str, limit: int = MAX_TITLE_LENGTH) -> Text:
    return Text(clipped(words, limit))


def first_line(words: str) -> str:
    """The first line that says something."""
    return clipped(words[:MAX_TEXT_READ].strip().partition("\n")[0].rstrip(), MAX_TITLE_LENGTH)


def link(url: str, words: str, limit: int = MAX_TITLE_LENGTH) -> Inline:
    """A link where there is an address, else its words."""
    return (
        Link(url, (text_node(words, limit),)) if url and words else text_node(words or url, limit)
    )


def project_link(project: Project) -> Inline:
    return link(project.url, project.path)


def commit_link(project: Project, sha: str, url: str = "") -> Inline:
    return link(url or urls.commit(project, sha), sha[:SHORT_SHA])


def ref_link(project: Project, ref: str) -> Inline:
    return link(urls.branch(project, ref), ref)


def mention_person(person: Person | None, language: str, users: PortalUserIds) -> Inline:
    """Somebody by name, live where the portal knows them."""
    if person is None or not person.display_name:
        return Text(translate(language, "somebody"))
    return UserMention(
        clipped(person.display_name, MAX_NAME_LENGTH), portal_user=users.get(person.id)
    )


def join_limited(lines: Sequence[Line], language: str) -> Line:
    """The first of them in one line; the rest are counted."""
    shown = list(lines[:MAX_LISTED])
    if rest := len(lines) - len(shown):
        shown.append(translate_inline(language, "more", count=str(rest)))
    return join_nonempty(shown)


def join_nonempty(lines: Iterable[Line], between: str = ", ") -> Line:
    """Those that say anything, in one line."""
    return tuple(node for one in lines if one for node in (Text(between), *one))[1:]


def state_word(language: str, state: str) -> Line:
    """A state in a word; one that a later version of the host adds stays as it is."""
    key = f"word {state}"
    return (
        translate_inline(language, key)
        if has_sentence(key)
        else (text_node(state, MAX_NAME_LENGTH),)
    )


def format_date(moment: datetime, language: str) -> str:
    parts = {"year": f"{moment:%Y}", "month": f"{moment:%m}", "day": f"{moment:%d}"}
    return translate(language, "date", **parts)
