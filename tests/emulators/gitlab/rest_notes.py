"""Comments on merge requests, issues, snippets and commits.

https://docs.gitlab.com/api/notes/ ; https://docs.gitlab.com/api/commits/
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, rest_commits, shown
from tests.emulators.gitlab.entities import REPORTER, MergeRequest, Note, Project
from tests.emulators.gitlab.rest_issues import visible_issue
from tests.emulators.gitlab.tracked import Issue, Snippet
from tests.emulators.gitlab.web import ApiError, Reply, Request, forbidden, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

ORDERS = ("created_at", "updated_at")
Noteable = MergeRequest | Issue | Snippet
NOTEABLES = ("merge_requests", "issues", "snippets")


def _find(kind: str, api: Api, request: Request, project: str, key: str) -> tuple:
    place = access.project(api.state, project, request.actor)
    if kind == "merge_requests":
        place = access.code(api.state, project, request.actor)
        return place, access.merge_request(place, key)
    if kind == "issues":
        return place, visible_issue(api, request, place, key)
    found = place.snippets.get(int(key)) if key.isdigit() else None
    if found is None:
        raise not_found()
    return place, found


def _seen(api: Api, request: Request, place: Project, thing: Noteable) -> list[Note]:
    """Internal notes are for reporters and above."""
    hidden = access.sees_hidden(api.state, place, request.actor)
    return [note for note in thing.notes if hidden or not note.internal]


def index(kind: str, api: Api, request: Request, project: str, key: str) -> Reply:
    """`activity_filter`: all_notes, only_comments or only_activity."""
    place, thing = _find(kind, api, request, project, key)
    order = request.one_of("order_by", ORDERS, "created_at")
    newest_first = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    kinds = ("all_notes", "only_comments", "only_activity")
    wanted = request.one_of("activity_filter", kinds, "all_notes")
    found = [
        note
        for note in _seen(api, request, place, thing)
        if wanted == "all_notes" or note.system == (wanted == "only_activity")
    ]
    found.sort(key=lambda note: (_moment(note, order), note.id), reverse=newest_first)
    return page(request, found, lambda note: shown.note(api.state, place, thing, note))


def _moment(note: Note, order: str) -> object:
    return (note.updated_at if order == "updated_at" else None) or note.created_at


def show(kind: str, api: Api, request: Request, project: str, key: str, note_id: str) -> Reply:
    place, thing = _find(kind, api, request, project, key)
    return Reply(shown.note(api.state, place, thing, _note(api, request, place, thing, note_id)))


def _note(api: Api, request: Request, place: Project, thing: Noteable, note_id: str) -> Note:
    for note in _seen(api, request, place, thing):
        if str(note.id) == note_id:
            return note
    raise not_found("Note")


def create(kind: str, api: Api, request: Request, project: str, key: str) -> Reply:
    """Fires a Note Hook, unless the hook is already in the chain the client names."""
    request.require("body")
    with api.state.lock:
        place, thing = _find(kind, api, request, project, key)
        if api.state.access_level(request.actor, place) < REPORTER:
            raise forbidden()
    note = api.talking.comment(
        thing,
        _body(request),
        request.actor,
        internal=bool(request.flag("internal") or request.flag("confidential")),
        chain=request.header("X-Gitlab-Event-UUID"),
    )
    return Reply(shown.note(api.state, place, thing, note), 201)


def update(kind: str, api: Api, request: Request, project: str, key: str, note_id: str) -> Reply:
    """Only its author, or a maintainer, may."""
    request.require("body")
    with api.state.lock:
        place, thing = _find(kind, api, request, project, key)
        note = _note(api, request, place, thing, note_id)
        role = api.state.access_level(request.actor, place)
        if note.system or (note.author_id != request.actor.id and role < 40):
            raise forbidden()
    api.talking.edit_comment(thing, note, _body(request), request.actor)
    return Reply(shown.note(api.state, place, thing, note))


def _body(request: Request) -> str:
    if not request.text("body").strip():
        raise ApiError(400, {"message": "400 Bad request - Note can't be blank"})
    return request.text("body")


def of_commit(api: Api, request: Request, project: str, sha: str) -> Reply:
    """Oldest first, without ids: the API of commits' comments is an older one."""
    place = access.code(api.state, project, request.actor)
    found = rest_commits.commit_of(place, sha)
    notes = [note for note in place.commit_notes.get(found.id, []) if not note.system]
    return page(request, notes, lambda note: _commented(api, note))


def _commented(api: Api, note: Note) -> dict:
    return {
        "note": note.body,
        "path": None,
        "line": None,
        "line_type": None,
        "author": shown.basic(api.state, note.author_id),
        "created_at": shown.iso_time(note.created_at),
    }


def routes() -> list[tuple]:
    """Method, path, handler, and whether it writes."""
    found: list[tuple] = [
        ("GET", "/projects/:project/repository/commits/:sha/comments", of_commit, False)
    ]
    for kind in NOTEABLES:
        base = f"/projects/:project/{kind}/:key/notes"
        found += [
            ("GET", base, partial(index, kind), False),
            ("GET", f"{base}/:note_id", partial(show, kind), False),
        ]
        if kind != "issues":  # issues/rest_discussions writes theirs
            found += [
                ("POST", base, partial(create, kind), True),
                ("PUT", f"{base}/:note_id", partial(update, kind), True),
            ]
    return found
