"""Store verified deliveries, each once, until they are digested."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, bindparam, func, or_, select, update

from sync.store.db.bulk import execute_many
from sync.store.db.upsert import chunks, insert_for_dialect
from sync.store.rows import Delivery, DeliveryRow
from sync.store.tables import connection, delivery, in_literals

_COLUMNS = [delivery.c[name] for name in DeliveryRow.__dataclass_fields__ if name in delivery.c]
_WAITING = in_literals(delivery.c.state, "new", "failed")
_KEY_LENGTH = 128
OUTSIDE = "outside of what is connected: "  # begins the outcome of a delivery that was dropped


def is_due(now: Any) -> ColumnElement[bool]:
    """Build the condition of deliveries to digest at `now`, a moment or a parameter."""
    return _WAITING & or_(delivery.c.next_at.is_(None), delivery.c.next_at <= now)


_NEW = (
    select(*_COLUMNS, connection.c.options, connection.c.admitted, connection.c.created_at)
    .outerjoin(connection, connection.c.id == delivery.c.connection_id)
    .where(delivery.c.portal_id == bindparam("of_portal"), is_due(bindparam("now")))
    .order_by(delivery.c.id)
    .limit(bindparam("most", type_=Integer))
)
_COUNT_WAITING = select(func.count()).where(
    delivery.c.portal_id == bindparam("of_portal"),
    delivery.c.id.between(bindparam("first"), bindparam("last")),
    _WAITING,
)
_MARK_DONE = (
    update(delivery)
    .where(delivery.c.id == bindparam("key"), _WAITING)
    .values(state=bindparam("state"), outcome=bindparam("outcome"), next_at=None)
)


def insert_many(conn: Connection, deliveries: Sequence[Delivery]) -> list[int | None]:
    """Store new deliveries; return their ids in the order given, None for a duplicate."""
    if not deliveries:
        return []
    rows = [_row(item) for item in deliveries]
    stored = conn.execute(_insert_statement(conn.dialect.name), rows)
    new = {(origin, key): answer for answer, origin, key in stored}
    return [new.pop((row["origin"], row["dedupe_key"]), None) for row in rows]


@cache
def _insert_statement(dialect: str) -> Any:
    """Build the statement; cached, because a request waits for it."""
    return (
        insert_for_dialect(dialect, delivery)
        .on_conflict_do_nothing(index_elements=["origin", "dedupe_key"])
        .returning(delivery.c.id, delivery.c.origin, delivery.c.dedupe_key)
    )


def next_batch(
    conn: Connection, portal_id: int, limit: int, now: datetime
) -> tuple[DeliveryRow, ...]:
    """Return the oldest deliveries to digest; the caller holds the portal's lane."""
    parameters = {"of_portal": portal_id, "now": now, "most": limit}
    return tuple(DeliveryRow(*row) for row in conn.execute(_NEW, parameters))


def count_waiting(conn: Connection, portal_id: int, first: int, last: int) -> int:
    """Count the portal's deliveries with ids from `first` to `last` that are not dealt with."""
    parameters = {"of_portal": portal_id, "first": first, "last": last}
    return conn.scalar(_COUNT_WAITING, parameters) or 0


def mark_done(conn: Connection, outcomes: Mapping[int, str]) -> int:
    """Finish deliveries with the outcome of each by its id; return how many still waited."""
    rows = [{"key": key, "state": "done", "outcome": text} for key, text in outcomes.items()]
    return execute_many(conn, _MARK_DONE, rows)


def mark_failed(conn: Connection, delivery_id: int, error: str, next_at: datetime) -> None:
    """Record the error of a delivery and when to try it again."""
    conn.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, _WAITING)
        .values(state="failed", outcome=error, next_at=next_at, attempts=delivery.c.attempts + 1)
    )


def mark_dead(conn: Connection, delivery_id: int, error: str) -> None:
    """Record the error of a delivery and stop trying until it is replayed."""
    execute_many(conn, _MARK_DONE, [{"key": delivery_id, "state": "dead", "outcome": error}])


def replay(conn: Connection, ids: Sequence[int]) -> int:
    """Make stored deliveries new again and return how many there were."""
    again = {"state": "new", "attempts": 0, "next_at": None}
    return sum(
        conn.execute(update(delivery).where(delivery.c.id.in_(piece)).values(**again)).rowcount
        for piece in chunks(ids)
    )


