"""Store the bot that writes messages in chats: which it is, what it wrote, where it may not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, delete, or_, select, update

from sync.core.model.commands import Place
from sync.store.db.upsert import upsert
from sync.store.tables import bot_refusal, message, portal


def set_bot(conn: Connection, portal_id: int, bot_id: int, problem: str = "") -> None:
    """Store which bot writes (0: none), and why there is none where one is wanted."""
    values = {"bot_id": bot_id, "bot_problem": problem}
    conn.execute(update(portal).where(portal.c.id == portal_id).values(**values))


def forget_messages(conn: Connection, portal_id: int) -> None:
    """Forget what a bot wrote that is gone: nobody edits it any more, the next is a new message."""
    own = and_(message.c.portal_id == portal_id, message.c.bot_id != 0)
    conn.execute(update(message).where(own).values(message_id=None, text=None, bot_id=0))
    conn.execute(delete(bot_refusal).where(bot_refusal.c.portal_id == portal_id))


def refuse_place(conn: Connection, portal_id: int, place: Place, now: datetime) -> None:
    """Note that the bot may not write there."""
    row = {"portal_id": portal_id, "place": str(place), "at": now}
    upsert(conn, bot_refusal, [row], keys=("portal_id", "place"), update=("at",))


def refused_places(conn: Connection, portal_id: int) -> frozenset[Place]:
    """Return the places in which the bot may not write."""
    query = select(bot_refusal.c.place).where(bot_refusal.c.portal_id == portal_id)
    return frozenset(map(Place.parse, conn.scalars(query)))


def authors(
    conn: Connection, portal_id: int, places: Iterable[Place], message_ids: Iterable[int]
) -> tuple[dict[int, int], dict[Place, int]]:
    """Return by which bot messages were written (0: none), and the bot that wrote in places."""
    columns = select(message.c.place, message.c.message_id, message.c.bot_id)
    meant = or_(
        message.c.message_id.in_(list(message_ids)),
        and_(message.c.place.in_([str(place) for place in places]), message.c.bot_id != 0),
    )
    wrote: dict[int, int] = {}
    joined: dict[Place, int] = {}
    for place, message_id, bot_id in conn.execute(
        columns.where(message.c.portal_id == portal_id, meant)
    ):
        if message_id is not None:
            wrote[message_id] = bot_id
        if bot_id:
            joined[Place.parse(place)] = bot_id
    return wrote, joined
