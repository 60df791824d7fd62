"""What a task's people are shown of a merge request: its card and notifications. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sync.core.model import (
    LinkKind,
    MergeRequest,
    MergeRequestState,
    Milestone,
    Person,
    Reviewer,
    Task,
)
from sync.core.phrases import known, tell
from sync.core.written import written
from sync.text.tree import (
    Document,
    Inline,
    LineBreak,
    Link,
    Paragraph,
    Strong,
    Text,
    UserMention,
)

MOST_PEOPLE = 6  # named in one line; the rest are counted
MOST_TITLE = 255  # characters, what the code host allows
MOST_NAME = 120

Users = Mapping[int, int]  # a person's id on the code host → the portal user's id

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
        task=_clipped(task.title, MOST_TITLE),
        link=title_link(merge_request, language),
    )
    by = tell(language, "by", actor=_person(actor, users)) if actor else ()
    return Document((Paragraph((*sentence, *by)),))


def essence(text: str) -> str:
    """The part of a card's BBCode whose change is worth a new message: title, state, approvals.

    Who of the people is known to the portal is no part of it.
    """
    return _MENTION.sub("", "\n".join(text.split("\n")[:2]))


def rendered(document: Document) -> str:
    return written(document)


def _lines(lines: Iterable[tuple[Inline, ...]]) -> Document:
    """One paragraph, a line break between the lines."""
    nodes = [node for line in lines for node in (LineBreak(), *line)]
    return Document((Paragraph(tuple(nodes[1:])),))


def about(merge_request: MergeRequest, language: str, users: Users) -> list[tuple[Inline, ...]]:
    """Branches, author, reviewers, pipeline: those that are known."""
    lines = [
        tell(
            language,
            "branches",
            source=merge_request.source_branch,
            target=merge_request.target_branch,
            project=Link(merge_request.project.url, (Text(merge_request.project.path),)),
        )
    ]
    if merge_request.author:
        lines.append(tell(language, "author", person=_person(merge_request.author, users)))
    if merge_request.reviewers:
        reviewers = [
            _reviewer(one, language, users)
            for one in sorted(merge_request.reviewers, key=_by_reviewer)
        ]
        lines.append(tell(language, "reviewers", people=_listed(reviewers, language)))
    if merge_request.pipeline:
        lines.append(_pipeline_line(merge_request, language))
    return lines


def approvals(merge_request: MergeRequest, language: str, users: Users) -> list[tuple[Inline, ...]]:
    """The line that says who approved it, where anybody did."""
    if not merge_request.approved_by:
        return []
    return [tell(language, "told approvals", people=_approvers(merge_request, language, users))]


def _approvers(merge_request: MergeRequest, language: str, users: Users) -> tuple[Inline, ...]:
    people = sorted(merge_request.approved_by, key=_by_id)
    return _listed([(_person(one, users),) for one in people], language)


def _state_line(merge_request: MergeRequest, language: str, users: Users) -> tuple[Inline, ...]:
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


def _pipeline_line(merge_request: MergeRequest, language: str) -> tuple[Inline, ...]:
    pipeline = merge_request.pipeline
    status = tell(language, f"pipeline {pipeline.status}")
    return tell(language, "pipeline", status=Link(pipeline.url, status))


def _reviewer(reviewer: Reviewer, language: str, users: Users) -> tuple[Inline, ...]:
    """The person and the review's state; a state of a future version is left out."""
    person, key = _person(reviewer.person, users), f"reviewer {reviewer.state}"
    if not known(key):
        return (person,)
    return tell(language, "reviewer", person=person, state=tell(language, key))


def _listed(people: list[tuple[Inline, ...]], language: str) -> tuple[Inline, ...]:
    shown = people[:MOST_PEOPLE]
    if rest := len(people) - len(shown):
        shown.append(tell(language, "more", count=str(rest)))
    return tuple(node for one in shown for node in (Text(", "), *one))[1:]


def title_link(merge_request: MergeRequest, language: str) -> Link:
    """Its number and title."""
    title = _clipped(merge_request.title, MOST_TITLE)
    return Link(merge_request.url, tell(language, "title", iid=str(merge_request.iid), title=title))


def _person(person: Person, users: Users) -> Inline:
    return UserMention(_clipped(person.shown, MOST_NAME), portal_user=users.get(person.id))


def _by_id(person: Person) -> int:
    return person.id


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _by_reviewer(reviewer: Reviewer) -> int:
    return reviewer.person.id
