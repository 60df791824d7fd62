"""What a task is shown of comments: one message each, edited when the comment is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sync.core.comments.messages import render_comment_message
from sync.core.i18n.translate import translate
from sync.core.messages.revise import EDIT_WINDOW
from sync.core.model.activity import Comment
from sync.core.model.commands import PlannedCommand, PutMessage
from sync.core.model.task_view import SentMessage, TaskView
from sync.core.notifications.keys import subject_key_of
from sync.core.rules.portal import CommentRules, Rules


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
            phrase = "comment edited" if editable else "comment posted"
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
