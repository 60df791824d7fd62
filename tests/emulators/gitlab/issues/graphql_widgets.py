"""Widgets of work items: what each shows, and which a type has. https://docs.gitlab.com/api/graphql/
reference/#workitemwidget
"""

from __future__ import annotations

from typing import Any

from tests.emulators.gitlab.entities import Label, Note, Project, User
from tests.emulators.gitlab.graphql_spec import PAGE, Asked, Resolve, Spec
from tests.emulators.gitlab.issues import labels, statuses
from tests.emulators.gitlab.issues.access_rules import sees_hidden, visible
from tests.emulators.gitlab.issues.records import REVERSED, CustomField, Iteration, Status, Timelog
from tests.emulators.gitlab.parts import plain_time
from tests.emulators.gitlab.tracked import Issue, Milestone

Widget = tuple[str, Issue]
WIDGETS = (
    "DESCRIPTION",
    "ASSIGNEES",
    "LABELS",
    "MILESTONE",
    "START_AND_DUE_DATE",
    "TIME_TRACKING",
    "HIERARCHY",
    "NOTES",
    "LINKED_ITEMS",
)
LICENSED = {"ITERATION": (13, 0), "CUSTOM_FIELDS": (17, 11), "STATUS": statuses.SINCE}


def names(asked: Asked) -> list[str]:
    """The widgets that the type of issues has there: what is not licensed is missing."""
    state = asked.state
    licensed = state.edition == "ee" and state.premium
    more = [name for name, since in LICENSED.items() if licensed and state.at_least(*since)]
    return [*WIDGETS, *more]


def type_name(name: str) -> str:
    """`START_AND_DUE_DATE` -> `WorkItemWidgetStartAndDueDate`."""
    return "WorkItemWidget" + name.title().replace("_", "")


def of_issue(asked: Asked, issue: Issue, given: dict[str, Any]) -> list[Widget]:
    wanted = given.get("onlyTypes")
    return [(name, issue) for name in names(asked) if wanted is None or name in wanted]


def place_of(asked: Asked, issue: Issue) -> Project:
    return asked.state.projects[issue.project_id]


def _of(name: str) -> Resolve:
    return lambda asked, widget, given: getattr(widget[1], name)


def attribute(name: str) -> Resolve:
    return lambda asked, value, given: getattr(value, name)


def moment(name: str) -> Resolve:
    """`Types::TimeType` of GitLab writes `iso8601`: seconds, where REST and hooks tell more."""
    return lambda asked, value, given: plain_time(getattr(value, name))


def user(asked: Asked, number: int | None) -> User | None:
    return asked.state.users.get(number or 0)


def _assignees(asked: Asked, widget: Widget, given: dict[str, Any]) -> list[User]:
    return [asked.state.users[number] for number in widget[1].assignee_ids]


def _milestone(asked: Asked, widget: Widget, given: dict[str, Any]) -> Milestone | None:
    return place_of(asked, widget[1]).milestones.get(widget[1].milestone_id or 0)


def _timelogs(asked: Asked, widget: Widget, given: dict[str, Any]) -> list[Timelog]:
    return sorted(widget[1].timelogs, key=lambda entry: entry.id)


def _threads(asked: Asked, widget: Widget, given: dict[str, Any]) -> list[list[Note]]:
    """Oldest first; what may be read of `filter`."""
    issue = widget[1]
    hidden = sees_hidden(asked, place_of(asked, issue))
    wanted = given.get("filter") or "ALL_NOTES"
    threads: dict[str, list[Note]] = {}
    for note in issue.notes:
        fits = wanted == "ALL_NOTES" or note.system == (wanted == "ONLY_ACTIVITY")
        if fits and (hidden or not note.internal):
            threads.setdefault(note.discussion_id, []).append(note)
    return list(threads.values())


def _parent(asked: Asked, widget: Widget, given: dict[str, Any]) -> Issue | None:
    parent = asked.issues.by_id(widget[1].parent_id or 0)
    return parent if parent and visible(asked, parent) else None


def _children(asked: Asked, widget: Widget, given: dict[str, Any]) -> list[Issue]:
    held = [i for place in asked.state.projects.values() for i in place.issues.values()]
    return [child for child in held if child.parent_id == widget[1].id and visible(asked, child)]


