"""What quick actions do. Those that change nothing that this emulator keeps only count as run.

https://docs.gitlab.com/user/project/quick_actions/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tests.emulators.gitlab import access
from tests.emulators.gitlab.entities import User
from tests.emulators.gitlab.issues import durations, labels, moving, statuses
from tests.emulators.gitlab.issues.actions import Action
from tests.emulators.gitlab.tracked import Issue

if TYPE_CHECKING:
    from tests.emulators.gitlab.issues.service import Issues

NAME = re.compile(r'~?(?:"([^"]+)"|([^\s~,"]+))')
DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
Command = Callable[["Issues", Issue, User, str], str]


def run(issues: Issues, issue: Issue, actor: User, action: Action) -> str:
    """Carry it out with the rights of the caller: "", or why it could not be."""
    state = issues.state
    place = state.projects[issue.project_id]
    if state.access_level(actor, place) < access.planner(state):
        return f"Could not apply {action.name} command."
    return COMMANDS.get(action.name, _nothing)(issues, issue, actor, action.argument)


def _nothing(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    return ""


def _names(argument: str) -> list[str]:
    return [match[1] or match[2] for match in NAME.finditer(argument)]


def _close(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issues.set_state(issue, actor, "closed")
    return ""


def _reopen(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issues.set_state(issue, actor, "opened")
    return ""


def _title(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issue.title = argument.strip() or issue.title
    return ""


def _assign(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    state, place = issues.state, issues.state.projects[issue.project_id]
    names = [name.removeprefix("@") for name in argument.split()]
    people = [
        user.id
        for user in state.users.values()
        if (user.username in names or ("me" in names and user == actor))
        and state.access_level(user, place)
    ]
    if not people:
        return "Failed to assign a user because no user was found."
    issue.assignee_ids = list(dict.fromkeys([*issue.assignee_ids, *people]))
    if not state.premium:
        issue.assignee_ids = people[:1]
    return ""


def _unassign(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    names = {name.removeprefix("@") for name in argument.split()}
    users = issues.state.users
    issue.assignee_ids = [
        who for who in issue.assignee_ids if names and users[who].username not in names
    ]
    return ""


def _label(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issues.add_labels(issue, _names(argument))
    return ""


def _unlabel(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    names = _names(argument)
    issue.labels = [label for label in issue.labels if names and label.title not in names]
    return ""


def _relabel(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issue.labels = []
    return _label(issues, issue, actor, argument)


def _due(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    if not DAY.match(argument):
        return "Failed to set due date because the date format is invalid."
    issue.due_date = argument
    return ""


def _remove_due(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issue.due_date = None
    return ""


def _estimate(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issue.time_estimate = max(0, durations.parse(argument) or 0)
    return ""


def _remove_estimate(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issue.time_estimate = 0
    return ""


def _spend(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    """`1h 30m` or `1h 2026-01-31`; nothing is logged for a day to come."""
    amount, _, day = argument.rpartition(" ")
    amount, day = (amount, day) if DAY.match(day) else (argument, "")
    seconds = durations.parse(amount)
    at = datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    late = at is not None and at > issues.state.now()
    if not seconds or late or issues.timing.problem(issue, seconds, ""):
        return "Could not apply spend command."
    issues.timing.add(issue, actor, seconds, spent_at=at)
    return ""


def _remove_spent(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    if issue.total_time_spent:
        issues.timing.add(issue, actor, -issue.total_time_spent)
    return ""


def _confidential(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issue.confidential = True
    return ""


def _milestone(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    name = argument.removeprefix("%").strip('"')
    place = issues.state.projects[issue.project_id]
    milestones = [item for item in place.milestones.values() if item.title == name]
    issue.milestone_id = milestones[0].id if milestones else issue.milestone_id
    return "" if milestones else "Could not apply milestone command."


def _remove_milestone(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    issue.milestone_id = None
    return ""


def _duplicate(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    place = issues.state.projects[issue.project_id]
    number = argument.removeprefix("#")
    other = place.issues.get(int(number)) if number.isdigit() else None
    if other is None or other is issue:
        return "Failed to mark this issue as a duplicate because referenced issue was not found."
    issue.duplicated_to_id = other.id
    issues.set_state(issue, actor, "closed")
    return ""


def _move(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    target = next((p for p in issues.state.projects.values() if p.path == argument.strip()), None)
    if target is None or moving.problem(issues.state, issue, target, actor):
        return "Failed to move this issue because target project does not exist."
    moving.move(issues, issue, target, actor)
    return ""


def _status(issues: Issues, issue: Issue, actor: User, argument: str) -> str:
    cycle = statuses.lifecycle(issues.state, issues.state.projects[issue.project_id])
    name = argument.strip('"').lower()
    found = [status for status in cycle.statuses if status.name.lower() == name]
    if not found or not statuses.licensed(issues.state):
        return "Could not apply status command."
    issues.set_status(issue, actor, found[0])
    return ""


def known_labels(issues: Issues, issue: Issue) -> list[str]:
    """Titles of the labels that may be set there."""
    place = issues.state.projects[issue.project_id]
    return [label.title for label in labels.available(issues.state, place)]


COMMANDS: dict[str, Command] = {
    "close": _close,
    "reopen": _reopen,
    "title": _title,
    "assign": _assign,
    "reassign": _assign,
    "unassign": _unassign,
    "remove_assignee": _unassign,
    "label": _label,
    "labels": _label,
    "unlabel": _unlabel,
    "remove_label": _unlabel,
    "relabel": _relabel,
    "due": _due,
    "remove_due_date": _remove_due,
    "estimate": _estimate,
    "estimate_time": _estimate,
    "remove_estimate": _remove_estimate,
    "remove_time_estimate": _remove_estimate,
    "spend": _spend,
    "spent": _spend,
    "spend_time": _spend,
    "remove_time_spent": _remove_spent,
    "confidential": _confidential,
    "milestone": _milestone,
    "remove_milestone": _remove_milestone,
    "duplicate": _duplicate,
    "move": _move,
    "status": _status,
}
