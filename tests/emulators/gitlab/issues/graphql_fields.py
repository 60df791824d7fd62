"""The parameters that the input of workItemUpdate stands for.

https://docs.gitlab.com/api/graphql/reference/#mutationworkitemupdate
"""

from __future__ import annotations

from typing import Any

from tests.emulators.gitlab.graphql_spec import Asked
from tests.emulators.gitlab.tracked import Issue


def number_of(key: object) -> int:
    """`5` of `gid://gitlab/WorkItem/5`."""
    return int(str(key).rsplit("/", 1)[1])


def parameters(asked: Asked, issue: Issue, sent: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the service that the input stands for."""
    wanted: dict[str, Any] = {}
    for name in ("title", "confidential"):
        if name in sent:
            wanted[name] = sent[name]
    if "stateEvent" in sent:
        wanted["state_event"] = sent["stateEvent"].lower()
    if "descriptionWidget" in sent:
        wanted["description"] = sent["descriptionWidget"]["description"]
    if "assigneesWidget" in sent:
        wanted["assignee_ids"] = [number_of(key) for key in sent["assigneesWidget"]["assigneeIds"]]
    if "milestoneWidget" in sent:
        key = sent["milestoneWidget"].get("milestoneId")
        wanted["milestone_id"] = number_of(key) if key else None
    dates = sent.get("startAndDueDateWidget") or {}
    for name, column in (("startDate", "start_date"), ("dueDate", "due_date")):
        if name in dates:
            wanted[column] = dates[name]
    if "labelsWidget" in sent:
        wanted |= _labels(asked, issue, sent["labelsWidget"])
    return wanted


def _labels(asked: Asked, issue: Issue, sent: dict[str, Any]) -> dict[str, Any]:
    place = asked.state.projects[issue.project_id]
    held = {**place.labels}
    for group in asked.state.groups.values():
        held |= group.labels
    titles = {number: label.title for number, label in held.items()}
    pairs = (("add_labels", "addLabelIds"), ("remove_labels", "removeLabelIds"))
    return {
        name: [titles[number_of(key)] for key in sent.get(wire) or [] if number_of(key) in titles]
        for name, wire in pairs
    }


def set_custom(issue: Issue, sent: dict[str, Any]) -> bool:
    number = number_of(sent["customFieldId"])
    names = ("textValue", "numberValue", "dateValue")
    value = next((sent[name] for name in names if sent.get(name) is not None), None)
    if sent.get("selectedOptionIds"):
        value = [number_of(key) for key in sent["selectedOptionIds"]]
    if value is None:
        issue.custom.pop(number, None)
    else:
        issue.custom[number] = value
    return True
