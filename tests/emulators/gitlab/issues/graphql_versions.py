"""Which types and arguments of work items an instance has, by its edition and version. Pure.

https://docs.gitlab.com/api/graphql/reference/ ; a query that names another is refused whole.
"""

from __future__ import annotations

from tests.emulators.gitlab.issues.statuses import SINCE
from tests.emulators.gitlab.state import State

ENTERPRISE: dict[str, tuple[int, int]] = {
    "WorkItemWidgetStatus": SINCE,
    "WorkItemWidgetDefinitionStatus": SINCE,
    "WorkItemWidgetCustomFields": (17, 11),
    "WorkItemWidgetDefinitionCustomFields": (17, 11),
    "WorkItemDateFieldValue": (18, 10),
    "WorkItemWidgetIteration": (15, 0),
}
SINCE_VERSION: dict[str, tuple[int, int]] = {
    "WorkItemWidgetDefinitionLabels": (16, 7),
    "WorkItemWidgetDefinitionAssignees": (16, 7),
}
ARGUMENTS: dict[tuple[str, str], tuple[int, int]] = {
    ("workItems", "updatedAfter"): (17, 9),
    ("workItems", "ids"): (18, 3),
}
FIELDS: dict[tuple[str, str], tuple[int, int]] = {
    ("Project", "maxAccessLevel"): (16, 9),
    ("WorkItem", "movedToWorkItemUrl"): (17, 10),  # about: it is not in the schemas of 17.9
}
INPUT_FIELDS: dict[str, tuple[int, int]] = {"statusWidget": SINCE, "customFieldsWidget": (17, 11)}


def has_type(state: State, name: str) -> bool:
    if not state.at_least(*SINCE_VERSION.get(name, (0, 0))):
        return False
    since = ENTERPRISE.get(name)
    return since is None or (state.edition == "ee" and state.at_least(*since))


def has_field(state: State, kind: str, name: str) -> bool:
    return state.at_least(*FIELDS.get((kind, name), (0, 0)))


def has_argument(state: State, field: str, name: str) -> bool:
    return state.at_least(*ARGUMENTS.get((field, name), (0, 0)))


def has_input(state: State, name: str) -> bool:
    since = INPUT_FIELDS.get(name)
    return since is None or (state.edition == "ee" and state.at_least(*since))
