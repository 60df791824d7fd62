"""What a task's people are shown of a merge request: its card and notifications. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sync.core.i18n.translate import has_sentence, translate, translate_inline
from sync.core.merge_requests import messages as merge_requests_messages
from sync.core.messages.message import Message, render
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
from sync.core.model.tasks import LinkKind, Task
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Link, Paragraph, Strong, Text

_MENTION = re.compile(r"\[user=\d{1,19}\]|\[/user\]")

# What a card says of how the merge request names the task, where that is not plain work.
_KIND_SENTENCES = frozenset({LinkKind.MENTION, LinkKind.DENY, LinkKind.REVERT, LinkKind.PART})


def build_card(
    merge_request: MergeRequest, language: str, users: PortalUserIds, kind: LinkKind = LinkKind.MOVE
) -> Document:
    """The card of a merge request that names the task. Its first two lines are its essence."""
    lines = [
        (Strong((title_link(merge_request, language),)),),
        _state_line(merge_request, language, users),
        *build_details(merge_request, language, users),
    ]
    if kind in _KIND_SENTENCES:
        merged = merge_request.state is MergeRequestState.MERGED
        done = kind is LinkKind.REVERT and merged
        lines.append(translate_inline(language, "card reverted" if done else f"card {kind}"))
    return _build_document(lines)


def build_removed_card(merge_request: MergeRequest, language: str) -> Document:
    """What a card becomes when its merge request no longer names the task."""
    return _build_document(
        [
            (Strong((title_link(merge_request, language),)),),
            translate_inline(language, "card link removed"),
        ]
    )


def build_review_notification(
    event: ReviewEvent,
    merge_request: MergeRequest,
    task: Task,
    *,
    language: str,
    users: PortalUserIds,
) -> Document:
    """One sentence for the responsible person: which task, which merge request, what, by whom."""
    actor = merge_request.actor
    sentence = translate_inline(
        language,
        f"review notification {event}",
        task=clipped(task.title, MAX_TITLE_LENGTH),
        link=title_link(merge_request, language),
    )
    by = (
        translate_inline(language, "by actor", actor=mention_person(actor, language, users))
        if actor
        else ()
    )
    return Document((Paragraph((*sentence, *by)),))


def card_summary(text: str) -> str:
    """The part of a card's BBCode whose change is worth a new message: title, state, approvals.

    Who of the people is known to the portal is no part of it.
    """
    return _MENTION.sub("", "\n".join(text.split("\n")[:2]))


def render_card(document: Document) -> str:
    return render(document)


def _build_document(lines: Iterable[Line]) -> Document:
    """One paragraph, a line break between the lines."""
    return Document((Paragraph(run_of(lines)),))


def build_details(merge_request: MergeRequest, language: str, users: PortalUserIds) -> list[Line]:
    """Branches, author, reviewers, pipeline: those that are known."""
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
            _reviewer_line(one, language, users)
            for one in sorted(merge_request.reviewers, key=_by_reviewer)
        ]
        lines.append(
            translate_inline(language, "card reviewers", people=join_limited(reviewers, language))
        )
    if merge_request.pipeline:
        lines.append(_pipeline_line(merge_request, language))
    return lines


def approval_details(
    merge_request: MergeRequest, language: str, users: PortalUserIds
) -> list[Line]:
    """The line that says who approved it, where anybody did."""
    if not merge_request.approved_by:
        return []
    return [
        translate_inline(
            language, "merge request approvals", people=_approvers(merge_request, language, users)
        )
    ]


def _approvers(merge_request: MergeRequest, language: str, users: PortalUserIds) -> Line:
    people = sorted(merge_request.approved_by, key=_by_id)
    return join_limited([(mention_person(one, language, users),) for one in people], language)


def _state_line(merge_request: MergeRequest, language: str, users: PortalUserIds) -> Line:
    state = translate_inline(language, state_phrase_key(merge_request))
    if not merge_request.approved_by:
        return translate_inline(language, "card state", state=state)
    people = _approvers(merge_request, language, users)
    return translate_inline(language, "card state approvals", state=state, people=people)


def state_phrase_key(merge_request: MergeRequest) -> str:
    """The phrase that names its state."""
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


def _pipeline_line(merge_request: MergeRequest, language: str) -> Line:
    pipeline = merge_request.pipeline
    status = translate_inline(language, f"pipeline {pipeline.status}")
    return translate_inline(language, "card pipeline", status=Link(pipeline.url, status))


def _reviewer_line(reviewer: Reviewer, language: str, users: PortalUserIds) -> Line:
    """The person and the review's state; a state of a future version is left out."""
    who, key = mention_person(reviewer.person, language, users), f"reviewer {reviewer.state}"
    if not has_sentence(key):
        return (who,)
    return translate_inline(
        language, "card reviewer", person=who, state=translate_inline(language, key)
    )


def title_link(merge_request: MergeRequest, language: str) -> Link:
    """Its number and title."""
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
    """A merge request in a reason: number and title."""
    return translate(
        language, "merge request described", iid=merge_request.iid, title=merge_request.title
    )


def build_merge_request_message(
    merge_request: MergeRequest, language: str, users: PortalUserIds
) -> Message:
    """The same as its card in a task, but for the name of the state in the headline."""
    state = translate_inline(language, merge_requests_messages.state_phrase_key(merge_request))
    title = merge_requests_messages.title_link(merge_request, language)
    headline = translate_inline(language, "merge request state", link=title, state=state)
    if merge_request.actor:
        actor = mention_person(merge_request.actor, language, users)
        headline = (*headline, *translate_inline(language, "by actor", actor=actor))
    approvals = merge_requests_messages.approval_details(merge_request, language, users)
    return Message(
        headline,
        (*approvals, *merge_requests_messages.build_details(merge_request, language, users)),
        values={
            "project": (project_link(merge_request.project),),
            "branch": (ref_link(merge_request.project, merge_request.source_branch),),
            "actor": (mention_person(merge_request.actor, language, users),),
            "title": (text_node(merge_request.title),),
            "state": state,
            "link": (title,),
            "url": (Text(merge_request.url),),
            "text": (text_node(first_line(merge_request.description)),),
            "sha": (commit_link(merge_request.project, merge_request.head_sha),)
            if merge_request.head_sha
            else (),
        },
    )
