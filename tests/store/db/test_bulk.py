"""Statements that are compiled once and given their values as the driver takes them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, bindparam, select, update

from sync.store import inbox
from sync.store.db.bulk import execute_many
from sync.store.db.database import read, write
from sync.store.tables import delivery
from tests.store.factories import NOW, a_delivery, a_portal

pytestmark = pytest.mark.dialect

_CHANGE = (
    update(delivery)
    .where(delivery.c.id == bindparam("of_id"), delivery.c.state == "new")
    .values(
        headers=bindparam("headers"), next_at=bindparam("next_at"), outcome=bindparam("outcome")
    )
)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_values_are_stored_as_their_columns_store_them(engine: Engine, count: int) -> None:
    later = NOW + timedelta(minutes=5)
    with write(engine) as conn:
        p = a_portal(conn)
        ids = inbox.insert_many(conn, [a_delivery(p, str(number)) for number in range(3)])
        rows = [
            {"of_id": key, "headers": {"n": "ж\0"}, "next_at": later, "outcome": "a\0b"}
            for key in ids[:count]
        ]
        assert execute_many(conn, _CHANGE, rows) == count
        unknown = [{**row, "of_id": 0} for row in rows]
        assert execute_many(conn, _CHANGE, unknown) == 0
    with read(engine) as conn:
        columns = delivery.c.headers, delivery.c.next_at, delivery.c.outcome
        stored = [tuple(row) for row in conn.execute(select(*columns).order_by(delivery.c.id))]
    assert (
        stored[:count]
        == [({"n": "ж\N{REPLACEMENT CHARACTER}"}, later, "a\N{REPLACEMENT CHARACTER}b")] * count
    )
    assert stored[count:] == [(stored[-1][0], None, "")] * (3 - count)


def test_rows_of_other_keys_are_another_statement(engine: Engine) -> None:
    with write(engine) as conn:
        p = a_portal(conn)
        (key, *_) = inbox.insert_many(conn, [a_delivery(p, "a")])
        plain = update(delivery).where(delivery.c.id == bindparam("of_id"))
        execute_many(conn, plain, [{"of_id": key, "outcome": "first"}])
        execute_many(conn, plain, [{"of_id": key, "state": "done"}])
        row = conn.execute(select(delivery.c.outcome, delivery.c.state)).one()
    assert tuple(row) == ("first", "done")


def test_a_statement_with_a_list_of_values_is_not_taken(engine: Engine) -> None:
    listed = update(delivery).where(delivery.c.id.in_([1, 2])).values(outcome=bindparam("outcome"))
    with write(engine) as conn, pytest.raises(ValueError, match="list of values"):
        execute_many(conn, listed, [{"outcome": ""}])
