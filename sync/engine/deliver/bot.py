"""Who writes a portal's messages: our bot where it may, the application itself elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks.bot import GONE, BotAuthor
from sync.bitrix24.tasks.commands import NOBODY
from sync.core.model.commands import PutMessage
from sync.errors import SyncError
from sync.sentences import as_text
from sync.store import bots, outbox
from sync.store.rows import CommandRow


def read_author(
    conn: Connection, portal_id: int, portal: Portal, rows: Sequence[CommandRow]
) -> BotAuthor:
    """Return who writes the messages among `rows`."""
    commands = [row.command for row in rows if isinstance(row.command, PutMessage)]
    if not portal.bot_id or not commands:
        return NOBODY
    wrote, joined = bots.authors(
        conn,
        portal_id,
        {command.place for command in commands},
        {command.message_id for command in commands if command.message_id is not None},
    )
    return BotAuthor(
        portal.bot_id,
        joined=frozenset(place for place, bot_id in joined.items() if bot_id == portal.bot_id),
        closed=bots.refused_places(conn, portal_id),
        wrote=wrote,
    )


BotRefusal = tuple[CommandRow, PutMessage, SyncError]


def is_bot_gone(refusals: Sequence[BotRefusal]) -> bool:
    """Return whether the portal refused messages because it has the bot no more."""
    return any(error.code == GONE for _, _, error in refusals)


def record_bot_refusals(
    conn: Connection,
    portal_id: int,
    refusals: Sequence[BotRefusal],
    now: datetime,
) -> None:
    """Have the application itself write where the portal does not let the bot; say so once.

    A bot that somebody removed is registered again by and by, and its messages are its no more.
    """
    for row, message, error in refusals:
        if error.code == GONE:
            bots.set_bot(conn, portal_id, 0)
            bots.forget_messages(conn, portal_id)
        else:
            bots.refuse_place(conn, portal_id, message.place, now)
        outbox.postpone(conn, row.id, now, as_text(error))
