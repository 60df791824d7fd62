"""What is said of pushes, branches, tags and merge requests. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.i18n.translate import tell
from sync.core.merge_requests import messages as merge_requests_messages
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Telling
from sync.core.messages.parts import (
    MOST_NAME,
    Users,
    commit_link,
    first_line,
    link,
    listed,
    person,
    project_link,
    ref_link,
    text,
)
from sync.core.model.activity import Push, TagPush
from sync.core.model.common import SHORT_SHA, Commit, MergeRequest
from sync.core.told_prose import plain
from sync.text.plain import Line, run_of
from sync.text.tree import Link, Text

MOST_COMMITS = 5  # shown; the rest are counted


def push(one: Push, language: str, users: Users) -> Telling:
    """A branch that is gone has no page."""
    gone = one.deleted or not one.branch
    count = max(one.total, len(one.commits))
    named = {
        "branch": text(one.branch) if gone else ref_link(one.project, one.branch),
        "project": project_link(one.project),
        "actor": person(one.actor, language, users),
    }
    state = "deleted" if one.deleted else "created" if one.created else "pushed"
    said = "moved" if state == "pushed" and not count else state
    compare, commits = _compare(one), _commits(one.commits, count, language)
    more = ((Link(compare, tell(language, "push compare")),),) if compare else ()
    return Telling(
        tell(language, f"push {said}", count=count, **named),
        (*commits, *_authors(one, language), *more),
        places={
            **{name: (node,) for name, node in named.items()},
            "title": (text(first_line(one.commits[-1].message)),) if one.commits else (),
            "state": tell(language, f"word {state}"),
            "link": (link(compare, one.branch),),
            "url": (Text(compare),),
            "commits": run_of(commits),
            "count": (Text(str(count)),),
            "sha": () if gone else (commit_link(one.project, one.after),),
        },
    )


def _compare(one: Push) -> str:
    """What came with the push; of a new branch what the default branch has not."""
    if one.deleted:
        return ""
    if not one.created:
        return messages_urls.compare(one.project, one.before, one.after)
    default = one.project.default_branch
    return "" if default == one.branch else messages_urls.compare(one.project, default, one.branch)


def _commits(commits: Sequence[Commit], count: int, language: str) -> list[Line]:
    lines: list[Line] = [
        (Link(one.url, (Text(one.sha[:SHORT_SHA]),)), text(f" {first_line(one.message)}"))
        for one in commits[:MOST_COMMITS]
    ]
    if lines and (rest := count - len(lines)) > 0:
        lines.append(tell(language, "push more", count=rest))
    return lines


def _authors(one: Push, language: str) -> list[Line]:
    """Said where somebody else than who pushed wrote any of it."""
    names = list(dict.fromkeys(commit.author_name for commit in one.commits if commit.author_name))
    pusher = {one.actor.name, one.actor.username} if one.actor else set()
    if not set(names) - pusher:
        return []
    people = listed([(text(name, MOST_NAME),) for name in names], language)
    return [tell(language, "push author" if len(names) == 1 else "push authors", people=people)]


def tag(one: TagPush, language: str, users: Users) -> Telling:
    state = "deleted" if one.deleted else "moved" if one.moved else "created"
    page = "" if one.deleted else messages_urls.tag(one.project, one.tag)
    named = {
        "tag": link(page, one.tag),
        "project": project_link(one.project),
        "actor": person(one.actor, language, users),
    }
    sha = commit_link(one.project, one.sha)
    return Telling(
        tell(language, f"tag {state}", **named),
        (tell(language, "told commit", sha=sha),) if one.sha else (),
        () if one.deleted else plain(one.message),
        places={
            **{name: (node,) for name, node in named.items()},
            "title": (text(one.tag),),
            "state": tell(language, f"word {state}"),
            "link": (link(page, one.tag),),
            "url": (Text(page),),
            "text": (text(first_line(one.message)),),
            "sha": (sha,) if one.sha else (),
        },
    )


def merge_request(one: MergeRequest, language: str, users: Users) -> Telling:
    """The same as its card in a task, but for the name of the state in the headline."""
    state = tell(language, merge_requests_messages.state_key(one))
    title = merge_requests_messages.title_link(one, language)
    headline = tell(language, "told request", link=title, state=state)
    if one.actor:
        actor = person(one.actor, language, users)
        headline = (*headline, *tell(language, "by", actor=actor))
    approvals = merge_requests_messages.approvals(one, language, users)
    return Telling(
        headline,
        (*approvals, *merge_requests_messages.about(one, language, users)),
        places={
            "project": (project_link(one.project),),
            "branch": (ref_link(one.project, one.source_branch),),
            "actor": (person(one.actor, language, users),),
            "title": (text(one.title),),
            "state": state,
            "link": (title,),
            "url": (Text(one.url),),
            "text": (text(first_line(one.description)),),
            "sha": (commit_link(one.project, one.head_sha),) if one.head_sha else (),
        },
    )
