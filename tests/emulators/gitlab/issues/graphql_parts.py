"""Types inside work items: statuses, labels, entries of time, notes, custom fields.

https://docs.gitlab.com/api/graphql/reference/#workitemtimelog ; …/#workitemstatus
"""

from __future__ import annotations

from typing import Any

from tests.emulators.gitlab.graphql_spec import PAGE, Asked, Spec, gid
from tests.emulators.gitlab.issues.graphql_widgets import attribute, moment, user
from tests.emulators.gitlab.issues.records import CustomField
from tests.emulators.gitlab.parts import plain_time

FIELD_TYPES = {
    "TEXT": "WorkItemTextFieldValue",
    "NUMBER": "WorkItemNumberFieldValue",
    "DATE": "WorkItemDateFieldValue",
    "SINGLE_SELECT": "WorkItemSelectFieldValue",
    "MULTI_SELECT": "WorkItemSelectFieldValue",
}
_FIELD = {"customField": Spec("CustomField", lambda a, v, g: v[0])}


def _chosen(asked: Asked, value: tuple[CustomField, Any], given: dict[str, Any]) -> list[Any]:
    held = value[0]
    return [(held, number) for number in value[1] or [] if number in held.options]


TYPES: dict[str, dict[str, Spec]] = {
    "WorkItemStatus": {
        "id": Spec("ID", attribute("id")),
        "name": Spec("String", attribute("name")),
        "category": Spec("WorkItemStatusCategoryEnum", lambda a, s, g: s.category.upper()),
        "color": Spec("String", attribute("color")),
        "iconName": Spec("String", lambda a, s, g: f"status-{s.category}"),
        "position": Spec("Int", attribute("position")),
    },
    "Label": {
        "id": Spec("ID", lambda a, v, g: gid("GroupLabel" if v.group_id else "ProjectLabel", v.id)),
        "title": Spec("String", attribute("title")),
        "color": Spec("String", attribute("color")),
    },
    "Milestone": {
        "id": Spec("ID", lambda a, m, g: gid("Milestone", m.id)),
        "iid": Spec("ID", lambda a, m, g: str(m.iid)),
        "title": Spec("String", attribute("title")),
    },
    "Iteration": {
        "id": Spec("ID", lambda a, i, g: gid("Iteration", i.id)),
        "iid": Spec("ID", lambda a, i, g: str(i.iid)),
        "title": Spec("String", attribute("title")),
        "startDate": Spec("Date", lambda a, i, g: i.start.isoformat()),
        "dueDate": Spec("Date", lambda a, i, g: i.due.isoformat()),
    },
    "WorkItemTimelog": {
        "id": Spec("ID", lambda a, t, g: gid("Timelog", t.id)),
        "timeSpent": Spec("Int", attribute("seconds")),
        "spentAt": Spec("Time", moment("spent_at")),
        "summary": Spec("String", attribute("summary")),
        "user": Spec("UserCore", lambda a, t, g: user(a, t.user_id)),
    },
    "Discussion": {
        "id": Spec(
            "DiscussionID", lambda a, notes, g: f"gid://gitlab/Discussion/{notes[0].discussion_id}"
        ),
        "notes": Spec("NoteConnection", lambda a, notes, g: notes, PAGE),
    },
    "Note": {
        "id": Spec("NoteID", lambda a, n, g: gid(n.kind or "Note", n.id)),
        "body": Spec("String", attribute("body")),
        "system": Spec("Boolean", attribute("system")),
        "internal": Spec("Boolean", attribute("internal")),
        "createdAt": Spec("Time", moment("created_at")),
        "updatedAt": Spec("Time", lambda a, n, g: plain_time(n.updated_at or n.created_at)),
        "lastEditedAt": Spec("Time", moment("updated_at")),
        "author": Spec("UserCore", lambda a, n, g: user(a, n.author_id)),
    },
    "LinkedWorkItemType": {
        "linkType": Spec("String", lambda a, v, g: v[0]),
        "workItem": Spec("WorkItem", lambda a, v, g: v[1]),
    },
    "CustomField": {
        "id": Spec("IssuablesCustomFieldID", lambda a, f, g: gid("Issuables::CustomField", f.id)),
        "name": Spec("String", attribute("name")),
        "fieldType": Spec("CustomFieldType", attribute("kind")),
        "selectOptions": Spec(
            "[CustomFieldSelectOption]", lambda a, f, g: [(f, number) for number in f.options]
        ),
    },
    "CustomFieldSelectOption": {
        "id": Spec("ID", lambda a, v, g: gid("Issuables::CustomFieldSelectOption", v[1])),
        "value": Spec("String", lambda a, v, g: v[0].options[v[1]]),
    },
    "WorkItemCustomFieldValue": dict(_FIELD),
    "WorkItemTextFieldValue": _FIELD | {"value": Spec("String", lambda a, v, g: v[1])},
    "WorkItemNumberFieldValue": _FIELD | {"value": Spec("Float", lambda a, v, g: v[1])},
    "WorkItemDateFieldValue": _FIELD | {"value": Spec("Date", lambda a, v, g: v[1])},
    "WorkItemSelectFieldValue": _FIELD
    | {"selectedOptions": Spec("[CustomFieldSelectOption]", _chosen)},
}
