"""Build the messages about pushes, branches and tags. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.i18n.translate import translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message
from sync.core.messages.parts import (
    MAX_NAME_LENGTH,
    PortalUserIds,
    commit_link,
    first_line,
    join_limited,
    link,
    mention_person,
    project_link,
    quote_plain,
    ref_link,
    text_node,
)
from sync.core.model.activity import Push, TagPush
from sync.core.model.common import SHORT_SHA, Commit
from sync.text.plain import Line, run_of
from sync.text.tree import Link, Text

MAX_COMMITS = 5  # shown; the rest are counted


def build_push_message(push: Push, language: str, users: PortalUserIds) -> Message:
    """Build the message about a push, or a branch that was created or deleted.

    A deleted branch is not linked.
    """
    is_deleted = push.deleted or not push.branch
    count = max(push.total, len(push.commits))
    values = {
        "branch": text_node(push.branch) if is_deleted else ref_link(push.project, push.branch),
        "project": project_link(push.project),
        "actor": mention_person(push.actor, language, users),
    }
    state = "deleted" if push.deleted else "created" if push.created else "pushed"
    outcome = "moved" if state == "pushed" and not count else state
    compare, commits = _compare_url(push), _commit_lines(push.commits, count, language)
    extra = ((Link(compare, translate_inline(language, "push compare")),),) if compare else ()
    return Message(
        translate_inline(language, f"push {outcome}", count=count, **values),
        (*commits, *_author_lines(push, language), *extra),
        values={
            **{name: (node,) for name, node in values.items()},
            "title": (text_node(first_line(push.commits[-1].message)),) if push.commits else (),
            "state": translate_inline(language, f"state {state}"),
            "link": (link(compare, push.branch),),
            "url": (Text(compare),),
            "commits": run_of(commits),
            "count": (Text(str(count)),),
            "sha": () if is_deleted else (commit_link(push.project, push.after),),
        },
    )


def _compare_url(push: Push) -> str:
    """Return the page of the pushed changes; a new branch is compared with the default one."""
    if push.deleted:
        return ""
    if not push.created:
        return messages_urls.compare(push.project, push.before, push.after)
    default = push.project.default_branch
    return (
        "" if default == push.branch else messages_urls.compare(push.project, default, push.branch)
    )


def _commit_lines(commits: Sequence[Commit], count: int, language: str) -> list[Line]:
    lines: list[Line] = [
        (
            Link(commit.url, (Text(commit.sha[:SHORT_SHA]),)),
            text_node(f" {first_line(commit.message)}"),
        )
        for commit in commits[:MAX_COMMITS]
    ]
    if lines and (rest := count - len(lines)) > 0:
        lines.append(translate_inline(language, "push more", count=rest))
    return lines


def _author_lines(push: Push, language: str) -> list[Line]:
    """List the authors of a push where anybody but the pusher wrote some of it."""
    names = list(dict.fromkeys(commit.author_name for commit in push.commits if commit.author_name))
    pusher = {push.actor.name, push.actor.username} if push.actor else set()
    if not set(names) - pusher:
        return []
    people = join_limited([(text_node(name, MAX_NAME_LENGTH),) for name in names], language)
    return [
        translate_inline(
            language, "push author" if len(names) == 1 else "push authors", people=people
        )
    ]


def build_tag_message(tag_push: TagPush, language: str, users: PortalUserIds) -> Message:
    """Build the message about a tag; a deleted one is not linked."""
    state = "deleted" if tag_push.deleted else "moved" if tag_push.moved else "created"
    page = "" if tag_push.deleted else messages_urls.tag(tag_push.project, tag_push.tag)
    values = {
        "tag": link(page, tag_push.tag),
        "project": project_link(tag_push.project),
        "actor": mention_person(tag_push.actor, language, users),
    }
    sha = commit_link(tag_push.project, tag_push.sha)
    return Message(
        translate_inline(language, f"tag {state}", **values),
        (translate_inline(language, "detail commit", sha=sha),) if tag_push.sha else (),
        () if tag_push.deleted else quote_plain(tag_push.message),
        values={
            **{name: (node,) for name, node in values.items()},
            "title": (text_node(tag_push.tag),),
            "state": translate_inline(language, f"state {state}"),
            "link": (link(page, tag_push.tag),),
            "url": (Text(page),),
            "text": (text_node(first_line(tag_push.message)),),
            "sha": (sha,) if tag_push.sha else (),
        },
    )
