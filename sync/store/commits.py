"""Commits of the mirror by what their messages begin with."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, or_, select

from sync.core.model import Commit
from sync.store.codec import from_json
from sync.store.tables import commit
from sync.store.upsert import chunks


def titled(
    conn: Connection, place: tuple[int, int], titles: Iterable[str]
) -> dict[str, tuple[Commit, ...]]:
    """The commits of a project by the first line of their message, each once; a title that none
    has is not in the answer. A long one may be cut short with three dots."""
    message = commit.c.body["message"].as_string()
    same = commit.c.connection_id == place[0], commit.c.project_id == place[1]
    found: dict[str, dict[str, Commit]] = {}
    for some in chunks(set(titles)):
        begins = (message.startswith(_cut(title)[0], autoescape=True) for title in some)
        told = conn.scalars(select(commit.c.body).where(*same, or_(*begins)))
        for one in (from_json(Commit, body) for body in told):
            for title in some:
                if _is_titled(one, title):
                    found.setdefault(title, {})[one.sha] = one
    return {title: tuple(one for _, one in sorted(of.items())) for title, of in found.items()}


def _cut(title: str) -> tuple[str, bool]:
    return title.removesuffix("..."), title.endswith("...")


def _is_titled(one: Commit, title: str) -> bool:
    first, (start, cut) = one.message.partition("\n")[0].strip(), _cut(title)
    return first == title or (cut and first.startswith(start))