def dead_deliveries(conn: Connection, portal_id: int, limit: int = 100) -> tuple[DeliveryRow, ...]:
    """Return the portal's dead deliveries, newest first."""
    query = (
        select(*_COLUMNS)
        .where(delivery.c.portal_id == portal_id, in_literals(delivery.c.state, "dead"))
        .order_by(delivery.c.id.desc())
        .limit(limit)
    )
    return tuple(DeliveryRow(*row) for row in conn.execute(query))


def pending_count(conn: Connection, portal_id: int | None = None) -> int:
    """Count the deliveries that wait, of one portal or of all."""
    return conn.scalar(_for_portal(select(func.count()).select_from(delivery), portal_id)) or 0


def outside_counts(conn: Connection, portal_id: int) -> dict[str, int]:
    """Count the portal's kept deliveries that were dropped, by the project they came from."""
    query = (
        select(delivery.c.outcome, func.count())
        .where(delivery.c.portal_id == portal_id, delivery.c.outcome.startswith(OUTSIDE))
        .group_by(delivery.c.outcome)
        .order_by(delivery.c.outcome)
    )
    return {outcome.removeprefix(OUTSIDE): count for outcome, count in conn.execute(query)}


def last_received(conn: Connection, portal_id: int, system: str) -> tuple[str, datetime] | None:
    """Return the event and the moment of a portal's newest delivery from `gitlab` or `bitrix24`."""
    of = (delivery.c.portal_id == portal_id, delivery.c.origin.startswith(f"{system}:"))
    query = select(delivery.c.event, delivery.c.received_at).where(*of)
    row = conn.execute(query.order_by(delivery.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row[0], row[1])


def last_of_connections(conn: Connection, connection_ids: Collection[int]) -> dict[int, datetime]:
    """Return when each connection's newest kept delivery came, by connection."""
    c = delivery.c
    newest = select(c.received_at).order_by(c.id.desc()).limit(1)
    moments = {key: conn.scalar(newest.where(c.connection_id == key)) for key in connection_ids}
    return {key: at for key, at in moments.items() if at is not None}


def last_of_connection(conn: Connection, connection_id: int) -> tuple[datetime, bytes] | None:
    """Return when a connection's newest kept delivery came, and its body."""
    of = select(delivery.c.received_at, delivery.c.body).where(
        delivery.c.connection_id == connection_id
    )
    row = conn.execute(of.order_by(delivery.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else (row[0], row[1] or b"")


def newest_id(conn: Connection, origin: str) -> int:
    """Return the number of the newest delivery from an origin; 0 where there is none."""
    return conn.scalar(select(func.max(delivery.c.id)).where(delivery.c.origin == origin)) or 0


def bodies_since(conn: Connection, origin: str, event: str, after_id: int) -> tuple[bytes, ...]:
    """Return the bodies of an origin's deliveries of that event that came after a number."""
    of = (delivery.c.origin == origin, delivery.c.event == event, delivery.c.id > after_id)
    return tuple(conn.scalars(select(delivery.c.body).where(*of).order_by(delivery.c.id)))


def oldest_waiting_at(conn: Connection, portal_id: int | None = None) -> datetime | None:
    """Return when the oldest waiting delivery was received; None where none waits."""
    oldest: datetime | None = conn.scalar(
        _for_portal(select(func.min(delivery.c.received_at)), portal_id)
    )
    return oldest


def portals_with_work(conn: Connection, now: datetime) -> tuple[int, ...]:
    """Return the ids of portals that have a delivery due."""
    query = select(delivery.c.portal_id).where(is_due(now)).distinct()
    return tuple(conn.scalars(query.order_by(delivery.c.portal_id)))


def _for_portal(query: Any, portal_id: int | None) -> Any:
    query = query.where(_WAITING)
    return query if portal_id is None else query.where(delivery.c.portal_id == portal_id)


def _row(item: Delivery) -> dict[str, Any]:
    row = {name: getattr(item, name) for name in Delivery.__dataclass_fields__}
    if len(item.dedupe_key) > _KEY_LENGTH:  # a sender's header may be long; an index entry not
        row["dedupe_key"] = hashlib.sha256(item.dedupe_key.encode()).hexdigest()
    return row
