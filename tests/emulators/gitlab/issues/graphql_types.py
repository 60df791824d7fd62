"""Types of work items in GraphQL: items, their types, notes, entries of time, fields.

https://docs.gitlab.com/api/graphql/reference/#workitem
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.emulators.gitlab.entities import Group, Project
from tests.emulators.gitlab.graphql_spec import NO_ACCESS, PAGE, Asked, Refusal, Spec, gid
from tests.emulators.gitlab.issue_payloads import issue_url
from tests.emulators.gitlab.issues import graphql_parts, graphql_widgets, labels, statuses
from tests.emulators.gitlab.issues.access_rules import sees_project, visible
from tests.emulators.gitlab.issues.graphql_widgets import WIDGET_FIELDS, attribute, moment, user
from tests.emulators.gitlab.issues.searching import matches
from tests.emulators.gitlab.tracked import Issue

Held = tuple[Asked, Project, str]
SORTS: dict[str, tuple[str, bool]] = {
    "CREATED_ASC": ("created_at", False),
    "CREATED_DESC": ("created_at", True),
    "UPDATED_ASC": ("updated_at", False),
    "UPDATED_DESC": ("updated_at", True),
}
KINDS = ("ISSUE", "TASK", "INCIDENT", "TEST_CASE", "TICKET", "REQUIREMENT")
MOST_IDS = 100


def _work_items(asked: Asked, place: Project, given: dict[str, Any]) -> list[Issue]:
    """An argument that is null filters nothing. `updatedAfter`: later than that moment."""
    moment = given.get("updatedAfter")
    after = datetime.fromisoformat(moment) if moment else None
    ids, iids, iid = given.get("ids"), given.get("iids"), given.get("iid")
    state = {"opened": "opened", "closed": "closed"}.get(given.get("state") or "")
    types = given.get("types")
    issues = [
        issue
        for issue in place.issues.values()
        if visible(asked, issue)
        and (after is None or issue.updated_at > after)
        and (ids is None or gid("WorkItem", issue.id) in ids)
        and (iids is None or str(issue.iid) in iids)
        and iid in (None, str(issue.iid))
        and matches(issue, given.get("search") or "")
        and state in (None, issue.state)
        and (types is None or issue.kind.upper().replace(" ", "_") in types)
    ]
    issues.sort(key=lambda issue: _sort_key(asked, issue, given), reverse=descends(given))
    return issues


def _sort_key(asked: Asked, issue: Issue, given: dict[str, Any]) -> tuple[float, int]:
    column = SORTS[given.get("sort") or "CREATED_DESC"][0]
    return getattr(issue, column).timestamp(), issue.id


def descends(given: dict[str, Any]) -> bool:
    return SORTS[given.get("sort") or "CREATED_DESC"][1]


def _work_item(asked: Asked, _: Any, given: dict[str, Any]) -> Issue | None:
    """An error where it is hidden or is not there."""
    issue = asked.issues.by_id(int(str(given["id"]).rsplit("/", 1)[1]))
    if issue is None or not visible(asked, issue):
        raise Refusal(NO_ACCESS)
    return issue


def _namespace(asked: Asked, _: Any, given: dict[str, Any]) -> Project | Group | None:
    path = str(given["fullPath"])
    for place in asked.state.projects.values():
        if place.path == path and sees_project(asked, place):
            return place
    for group in asked.state.groups.values():
        if group.path == path and asked.actor and group.members.get(asked.actor.id):
            return group
    return None


def _types(asked: Asked, place: Project, given: dict[str, Any]) -> list[tuple[str, Any]]:
    wanted = given.get("name")
    return [(kind, place) for kind in KINDS[:3] if wanted in (None, kind)]


def _definitions(asked: Asked, held: Any, given: dict[str, Any]) -> list[tuple[str, Any]]:
    kind, place = held
    names = graphql_widgets.names(asked)
    if kind.title() not in statuses.KINDS:
        names = [name for name in names if name != "STATUS"]
    return [(name, place) for name in names]


def definition_type(value: tuple[str, Any]) -> str:
    special = ("LABELS", "ASSIGNEES", "STATUS", "CUSTOM_FIELDS", "HIERARCHY")
    name = value[0].title().replace("_", "") if value[0] in special else "Generic"
    return f"WorkItemWidgetDefinition{name}"


def _elsewhere(name: str) -> Any:
    def url(asked: Asked, issue: Issue, given: dict[str, Any]) -> str | None:
        other = asked.issues.by_id(getattr(issue, name) or 0)
        return issue_url(asked.state, other) if other and visible(asked, other) else None

    return url


_ITEMS = PAGE | {
    "ids": "[WorkItemID!]",
    "iids": "[String!]",
    "iid": "String",
    "state": "IssuableState",
    "types": "[IssueType!]",
    "sort": "WorkItemSort",
    "updatedAfter": "Time",
    "search": "String",
}
PROJECT: dict[str, Spec] = {
    "workItems": Spec(
        "WorkItemConnection", _work_items, _ITEMS, searches=True, key=_sort_key, descends=descends
    ),
    "archived": Spec("Boolean", attribute("archived")),
    "maxAccessLevel": Spec("AccessLevel", lambda a, p, g: (a, p)),
    "workItemTypes": Spec("WorkItemTypeConnection", _types, PAGE | {"name": "IssueType"}),
    "labels": Spec("LabelConnection", lambda a, p, g: labels.available(a.state, p), PAGE),
}
QUERY: dict[str, Spec] = {
    "workItem": Spec("WorkItem", _work_item, {"id": "WorkItemID!"}),
    "namespace": Spec("Namespace", _namespace, {"fullPath": "ID!"}),
    "metadata": Spec("Metadata", lambda a, p, g: a.state),
    "currentUser": Spec("UserCore", lambda a, p, g: a.actor),
}
TYPES: dict[str, dict[str, Spec]] = {
    "Metadata": {
        "version": Spec("String", attribute("version")),
        "enterprise": Spec("Boolean", lambda a, s, g: s.edition == "ee"),
    },
    "AccessLevel": {
        "integerValue": Spec("Int", lambda a, p, g: a.state.access_level(a.actor, p[1])),
    },
    "Namespace": {
        "id": Spec("ID", lambda a, p, g: gid("Namespaces::ProjectNamespace", p.id)),
        "fullPath": Spec("ID", attribute("path")),
        "workItemTypes": Spec("WorkItemTypeConnection", _types, PAGE | {"name": "IssueType"}),
    },
    "WorkItemType": {
        "id": Spec("ID", lambda a, v, g: gid("WorkItems::Type", KINDS.index(v[0]) + 1)),
        "name": Spec("String", lambda a, v, g: v[0].replace("_", " ").title()),
        "widgetDefinitions": Spec("[WorkItemWidgetDefinition]", _definitions),
    },
    "WorkItemWidgetDefinition": {"type": Spec("WorkItemWidgetType", lambda a, v, g: v[0])},
    "WorkItemWidgetDefinitionGeneric": {},
    "WorkItemWidgetDefinitionHierarchy": {},
    "WorkItemWidgetDefinitionLabels": {
        "allowsScopedLabels": Spec("Boolean", lambda a, v, g: a.state.premium),
    },
    "WorkItemWidgetDefinitionAssignees": {
        "allowsMultipleAssignees": Spec("Boolean", lambda a, v, g: a.state.premium),
    },
    "WorkItemWidgetDefinitionStatus": {
        "allowedStatuses": Spec(
            "[WorkItemStatus]", lambda a, v, g: statuses.lifecycle(a.state, v[1]).statuses
        ),
        "defaultOpenStatus": Spec(
            "WorkItemStatus",
            lambda a, v, g: (c := statuses.lifecycle(a.state, v[1])).status(c.default_open),
        ),
        "defaultClosedStatus": Spec(
            "WorkItemStatus",
            lambda a, v, g: (c := statuses.lifecycle(a.state, v[1])).status(c.default_closed),
        ),
    },
    "WorkItemWidgetDefinitionCustomFields": {
        "customFieldValues": Spec(
            "[WorkItemCustomFieldValue]",
            lambda a, v, g: [(f, None) for f in graphql_widgets.custom_fields(a, v[1])],
        ),
    },
    "WorkItem": {
        "id": Spec("WorkItemID", lambda a, i, g: gid("WorkItem", i.id)),
        "iid": Spec("String", lambda a, i, g: str(i.iid)),
        "title": Spec("String", attribute("title")),
        "state": Spec("WorkItemState", lambda a, i, g: "OPEN" if i.state == "opened" else "CLOSED"),
        "confidential": Spec("Boolean", attribute("confidential")),
        "createdAt": Spec("Time", moment("created_at")),
        "updatedAt": Spec("Time", moment("updated_at")),
        "closedAt": Spec("Time", moment("closed_at")),
        "webUrl": Spec("String", lambda a, i, g: issue_url(a.state, i)),
        "author": Spec("UserCore", lambda a, i, g: user(a, i.author_id)),
        "workItemType": Spec(
            "WorkItemType", lambda a, i, g: (i.kind.upper().replace(" ", "_"), None)
        ),
        "project": Spec("Project", lambda a, i, g: a.state.projects[i.project_id]),
        "archived": Spec("Boolean", lambda a, i, g: a.state.projects[i.project_id].archived),
        "movedToWorkItemUrl": Spec("String", _elsewhere("moved_to_id")),
        "duplicatedToWorkItemUrl": Spec("String", _elsewhere("duplicated_to_id")),
        "userDiscussionsCount": Spec(
            "Int", lambda a, i, g: len({n.discussion_id for n in i.notes if not n.system})
        ),
        "widgets": Spec(
            "[WorkItemWidget]", graphql_widgets.of_issue, {"onlyTypes": "[WorkItemWidgetType!]"}
        ),
    },
    "WorkItemWidget": {"type": Spec("WorkItemWidgetType", lambda a, w, g: w[0])},
    **{graphql_widgets.type_name(name): fields for name, fields in WIDGET_FIELDS.items()},
    **graphql_parts.TYPES,
}
CONCRETE: dict[str, Any] = {
    "WorkItemWidget": lambda value: graphql_widgets.type_name(value[0]),
    "WorkItemWidgetDefinition": definition_type,
    "WorkItemCustomFieldValue": lambda value: graphql_parts.FIELD_TYPES[value[0].kind],
}
IMPLEMENTED: dict[str, set[str]] = {
    "WorkItemWidget": {graphql_widgets.type_name(name) for name in WIDGET_FIELDS},
    "WorkItemWidgetDefinition": {
        name for name in TYPES if name.startswith("WorkItemWidgetDefinition") and name[24:]
    },
    "WorkItemCustomFieldValue": set(graphql_parts.FIELD_TYPES.values()),
}
