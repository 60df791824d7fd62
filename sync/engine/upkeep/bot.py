"""Register the bot that a portal's settings want as the author of messages, and remove it again."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import structlog
from sqlalchemy import Connection

from sync.bitrix24.tasks import bot
from sync.engine.deps import Deps
from sync.engine.load.scope import read_portal
from sync.errors import Denied, Later, SyncError
from sync.sentences import as_text
from sync.store import bots, portals
from sync.store.db.database import AWAY, select_only, write
from sync.store.portals import PortalRow
from sync.store.rows import PortalRecord

log = structlog.get_logger()


def find_out_of_step(deps: Deps, portal_ids: Collection[int]) -> frozenset[int]:
    """Return those of the portals whose bot is not what their settings want, in few queries."""
    with select_only(deps.database) as conn:
        return frozenset(
            row.record.id
            for row in portals.rows_by_ids(conn, portal_ids)
            if _may_be_out_of_step(deps, conn, row)
        )


def keep_bot(deps: Deps, portal_id: int) -> int:
    """Bring a portal's bot in step with its settings; return whether anything was to do.

    A portal that has no bots, or gives no right to one, is asked again each time: the application
    writes itself meanwhile, and the reason stands in the status. Raises Later.
    """
    with select_only(deps.database) as conn:
        row = read_portal(conn, portal_id)
        wanted = deps.rules_for(conn, row).by_bot
    record = row.record
    if _is_in_step(record, wanted):
        return 0
    if not wanted:
        _remove(deps, row)
        return 1
    try:
        bot_id, problem = bot.register(deps.portal_for(row)), ""
    except Later:
        raise
    except SyncError as error:
        log.warning("bot_not_registered", portal_id=portal_id, error=str(error), code=error.code)
        bot_id, problem = 0, as_text(error)
    with write(deps.database) as conn:
        bots.set_bot(conn, portal_id, bot_id, problem)
    return 1


def _may_be_out_of_step(deps: Deps, conn: Connection, row: PortalRow) -> bool:
    try:
        return not _is_in_step(row.record, deps.rules_for(conn, row).by_bot)
    except AWAY:
        raise
    except Exception:  # noqa: BLE001 - one portal's trouble, which its own look says
        return True


def _is_in_step(record: PortalRecord, wanted: bool) -> bool:
    return wanted == bool(record.bot_id) and not (record.bot_problem and not wanted)


def _remove(deps: Deps, row: Any) -> None:
    """Remove the bot. What it wrote stays, and the next about the same is a new message."""
    record: PortalRecord = row.record
    if record.bot_id:
        try:
            bot.unregister(deps.portal_for(row), record.bot_id)
        except Denied as error:
            log.warning("bot_not_removed", portal_id=record.id, error=str(error))
    with write(deps.database) as conn:
        if portals.by_id(conn, record.id) is not None:
            bots.set_bot(conn, record.id, 0)
            bots.forget_messages(conn, record.id)
