"""Handlers of issues, projects, users and the history."""

from __future__ import annotations

import re
from typing import Any

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.api import (
    Answer,
    Call,
    Routes,
    issue_of,
    listed,
    project_of,
    shown,
    user_of,
    writable_issue,
)  # fmt: skip
from tests.emulators.youtrack.errors import ApiError, bad_request, forbidden
from tests.emulators.youtrack.search import search, sees
from tests.emulators.youtrack.state import State
from tests.emulators.youtrack.values import apply_field

ROUTES = Routes()
_ID = re.compile(r"\d+-\d+")
_LINE = re.compile("\r\n|[\n\r\u2028\u2029]")
READ_ONLY = ("reporter", "created", "updated", "updater", "resolved")
CATEGORIES = {
    "IssueCreatedCategory", "IssueResolvedCategory", "SummaryCategory", "DescriptionCategory",
    "CustomFieldCategory", "CommentsCategory", "CommentTextCategory", "AttachmentsCategory",
    "AttachmentRenameCategory", "LinksCategory", "TagsCategory", "SprintCategory",
    "ProjectCategory", "WorkItemCategory", "WorkItemTypeCategory", "WorkItemDescriptionCategory",
    "WorkItemDurationCategory", "WorkItemDateCategory", "WorkItemAuthorCategory",
    "IssueVisibilityCategory", "VcsChangeCategory", "PullRequestChangeCategory",
    "VotersCategory", "TotalVotesCategory",
}  # fmt: skip


def summary_of(sent: Any) -> str:
    """Return a summary as it is stored: in one line. Raises ApiError where it is empty."""
    if not isinstance(sent, str) or not sent.strip():
        raise ApiError(400, "Field required", "Summary is required", error_field="summary")
    return _LINE.sub(" ", sent).replace("\u0085", "")


def description_of(sent: Any) -> str | None:
    """Return a description as it is stored: null where it is empty, without CR."""
    if sent is not None and not isinstance(sent, str):
        raise bad_request("A string is expected")
    return (sent or "").replace("\r", "") or None


@ROUTES.add("GET", "/config")
def config(state: State, call: Call) -> Answer:
    return {"$type": "GlobalSettings", "version": "2026.1.13757", "build": "13757"}


@ROUTES.add("GET", "/users")
def users(state: State, call: Call) -> Answer:
    return listed(call, state.users)


@ROUTES.add("GET", "/users/{name}")
def user(state: State, call: Call, name: str) -> Answer:
    return shown(call, user_of(state, call, name))


@ROUTES.add("GET", "/admin/projects")
def projects(state: State, call: Call) -> Answer:
    return listed(call, [each for each in state.projects if call.user.id in each.readers])


@ROUTES.add("GET", "/admin/projects/{name}")
def project(state: State, call: Call, name: str) -> Answer:
    return shown(call, project_of(state, call, name))


@ROUTES.add("GET", "/admin/projects/{name}/customFields")
def project_fields(state: State, call: Call, name: str) -> Answer:
    """List fields; nothing, and no error, for a caller who may not read the project."""
    readable = [
        p for p in state.projects if name in (p.id, p.short_name) and call.user.id in p.readers
    ]
    return listed(call, readable[0].fields if readable else [])


@ROUTES.add("GET", "/admin/customFieldSettings/bundles/{kind}/{bundle_id}/{part}")
def bundle(state: State, call: Call, kind: str, bundle_id: str, part: str) -> Answer:
    for each in state.projects:
        for of_project in each.fields:
            held = of_project.bundle
            if held and (held.id, held.kind) == (bundle_id, kind):
                return listed(call, held.users if part == "aggregatedUsers" else held.values)
    raise ApiError(404, "Not Found", f"Entity with id {bundle_id} not found")


@ROUTES.add("GET", "/groups")
def groups(state: State, call: Call) -> Answer:
    return _groups(state, call, "/groups")


@ROUTES.add("GET", "/admin/groups")
def groups_of_old(state: State, call: Call) -> Answer:
    return _groups(state, call, "/admin/groups")


def _groups(state: State, call: Call, path: str) -> Answer:
    """List groups at the one path where the instance has them."""
    if state.groups_path != path:
        raise ApiError(404, "Not Found", f"HTTP 404 Not Found: {path}")
    return listed(call, state.groups)


@ROUTES.add("GET", "/tags")
def tags(state: State, call: Call) -> Answer:
    wanted = (call.parameter("query") or "").lower()
    return listed(call, [each for each in state.tags if wanted in each.name.lower()])


@ROUTES.add("POST", "/tags")
def add_tag(state: State, call: Call) -> Answer:
    name = call.data().get("name")
    if not isinstance(name, str) or not name.strip():
        raise ApiError(400, "Field required", "Name is required", error_field="name")
    if any(each.name.lower() == name.lower() and each.owner is call.user for each in state.tags):
        raise ApiError(400, "must-be-unique", "Tag name must be unique", error_field="name")
    if name.casefold() in state.refused_tags:
        raise ApiError(400, "bad_request", f"Tag name {name} is not allowed", error_field="name")
    tag = r.Tag(state.next_id("5"), name, call.user)
    state.tags.append(tag)
    return shown(call, tag)


@ROUTES.add("GET", "/issues")
def issues(state: State, call: Call) -> Answer:
    return listed(call, search(state, call.user, call.parameter("query") or ""))


