"""Changes of fields as parameters of REST and as the input of workItemUpdate. Pure.

Labels are added and removed one by one, so that those that somebody set meanwhile stay.
https://docs.gitlab.com/api/issues/#update-an-issue
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    PARENT,
    PRIORITY,
    SPRINT,
    STATUS,
    TAGS,
    TITLE,
    Value,
)
from sync.core.issue_sync.writes import Change, SetChange
from sync.gitlab.issues.options import ITERATIONS, MILESTONES, WORKFLOW_SCOPE, IssueOptions
from sync.gitlab.issues.terms import CLOSED, OPENED, closes, reserved
from sync.gitlab.issues.titles import protected
from sync.text.markdown.actions import disarmed
from sync.text.markdown.checklists import with_checklist, with_text

COMMA = "GitLab divides the names of labels at commas"
ONE_OF_SCOPE = "GitLab keeps one label of a scope, and the issue has another one of it"
RESERVED = "The label would say something else than a tag"
UNKNOWN = "The project has no such field"
_SCOPE = "::"
NO_NUMBER = "The field takes numbers alone"


@dataclass(slots=True)
class Parameters:
    """What is sent. `rest`: of PUT; `work_item`: of workItemUpdate; `dropped`: what cannot be.

    `colored`: labels to make first, with their colours, where they lack.
    """

    rest: dict[str, Any] = field(default_factory=dict)
    work_item: dict[str, Any] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    colored: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Setting:
    """What decides how a field is written. `labels`: of the project; `people`: set now.

    `before`: what the fields are believed to hold. `text`: the description as it is, where it has a
    checklist beside what people wrote. `exclusive_scopes`: an issue has one label of a scope.
    """

    options: IssueOptions
    has_statuses: bool
    labels: Set[str]
    people: Set[str] = frozenset()
    custom: Mapping[str, str] = field(default_factory=dict)  # field id → its kind
    before: Mapping[str, Value] = field(default_factory=dict)
    text: str = ""
    exclusive_scopes: bool = False


def parameters(changes: Mapping[str, Change], setting: Setting) -> Parameters:
    """Return what carries out the changes."""
    sent = Parameters()
    for name, write in _WRITERS.items():  # the description before its checklist
        if name in changes:
            write(sent, changes[name], setting)
    for name, change in changes.items():
        if name in _WRITERS:
            continue
        if name.startswith(CUSTOM):
            _field(sent, name, change, setting)
        else:
            sent.dropped[name] = UNKNOWN
    if sent.added:
        sent.rest["add_labels"] = ",".join(sorted(sent.added))
    if removed := sent.removed - sent.added:
        sent.rest["remove_labels"] = ",".join(sorted(removed))
    return sent


def members(change: Change) -> frozenset[str]:
    """Return a set of a change; one value is a set of it."""
    match change:
        case frozenset():
            return change
        case str() if change:
            return frozenset({change})
    return frozenset()


def _title(sent: Parameters, change: Change, setting: Setting) -> None:
    sent.rest["title"] = protected(str(change or ""))


def _description(sent: Parameters, change: Change, setting: Setting) -> None:
    """Write a text in which nothing is a command: GitLab runs quick actions of whoever wrote."""
    sent.rest["description"] = disarmed(with_text(setting.text, str(change or "")))


def _checklist(sent: Parameters, change: Change, setting: Setting) -> None:
    """Write task lists into the description, or into what is written of it."""
    text = str(sent.rest.get("description", setting.text))
    sent.rest["description"] = disarmed(with_checklist(text, str(change or "")))


def _assignees(sent: Parameters, change: Change, setting: Setting) -> None:
    """Write the whole list, which is all that REST takes; nobody is 0."""
    people = set(members(change))
    if isinstance(change, SetChange):
        people = (set(setting.people) | change.add) - change.remove
    ids = sorted((int(person) for person in people if person.isdigit()), key=int)
    sent.rest["assignee_ids"] = ids or [0]


def _priority(sent: Parameters, change: Change, setting: Setting) -> None:
    """Set one label of the scope and take the others off: not every tier does that itself."""
    chosen = str(change or "")
    scope = {*setting.options.priorities, *_scoped(setting.labels, "priority")}
    sent.removed |= scope - {chosen}
    if chosen:
        sent.added.add(chosen)
        if chosen not in setting.labels:
            sent.colored[chosen] = setting.options.priorities.get(chosen, "#6699cc")


def _status(sent: Parameters, change: Change, setting: Setting) -> None:
    """Set the status, which the state follows; or a label and the state, where there is none."""
    chosen = str(change or "")
    if setting.has_statuses:
        if chosen.startswith("gid://"):
            sent.work_item["statusWidget"] = {"status": chosen}
        else:
            sent.dropped[STATUS] = "The project has statuses of its own, and this is none of them"
        return
    is_label = chosen not in (OPENED, CLOSED)
    finished = closes(chosen, setting.options) if is_label else chosen == CLOSED
    sent.removed |= set(_scoped(setting.labels, WORKFLOW_SCOPE)) - {chosen}
    if is_label:
        sent.added.add(chosen)
    sent.rest["state_event"] = "close" if finished else "reopen"


def _tags(sent: Parameters, change: Change, setting: Setting) -> None:
    added = change.add if isinstance(change, SetChange) else members(change)
    removed = change.remove if isinstance(change, SetChange) else frozenset()
    held = members(setting.before.get(TAGS)) - removed
    for tag in sorted(added | removed):
        if "," in tag:
            sent.dropped[TAGS] = COMMA
        elif tag in added and setting.exclusive_scopes and _displaces(tag, held | sent.added):
            sent.dropped[TAGS] = ONE_OF_SCOPE
        elif reserved(tag, setting.options, has_status=setting.has_statuses):
            sent.dropped[TAGS] = RESERVED
        elif tag in added:
            sent.added.add(tag)
        else:
            sent.removed.add(tag)


def _displaces(tag: str, held: Set[str]) -> bool:
    """Whether a label would take another one of its scope off the issue.

    https://docs.gitlab.com/user/project/labels/#scoped-labels
    """
    scope = tag.rpartition(_SCOPE)[0]
    return bool(scope) and any(
        other != tag and other.rpartition(_SCOPE)[0] == scope for other in held
    )


def _deadline(sent: Parameters, change: Change, setting: Setting) -> None:
    sent.rest["due_date"] = str(change or "")[:10]


def _estimate(sent: Parameters, change: Change, setting: Setting) -> None:
    seconds = change if isinstance(change, int) else 0
    sent.work_item["timeTrackingWidget"] = {"timeEstimate": duration(seconds)}


def _sprint(sent: Parameters, change: Change, setting: Setting) -> None:
    chosen = str(change or "")
    if setting.options.sprint == MILESTONES:
        sent.rest["milestone_id"] = int(chosen) if chosen.isdigit() else 0
    elif setting.options.sprint == ITERATIONS:
        key = f"gid://gitlab/Iteration/{chosen}" if chosen else None
        sent.work_item["iterationWidget"] = {"iterationId": key}
    else:
        sent.dropped[SPRINT] = UNKNOWN


def _parent(sent: Parameters, change: Change, setting: Setting) -> None:
    key = f"gid://gitlab/WorkItem/{change}" if change else None
    sent.work_item["hierarchyWidget"] = {"parentId": key}


def _field(sent: Parameters, name: str, change: Change, setting: Setting) -> None:
    """Write a field of the instance's own, or the label that stands for one."""
    scope = name.removeprefix(CUSTOM)
    if scope not in setting.options.scopes:
        _custom(sent, name, change, setting.custom.get(scope, ""))
        return
    value = ", ".join(sorted(change)) if isinstance(change, frozenset) else change
    chosen = f"{scope}::{value}" if value else ""
    if "," in chosen:
        sent.dropped[name] = COMMA
        return
    old = setting.before.get(name)  # somebody may have made its label a moment ago
    sent.removed |= {*_scoped(setting.labels, scope), *([f"{scope}::{old}"] if old else [])}
    sent.removed.discard(chosen)
    if chosen:
        sent.added.add(chosen)


