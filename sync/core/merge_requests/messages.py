"""What a task's people are shown of a merge request: its card and notifications. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.messages.message import Message
from sync.core.messages.parts import (
    MAX_TITLE_LENGTH,
    PortalUserIds,
    commit_link,
    first_line,
    join_limited,
    mention_person,
    project_link,
    ref_link,
    text_node,
)
from sync.core.model.common import Person
from sync.core.model.merge_requests import MergeRequest, MergeRequestState, Reviewer, ReviewEvent
from sync.core.model.pipelines import Pipeline
from sync.core.model.tasks import LinkKind, Task
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Link, Paragraph, Strong, Text

_MENTION = re.compile(r"\[user=\d{1,19}\]|\[/user\]")

# What a card says of how the merge request names the task, where that is not plain work.
_KIND_SENTENCES = frozenset({LinkKind.MENTION, LinkKind.DENY, LinkKind.REVERT, LinkKind.PART})


@dataclass(frozen=True, slots=True)
class _Parts:
    """The text of a merge request in its parts, from which a card and a message are put together.

    `approvers`: who approved it, empty for nobody. `details`: branches, author, reviewers,
    pipeline: those that are known.
    """

    link: Link
    state: Line
    approvers: Line
    details: tuple[Line, ...]


def build_card(
    merge_request: MergeRequest, language: str, users: PortalUserIds, kind: LinkKind = LinkKind.MOVE
) -> Document:
    """Build the card for a task that the merge request names: title and state come first."""
    parts = _build_parts(merge_request, language, users)
    state = (
        translate_inline(
            language, "card state approvals", state=parts.state, people=parts.approvers
        )
        if parts.approvers
        else translate_inline(language, "card state", state=parts.state)
    )
    lines = [(Strong((parts.link,)),), state, *parts.details]
    if kind in _KIND_SENTENCES:
        merged = merge_request.state is MergeRequestState.MERGED
        reverted = kind is LinkKind.REVERT and merged
        phrase = "card reverted" if reverted else f"card {kind}"
        lines.append(translate_inline(language, phrase))
    return _build_document(lines)


def build_removed_card(merge_request: MergeRequest, language: str) -> Document:
    """Build what a card becomes when its merge request no longer names the task."""
    title = Strong((_title_link(merge_request, language),))
    return _build_document([(title,), translate_inline(language, "card link removed")])


def build_merge_request_message(
    merge_request: MergeRequest, language: str, users: PortalUserIds
) -> Message:
    """Build the message for a chat, with the state in its headline."""
    parts = _build_parts(merge_request, language, users)
    headline = translate_inline(language, "merge request state", link=parts.link, state=parts.state)
    if merge_request.actor:
        actor = mention_person(merge_request.actor, language, users)
        headline = (*headline, *translate_inline(language, "by actor", actor=actor))
    approvals = (
        (translate_inline(language, "merge request approvals", people=parts.approvers),)
        if parts.approvers
        else ()
    )
    sha = merge_request.head_sha
    return Message(
        headline,
        (*approvals, *parts.details),
        values={
            "project": (project_link(merge_request.project),),
            "branch": (ref_link(merge_request.project, merge_request.source_branch),),
            "actor": (mention_person(merge_request.actor, language, users),),
            "title": (text_node(merge_request.title),),
            "state": parts.state,
            "link": (parts.link,),
            "url": (Text(merge_request.url),),
            "text": (text_node(first_line(merge_request.description)),),
            "sha": (commit_link(merge_request.project, sha),) if sha else (),
        },
    )


def build_review_notification(
    event: ReviewEvent,
    merge_request: MergeRequest,
    task: Task,
    *,
    language: str,
    users: PortalUserIds,
) -> Document:
    """Build one sentence: which task, which merge request, what happened, by whom."""
    actor = merge_request.actor
    sentence = translate_inline(
        language,
        f"review notification {event}",
        task=clipped(task.title, MAX_TITLE_LENGTH),
        link=_title_link(merge_request, language),
    )
    by = (
        translate_inline(language, "by actor", actor=mention_person(actor, language, users))
        if actor
        else ()
    )
    return Document((Paragraph((*sentence, *by)),))


def card_summary(text: str) -> str:
    """Return what of a card is worth a new message when it changes: title, state, approvals.

    Who of the people is known to the portal is no part of it.
    """
    return _MENTION.sub("", "\n".join(text.split("\n")[:2]))


def _build_parts(merge_request: MergeRequest, language: str, users: PortalUserIds) -> _Parts:
    people = sorted(merge_request.approved_by, key=_by_id)
    mentions = [(mention_person(person, language, users),) for person in people]
    return _Parts(
        link=_title_link(merge_request, language),
        state=translate_inline(language, _state_phrase_key(merge_request)),
        approvers=join_limited(mentions, language) if mentions else (),
        details=tuple(_build_details(merge_request, language, users)),
    )


def _build_document(lines: Iterable[Line]) -> Document:
    """Put the lines into one paragraph."""
    return Document((Paragraph(run_of(lines)),))


def _build_details(merge_request: MergeRequest, language: str, users: PortalUserIds) -> list[Line]:
    lines = [
        translate_inline(
            language,
            "card branches",
            source=merge_request.source_branch,
            target=merge_request.target_branch,
            project=project_link(merge_request.project),
        )
    ]
    if merge_request.author:
        lines.append(
            translate_inline(
                language,
                "card author",
                person=mention_person(merge_request.author, language, users),
            )
        )
    if merge_request.reviewers:
        reviewers = [
            _reviewer_line(reviewer, language, users)
            for reviewer in sorted(merge_request.reviewers, key=_by_reviewer)
        ]
        lines.append(
            translate_inline(language, "card reviewers", people=join_limited(reviewers, language))
        )
    if merge_request.pipeline:
        lines.append(_pipeline_line(merge_request.pipeline, language))
    return lines


def _state_phrase_key(merge_request: MergeRequest) -> str:
    """Return the key of the phrase that names its state."""
    match merge_request.state:
        case MergeRequestState.MERGED:
            return "merge request merged"
        case MergeRequestState.CLOSED:
            return "merge request closed"
        case MergeRequestState.LOCKED:
            return "merge request merging"
        case MergeRequestState.OPENED if merge_request.draft:
            return "merge request draft"
        case MergeRequestState.OPENED:
            return "merge request approved" if merge_request.approved else "merge request review"


def _pipeline_line(pipeline: Pipeline, language: str) -> Line:
    status = translate_inline(language, f"pipeline {pipeline.status}")
    return translate_inline(language, "card pipeline", status=Link(pipeline.url, status))


def _reviewer_line(reviewer: Reviewer, language: str, users: PortalUserIds) -> Line:
    """Name the person and the review's state; a state of a future version is left out."""
    person, key = mention_person(reviewer.person, language, users), f"reviewer {reviewer.state}"
    if not has_sentence(key):
        return (person,)
    state = translate_inline(language, key)
    return translate_inline(language, "card reviewer", person=person, state=state)


def _title_link(merge_request: MergeRequest, language: str) -> Link:
    title = clipped(merge_request.title, MAX_TITLE_LENGTH)
    return Link(
        merge_request.url,
        translate_inline(
            language, "merge request number title", iid=str(merge_request.iid), title=title
        ),
    )


def _by_id(person: Person) -> int:
    return person.id


def _by_reviewer(reviewer: Reviewer) -> int:
    return reviewer.person.id


def describe_merge_request(merge_request: MergeRequest, language: str) -> str:
    """Return number and title, for a reason."""
    return translate(
        language, "merge request described", iid=merge_request.iid, title=merge_request.title
    )
