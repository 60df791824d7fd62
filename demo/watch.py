"""Looks into the database, reading only: what arrived, what was decided and why, what was sent."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, func, select

from sync.store import tables
from sync.store.db.database import open_database, read

SETTLE_SECONDS = 60
_WAITING = (
    (tables.delivery, ("new", "failed")),
    (tables.subject, ("dirty",)),
    (tables.command, ("waiting", "sending")),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened since the last look."""

    arrived: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    requests: int = 0


@dataclass
class Watch:
    """Remembers the last row seen of each table."""

    file: Path
    last: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine = open_database(f"sqlite:///{self.file}")

    def settled(self) -> None:
        """Waits until nothing waits any more. Raises TimeoutError after SETTLE_SECONDS."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            with read(self.engine) as conn:
                if not any(_count(conn, table, states) for table, states in _WAITING):
                    return
            time.sleep(0.1)
        raise TimeoutError(f"there is still work waiting after {SETTLE_SECONDS} s")

    def wait_until(self, holds: Callable[[], bool]) -> bool:
        """Wait until it holds and no link waits for work; False after SETTLE_SECONDS."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            if holds() and not self._links_waiting():
                return True
            time.sleep(0.2)
        return False

    def _links_waiting(self) -> int:
        waits = tables.issue_link.c.version > tables.issue_link.c.done_version
        with read(self.engine) as conn:
            query = select(func.count()).select_from(tables.issue_link).where(waits)
            return conn.scalar(query) or 0

    def story(self) -> tuple[str, ...]:
        """What was added to the stories of links since the last look."""
        story = tables.issue_link_story
        with read(self.engine) as conn:
            rows = self._new(conn, story, "text")
            self.last[story.name] = conn.scalar(select(func.max(story.c.id))) or 0
        return rows

    def look(self) -> Seen:
        with read(self.engine) as conn:
            events = self._new(conn, tables.delivery, "event")
            outcomes = self._column(conn, tables.delivery, "outcome")
            arrived = tuple(
                f"{event} → {outcome.splitlines()[0] if outcome else 'kept'}"
                for event, outcome in zip(events, outcomes, strict=True)
            )
            seen = Seen(
                arrived,
                self._new(conn, tables.decision, "reason"),
                self._new(conn, tables.command, "reason"),
                self._new(conn, tables.api_call, "system").count("bitrix24"),
            )
            self._remember(conn)
        return seen

    def _new(self, conn: Connection, table: object, column: str) -> tuple[str, ...]:
        return self._column(conn, table, column)

    def _column(self, conn: Connection, table: object, column: str) -> tuple[str, ...]:
        after = self.last.get(table.name, 0)
        rows = select(table.c[column]).where(table.c.id > after).order_by(table.c.id)
        return tuple(str(value) for value in conn.scalars(rows))

    def _remember(self, conn: Connection) -> None:
        for table in (tables.delivery, tables.decision, tables.command, tables.api_call):
            self.last[table.name] = conn.scalar(select(func.max(table.c.id))) or 0

    def received(self, origin: str) -> int:
        """How many deliveries of senders that begin with `origin` were kept."""
        with read(self.engine) as conn:
            found = select(func.count()).where(tables.delivery.c.origin.startswith(origin))
            return conn.scalar(found) or 0

    def states_of_work(self) -> set[str]:
        """The states that deliveries and commands are in."""
        return {*self.states(tables.delivery), *self.states(tables.command)}

    def states(self, table: object) -> dict[str, int]:
        """How many rows of a table are in which state."""
        with read(self.engine) as conn:
            rows = conn.execute(select(table.c.state, func.count()).group_by(table.c.state))
            return {state: count for state, count in rows}


def _count(conn: Connection, table: object, states: tuple[str, ...]) -> int:
    found = select(func.count()).select_from(table).where(table.c.state.in_(states))
    return conn.scalar(found) or 0
