"""Ask each minute whether portals and connections are still open to us, and say so truly."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from sync.bitrix24.tasks.readable import read_profile
from sync.core.audit import recording_failures
from sync.core.clock import is_due
from sync.core.notifications.access import access_state
from sync.deadlines import limit_outbound
from sync.engine.deps import ACCESS, Deps
from sync.engine.lanes import Lane, LaneLost, hold
from sync.engine.load.scope import read_portal
from sync.engine.pauses import disconnect
from sync.engine.upkeep.token_rotation import Rotations
from sync.errors import UNREADABLE, Denied, Later, SyncError
from sync.gitlab.api.own_token import TokenLife, read_token_life
from sync.store import access, connections, subjects
from sync.store.access import (
    LOST,
    MISSING,
    NO_ADMIN,
    OK,
    REFUSED,
    ROTATION_TAKES,
    UNREACHABLE,
    ConnectionAccess,
    PortalAccess,
)
from sync.store.db.database import select_only, write
from sync.store.rows import ConnectionRecord
from sync.youtrack.api.account import GUEST, read_login

log = structlog.get_logger()

EVERY = timedelta(seconds=40)
FAILING_EVERY = timedelta(minutes=2)  # an instance that did not answer holds up nobody's turn
AT_ONCE = 8
ASK_SECONDS = 12.0
SAVE_EVERY = timedelta(seconds=5)  # well before the lease ends
SPREAD_SECONDS = 4.0  # of what is asked in one look; less than the time between two looks
_LONGEST_REST = 0.05
_FEW = 50  # questions of one look, whatever there is
_LOOKS = 7  # by which all has to be asked: one every five seconds, within EVERY
_NEVER = datetime.min.replace(tzinfo=UTC)
_ROWS_PER_WRITE = 20  # answers stored in one transaction
NO_TOKEN = "no_token"  # noqa: S105 - a code of an error
Row = TypeVar("Row", ConnectionAccess, PortalAccess)
Answer = ConnectionAccess | PortalAccess
Work = Callable[[], Answer | None]


class AccessWatch:
    """Asks what is due. One worker of all does it at a time.

    `is_stopping`: whether the worker is to end, which then asks no further one of a thousand.
    `spread`: the seconds over which what is due at once is asked: in one rush the questions of a
    thousand portals would hold up the deliveries of all.
    """

    def __init__(
        self, deps: Deps, is_stopping: Callable[[], bool] = lambda: False, spread: float = 0.0
    ) -> None:
        self._deps, self._is_stopping, self._spread = deps, is_stopping, spread
        self.rotations = Rotations(deps)

    def run(self, now: datetime) -> int:
        """Ask each portal and connection that was not asked lately; return how many those were."""
        self.rotations.take_up()
        if not self._work(now):  # mostly: a lease would be two writes every few seconds
            return 0
        with hold(self._deps, "access") as lane:
            if lane is None:
                return 0
            work = self._work(now)
            with suppress(LaneLost):
                self._ask(lane, work)
            return len(work)

    def _ask(self, lane: Lane, work: Sequence[Work]) -> None:
        """Ask, and store what was said. Raises LaneLost: asking took so long that another does it.

        The lease is renewed with what is stored: of a thousand portals it would end before.
        """
        pool = ThreadPoolExecutor(AT_ONCE, "access")
        try:
            rows, saved_at = list[Answer](), self._deps.clock.now()
            for future in [
                pool.submit(self._run_safely, ask) for ask in _spread(work, self._spread)
            ]:
                row = future.result()
                rows += [row] if row else []
                if len(rows) >= _ROWS_PER_WRITE or is_due(saved_at, SAVE_EVERY, lane.clock.now()):
                    self._save(lane, rows)
                    rows, saved_at = [], lane.clock.now()
            if rows:
                self._save(lane, rows)
        finally:
            pool.shutdown(cancel_futures=True)

    def _work(self, now: datetime) -> list[Work]:
        """Return the questions that are due, those that were asked longest ago first.

        No more than what has to be asked between two looks, or all of a thousand portals would
        be asked in one rush, and again in one a minute later.
        """
        moments = now - EVERY, now - FAILING_EVERY, now
        with select_only(self._deps.database) as conn:
            of_portals = access.portals_to_ask(conn, *moments)
            of_connections = access.connections_to_ask(conn, *moments)
            records = connections.of_portals(conn) if of_connections else ()
            is_much = len(of_portals) + len(of_connections) > _FEW
            most = max(_FEW, access.count_asked(conn) // _LOOKS) if is_much else _FEW
        due: list[tuple[Answer | None, Work]] = [
            *((before, partial(self._ask_portal, portal_id, before))
              for portal_id, before in of_portals.items()),
            *((of_connections[record.id],
               partial(self._ask_connection, record, of_connections[record.id]))
              for record in records if record.id in of_connections),
        ]  # fmt: skip
        due.sort(key=lambda item: item[0].checked_at if item[0] else _NEVER)
        return [ask for _, ask in due[:most]]

    def _save(self, lane: Lane, rows: Sequence[Answer]) -> None:
        """Store many answers in one transaction, or each alone where one's portal was erased."""
        try:
            self._write(rows, lane)
        except IntegrityError:
            for row in rows:
                with suppress(IntegrityError):
                    self._write([row], lane)

    def _write(self, rows: Sequence[Answer], lane: Lane | None = None) -> None:
        with write(self._deps.database) as conn:
            if lane is not None:
                lane.keep(conn)
            access.save_portal(conn, *(row for row in rows if isinstance(row, PortalAccess)))
            access.save(conn, *(row for row in rows if isinstance(row, ConnectionAccess)))

    def _run_safely(self, ask: Work) -> Answer | None:
        """Return what is still to be stored, and never raise: the others are asked all the same."""
        if self._is_stopping():
            return None
        try:
            return ask()
        except Exception:
            log.exception("access_not_asked")
            return None

    def _ask_portal(self, portal_id: int, before: PortalAccess | None) -> PortalAccess | None:
        """Ask, and store at once what has changed; return what only says the same again."""
        deps, now = self._deps, self._deps.clock.now()
        row = PortalAccess(portal_id, OK, now, now, now)
        try:
            with select_only(deps.database) as conn:
                stored = read_portal(conn, portal_id)
            with _minutely():
                profile = read_profile(deps.portal_for(stored))
            if not profile.admin:
                row = replace(row, state=NO_ADMIN, good_at=None)
        except Denied as error:
            row = _failed(row, REFUSED, error)
            disconnect(deps, portal_id, error)
        except SyncError as error:
            unreadable = error.code == UNREADABLE
            row = _failed(row, REFUSED if unreadable else UNREACHABLE, error)
        row = _go_on(row, before)
        if before is not None and before.state == row.state:
            return row
        self._write([row])
        return None

    def _ask_connection(
        self, record: ConnectionRecord, before: ConnectionAccess | None
    ) -> ConnectionAccess | None:
        """Ask, and store at once what has changed; return what only says the same again."""
        row, life = self._read_token(record, before)
        if row is None:
            return None
        if row.state == OK and before is not None and _is_overdue(before, row.checked_at):
            with write(self._deps.database) as conn:  # an earlier process asked, and in vain
                access.end_rotation(conn, record.id)
        if row.state == OK and record.options.get("rotate_token"):
            ends_at = self.rotations.rotate_if_due(record, life, before)
            row = replace(row, token_made_at=row.checked_at, expires_at=ends_at) if ends_at else row
        is_news = _news(before) != _news(row)
        if before is not None and before.state == row.state and not is_news:
            return row
        with write(self._deps.database) as conn:
            access.save(conn, row)
            if is_news:
                _mark(conn, record, row.checked_at)
        return None

    def _read_token(
        self, record: ConnectionRecord, before: ConnectionAccess | None
    ) -> tuple[ConnectionAccess | None, TokenLife]:
        """Ask, a second time where it is refused: it may just have been replaced.

        None while another worker replaces the token in this moment.
        """
        now = self._deps.clock.now()
        row = ConnectionAccess(record.id, OK, now, now, now)
        failure: SyncError | None = None
        for _ in range(2):
            try:
                with _minutely():
                    life = _read_life(self._deps, record)
            except Later as error:
                return _go_on(_failed(row, UNREACHABLE, error), before), TokenLife()
            except SyncError as error:
                failure = error
                if error.code == NO_TOKEN:
                    return _go_on(_failed(row, MISSING, error), before), TokenLife()
                continue
            row = replace(row, token_made_at=life.made_at, expires_at=life.ends_at)
            return _go_on(row, before), life
        assert failure is not None
        row = _failed(row, REFUSED, failure)
        if before is not None and before.rotating_at is not None:
            if not _is_overdue(before, now):
                return None, TokenLife()
            row = replace(row, code=LOST)
        return _go_on(row, before), TokenLife()


