"""What a task is shown of comments: one message each, edited when the comment is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sync.core.i18n.translate import known, say, tell
from sync.core.merge_requests.plan import EDIT_WINDOW
from sync.core.messages.parts import MOST_READ, MOST_TITLE, Users, person
from sync.core.model.activity import Note
from sync.core.model.commands import Due, PutMessage
from sync.core.model.common import SHORT_SHA
from sync.core.model.task_view import Said, TaskView
from sync.core.notifications.facts import about_of
from sync.core.rules.portal import NoteRules, Rules
from sync.core.written import written
from sync.text import bbcode, markdown
from sync.text.clip import clip, clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Block, Document, Link, Paragraph, Quote, Strong, Text

MOST_SHOWN = 2_000  # characters of its BBCode


@dataclass(frozen=True, slots=True)
class Commented:
    effects: tuple[Due, ...] = ()
    needs: frozenset[str] = frozenset()


def decide(view: TaskView, rules: Rules, now: datetime) -> Commented:
    """A task only has to be known, not fresh: what is written does not depend on its state."""
    if not view.notes:
        return Commented()
    if view.task is None:
        return Commented(needs=frozenset({"task"}))
    wants = rules.for_group(view.task.group_id).notes
    return Commented(tuple(_due(view, wants, rules.language, now)))


def _due(view: TaskView, wants: NoteRules, language: str, now: datetime) -> Iterator[Due]:
    """A comment that was said follows what it says, even when the settings want it no more."""
    for note in sorted(view.notes, key=lambda one: (one.created_at, one.id)):
        about = about_of(note)
        said = view.said.get(about, Said())
        editable = said.at is not None and said.message_id and now - said.at < EDIT_WINDOW
        if not editable and (said.at is not None or not _wanted(note, wants)):
            continue
        text = message(note, language, view.users_of(note.project))
        if text != said.text:
            phrase = "note edited" if editable else "note said"
            effect = PutMessage(view.task.id, about, text, said.message_id if editable else None)
            yield about, effect, say(language, phrase, title=note.on.title or note.on.key)


def _wanted(note: Note, wants: NoteRules) -> bool:
    hidden = (note.system and not wants.system) or (note.internal and not wants.internal)
    return wants.message and not hidden and not note.deleted


def message(note: Note, language: str, users: Users) -> str:
    """Who, on what, where in the code, and the words, quoted."""
    lines = [(Strong(_headline(note, language, users)),)]
    if note.place:
        lines.append(tell(language, "note place", place=clipped(note.place, MOST_TITLE)))
    shown = Paragraph(run_of(lines))
    return written(Document((shown, *_words(note))), chat=True)


def _headline(note: Note, language: str, users: Users) -> Line:
    title = clipped(note.on.title, MOST_TITLE)
    on = f"{_thing(note, language)} {title}".strip()
    return tell(
        language,
        "note internal" if note.internal else "note",
        author=person(note.author, language, users),
        on=Link(note.url or note.on.url, (Text(on),)),
    )


def _thing(note: Note, language: str) -> str:
    key = note.on.key[:SHORT_SHA] if note.on.kind == "commit" else note.on.key
    name = f"note on {note.on.kind}"
    return say(language, name, number=key) if known(name) else key


def _words(note: Note) -> tuple[Block, ...]:
    document = markdown.read(note.text[:MOST_READ])
    shown = clip(Document((Quote(document.blocks),)), MOST_SHOWN, partial(bbcode.write, chat=True))
    return shown.blocks if document.blocks else ()
