"""What goes into a column comes out the same, or as near as every database can hold it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select
from sqlalchemy.exc import StatementError

from sync.store.db.database import read, write
from sync.store.db.types import dump_json, storable
from sync.store.logs import decisions, save_decisions
from sync.store.rows import DecisionRow
from sync.store.tables import lease
from tests.store.factories import NOW, a_portal

ODD = ["", "plain", "\u0416 \U0001f680", "a\0b", "half \ud83d pair", "\\u0000", 'quote " \\ \n']


@pytest.mark.parametrize("odd", ODD)
def test_odd_text_is_stored_on_every_database(engine: Engine, odd: str) -> None:
    with write(engine) as conn:
        portal_id = a_portal(conn)
        save_decisions(conn, [DecisionRow(portal_id, "task", "1", NOW, odd)])
    with read(engine) as conn:
        assert decisions(conn, portal_id, "task", "1")[0].reason == storable(odd)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_json_that_is_clean_is_not_changed(value: object) -> None:
    if storable(repr(value)) == repr(value) and "\\x00" not in repr(value):
        assert json.loads(dump_json(value)) == value


@given(st.text(alphabet=st.characters()) | st.text(alphabet="\0\ud800\udc00\\u0a"))
def test_stored_text_never_holds_what_postgresql_refuses(text: str) -> None:
    dumped = dump_json({text: [text, (text,)]})
    dumped.encode()
    assert "\0" not in storable(text)
    assert "\0" not in "".join(json.loads(dumped))


def test_a_moment_comes_back_in_utc(engine: Engine) -> None:
    there = datetime(2026, 3, 2, 20, 0, 0, 5, tzinfo=timezone(timedelta(hours=10)))
    with write(engine) as conn:
        conn.execute(insert(lease), [{"name": "a", "owner": "b", "until": there}])
        until = conn.scalar(select(lease.c.until))
    assert until == there
    assert until.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(engine: Engine) -> None:
    row = {"name": "a", "owner": "b", "until": datetime(2026, 3, 2)}
    with pytest.raises(StatementError, match="must carry its time zone"), write(engine) as conn:
        conn.execute(insert(lease), [row])
