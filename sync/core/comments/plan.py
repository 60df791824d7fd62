"""What a task is shown of comments: one message each, edited when the comment is. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sync.core.comments.messages import render_comment_message
from sync.core.i18n.translate import translate
from sync.core.messages.revise import editable_id, plan_message
from sync.core.model.activity import Comment
from sync.core.model.commands import Place
from sync.core.model.plans import Part, PlannedCommand
from sync.core.model.task_view import TaskView
from sync.core.rules.portal import CommentRules, Rules


def plan_comments(view: TaskView, rules: Rules, now: datetime) -> Part:
    """Plan a message for each comment that the settings want.

    A task only has to be known, not fresh: what is written does not depend on its state.
    """
    if not view.comments:
        return Part()
    if view.task is None:
        return Part(needs=frozenset({"task"}))
    comment_rules = rules.for_group(view.task.group_id).comments
    place = Place(view.task.id)
    return Part(tuple(_plan_messages(view, place, comment_rules, rules.language, now)))


def _plan_messages(
    view: TaskView, place: Place, comment_rules: CommentRules, language: str, now: datetime
) -> Iterator[PlannedCommand]:
    """Plan the messages; one that is there follows its comment, whatever the settings say now."""
    for comment in sorted(view.comments, key=lambda comment: (comment.created_at, comment.id)):
        subject_key = comment.subject_key
        sent = view.sent_message(subject_key)
        message_id = editable_id(sent, now)
        if not message_id and (sent.at is not None or not _is_wanted(comment, comment_rules)):
            continue
        text = render_comment_message(comment, language, view.users_of(comment.project))
        if text != sent.text:
            phrase = "comment edited" if message_id else "comment posted"
            reason = translate(language, phrase, title=comment.target.title or comment.target.key)
            yield plan_message(place, subject_key, text, message_id, reason)


def _is_wanted(comment: Comment, comment_rules: CommentRules) -> bool:
    hidden = (comment.system and not comment_rules.system) or (
        comment.internal and not comment_rules.internal
    )
    return comment_rules.message and not hidden and not comment.deleted