def _custom(sent: Parameters, name: str, change: Change, kind: str) -> None:
    """Write a field of the instance's own by its kind.

    https://docs.gitlab.com/api/graphql/reference/#workitemwidgetcustomfieldvalueinputtype
    """
    field_id = f"gid://gitlab/Issuables::CustomField/{name.removeprefix(CUSTOM)}"
    entry: dict[str, Any] = {"customFieldId": field_id}
    match change:
        case frozenset():
            option = "gid://gitlab/Issuables::CustomFieldSelectOption/"
            entry["selectedOptionIds"] = [f"{option}{chosen}" for chosen in sorted(change)]
        case int():
            entry["numberValue"] = float(change)
        case str() if kind == "NUMBER":
            try:
                entry["numberValue"] = float(change)
            except ValueError:
                sent.dropped[name] = NO_NUMBER
                return
        case str():
            entry["dateValue" if kind == "DATE" else "textValue"] = change
        case None:
            entry |= {"textValue": None, "numberValue": None, "selectedOptionIds": []}
        case _:
            entry["selectedOptionIds"] = []
    sent.work_item.setdefault("customFieldsWidget", []).append(entry)


def _scoped(labels: Iterable[str], scope: str) -> list[str]:
    return [label for label in labels if label.startswith(f"{scope}::")]


def duration(seconds: int) -> str:
    """Write seconds in hours, minutes and seconds: days and weeks depend on settings there."""
    hours, rest = divmod(abs(seconds), 3600)
    parts = ((hours, "h"), (rest // 60, "m"), (rest % 60, "s"))
    written = " ".join(f"{amount}{unit}" for amount, unit in parts if amount)
    return ("-" if seconds < 0 else "") + (written or "0h")


_WRITERS = {
    TITLE: _title,
    DESCRIPTION: _description,
    CHECKLIST: _checklist,
    ASSIGNEES: _assignees,
    PRIORITY: _priority,
    STATUS: _status,
    TAGS: _tags,
    DEADLINE: _deadline,
    ESTIMATE: _estimate,
    SPRINT: _sprint,
    PARENT: _parent,
}


def initial(values: Mapping[str, Value]) -> dict[str, Change]:
    """Return the changes that fill a new item."""
    return {
        name: SetChange(add=value) if isinstance(value, frozenset) and name == TAGS else value
        for name, value in values.items()
        if value not in (None, "", frozenset())
    }
