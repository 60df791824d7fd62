"""Parameters of a write: what a caller may set, what is too long, how they are stored.

lib/api/issues.rb, app/services/issuable_base_service.rb (filter_params)
"""

from __future__ import annotations

from typing import Any

from tests.emulators.gitlab import access
from tests.emulators.gitlab.entities import OWNER, Note, Project, User
from tests.emulators.gitlab.issues import labels
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import ApiError

LONGEST_TITLE, LONGEST_TEXT = 255, 1_048_576
FOR_PLANNERS = (
    "labels",
    "add_labels",
    "remove_labels",
    "assignee_ids",
    "due_date",
    "start_date",
    "discussion_locked",
    "milestone_id",
    "weight",
)
FOR_OWNERS = ("created_at", "updated_at", "iid")
COLUMNS = (
    "description",
    "due_date",
    "start_date",
    "confidential",
    "discussion_locked",
    "kind",
    "severity",
    "weight",
)


def permitted(
    state: State, place: Project, actor: User, wanted: dict[str, Any], *, author: bool = False
) -> dict[str, Any]:
    """Without what the caller may not set: it is dropped, and the answer says nothing of it."""
    role = state.access_level(actor, place)
    dropped: list[str] = [] if role >= OWNER else [*FOR_OWNERS]
    if role < access.planner(state):
        dropped += [name for name in FOR_PLANNERS if not (author and name == "confidential")]
    if not (state.edition == "ee" and state.premium):
        dropped.append("weight")
    kept = {name: value for name, value in wanted.items() if name not in dropped}
    if "assignee_ids" in kept:
        people = _assignees(state, place, kept["assignee_ids"])
        if people is None:
            del kept["assignee_ids"]
        else:
            kept["assignee_ids"] = people
    return kept


def _assignees(state: State, place: Project, ids: list[int]) -> list[int] | None:
    """None: not one of them may see the project, so that the change is dropped."""
    if not [number for number in ids if number]:
        return []
    if not state.premium:
        ids = ids[:1]
    valid = [number for number in dict.fromkeys(ids) if _may_read(state, place, number)]
    return valid or None


def _may_read(state: State, place: Project, number: int) -> bool:
    user = state.users.get(number)
    return bool(user and (place.visibility == "public" or state.access_level(user, place)))


def check(wanted: dict[str, Any]) -> None:
    """Raise 400 for what the model refuses."""
    title, text = wanted.get("title"), wanted.get("description") or ""
    problems: dict[str, list[str]] = {}
    if title is not None and not title.strip():
        problems["title"] = ["can't be blank"]
    if title is not None and len(title.strip()) > LONGEST_TITLE:
        problems["title"] = [f"is too long (maximum is {LONGEST_TITLE} characters)"]
    if len(text) > LONGEST_TEXT:
        problems["description"] = [f"is too long (maximum is {LONGEST_TEXT} characters)"]
    if problems:
        raise ApiError(400, {"message": problems})


def assign(state: State, place: Project, issue: Issue, wanted: dict[str, Any]) -> None:
    """Store parameters that were let through."""
    for name in COLUMNS:
        if name in wanted:
            setattr(issue, name, wanted[name])
    if wanted.get("title") is not None:
        issue.title = wanted["title"].strip()
    if "assignee_ids" in wanted:
        issue.assignee_ids = list(wanted["assignee_ids"])
    if "milestone_id" in wanted:
        issue.milestone_id = _milestone(place, wanted["milestone_id"])
    _label(state, place, issue, wanted)


def _milestone(place: Project, number: int | None) -> int | None:
    """The global id of one of the project's; any other is nothing."""
    return number if number in place.milestones else None


def _label(state: State, place: Project, issue: Issue, wanted: dict[str, Any]) -> None:
    if "labels" in wanted:
        chosen = [labels.ensure(state, place, name) for name in wanted["labels"]]
        issue.labels = labels.with_added(state, [], chosen)
    added = [labels.ensure(state, place, name) for name in wanted.get("add_labels", [])]
    gone = set(wanted.get("remove_labels", []))
    issue.labels = [label for label in issue.labels if label.title not in gone]
    issue.labels = labels.with_added(state, issue.labels, added)


def system_note(state: State, text: str, actor: User) -> Note:
    return Note(
        id=state.next_id("note"),
        body=text,
        author_id=actor.id,
        created_at=state.now(),
        discussion_id=state.next_sha(),
        system=True,
    )
