"""What is said of comments, reactions and releases: of what people wrote. Pure."""

from __future__ import annotations

from sync.core.i18n.translate import has_sentence, translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message
from sync.core.messages.parts import (
    PortalUserIds,
    first_line,
    link,
    mention_person,
    project_link,
    state_word,
    text_node,
)
from sync.core.model.activity import Comment, CommentTarget, Release, Resource
from sync.core.model.common import SHORT_SHA
from sync.core.told_prose import (
    MAX_RELEASE_NOTES_LENGTH,
    markdown_blocks,
    quote_markdown,
    quote_plain,
)
from sync.text.plain import Line, lines_of, run_of
from sync.text.tree import Inline, Link, Text

_REFERENCE_MARKS = {"merge_request": "!", "issue": "#", "snippet": "$"}


def build_comment_message(comment: Comment, language: str, users: PortalUserIds) -> Message:
    """Who said what on what. The quote is all of a comment that is not long."""
    named: dict[str, Inline] = {
        "actor": mention_person(comment.author, language, users),
        "project": project_link(comment.project),
        "on": link(comment.target.url, _target_title(comment.target)),
    }
    state = "deleted" if comment.deleted else "created"
    key = "told note gone" if comment.deleted else _phrase_key(comment.target)
    hidden = translate_inline(language, "told internal") if comment.internal else ()
    page = link(comment.url, _target_title(comment.target))
    lines: list[Line] = (
        [translate_inline(language, "told place", place=text_node(comment.file_position))]
        if comment.file_position
        else []
    )
    if comment.url and not comment.deleted:
        lines.append((Link(comment.url, translate_inline(language, "told note open")),))
    return Message(
        (*translate_inline(language, key, **named), *hidden),
        tuple(lines),
        () if comment.deleted else quote_markdown(comment.text, language, comment.url),
        values={
            "project": (named["project"],),
            "actor": (named["actor"],),
            "title": (named["on"],),
            "state": translate_inline(language, f"word {state}"),
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
        f"told note {target.kind}"
        if has_sentence(f"told note {target.kind}")
        else "told note other"
    )


def _target_title(target: CommentTarget) -> str:
    key = target.key[:SHORT_SHA] if target.kind == "commit" else target.key
    return f"{_REFERENCE_MARKS.get(target.kind, '')}{key} {first_line(target.title)}".strip()


def build_release_message(release: Release, language: str, users: PortalUserIds) -> Message:
    """With its notes, of which a long one shows the beginning; one that is gone has no page."""
    state = "deleted" if release.deleted else "updated" if release.updated else "created"
    url = "" if release.deleted else release.url
    named = {
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
    by = translate_inline(language, "by", actor=actor) if release.actor else ()
    return Message(
        (*translate_inline(language, f"release {state}", **named), *by),
        (translate_inline(language, "release tag", tag=tag),),
        notes,
        values={
            **{name: (node,) for name, node in named.items()},
            "actor": (actor,),
            "title": (text_node(release.name or release.tag),),
            "state": translate_inline(language, f"word {state}"),
            "url": (Text(url),),
            "text": run_of(lines_of(notes)),
            "tag": (tag,),
        },
    )


def build_emoji_message(
    resource: Resource, state: str, language: str, users: PortalUserIds
) -> Message:
    """A reaction by its name, and the words it was left on."""
    actor = mention_person(resource.actor, language, users)
    named = {
        "actor": actor,
        "project": project_link(resource.project),
        "link": link(resource.url, f":{resource.title}:"),
    }
    return Message(
        translate_inline(language, f"emoji {state if state == 'revoked' else 'awarded'}", **named),
        (),
        quote_plain(first_line(resource.text)),
        values={
            **{name: (node,) for name, node in named.items()},
            "title": (text_node(resource.title),),
            "state": state_word(language, state),
            "url": (Text(resource.url),),
            "text": (text_node(first_line(resource.text)),),
        },
    )
