"""Build the messages about comments: the notification, and the one in a task. Pure."""

from __future__ import annotations

from functools import partial

from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.messages.message import Message, render
from sync.core.messages.parts import (
    MAX_RELEASE_NOTES_LENGTH,
    MAX_TITLE_LENGTH,
    PortalUserIds,
    first_line,
    link,
    markdown_blocks,
    mention_person,
    project_link,
    quote_markdown,
    read_markdown,
    text_node,
)
from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import SHORT_SHA
from sync.text import bbcode
from sync.text.clip import clip, clipped
from sync.text.plain import Line, lines_of, run_of
from sync.text.tree import Block, Document, Inline, Link, Paragraph, Quote, Strong, Text

_REFERENCE_MARKS = {"merge_request": "!", "issue": "#", "snippet": "$"}


def build_comment_message(comment: Comment, language: str, users: PortalUserIds) -> Message:
    """Build the notification of a comment, with its text as a quote."""
    values: dict[str, Inline] = {
        "actor": mention_person(comment.author, language, users),
        "project": project_link(comment.project),
        "on": link(comment.target.url, _target_title(comment.target)),
    }
    state = "deleted" if comment.deleted else "created"
    key = "comment notification deleted" if comment.deleted else _phrase_key(comment.target)
    hidden = translate_inline(language, "internal only") if comment.internal else ()
    page = link(comment.url, _target_title(comment.target))
    lines: list[Line] = (
        [translate_inline(language, "detail file position", place=text_node(comment.file_position))]
        if comment.file_position
        else []
    )
    if comment.url and not comment.deleted:
        lines.append((Link(comment.url, translate_inline(language, "comment open link")),))
    return Message(
        (*translate_inline(language, key, **values), *hidden),
        tuple(lines),
        () if comment.deleted else quote_markdown(comment.text, language, comment.url),
        values={
            "project": (values["project"],),
            "actor": (values["actor"],),
            "title": (values["on"],),
            "state": translate_inline(language, f"state {state}"),
            "link": (page,),
            "url": (Text(comment.url),),
            "text": run_of(
                lines_of(
                    markdown_blocks(comment.text, MAX_RELEASE_NOTES_LENGTH, language, comment.url)
                )
            ),
        },
    )


def _phrase_key(target: CommentTarget) -> str:
    return (
        f"comment notification {target.kind}"
        if has_sentence(f"comment notification {target.kind}")
        else "comment notification other"
    )


def _target_title(target: CommentTarget) -> str:
    key = target.key[:SHORT_SHA] if target.kind == "commit" else target.key
    return f"{_REFERENCE_MARKS.get(target.kind, '')}{key} {first_line(target.title)}".strip()


MAX_COMMENT_LENGTH = 2_000  # characters of its BBCode


def render_comment_message(note: Comment, language: str, users: PortalUserIds) -> str:
    """Write the task's message of a comment as BBCode.

    It names author, target and position in the code, and quotes the text.
    """
    lines: list[Line] = [(Strong(_headline(note, language, users)),)]
    if note.file_position:
        lines.append(
            translate_inline(
                language,
                "comment file position",
                place=clipped(note.file_position, MAX_TITLE_LENGTH),
            )
        )
    paragraph = Paragraph(run_of(lines))
    return render(Document((paragraph, *_quote(note))), chat=True)


def _headline(note: Comment, language: str, users: PortalUserIds) -> Line:
    title = clipped(note.target.title, MAX_TITLE_LENGTH)
    on = f"{_target_name(note, language)} {title}".strip()
    return translate_inline(
        language,
        "comment internal" if note.internal else "comment",
        author=mention_person(note.author, language, users),
        on=Link(note.url or note.target.url, (Text(on),)),
    )


def _target_name(note: Comment, language: str) -> str:
    key = note.target.key[:SHORT_SHA] if note.target.kind == "commit" else note.target.key
    name = f"comment on {note.target.kind}"
    return translate(language, name, number=key) if has_sentence(name) else key


def _quote(note: Comment) -> tuple[Block, ...]:
    document = read_markdown(note.text)
    clipped = clip(
        Document((Quote(document.blocks),)), MAX_COMMENT_LENGTH, partial(bbcode.write, chat=True)
    )
    return clipped.blocks if document.blocks else ()
