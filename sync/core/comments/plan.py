"""What a task is shown of comments: one message each, edited when the comment is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.merge_requests.plan import EDIT_WINDOW
from sync.core.messages.parts import MAX_TEXT_READ, MAX_TITLE_LENGTH, PortalUserIds, mention_person
from sync.core.model.activity import Comment
from sync.core.model.commands import PlannedCommand, PutMessage
from sync.core.model.common import SHORT_SHA
from sync.core.model.task_view import SentMessage, TaskView
from sync.core.notifications.facts import subject_key_of
from sync.core.rules.portal import CommentRules, Rules
from sync.core.written import render
from sync.text import bbcode, markdown
from sync.text.clip import clip, clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Block, Document, Link, Paragraph, Quote, Strong, Text

MAX_COMMENT_LENGTH = 2_000  # characters of its BBCode


@dataclass(frozen=True, slots=True)
class CommentPart:
    commands: tuple[PlannedCommand, ...] = ()
    needs: frozenset[str] = frozenset()


def plan_comments(view: TaskView, rules: Rules, now: datetime) -> CommentPart:
    """A task only has to be known, not fresh: what is written does not depend on its state."""
    if not view.comments:
        return CommentPart()
    if view.task is None:
        return CommentPart(needs=frozenset({"task"}))
    wants = rules.for_group(view.task.group_id).comments
    return CommentPart(tuple(_plan_messages(view, wants, rules.language, now)))


def _plan_messages(
    view: TaskView, comment_rules: CommentRules, language: str, now: datetime
) -> Iterator[PlannedCommand]:
    """A comment that was said follows what it says, even when the settings want it no more."""
    for note in sorted(view.comments, key=lambda one: (one.created_at, one.id)):
        about = subject_key_of(note)
        said = view.messages.get(about, SentMessage())
        editable = said.at is not None and said.message_id and now - said.at < EDIT_WINDOW
        if not editable and (said.at is not None or not _is_wanted(note, comment_rules)):
            continue
        text = render_comment_message(note, language, view.users_of(note.project))
        if text != said.text:
            phrase = "note edited" if editable else "note said"
            effect = PutMessage(view.task.id, about, text, said.message_id if editable else None)
            yield (
                about,
                effect,
                translate(language, phrase, title=note.target.title or note.target.key),
            )


def _is_wanted(note: Comment, comment_rules: CommentRules) -> bool:
    hidden = (note.system and not comment_rules.system) or (
        note.internal and not comment_rules.internal
    )
    return comment_rules.message and not hidden and not note.deleted


def render_comment_message(note: Comment, language: str, users: PortalUserIds) -> str:
    """Who, on what, where in the code, and the words, quoted."""
    lines = [(Strong(_headline(note, language, users)),)]
    if note.file_position:
        lines.append(
            translate_inline(
                language, "note place", place=clipped(note.file_position, MAX_TITLE_LENGTH)
            )
        )
    shown = Paragraph(run_of(lines))
    return render(Document((shown, *_quote(note))), chat=True)


def _headline(note: Comment, language: str, users: PortalUserIds) -> Line:
    title = clipped(note.target.title, MAX_TITLE_LENGTH)
    on = f"{_target_name(note, language)} {title}".strip()
    return translate_inline(
        language,
        "note internal" if note.internal else "note",
        author=mention_person(note.author, language, users),
        on=Link(note.url or note.target.url, (Text(on),)),
    )


def _target_name(note: Comment, language: str) -> str:
    key = note.target.key[:SHORT_SHA] if note.target.kind == "commit" else note.target.key
    name = f"note on {note.target.kind}"
    return translate(language, name, number=key) if has_sentence(name) else key


def _quote(note: Comment) -> tuple[Block, ...]:
    document = markdown.read(note.text[:MAX_TEXT_READ])
    shown = clip(
        Document((Quote(document.blocks),)), MAX_COMMENT_LENGTH, partial(bbcode.write, chat=True)
    )
    return shown.blocks if document.blocks else ()
