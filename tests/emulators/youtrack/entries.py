"""Handlers of comments, attachments and work items."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.api import (
    Answer,
    Call,
    issue_of,
    listed,
    project_of,
    shown,
    user_of,
    writable_issue,
)
from tests.emulators.youtrack.errors import ApiError, bad_request, not_found
from tests.emulators.youtrack.routes import ROUTES
from tests.emulators.youtrack.search import search
from tests.emulators.youtrack.state import State, day_start
from tests.emulators.youtrack.values import duration


@ROUTES.add("GET", "/issues/{name}/comments")
def comments(state: State, call: Call, name: str) -> Answer:
    return listed(call, issue_of(state, call, name).comments)


@ROUTES.add("POST", "/issues/{name}/comments")
def add_comment(state: State, call: Call, name: str) -> Answer:
    issue, sent = writable_issue(state, call, name), call.data()
    if not isinstance(sent.get("text"), str) or not sent["text"].strip():
        raise ApiError(400, "Field required", "Comment text is required", error_field="text")
    if "author" in sent or "created" in sent:
        raise bad_request("author and created are read-only")
    limited = _groups(issue, sent.get("visibility"))
    return shown(call, state.add_comment(issue, call.user, sent["text"], limited))


def _groups(issue: r.Issue, sent: Any) -> list[r.Group | r.User]:
    """Return who may see a comment; of groups only the project's team is stored here."""
    if sent is None:
        return []
    if not isinstance(sent, dict) or sent.get("$type") not in (
        "LimitedVisibility",
        "UnlimitedVisibility",
    ):
        raise bad_request("visibility needs a $type")
    ids = [each.get("id") for each in sent.get("permittedGroups", [])]
    if any(each != issue.project.team.id for each in ids):
        raise bad_request(f"Entity with id {ids} not found")
    return [issue.project.team] if ids else []


def _comment(issue: r.Issue, comment_id: str) -> r.Comment:
    for each in issue.comments:
        if each.id == comment_id:
            return each
    raise not_found("IssueComment", comment_id)


@ROUTES.add("GET", "/issues/{name}/comments/{comment_id}")
def comment(state: State, call: Call, name: str, comment_id: str) -> Answer:
    return shown(call, _comment(issue_of(state, call, name), comment_id))


@ROUTES.add("POST", "/issues/{name}/comments/{comment_id}")
def edit_comment(state: State, call: Call, name: str, comment_id: str) -> Answer:
    """Change a comment; writing to one that is deleted softly is accepted in silence."""
    target, sent = _comment(writable_issue(state, call, name), comment_id), call.data()
    if "text" in sent:
        if not isinstance(sent["text"], str) or not sent["text"].strip():
            raise ApiError(400, "Field required", "Comment text is required", error_field="text")
        if target.text != sent["text"]:
            before, target.text = target.text, sent["text"]
            target.updated = state.now()
            state.record(
                target, call.user, "CommentTextCategory", added=target.text, removed=before
            )
            state.mention(target.text)
    if isinstance(sent.get("deleted"), bool):
        target.deleted = sent["deleted"]
        state.record(target, call.user, "CommentsCategory", removed=target)
    return shown(call, target)


@ROUTES.add("DELETE", "/issues/{name}/comments/{comment_id}")
def delete_comment(state: State, call: Call, name: str, comment_id: str) -> Answer:
    issue = writable_issue(state, call, name)
    target = _comment(issue, comment_id)
    issue.comments.remove(target)
    state.record(issue, call.user, "CommentsCategory", removed=target)
    return None


@ROUTES.add("GET", "/issues/{name}/attachments")
def attachments(state: State, call: Call, name: str) -> Answer:
    return listed(call, issue_of(state, call, name).attachments)


@ROUTES.add("POST", "/issues/{name}/attachments")
def attach(state: State, call: Call, name: str) -> Answer:
    issue = writable_issue(state, call, name)
    if call.part is None:
        raise bad_request("multipart/form-data is expected")
    return shown(call, [state.attach(issue, call.user, *call.part)])


@ROUTES.add("GET", "/issues/{name}/attachments/{file_id}")
def attachment(state: State, call: Call, name: str, file_id: str) -> Answer:
    for each in issue_of(state, call, name).attachments:
        if each.id == file_id:
            return shown(call, each)
    raise not_found("IssueAttachment", file_id)


@ROUTES.add("GET", "/workItems")
def all_work(state: State, call: Call) -> Answer:
    rows = search(state, call.user, call.parameter("query") or "")
    since = int(call.parameter("updatedStart") or 0)
    items = [each for issue in rows for each in issue.work_items]
    items = [each for each in items if (each.updated or each.created) >= since]
    return listed(call, sorted(items, key=lambda each: int(each.id.split("-")[1])))


@ROUTES.add("GET", "/issues/{name}/timeTracking/workItems")
def work_items(state: State, call: Call, name: str) -> Answer:
    return listed(call, issue_of(state, call, name).work_items)


@ROUTES.add("POST", "/issues/{name}/timeTracking/workItems")
def add_work(state: State, call: Call, name: str) -> Answer:
    issue, sent = writable_issue(state, call, name), call.data()
    if not issue.project.time_tracking:
        raise bad_request("Time tracking is disabled in the project")
    if "creator" in sent:
        raise bad_request("creator is read-only")
    minutes = duration(sent.get("duration")).minutes
    if not minutes:
        raise bad_request("Duration must have a positive number of minutes")
    author = call.user
    if isinstance(sent.get("author"), dict):
        author = user_of(state, call, str(sent["author"].get("id") or sent["author"].get("login")))
    kind, text = _work_type(issue, sent.get("type")), sent.get("text")
    item = state.log_work(issue, call.user, author, minutes, _day(state, call, sent), text)
    item.type = kind
    return shown(call, item)


def _work_type(issue: r.Issue, sent: Any) -> r.WorkType | None:
    """Return a type of the issue's project by its id."""
    if sent is None:
        return None
    wanted = sent.get("id") if isinstance(sent, dict) else None
    for each in issue.project.work_types:
        if each.id == wanted:
            return each
    raise bad_request(f"Entity with id {wanted} not found")


@ROUTES.add("GET", "/admin/projects/{name}/timeTrackingSettings/workItemTypes")
def work_types(state: State, call: Call, name: str) -> Answer:
    return listed(call, project_of(state, call, name).work_types)


def _day(state: State, call: Call, sent: dict[str, Any]) -> int:
    """Return midnight UTC of the day that a moment is in the writer's time zone."""
    if "date" not in sent:
        return day_start(datetime.fromtimestamp(state.now() / 1000, UTC))
    if isinstance(sent["date"], bool) or not isinstance(sent["date"], int):
        raise bad_request("Field date cannot be null")
    return day_start(datetime.fromtimestamp(sent["date"] / 1000, ZoneInfo(call.user.zone)))


def _work(issue: r.Issue, item_id: str) -> r.WorkItem:
    for each in issue.work_items:
        if each.id == item_id:
            return each
    raise not_found("IssueWorkItem", item_id)


@ROUTES.add("GET", "/issues/{name}/timeTracking/workItems/{item_id}")
def work_item(state: State, call: Call, name: str, item_id: str) -> Answer:
    return shown(call, _work(issue_of(state, call, name), item_id))


@ROUTES.add("DELETE", "/issues/{name}/timeTracking/workItems/{item_id}")
def delete_work(state: State, call: Call, name: str, item_id: str) -> Answer:
    issue = writable_issue(state, call, name)
    target = _work(issue, item_id)
    issue.work_items.remove(target)
    state.record(issue, call.user, "WorkItemCategory", removed=target)
    return None