@ROUTES.add("POST", "/issues")
def create(state: State, call: Call) -> Answer:
    sent = call.data()
    target = sent.get("project")
    project_id = target.get("id") if isinstance(target, dict) else None
    if not isinstance(project_id, str) or not _ID.fullmatch(project_id):
        raise bad_request(f"Invalid structure of entity id: {project_id}")
    in_project = project_of(state, call, project_id)
    if call.user.id not in in_project.writers or in_project.archived:
        raise forbidden("You do not have permission to create issues in this project")
    summary, description = summary_of(sent.get("summary")), description_of(sent.get("description"))
    _workflow(state)
    held = dict(state.issues), list(state.activities), list(state.mentioned), in_project.last_number
    issue = state.create_issue(in_project, call.user, summary, description)
    try:
        _write_parts(state, call, issue, sent, creating=True)
        for each in in_project.fields:
            if issue.values.get(each.field.name) is None and not each.can_be_empty:
                name = each.field.name
                raise ApiError(400, "Field required", f"{name} is required", error_field=name)
    except ApiError:
        state.issues, state.activities, state.mentioned, in_project.last_number = held
        raise
    return shown(call, issue)


def _workflow(state: State) -> None:
    if state.refusing:
        raise ApiError(400, "workflow", "Only the release manager may change issues this week",
                       error_type="workflow-error", error_rule_name="freeze")  # fmt: skip


def _write_parts(
    state: State, call: Call, issue: r.Issue, sent: dict[str, Any], *, creating: bool
) -> None:
    fields = sent.get("customFields", [])
    if not isinstance(fields, list):
        raise bad_request("customFields must be an array")
    for each in fields:
        apply_field(state, issue, call.user, each, creating=creating)
    if "tags" in sent:
        issue.tags = [_tag(state, each) for each in sent["tags"]]


def _tag(state: State, sent: Any) -> r.Tag:
    for tag in state.tags:
        if isinstance(sent, dict) and sent.get("id") == tag.id:
            return tag
    raise bad_request(f"Tag {sent} is not found")


@ROUTES.add("GET", "/issues/{name}")
def issue(state: State, call: Call, name: str) -> Answer:
    return shown(call, issue_of(state, call, name))


@ROUTES.add("POST", "/issues/{name}")
def update(state: State, call: Call, name: str) -> Answer:
    """Change what is sent and nothing else; all of it, or nothing."""
    target, sent = writable_issue(state, call, name), call.data()
    _workflow(state)
    if fixed := [key for key in READ_ONLY if key in sent]:
        raise bad_request(f"{fixed[0]} is read-only")
    summary = summary_of(sent["summary"]) if "summary" in sent else target.summary
    description = target.description
    if "description" in sent:
        description = description_of(sent["description"])
    held = (
        dict(target.values),
        list(target.tags),
        target.updated,
        target.resolved,
        list(state.activities),
    )
    try:
        _write_parts(state, call, target, sent, creating=False)
    except ApiError:
        target.values, target.tags, target.updated, target.resolved, state.activities = held
        raise
    if summary != target.summary:
        before, target.summary = target.summary, summary
        state.record(target, call.user, "SummaryCategory", added=summary, removed=before)
    if description != target.description:
        before_text, target.description = target.description, description
        state.record(
            target, call.user, "DescriptionCategory", added=description, removed=before_text
        )
        state.mention(description or "")
    if isinstance(sent.get("usesMarkdown"), bool):
        target.markdown = sent["usesMarkdown"]
    if isinstance(sent.get("project"), dict):
        state.move(target, call.user, project_of(state, call, str(sent["project"].get("id"))))
    return shown(call, target)


@ROUTES.add("DELETE", "/issues/{name}")
def delete(state: State, call: Call, name: str) -> Answer:
    del state.issues[writable_issue(state, call, name).id]
    return None


@ROUTES.add("POST", "/issues/{name}/tags")
def tag(state: State, call: Call, name: str) -> Answer:
    target, wanted = writable_issue(state, call, name), _tag(state, call.data())
    if wanted not in target.tags:
        target.tags.append(wanted)
        state.record(target, call.user, "TagsCategory", added=wanted)
    return shown(call, wanted)


@ROUTES.add("DELETE", "/issues/{name}/tags/{tag_id}")
def untag(state: State, call: Call, name: str, tag_id: str) -> Answer:
    target = writable_issue(state, call, name)
    held = [each for each in target.tags if each.id == tag_id]
    if not held:
        raise ApiError(404, "Not Found", f"Entity with id {tag_id} not found")
    target.tags.remove(held[0])
    state.record(target, call.user, "TagsCategory", removed=held[0])
    return None


@ROUTES.add("POST", "/issuesGetter/count")
def count(state: State, call: Call) -> Answer:
    rows = search(state, call.user, str(call.data().get("query") or ""))
    return {"$type": "IssueCountResponse", "count": len(rows)}


@ROUTES.add("GET", "/activities")
def activities(state: State, call: Call) -> Answer:
    return listed(call, _history(state, call))


@ROUTES.add("GET", "/activitiesPage")
def activities_page(state: State, call: Call) -> Answer:
    rows = _history(state, call)
    start, top = int(call.parameter("cursor") or 0), int(call.parameter("$top") or 42)
    page, end = rows[start : start + top], start + top
    return shown(call, r.HistoryPage(page, str(end), end < len(rows), start > 0))


def _history(state: State, call: Call) -> list[r.Activity]:
    """Return the history; a category is required, and one that is unknown has nothing."""
    categories = (call.parameter("categories") or "").split(",")
    if categories == [""]:
        raise bad_request("The categories parameter is required")
    if set(categories) - CATEGORIES:
        return []
    query = call.parameter("issueQuery")
    within = {i.id for i in search(state, call.user, query)} if query is not None else None
    start, end = int(call.parameter("start") or 0), int(call.parameter("end") or 2**62)
    rows = [
        each
        for each in state.activities
        if each.category in categories
        and start <= each.at <= end
        and sees(call.user, each.issue)
        and (within is None or each.issue.id in within)
    ]
    return rows if call.parameter("reverse") == "false" else rows[::-1]
