"""The words for each kind of thing. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.items import Push
from sync.core.news_facts import Subject, actor_of
from sync.core.news_texts import Line, Telling
from sync.core.phrases import say, tell
from sync.text.tree import Link, Text, UserMention

MOST_COMMITS = 5  # shown; the rest are counted
MOST_TITLE = 120  # characters

Users = Mapping[int, int]  # a person's id on the code host → the portal user's id


def telling_of(one: Subject, language: str, users: Users) -> Telling:
    match one:
        case Push():
            return _push(one, language, users)
    return Telling((Text(type(one).__name__),))


def _push(one: Push, language: str, users: Users) -> Telling:
    state = "deleted" if one.deleted else "created" if one.created else "pushed"
    branch = Link(f"{one.project.url}/-/tree/{one.branch}", (Text(one.branch),))
    headline = tell(
        language,
        f"push {state}",
        branch=Text(one.branch) if one.deleted else branch,
        project=Link(one.project.url, (Text(one.project.path),)),
        actor=_actor(one, language, users),
    )
    commits = [
        (Link(commit.url, (Text(commit.sha[:8]),)), Text(f" {_title(commit.message)}"))
        for commit in one.commits[-MOST_COMMITS:]
    ]
    if rest := max(one.total, len(one.commits)) - len(commits):
        commits.append(tell(language, "more", count=str(rest)))
    if not one.created and not one.deleted:
        url = f"{one.project.url}/-/compare/{one.before}...{one.after}"
        commits.append((Link(url, (Text(say(language, "push compare")),)),))
    return Telling(headline, tuple(commits))


def _actor(one: Subject, language: str, users: Users) -> Line:
    person = actor_of(one)
    if person is None:
        return (Text(say(language, "somebody")),)
    return (UserMention(person.shown, portal_user=users.get(person.id)),)


def _title(text: str) -> str:
    first = text.strip().split("\n")[0]
    return first if len(first) <= MOST_TITLE else first[: MOST_TITLE - 1] + "…"