def _spread(work: Sequence[Work], seconds: float) -> Iterator[Work]:
    """Yield each with a rest after it, all within the seconds."""
    rest = min(_LONGEST_REST, seconds / max(1, len(work)))
    for ask in work:
        yield ask
        time.sleep(rest)


def record_accepted(
    conn: Connection, record: ConnectionRecord, expires_at: datetime | None, now: datetime
) -> None:
    """Store that a token that was just put in is accepted; an older rotation is over with it."""
    row = ConnectionAccess(record.id, OK, now, now, now, expires_at=expires_at)
    access.save(conn, row)
    access.end_rotation(conn, record.id)
    _mark(conn, record, now)


def _mark(conn: Connection, record: ConnectionRecord, now: datetime) -> None:
    marks = [(ACCESS, str(record.id), "the connection's token")]
    subjects.mark_dirty_many(conn, record.portal_id, marks, now)


@contextmanager
def _minutely() -> Iterator[None]:
    """Bound the calls inside, and keep those that go well out of the audit log."""
    with recording_failures(), limit_outbound(ASK_SECONDS):
        yield


def _read_life(deps: Deps, record: ConnectionRecord) -> TokenLife:
    """Ask the connection's instance about its token. Raises SyncError."""
    if record.kind == "youtrack":
        if read_login(deps.youtrack_for(record)) == GUEST:
            raise Denied("YouTrack answers as to a guest", code=GUEST)
        return TokenLife()
    return read_token_life(deps.code_host_for(record))


def _failed(row: Row, state: str, error: SyncError) -> Row:
    return replace(
        row,
        state=state,
        good_at=None,
        code=error.code,
        text=error.message,
        cause=error.cause,
        change=error.change,
    )


def _go_on(row: Row, before: Row | None) -> Row:
    """Keep since when the state is as it is, and when it was good last. Pure."""
    if before is None:
        return row
    same = before.state == row.state
    return replace(
        row,
        since=min(before.since, row.since) if same else row.since,
        good_at=row.good_at or before.good_at,
    )


def _is_overdue(row: ConnectionAccess, now: datetime) -> bool:
    return row.rotating_at is not None and is_due(row.rotating_at, ROTATION_TAKES, now)


def _news(row: ConnectionAccess | None) -> str:
    """Return what administrators are to be told of, as it was when the row was written. Pure."""
    if row is None:
        return ""
    refused_since = row.since if row.state == REFUSED else None
    return access_state(refused_since, row.expires_at, row.checked_at)