def _iteration(asked: Asked, widget: Widget, given: dict[str, Any]) -> Iteration | None:
    held = asked.state.planned.iterations.get(statuses.root(place_of(asked, widget[1])), [])
    return next((each for each in held if each.id == widget[1].iteration_id), None)


def custom_fields(asked: Asked, place: Project) -> list[CustomField]:
    held = asked.state.planned.fields.get(statuses.root(place), [])
    return [each for each in held if each.active]


def _values(asked: Asked, widget: Widget, given: dict[str, Any]) -> list[tuple[CustomField, Any]]:
    fields = custom_fields(asked, place_of(asked, widget[1]))
    return [(each, widget[1].custom.get(each.id)) for each in fields]


def _links(asked: Asked, widget: Widget, given: dict[str, Any]) -> list[tuple[str, Issue]]:
    """The items at the other ends, each with its kind as seen from this item."""
    found = []
    for link in asked.state.planned.links.values():
        ends = (link.source_id, link.target_id)
        if widget[1].id in ends:
            outward = ends[0] == widget[1].id
            other = asked.issues.by_id(ends[1] if outward else ends[0])
            if other and visible(asked, other):
                found.append((link.kind if outward else REVERSED[link.kind], other))
    return found


def _scoped(asked: Asked, widget: Any, given: dict[str, Any]) -> bool:
    return asked.state.premium


def _labels(asked: Asked, widget: Widget, given: dict[str, Any]) -> list[Label]:
    held = labels.available(asked.state, place_of(asked, widget[1]))
    return sorted(widget[1].labels, key=lambda label: (label not in held, label.title))


def _due(name: str) -> Resolve:
    return lambda asked, widget, given: getattr(widget[1], name)


def _status(asked: Asked, widget: Widget, given: dict[str, Any]) -> Status | None:
    return statuses.current(asked.state, widget[1])


WIDGET_FIELDS: dict[str, dict[str, Spec]] = {
    "DESCRIPTION": {
        "description": Spec("String", _of("description")),
        "lastEditedAt": Spec("Time", lambda a, w, g: plain_time(w[1].last_edited_at)),
        "lastEditedBy": Spec("UserCore", lambda a, w, g: user(a, w[1].last_edited_by_id)),
    },
    "ASSIGNEES": {
        "assignees": Spec("UserCoreConnection", _assignees, PAGE),
        "allowsMultipleAssignees": Spec("Boolean", _scoped),
    },
    "LABELS": {
        "labels": Spec("LabelConnection", _labels, PAGE),
        "allowsScopedLabels": Spec("Boolean", _scoped),
    },
    "MILESTONE": {"milestone": Spec("Milestone", _milestone)},
    "START_AND_DUE_DATE": {
        "startDate": Spec("Date", _due("start_date")),
        "dueDate": Spec("Date", _due("due_date")),
    },
    "TIME_TRACKING": {
        "timeEstimate": Spec("Int", _of("time_estimate")),
        "totalTimeSpent": Spec("Int", _of("total_time_spent")),
        "timelogs": Spec("WorkItemTimelogConnection", _timelogs, PAGE, key=attribute("id")),
    },
    "HIERARCHY": {
        "parent": Spec("WorkItem", _parent),
        "hasChildren": Spec("Boolean", lambda a, w, g: bool(_children(a, w, g))),
        "children": Spec("WorkItemConnection", _children, PAGE, cost=5),
    },
    "NOTES": {
        "discussions": Spec(
            "DiscussionConnection", _threads, PAGE | {"filter": "NotesFilterType"}, searches=True,
            weight=0.05,
        ),
        "discussionLocked": Spec("Boolean", lambda a, w, g: bool(w[1].discussion_locked)),
    },
    "LINKED_ITEMS": {"linkedItems": Spec("LinkedWorkItemTypeConnection", _links, PAGE)},
    "ITERATION": {"iteration": Spec("Iteration", _iteration)},
    "CUSTOM_FIELDS": {"customFieldValues": Spec("[WorkItemCustomFieldValue]", _values)},
    "STATUS": {"status": Spec("WorkItemStatus", _status)},
}  # fmt: skip
