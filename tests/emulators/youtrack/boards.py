"""Links between issues, agile boards with their sprints, and the commands that move cards.

Which ways into a sprint there are is told by no page: each can be switched off (`State.ways`).
https://www.jetbrains.com/help/youtrack/devportal/resource-api-agiles.html
"""

from __future__ import annotations

from typing import Any

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.api import Answer, Call, issue_of, listed, shown, writable_issue
from tests.emulators.youtrack.errors import ApiError, bad_request, not_found
from tests.emulators.youtrack.routes import ROUTES
from tests.emulators.youtrack.search import sees
from tests.emulators.youtrack.state import State
from tests.emulators.youtrack.views import slots

COMMAND, POSTED, REMOVED, LISTED = "command", "posted", "removed", "listed"
LINKS = "/issues/{name}/links"


def _slot(state: State, call: Call, issue: r.Issue, slot_id: str) -> r.LinkSlot:
    for slot in slots(state, call.user, issue):
        if slot.id == slot_id:
            return slot
    raise not_found("IssueLink", slot_id)


@ROUTES.add("GET", LINKS)
def links(state: State, call: Call, name: str) -> Answer:
    return listed(call, slots(state, call.user, issue_of(state, call, name)))


@ROUTES.add("GET", f"{LINKS}/{{slot_id}}/issues")
def linked_issues(state: State, call: Call, name: str, slot_id: str) -> Answer:
    issue = issue_of(state, call, name)
    return listed(call, _slot(state, call, issue, slot_id).issues)


@ROUTES.add("POST", f"{LINKS}/{{slot_id}}/issues")
def link(state: State, call: Call, name: str, slot_id: str) -> Answer:
    """Link two issues, by the other's database id; one with itself in silence not at all."""
    issue = writable_issue(state, call, name)
    slot, other_id = _slot(state, call, issue, slot_id), call.data().get("id")
    other = state.issues.get(other_id) if isinstance(other_id, str) else None
    if other is None or not sees(call.user, other):
        raise not_found("Issue", str(other_id))
    if other is not issue:
        state.link(call.user, issue, other, slot.kind, slot.direction)
    return shown(call, other)


@ROUTES.add("DELETE", f"{LINKS}/{{slot_id}}/issues/{{other_id}}")
def unlink(state: State, call: Call, name: str, slot_id: str, other_id: str) -> Answer:
    """Remove a link; by a readable id it is not found."""
    issue = writable_issue(state, call, name)
    slot = _slot(state, call, issue, slot_id)
    other = next((each for each in slot.issues if each.id == other_id), None)
    if other is None:
        raise not_found("Issue", other_id)
    state.unlink(call.user, issue, other, slot.kind, slot.direction)
    return None


def _boards(state: State, call: Call) -> list[r.Board]:
    return [b for b in state.boards if any(call.user.id in p.readers for p in b.projects)]


def _board(state: State, call: Call, board_id: str) -> r.Board:
    for board in _boards(state, call):
        if board.id == board_id:
            return board
    raise not_found("Agile", board_id)


def _sprint(state: State, call: Call, board_id: str, sprint_id: str) -> r.Sprint:
    for sprint in _board(state, call, board_id).sprints:
        if sprint.id == sprint_id:
            return sprint
    raise not_found("Sprint", sprint_id)


@ROUTES.add("GET", "/agiles")
def boards(state: State, call: Call) -> Answer:
    return listed(call, _boards(state, call))


@ROUTES.add("GET", "/agiles/{board_id}")
def board(state: State, call: Call, board_id: str) -> Answer:
    return shown(call, _board(state, call, board_id))


@ROUTES.add("GET", "/agiles/{board_id}/sprints")
def sprints(state: State, call: Call, board_id: str) -> Answer:
    return listed(call, _board(state, call, board_id).sprints)


@ROUTES.add("GET", "/agiles/{board_id}/sprints/{sprint_id}")
def sprint(state: State, call: Call, board_id: str, sprint_id: str) -> Answer:
    return shown(call, _sprint(state, call, board_id, sprint_id))


@ROUTES.add("GET", "/agiles/{board_id}/sprints/{sprint_id}/issues")
def issues_of_sprint(state: State, call: Call, board_id: str, sprint_id: str) -> Answer:
    target = _sprint(state, call, board_id, sprint_id)
    _must_have(state, LISTED)
    issues = [each for each in state.issues.values() if target in state.sprints_of(each)]
    return listed(call, [each for each in issues if sees(call.user, each)])


@ROUTES.add("GET", "/issues/{name}/sprints")
def sprints_of_issue(state: State, call: Call, name: str) -> Answer:
    return listed(call, state.sprints_of(issue_of(state, call, name)))


@ROUTES.add("POST", "/agiles/{board_id}/sprints/{sprint_id}/issues")
def post_into_sprint(state: State, call: Call, board_id: str, sprint_id: str) -> Answer:
    target = _sprint(state, call, board_id, sprint_id)
    _must_have(state, POSTED)
    issue = writable_issue(state, call, str(call.data().get("id")))
    _enter(state, call, issue, target)
    return shown(call, issue)


@ROUTES.add("DELETE", "/agiles/{board_id}/sprints/{sprint_id}/issues/{issue_id}")
def delete_from_sprint(
    state: State, call: Call, board_id: str, sprint_id: str, issue_id: str
) -> Answer:
    target = _sprint(state, call, board_id, sprint_id)
    _must_have(state, REMOVED)
    issue = writable_issue(state, call, issue_id)
    if target not in state.sprints_of(issue):
        raise not_found("Issue", issue_id)
    state.set_in_sprint(call.user, issue, target, is_in=False)
    return None


def _must_have(state: State, way: str) -> None:
    if way not in state.ways:
        raise ApiError(405, "Method Not Allowed", "HTTP 405 Method Not Allowed")


def _enter(state: State, call: Call, issue: r.Issue, target: r.Sprint) -> None:
    """Add a card; on a board whose sprints follow a field, in silence nothing happens."""
    if issue.project not in target.board.projects:
        raise bad_request("The project of the issue is not on the board")
    if target.board.synced_field:
        return
    state.set_in_sprint(call.user, issue, target, is_in=True)


@ROUTES.add("POST", "/commands")
def command(state: State, call: Call) -> Answer:
    """Carry out `add board` and `remove board`, whose names are not quoted; 200 and no body."""
    sent = call.data()
    query, issues = sent.get("query"), sent.get("issues")
    if not isinstance(query, str) or not isinstance(issues, list) or not issues:
        raise bad_request("A command needs a query and issues")
    if sent.get("silent") or sent.get("runAs"):
        raise ApiError(403, "Forbidden", "You are not allowed to apply commands that way")
    targets = [writable_issue(state, call, _name(each)) for each in issues]
    verb, target = _parsed(state, call, query)
    if COMMAND not in state.ways:
        return {}
    for issue in targets:
        if verb == "add":
            _enter(state, call, issue, target)
        else:
            state.set_in_sprint(call.user, issue, target, is_in=False)
    return {}


def _name(sent: Any) -> str:
    if not isinstance(sent, dict):
        raise bad_request("issues must hold objects")
    return str(sent.get("id") or sent.get("idReadable"))


def _parsed(state: State, call: Call, query: str) -> tuple[str, r.Sprint]:
    for each in _boards(state, call):
        for target in each.sprints:
            for verb in ("add", "remove"):
                words = f"{verb} board {each.name} {target.name}"
                if words.casefold() == query.casefold() and not set(query) & set(":{}#"):
                    return verb, target
    raise ApiError(400, "bad_request", f"Unknown command: {query}")
