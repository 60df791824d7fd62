"""Commits are found by their titles, whatever stands in them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from sync.core.model.common import Commit
from sync.store import commits
from sync.store.db.database import write
from tests.store.factories import NOW, a_connection, a_portal, a_project

LONG = "Make " + "very " * 30 + "long"
MESSAGES = {
    "s1": "Fix",
    "s2": "Fix\n\nThe whole of it",
    "s3": "Fix it",
    "s4": "fix",
    "s5": "100% _done_",
    "s6": "100x adone_",
    "s7": LONG,
    "s8": "Ещё раз",
}


@pytest.mark.parametrize(
    ("title", "shas"),
    [
        ("Fix", ["s1", "s2"]),
        ("100% _done_", ["s5"]),
        (LONG[:78] + "...", ["s7"]),
        ("Ещё раз", ["s8"]),
        ("Fi", []),
        ("%", []),
    ],
)
def test_a_title_finds_its_commits(engine: Engine, title: str, shas: list[str]) -> None:
    with write(engine) as conn:
        c = a_connection(conn, a_portal(conn))
        told = [Commit(sha, message, "Ann", None) for sha, message in MESSAGES.items()]
        for branch in ("main", "side"):
            commits.save(conn, [(a_project(c), branch, told)], NOW)
        commits.save(conn, [(a_project(c, 99), "main", [Commit("x", "Fix", "", None)])], NOW)
        rows = commits.by_title(conn, (c, a_project(c).id), [title, "none"])
    assert {name: [one.sha for one in of] for name, of in rows.items()} == (
        {title: shas} if shas else {}
    )
