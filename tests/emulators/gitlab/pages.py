"""Pages of a GitLab for people: where links of cards and messages lead. No part of the API.

A real GitLab shows its own pages here, and asks who is there; these say what was opened, in words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape

from tests.emulators.gitlab.entities import Note, Project
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.web import Reply, Request

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#333}
a{color:#1f75cb}h1{font-size:1.4rem}th,td{text-align:left;padding:.2rem .8rem .2rem 0}
.m{background:#f5f5f5;border-radius:.5rem;padding:.6rem .9rem;margin:.5rem 0;white-space:pre-wrap}
"""
Facts = dict[str, str]
_ADDRESS = re.compile(r"/(?P<path>[^/].*?)(?:/-/(?P<kind>\w+)(?:/(?P<key>.+?))?)?/?")


def answer(state: State, request: Request) -> Reply | None:
    """Return the page of an address; None for what is no page or does not exist."""
    if request.method != "GET" or request.path.startswith("/api/"):
        return None
    address = _ADDRESS.fullmatch(request.path)
    if address is None:
        return None
    with state.lock:
        places = (place for place in state.projects.values() if place.path == address["path"])
        place = next(places, None)
        show = _PAGES.get(address["kind"] or "")
        page = show(state, place, address["key"] or "") if place and show else None
    return Reply({"text": page}) if page else None


def _project(state: State, place: Project, key: str) -> str | None:
    requests = (
        (f"merge_requests/{iid}", f"!{iid} {request.title}")
        for iid, request in sorted(place.merge_requests.items())
    )
    facts = {"Default branch": place.default_branch, "Branches": ", ".join(place.branches)}
    return _page(state, place, place.name, facts, links=requests)


def _merge_request(state: State, place: Project, key: str) -> str | None:
    request = place.merge_requests.get(_number(key))
    if request is None:
        return None
    facts = {
        "State": request.state,
        "Branches": f"{request.source_branch} into {request.target_branch}",
        "Author": state.user(request.author_id).name,
        "Approved by": ", ".join(state.user(user_id).name for user_id in request.approvals),
    }
    title, text = f"{request.title} (!{request.iid})", request.description
    return _page(state, place, title, facts, text, notes=request.notes)


def _issue(state: State, place: Project, key: str) -> str | None:
    issue = place.issues.get(_number(key))
    if issue is None:
        return None
    facts = {
        "State": issue.state,
        "Labels": ", ".join(label.title for label in issue.labels),
        "Assignees": ", ".join(state.user(user_id).name for user_id in issue.assignee_ids),
        "Due": issue.due_date or "",
    }
    title, text = f"{issue.title} (#{issue.iid})", issue.description
    return _page(state, place, title, facts, text, notes=issue.notes)


def _pipeline(state: State, place: Project, key: str) -> str | None:
    pipeline = place.pipelines.get(_number(key))
    if pipeline is None:
        return None
    facts = {"Status": pipeline.status, "Branch": pipeline.ref, "Commit": pipeline.sha[:8]}
    jobs = ((f"jobs/{job.id}", f"{job.name}: {job.status}") for job in pipeline.jobs)
    return _page(state, place, f"Pipeline #{pipeline.id}", facts, links=jobs)


def _job(state: State, place: Project, key: str) -> str | None:
    jobs = (job for pipeline in place.pipelines.values() for job in pipeline.jobs)
    job = next((job for job in jobs if job.id == _number(key)), None)
    if job is None:
        return None
    return _page(state, place, f"Job {job.name}", {"Status": job.status}, job.trace)


def _commit(state: State, place: Project, key: str) -> str | None:
    commits = place.commits.items() if key else ()
    commit = next((commit for sha, commit in commits if sha.startswith(key)), None)
    if commit is None:
        return None
    return _page(state, place, commit.title, {"Author": commit.author_name}, commit.message)


def _named(state: State, place: Project, key: str) -> str | None:
    """Return the page of what is known by its name alone: branches, tags, settings."""
    return _page(state, place, key or place.name, {"Branches": ", ".join(place.branches)})


_PAGES: dict[str, Callable[[State, Project, str], str | None]] = {
    "": _project,
    "merge_requests": _merge_request,
    "issues": _issue,
    "work_items": _issue,
    "pipelines": _pipeline,
    "jobs": _job,
    "commit": _commit,
    **dict.fromkeys(("tree", "tags", "releases", "environments", "settings", "compare"), _named),
}


def _page(
    state: State,
    place: Project,
    title: str,
    facts: Facts,
    text: str = "",
    *,
    notes: Iterable[Note] = (),
    links: Iterable[tuple[str, str]] = (),
) -> str:
    rows = "".join(f"<tr><th>{name}<td>{escape(value)}" for name, value in facts.items() if value)
    bodies = [text, *(f"{state.user(note.author_id).name}: {note.body}" for note in notes)]
    shown = "".join(f"<div class=m>{escape(body)}</div>" for body in bodies if body)
    listed = "".join(
        f'<li><a href="/{escape(place.path)}/-/{link}">{escape(name)}</a>' for link, name in links
    )
    head = (
        "<meta charset=utf-8><link rel=icon href=data:,>"
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
    )
    return (
        f"<!doctype html><html lang=en><head>{head}</head><body>"
        f'<p><a href="/{escape(place.path)}">{escape(place.path)}</a> · emulated GitLab'
        f"<h1>{escape(title)}</h1><table>{rows}</table><ul>{listed}</ul>{shown}</body></html>"
    )


def _number(key: str) -> int:
    return int(key) if key.isdecimal() else 0
