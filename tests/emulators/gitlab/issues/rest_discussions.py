"""Comments of issues through REST: written, edited, deleted; threads.

https://docs.gitlab.com/api/notes/ ; https://docs.gitlab.com/api/discussions/#issues
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, shown
from tests.emulators.gitlab.entities import GUEST, MAINTAINER, OWNER, Note, Project
from tests.emulators.gitlab.issues import commenting
from tests.emulators.gitlab.issues.rest_writes import CHAIN, ISSUE, Handler, find
from tests.emulators.gitlab.rest_issues import visible_issue
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import Reply, Request, forbidden, invalid, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api


def visible_notes(api: Api, request: Request, place: Project, issue: Issue) -> list[Note]:
    hidden = access.sees_hidden(api.state, place, request.actor)
    return [note for note in issue.notes if hidden or not note.internal]


def _note(api: Api, request: Request, place: Project, issue: Issue, key: str) -> Note:
    for note in visible_notes(api, request, place, issue):
        if str(note.id) == key:
            return note
    raise not_found("Note")


def _body(request: Request) -> str:
    request.require("body")
    if not isinstance(request.params["body"], str | int | float):
        raise invalid("body is invalid")
    return request.text("body")


def _create(api: Api, request: Request, project: str, iid: str, **thread: object) -> tuple:
    body = _body(request)
    place, issue = find(api, request, project, iid)
    role = api.state.access_level(request.actor, place)
    if (role < GUEST and place.visibility != "public") or (issue.discussion_locked and not role):
        raise forbidden()
    api.issues.obstacles.check_rate("notes", request.actor)
    internal = bool(request.flag("internal") or request.flag("confidential"))
    if internal and not access.sees_hidden(api.state, place, request.actor):
        raise forbidden()
    at = request.moment("created_at") if role >= OWNER else None
    made = commenting.create(
        api.issues,
        issue,
        request.actor,
        body,
        internal=internal,
        created_at=at,
        chain=request.header(CHAIN),
        **thread,  # type: ignore[arg-type]
    )
    return place, issue, made


def create(api: Api, request: Request, project: str, iid: str) -> Reply:
    place, issue, made = _create(api, request, project, iid)
    if isinstance(made, commenting.Commanded):
        return Reply({"commands_changes": made.changes, "summary": made.summary}, 202)
    return Reply(shown.note(api.state, place, issue, made), 201)


def update(api: Api, request: Request, project: str, iid: str, note_id: str) -> Reply:
    """Its author or a maintainer; whether it is internal cannot be changed."""
    body = _body(request)
    place, issue = find(api, request, project, iid)
    note = _writable(api, request, place, issue, note_id)
    commenting.update(api.issues, issue, note, request.actor, body, request.header(CHAIN))
    return Reply(shown.note(api.state, place, issue, note))


def _writable(api: Api, request: Request, place: Project, issue: Issue, note_id: str) -> Note:
    note = _note(api, request, place, issue, note_id)
    role = api.state.access_level(request.actor, place)
    if note.system or (note.author_id != request.actor.id and role < MAINTAINER):
        raise forbidden()
    return note


def remove(api: Api, request: Request, project: str, iid: str, note_id: str) -> Reply:
    place, issue = find(api, request, project, iid)
    commenting.delete(issue, _writable(api, request, place, issue, note_id))
    return Reply(None, 204)


def threads(api: Api, request: Request, project: str, iid: str) -> Reply:
    place = access.project(api.state, project, request.actor)
    issue = visible_issue(api, request, place, iid)
    keys = dict.fromkeys(note.discussion_id for note in visible_notes(api, request, place, issue))
    return page(request, list(keys), lambda key: _thread(api, request, place, issue, key))


def _thread(api: Api, request: Request, place: Project, issue: Issue, key: str) -> dict:
    notes = [n for n in visible_notes(api, request, place, issue) if n.discussion_id == key]
    return {
        "id": key,
        "individual_note": notes[0].kind is None,
        "notes": [shown.note(api.state, place, issue, note) for note in notes],
    }


def start(api: Api, request: Request, project: str, iid: str) -> Reply:
    place, issue, made = _create(api, request, project, iid, starts_thread=True)
    if isinstance(made, commenting.Commanded):
        return Reply({"commands_changes": made.changes, "summary": made.summary}, 202)
    return Reply(_thread(api, request, place, issue, made.discussion_id), 201)


def answer(api: Api, request: Request, project: str, iid: str, thread_id: str) -> Reply:
    place, issue = find(api, request, project, iid)
    held = visible_notes(api, request, place, issue)
    first = next((note for note in held if note.discussion_id == thread_id), None)
    if first is None:
        raise not_found("Discussion")
    _, _, made = _create(api, request, project, iid, thread=first)
    if isinstance(made, commenting.Commanded):
        return Reply({"commands_changes": made.changes, "summary": made.summary}, 202)
    return Reply(shown.note(api.state, place, issue, made), 201)


NOTES, THREADS = f"{ISSUE}/notes", f"{ISSUE}/discussions"
READ_ROUTES = [(THREADS, threads)]
ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", NOTES, create),
    ("PUT", f"{NOTES}/:note_id", update),
    ("DELETE", f"{NOTES}/:note_id", remove),
    ("POST", THREADS, start),
    ("POST", f"{THREADS}/:thread_id/notes", answer),
]
