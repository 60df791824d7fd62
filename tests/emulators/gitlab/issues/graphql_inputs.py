"""Checks of what GraphQL arguments and variables hold: input objects, enums, global ids. Pure.

https://docs.gitlab.com/api/graphql/reference/#input-types
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.emulators.gitlab.graphql_text import Variable

ENUMS: dict[str, tuple[str, ...]] = {
    "WorkItemSort": ("CREATED_ASC", "CREATED_DESC", "UPDATED_ASC", "UPDATED_DESC"),
    "IssuableState": ("opened", "closed", "locked", "all"),
    "IssueType": ("ISSUE", "TASK", "INCIDENT", "TEST_CASE", "TICKET", "REQUIREMENT", "EPIC"),
    "NotesFilterType": ("ALL_NOTES", "ONLY_COMMENTS", "ONLY_ACTIVITY"),
    "WorkItemStateEvent": ("CLOSE", "REOPEN"),
}
MODELS: dict[str, tuple[str, ...]] = {
    "WorkItemID": ("WorkItem", "Issue"),
    "TimelogID": ("Timelog",),
    "IssuableID": ("Issue", "WorkItem", "MergeRequest"),
    "LabelID": ("ProjectLabel", "GroupLabel", "Label"),
    "MilestoneID": ("Milestone",),
    "IterationID": ("Iteration",),
    "UserID": ("User",),
    "WorkItemsStatusesStatusID": (
        "WorkItems::Statuses::SystemDefined::Status",
        "WorkItems::Statuses::Custom::Status",
    ),
    "IssuablesCustomFieldID": ("Issuables::CustomField",),
    "IssuablesCustomFieldSelectOptionID": ("Issuables::CustomFieldSelectOption",),
}
INPUTS: dict[str, dict[str, str]] = {
    "WorkItemUpdateInput": {
        "id": "WorkItemID!",
        "title": "String",
        "stateEvent": "WorkItemStateEvent",
        "confidential": "Boolean",
        "descriptionWidget": "WorkItemWidgetDescriptionInput",
        "assigneesWidget": "WorkItemWidgetAssigneesInput",
        "labelsWidget": "WorkItemWidgetLabelsUpdateInput",
        "milestoneWidget": "WorkItemWidgetMilestoneInput",
        "startAndDueDateWidget": "WorkItemWidgetStartAndDueDateUpdateInput",
        "hierarchyWidget": "WorkItemWidgetHierarchyUpdateInput",
        "iterationWidget": "WorkItemWidgetIterationInput",
        "statusWidget": "WorkItemWidgetStatusInput",
        "customFieldsWidget": "[WorkItemWidgetCustomFieldValueInputType!]",
        "timeTrackingWidget": "WorkItemWidgetTimeTrackingInput",
        "clientMutationId": "String",
    },
    "WorkItemWidgetDescriptionInput": {"description": "String!"},
    "WorkItemWidgetAssigneesInput": {"assigneeIds": "[UserID!]!"},
    "WorkItemWidgetLabelsUpdateInput": {
        "addLabelIds": "[LabelID!]",
        "removeLabelIds": "[LabelID!]",
    },
    "WorkItemWidgetMilestoneInput": {"milestoneId": "MilestoneID"},
    "WorkItemWidgetStartAndDueDateUpdateInput": {"startDate": "Date", "dueDate": "Date"},
    "WorkItemWidgetHierarchyUpdateInput": {"parentId": "WorkItemID"},
    "WorkItemWidgetIterationInput": {"iterationId": "IterationID"},
    "WorkItemWidgetStatusInput": {"status": "WorkItemsStatusesStatusID"},
    "WorkItemWidgetCustomFieldValueInputType": {
        "customFieldId": "IssuablesCustomFieldID!",
        "textValue": "String",
        "numberValue": "Float",
        "dateValue": "Date",
        "selectedOptionIds": "[IssuablesCustomFieldSelectOptionID!]",
    },
    "WorkItemWidgetTimeTrackingInput": {
        "timeEstimate": "String",
        "timelog": "WorkItemWidgetTimeTrackingTimelogInput",
    },
    "WorkItemWidgetTimeTrackingTimelogInput": {
        "timeSpent": "String!",
        "spentAt": "Time",
        "summary": "String",
    },
    "TimelogCreateInput": {
        "issuableId": "IssuableID!",
        "timeSpent": "String!",
        "spentAt": "Time",
        "summary": "String!",
        "clientMutationId": "String",
    },
    "TimelogDeleteInput": {"id": "TimelogID!", "clientMutationId": "String"},
}
BUILT_IN: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Int": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "ID": (str, int),
}
LONGEST_LIST = 100


def problem(kind: str, value: Any, path: str = "") -> str:
    """Why a value is not of that type, "" where it is."""
    if kind.endswith("!"):
        return (
            f"{path}Expected value to not be null"
            if value is None
            else problem(kind[:-1], value, path)
        )
    if value is None or isinstance(value, Variable):
        return ""
    if kind.startswith("["):
        values = value if isinstance(value, list) else [value]
        if len(values) > LONGEST_LIST:
            return f"{path}cannot accept more than {LONGEST_LIST} items"
        return next(filter(None, (problem(kind[1:-1], each, path) for each in values)), "")
    if kind in INPUTS:
        return _object_problem(kind, value, path)
    if kind in ENUMS:
        fine = value in ENUMS[kind]
        return "" if fine else f'{path}Expected "{value}" to be one of: {", ".join(ENUMS[kind])}'
    if kind in MODELS:
        return _id_problem(kind, value, path)
    if kind in ("Time", "Date"):
        return _time_problem(value, path)
    types = BUILT_IN.get(kind)
    wrong = types and (
        not isinstance(value, types) or (isinstance(value, bool) and kind != "Boolean")
    )
    return f"{path}Could not coerce value {value!r} to {kind}" if wrong else ""


def _object_problem(kind: str, value: Any, path: str) -> str:
    if not isinstance(value, dict):
        return f"{path}Expected {value!r} to be a key-value object."
    fields = INPUTS[kind]
    for name in value:
        if name not in fields:
            return f"{path}{name} (Field is not defined on {kind})"
    found = (problem(fields[name], value.get(name), f"{name}: ") for name in fields)
    return next(filter(None, found), "")


def _id_problem(kind: str, value: Any, path: str) -> str:
    text = str(value)
    model, _, number = text.removeprefix("gid://gitlab/").rpartition("/")
    if not text.startswith("gid://gitlab/") or not number.isdigit():
        return f'{path}"{text}" is not a valid Global ID'
    if model not in MODELS[kind]:
        return f'{path}"{text}" does not represent an instance of {MODELS[kind][0]}'
    return ""


def _time_problem(value: Any, path: str) -> str:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return f'{path}"{value}" is not a valid time'
    return ""


def fits(declared: str, wanted: str) -> bool:
    """Whether a variable of one type may stand where another is wanted."""
    if wanted.endswith("!"):
        return declared.endswith("!") and fits(declared[:-1], wanted[:-1])
    declared = declared.removesuffix("!")
    if wanted.startswith("["):
        inner = declared[1:-1] if declared.startswith("[") else declared
        return fits(inner, wanted[1:-1])
    return declared == wanted
