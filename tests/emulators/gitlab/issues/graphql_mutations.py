"""Mutations of work items and entries of time.

https://docs.gitlab.com/api/graphql/reference/#mutationworkitemupdate ; …/#mutationtimelogcreate
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.emulators.gitlab import access
from tests.emulators.gitlab.entities import MAINTAINER
from tests.emulators.gitlab.graphql_spec import NO_ACCESS, Asked, Refusal, Spec
from tests.emulators.gitlab.issues import durations, graphql_fields, statuses
from tests.emulators.gitlab.issues.access_rules import plans, visible
from tests.emulators.gitlab.issues.graphql_fields import number_of
from tests.emulators.gitlab.issues.graphql_widgets import attribute
from tests.emulators.gitlab.issues.records import Timelog
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import ApiError

# Of an issue only an epic can be the parent: https://docs.gitlab.com/user/work_items/
PARENTS = {"Task": ("Issue", "Incident"), "Issue": ("Epic",), "Key Result": ("Objective",)}
NO_PARENT = "No matching work item found. Make sure that you are adding a valid work item ID."
CAPTCHA = "Request denied. Solve CAPTCHA challenge and retry"


@dataclass
class Payload:
    """What a mutation answers."""

    work_item: Issue | None = None
    timelog: Timelog | None = None
    errors: list[str] = field(default_factory=list)


def _writable(asked: Asked, key: object) -> Issue:
    issue = asked.issues.by_id(number_of(key))
    if issue is None or not plans(asked, issue):
        raise Refusal(NO_ACCESS)
    return issue


def update(asked: Asked, _: Any, given: dict[str, Any]) -> Payload:
    sent = given["input"]
    issue = _writable(asked, sent["id"])
    try:
        asked.issues.obstacles.check_lock()
        asked.issues.obstacles.check_spam(asked.header("X-GitLab-Captcha-Response"))
    except ApiError as error:
        raise _refusal(error) from None
    if problem := _problem(asked, issue, sent):
        return Payload(work_item=issue, errors=[problem])
    wanted = graphql_fields.parameters(asked, issue, sent)
    try:
        if wanted:
            asked.issues.update(issue, asked.actor, wanted, asked.chain)
    except ApiError as error:
        texts = [f"{name.title()} {text[0]}" for name, text in error.body["message"].items()]
        return Payload(work_item=issue, errors=texts)
    return Payload(work_item=issue, errors=_widgets(asked, issue, sent))


def _refusal(error: ApiError) -> Refusal:
    if error.body.get("needs_captcha_response"):
        more = {name: value for name, value in error.body.items() if name != "message"}
        return Refusal(CAPTCHA, more)
    message = error.body["message"]
    if isinstance(message, str):
        return Refusal(message)
    return Refusal("Request denied. Spam detected", {"spam": True})


def _problem(asked: Asked, issue: Issue, sent: dict[str, Any]) -> str:
    status = (sent.get("statusWidget") or {}).get("status")
    place = asked.state.projects[issue.project_id]
    if status:
        cycle = statuses.lifecycle(asked.state, place)
        if not statuses.licensed(asked.state) or issue.kind not in statuses.KINDS:
            return "Following widget keys are not supported by Issue type: [:status_widget]"
        if cycle.status(status) is None:
            return "System-defined or custom status does not exist in this lifecycle"
    if sent.get("iterationWidget") and not (asked.state.edition == "ee" and asked.state.premium):
        return "Following widget keys are not supported by Issue type: [:iteration_widget]"
    parent = (sent.get("hierarchyWidget") or {}).get("parentId")
    if parent:
        held = asked.issues.by_id(number_of(parent))
        if held is None or not visible(asked, held):
            return (
                "No matching work item found. Make sure that you are adding a valid work item ID."
            )
        if held.kind not in PARENTS.get(issue.kind, ()):
            return f"#{held.iid} cannot be added: it's not allowed to add this type of parent item"
    return ""


def _widgets(asked: Asked, issue: Issue, sent: dict[str, Any]) -> list[str]:
    """What only work items have: status, fields, iteration, parent, time."""
    issues, actor = asked.issues, asked.actor
    place = asked.state.projects[issue.project_id]
    if status := (sent.get("statusWidget") or {}).get("status"):
        found = statuses.lifecycle(asked.state, place).status(status)
        assert found is not None  # _problem looked
        issues.set_status(issue, actor, found, asked.chain)
    changed = False
    for value in sent.get("customFieldsWidget") or []:
        changed |= graphql_fields.set_custom(issue, value)
    if "iterationWidget" in sent:
        key = sent["iterationWidget"].get("iterationId")
        issue.iteration_id, changed = (number_of(key) if key else None), True
    if "hierarchyWidget" in sent:
        key = sent["hierarchyWidget"].get("parentId")
        _set_parent(asked, issue, number_of(key) if key else None)
        changed = True
    if changed:
        shot = issues.shot(issue)
        changes = issues.changes(issue, actor, shot, touched=True)
        issues.fire(issue, actor, "update", changes, chain=asked.chain)
    return _time(asked, issue, sent.get("timeTrackingWidget") or {})


def _set_parent(asked: Asked, issue: Issue, number: int | None) -> None:
    """Both ends get a system note, and so a touch."""
    for end in (number, issue.parent_id):
        held = asked.issues.by_id(end or 0)
        if held:
            asked.issues.note(held, f"changed child task #{issue.iid}", asked.actor)
    issue.parent_id = number
    asked.issues.note(issue, "changed the parent", asked.actor)


def _time(asked: Asked, issue: Issue, sent: dict[str, Any]) -> list[str]:
    issues, actor = asked.issues, asked.actor
    if sent.get("timeEstimate") is not None:
        seconds = durations.parse(sent["timeEstimate"])
        if seconds is None or seconds < 0:
            return ["Time estimate must be formatted correctly. For example: 1h 30m."]
        shot = issues.shot(issue)
        issue.time_estimate = seconds
        changes = issues.changes(issue, actor, shot)
        issues.fire(issue, actor, "update", changes, chain=asked.chain)
    entry = sent.get("timelog")
    if entry and entry["timeSpent"] == ":reset":
        issues.timing.reset(issue, actor)
    elif entry:
        return _log(asked, issue, entry, counted=True)[1]
    return []


def _log(
    asked: Asked, issue: Issue, sent: dict[str, Any], *, counted: bool
) -> tuple[Timelog | None, list[str]]:
    seconds, summary = durations.parse(sent["timeSpent"]), sent.get("summary") or ""
    if seconds is None:
        return None, ["Time spent must be formatted correctly. For example: 1h 30m."]
    if seconds == 0:
        return None, ["Time spent can't be zero."]
    at = datetime.fromisoformat(sent["spentAt"]) if sent.get("spentAt") else None
    if at and at > asked.state.now():
        return None, ["Spent at can't be a future date and time."]
    if problem := asked.issues.timing.problem(issue, seconds, summary):
        return None, [problem]
    entry = asked.issues.timing.log(
        issue,
        asked.actor,
        seconds,
        spent_at=at,
        summary=summary,
        counted=counted,
        chain=asked.chain,
    )
    return entry, []


def timelog_create(asked: Asked, _: Any, given: dict[str, Any]) -> Payload:
    """`issuableId` may be an Issue's or a WorkItem's; the hook's time_change says 0."""
    sent = given["input"]
    issue = _writable(asked, sent["issuableId"])
    place = asked.state.projects[issue.project_id]
    if asked.state.access_level(asked.actor, place) < access.planner(asked.state):
        raise Refusal(NO_ACCESS)
    entry, errors = _log(asked, issue, sent, counted=False)
    return Payload(timelog=entry, errors=errors)


