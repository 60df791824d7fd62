"""Protected branches as pushes tell of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select

from sync.core.model.activity import Push
from sync.store import activity as store_activity
from sync.store import protected_branches
from sync.store.db.database import write
from sync.store.tables import protected_branch
from tests.store.factories import NOW, a_connection, a_portal, a_project, after

LATER = after(seconds=60)


def pushed(branch: str, protected: bool | None, at: datetime = NOW, **values: object) -> Push:
    push = Push(a_project(1), branch, (), None, f"{at:%M}", protected=protected, at=at)
    return replace(push, **values)


@pytest.mark.parametrize(
    ("told", "protected"),
    [
        ([pushed("main", True), pushed("x", False)], {"main"}),
        ([pushed("main", True), pushed("main", None, LATER)], {"main"}),
        ([pushed("main", True), pushed("main", False, LATER)], set()),
        ([pushed("main", True, LATER), pushed("main", False)], {"main"}),
        ([pushed("main", True), pushed("main", True, LATER, deleted=True)], set()),
        ([pushed("a", True), pushed("b", True, created=True)], {"a", "b"}),
        ([pushed("a", True, replace_at) for replace_at in (NOW, LATER)], {"a"}),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_the_newest_push_that_says_so_counts(
    engine: Engine, told: list[Push], protected: set[str], together: bool
) -> None:
    with write(engine) as conn:
        connection_id = a_connection(conn, a_portal(conn))
        for batch in [told] if together else [[one] for one in told]:
            store_activity.save(conn, batch, NOW)
        found = protected_branches.protected_branches(
            conn, [(connection_id, 3), (connection_id, 4)]
        )
        assert found == ({(connection_id, 3): protected} if protected else {})
        assert conn.scalar(select(func.count()).select_from(protected_branch)) == len(protected)
