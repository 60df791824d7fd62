"""What people did in a project, of which comments and pushes are kept here; threads on commits.

https://docs.gitlab.com/api/events/ ; https://docs.gitlab.com/api/discussions/#commits
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from tests.emulators.gitlab import access, rest_commits, shown
from tests.emulators.gitlab.entities import NULL_SHA, Commit, Note, Project, PushEvent
from tests.emulators.gitlab.parts import iso_time, project_url
from tests.emulators.gitlab.talk_payloads import Thing
from tests.emulators.gitlab.tracked import Issue, Snippet
from tests.emulators.gitlab.web import Reply, Request, invalid, not_found, page

if TYPE_CHECKING:
    from tests.emulators.gitlab.api import Api

ACTIONS = ("created", "updated", "closed", "reopened", "pushed", "commented", "merged", "joined",
           "left", "destroyed", "expired", "approved")  # fmt: skip
TARGETS = ("issue", "milestone", "merge_request", "note", "project", "snippet", "user", "wiki",
           "design")  # fmt: skip


def index(api: Api, request: Request, project: str) -> Reply:
    """Newest first. `after` and `before` are days, neither included. With `target_type` note only
    plain comments come: https://gitlab.com/gitlab-org/gitlab/-/issues/466426"""
    place = access.project(api.state, project, request.actor)
    after, before = _day(request, "after"), _day(request, "before")
    given = request.params
    action = request.one_of("action", ACTIONS, "") if "action" in given else ""
    target = request.one_of("target_type", TARGETS, "") if "target_type" in given else ""
    newest_first = request.one_of("sort", ("asc", "desc"), "desc") == "desc"
    comments = [
        (note.created_at, note.id + 1000, _event(api, place, thing, note))
        for thing, note in _comments(api, request, place)
        if action in ("", "commented") and target in ("", "note") and not (target and note.kind)
    ]
    pushes = [
        (event.at, event.id + 1_000_000, _push(api, place, event))
        for event in place.pushes
        if action in ("", "pushed") and not target
    ]
    found = [
        entry
        for entry in (*comments, *pushes)
        if (after is None or entry[0].date() > after)
        and (before is None or entry[0].date() < before)
    ]
    found.sort(key=lambda entry: entry[:2], reverse=newest_first)
    return page(request, found, lambda entry: entry[2])


def _day(request: Request, name: str) -> date | None:
    """The day of a moment too: Grape reads whatever Ruby's Date does."""
    text = request.text(name)
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        raise invalid(f"{name} is invalid") from None


def _comments(api: Api, request: Request, place: Project) -> Iterator[tuple[Thing, Note]]:
    hidden = access.sees_hidden(api.state, place, request.actor)
    things: list[Thing] = [
        *place.merge_requests.values(),
        *place.issues.values(),
        *place.snippets.values(),
    ]
    notes = [(one, note) for one in things for note in one.notes]
    notes += [(place.commits[sha], n) for sha, mine in place.commit_notes.items() for n in mine]
    for thing, note in notes:
        secret = note.internal or (isinstance(thing, Issue) and thing.confidential)
        if not note.system and (hidden or not secret):
            yield thing, note


def _event(api: Api, place: Project, thing: Thing, note: Note) -> dict:
    author = api.state.users[note.author_id]
    return {
        "id": note.id + 1000,
        "project_id": place.id,
        "action_name": "commented on",
        "target_id": note.id,
        "target_iid": note.id,
        "target_type": note.kind or "Note",
        "author_id": author.id,
        "target_title": thing.title,
        "created_at": iso_time(note.created_at),
        "note": shown.note(api.state, place, thing, note),
        "author": shown.basic(api.state, author.id),
        "author_username": author.username,
    }


_NAMES = {"created": "pushed new", "removed": "deleted", "pushed": "pushed to"}


def _push(api: Api, place: Project, event: PushEvent) -> dict:
    """https://docs.gitlab.com/api/events/#list-all-visible-events-for-a-project"""
    is_new, is_gone = event.before == NULL_SHA, event.after == NULL_SHA
    done = "created" if is_new else "removed" if is_gone else "pushed"
    kind = "tag" if event.ref.startswith("refs/tags/") else "branch"
    author = api.state.users[event.author_id]
    return {
        "id": event.id + 1_000_000,
        "project_id": place.id,
        "action_name": _NAMES[done],
        "target_id": None,
        "target_iid": None,
        "target_type": None,
        "author_id": author.id,
        "target_title": None,
        "created_at": iso_time(event.at),
        "author": shown.basic(api.state, author.id),
        "push_data": {
            "commit_count": event.commits,
            "action": done,
            "ref_type": kind,
            "commit_from": None if done == "created" else event.before,
            "commit_to": None if done == "removed" else event.after,
            "ref": event.ref.split("/", 2)[2],
            "commit_title": event.title or None,
            "ref_count": None,
        },
        "author_username": author.username,
    }


def discussions(api: Api, request: Request, project: str, sha: str) -> Reply:
    place = access.code(api.state, project, request.actor)
    commit: Commit = rest_commits.commit_of(place, sha)
    threads: dict[str, list[Note]] = {}
    for note in place.commit_notes.get(commit.id, []):
        threads.setdefault(note.discussion_id, []).append(note)
    return page(
        request,
        list(threads.items()),
        lambda one: {
            "id": one[0],
            "individual_note": len(one[1]) == 1 and one[1][0].kind is None,
            "notes": [shown.note(api.state, place, commit, note) for note in one[1]],
        },
    )


def snippet(api: Api, request: Request, project: str, number: str) -> Reply:
    """https://docs.gitlab.com/api/project_snippets/#retrieve-a-project-snippet"""
    place = access.project(api.state, project, request.actor)
    found = place.snippets.get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found("Snippet")
    return Reply(_snippet(api, place, found))


def _snippet(api: Api, place: Project, one: Snippet) -> dict:
    url = f"{project_url(api.state, place)}/-/snippets/{one.id}"
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "visibility": "private",
        "author": shown.basic(api.state, one.author_id),
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.created_at),
        "project_id": place.id,
        "imported": False,
        "web_url": url,
        "raw_url": f"{url}/raw",
        "file_name": "snippet.txt",
    }


BASE = "/projects/:project"
ROUTES: list[tuple] = []
WITHOUT_JOB_TOKEN = [
    (f"{BASE}/events", index),
    (f"{BASE}/snippets/:number", snippet),
    (f"{BASE}/repository/commits/:sha/discussions", discussions),
]