def timelog_delete(asked: Asked, _: Any, given: dict[str, Any]) -> Payload:
    """One's own, or a maintainer's right; no hook."""
    found = asked.issues.timing.find(number_of(given["input"]["id"]))
    if found is None or not visible(asked, found[0]):
        raise Refusal(NO_ACCESS)
    issue, entry = found
    place = asked.state.projects[issue.project_id]
    role = asked.state.access_level(asked.actor, place) if asked.actor else 0
    own = asked.actor is not None and entry.user_id == asked.actor.id
    if place.archived or not (own or role >= MAINTAINER):
        raise Refusal(NO_ACCESS)
    asked.issues.timing.delete(issue, entry, asked.actor)
    return Payload(timelog=entry)


_ERRORS = {
    "errors": Spec("[String]", attribute("errors")),
    "clientMutationId": Spec("String", lambda a, v, g: None),
}
MUTATION: dict[str, Spec] = {
    "workItemUpdate": Spec("WorkItemUpdatePayload", update, {"input": "WorkItemUpdateInput!"}),
    "timelogCreate": Spec("TimelogCreatePayload", timelog_create, {"input": "TimelogCreateInput!"}),
    "timelogDelete": Spec("TimelogDeletePayload", timelog_delete, {"input": "TimelogDeleteInput!"}),
}
TYPES: dict[str, dict[str, Spec]] = {
    "Mutation": MUTATION,
    "WorkItemUpdatePayload": _ERRORS | {"workItem": Spec("WorkItem", attribute("work_item"))},
    "TimelogCreatePayload": _ERRORS | {"timelog": Spec("WorkItemTimelog", attribute("timelog"))},
    "TimelogDeletePayload": _ERRORS | {"timelog": Spec("WorkItemTimelog", attribute("timelog"))},
}
