"""What a task's people are shown of a merge request: its card and notifications. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sync.core.i18n.translate import known, tell
from sync.core.messages.parts import MOST_TITLE, Users, listed, person, project_link
from sync.core.model.common import (
    LinkKind,
    MergeRequest,
    MergeRequestState,
    Milestone,
    Person,
    Reviewer,
    Task,
)
from sync.core.written import written
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Link, Paragraph, Strong

_MENTION = re.compile(r"\[user=\d{1,19}\]|\[/user\]")


def merge_request_card(
    merge_request: MergeRequest, language: str, users: Users, kind: LinkKind = LinkKind.MOVE
) -> Document:
    """The card of a merge request that names the task. Its first two lines are its essence."""
    lines = [
        (Strong((title_link(merge_request, language),)),),
        _state_line(merge_request, language, users),
        *about(merge_request, language, users),
    ]
    if kind is LinkKind.MENTION:
        lines.append(tell(language, "link mention"))
    return _lines(lines)


def removed_card(merge_request: MergeRequest, language: str) -> Document:
    """What a card becomes when its merge request no longer names the task."""
    return _lines([(Strong((title_link(merge_request, language),)),), tell(language, "removed")])


def notification(
    milestone: Milestone, merge_request: MergeRequest, task: Task, *, language: str, users: Users
) -> Document:
    """One sentence for the responsible person: which task, which merge request, what, by whom."""
    actor = merge_request.actor
    sentence = tell(
        language,
        f"notify {milestone}",
        task=clipped(task.title, MOST_TITLE),
        link=title_link(merge_request, language),
    )
    by = tell(language, "by", actor=person(actor, language, users)) if actor else ()
    return Document((Paragraph((*sentence, *by)),))


def essence(text: str) -> str:
    """The part of a card's BBCode whose change is worth a new message: title, state, approvals.

    Who of the people is known to the portal is no part of it.
    """
    return _MENTION.sub("", "\n".join(text.split("\n")[:2]))


def rendered(document: Document) -> str:
    return written(document)


def _lines(lines: Iterable[Line]) -> Document:
    """One paragraph, a line break between the lines."""
    return Document((Paragraph(run_of(lines)),))


def about(merge_request: MergeRequest, language: str, users: Users) -> list[Line]:
    """Branches, author, reviewers, pipeline: those that are known."""
    lines = [
        tell(
            language,
            "branches",
            source=merge_request.source_branch,
            target=merge_request.target_branch,
            project=project_link(merge_request.project),
        )
    ]
    if merge_request.author:
        lines.append(tell(language, "author", person=person(merge_request.author, language, users)))
    if merge_request.reviewers:
        reviewers = [
            _reviewer(one, language, users)
            for one in sorted(merge_request.reviewers, key=_by_reviewer)
        ]
        lines.append(tell(language, "reviewers", people=listed(reviewers, language)))
    if merge_request.pipeline:
        lines.append(_pipeline_line(merge_request, language))
    return lines


def approvals(merge_request: MergeRequest, language: str, users: Users) -> list[Line]:
    """The line that says who approved it, where anybody did."""
    if not merge_request.approved_by:
        return []
    return [tell(language, "told approvals", people=_approvers(merge_request, language, users))]


def _approvers(merge_request: MergeRequest, language: str, users: Users) -> Line:
    people = sorted(merge_request.approved_by, key=_by_id)
    return listed([(person(one, language, users),) for one in people], language)


def _state_line(merge_request: MergeRequest, language: str, users: Users) -> Line:
    state = tell(language, state_key(merge_request))
    if not merge_request.approved_by:
        return tell(language, "state", state=state)
    people = _approvers(merge_request, language, users)
    return tell(language, "state approvals", state=state, people=people)


def state_key(merge_request: MergeRequest) -> str:
    """The phrase that names its state."""
    match merge_request.state:
        case MergeRequestState.MERGED:
            return "merged"
        case MergeRequestState.CLOSED:
            return "closed"
        case MergeRequestState.LOCKED:
            return "merging"
        case MergeRequestState.OPENED if merge_request.draft:
            return "draft"
        case MergeRequestState.OPENED:
            return "approved" if merge_request.approved else "review"


def _pipeline_line(merge_request: MergeRequest, language: str) -> Line:
    pipeline = merge_request.pipeline
    status = tell(language, f"pipeline {pipeline.status}")
    return tell(language, "pipeline", status=Link(pipeline.url, status))


def _reviewer(reviewer: Reviewer, language: str, users: Users) -> Line:
    """The person and the review's state; a state of a future version is left out."""
    who, key = person(reviewer.person, language, users), f"reviewer {reviewer.state}"
    if not known(key):
        return (who,)
    return tell(language, "reviewer", person=who, state=tell(language, key))


def title_link(merge_request: MergeRequest, language: str) -> Link:
    """Its number and title."""
    title = clipped(merge_request.title, MOST_TITLE)
    return Link(merge_request.url, tell(language, "title", iid=str(merge_request.iid), title=title))


def _by_id(person: Person) -> int:
    return person.id


def _by_reviewer(reviewer: Reviewer) -> int:
    return reviewer.person.id
