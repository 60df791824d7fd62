"""Loads a dump, and builds the portal and the code host as the dump knows them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, select, text

from sync.store.db.database import open_database, write
from sync.store.db.migrate import migrate
from tests.emulators.bitrix24.records import Message
from tests.emulators.bitrix24.state import Portal
from tests.engine import world as worlds
from tests.engine.world import World
from tests.store.db import fill_tables
from tests.store.dumps import story
from tests.store.dumps.make import KEY

DUMPS = sorted(Path(__file__).parent.glob("*.sql"))
_COUNT_ON = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
APP_USER = 1
NEWEST_MESSAGE = 5000  # numbers below are the dump's
MORNING = datetime(2026, 4, 10, 5, 59, 5, tzinfo=UTC)  # when quiet hours end after the dump
_STATUS = {"waiting": 2, "in_progress": 3, "awaiting_control": 4, "completed": 5, "deferred": 6}


def raw(dump: Path) -> sqlite3.Connection:
    """Open the dump as it is, in memory."""
    made = sqlite3.connect(":memory:")
    made.row_factory = sqlite3.Row
    made.executescript(dump.read_text(encoding="utf-8"))
    return made


def load(dump: Path, url: str, folder: Path) -> Engine:
    """Load the dump into the empty database at `url`, at the dump's own revision."""
    engine = open_database(url)
    if engine.dialect.name == "sqlite":
        with closing(raw(dump)) as source, closing(sqlite3.connect(engine.url.database)) as target:
            source.backup(target)
        return engine
    with closing(raw(dump)) as source, closing(sqlite3.connect(folder / "dump")) as target:
        source.backup(target)
    old = create_engine(f"sqlite:///{folder / 'dump'}")
    with old.connect() as source:
        revision = source.scalar(text("SELECT version_num FROM alembic_version"))
        migrate(engine, revision)
        with write(engine) as conn:
            tables = fill_tables.tables(conn)
            for name, table in fill_tables.tables(source).items():
                rows = [_zoned(row) for row in source.execute(select(table)).mappings()]
                conn.execute(tables[name].insert(), rows)
                if "id" in table.c:
                    conn.execute(text(_COUNT_ON.format(table=name)))
    old.dispose()
    return engine


def _zoned(row: Any) -> dict[str, Any]:
    """Add the zone that SQLite does not store: UTC."""
    return {
        name: value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
        for name, value in row.items()
    }


def resume(dump: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> World:
    """Build a world over the migrated dump, before its worker does anything.

    The code host has played the same story; the portal shows what the dump says it shows.
    """
    monkeypatch.setattr(worlds, "KEY", KEY)
    world = World(url)
    world.hold_deliveries = True
    story.furnish(world)
    world.b24.state.take_id("message", NEWEST_MESSAGE)
    for slot, act in {**story.STORY, **story.DECIDED, story.LAST: story.last}.items():
        story.rest(world, slot)
        act(world)
    with closing(raw(dump)) as source:
        _show(world.b24.state, source)
    world.hold_deliveries = False
    world.rules = world.clients("rules").rules(world.portal_id)
    world.tick(timedelta(minutes=5).total_seconds())  # leases of the dead worker have run out
    return world


def _show(portal: Portal, dump: sqlite3.Connection) -> None:
    """Put tasks, messages and time into the portal as the dump knows them."""
    for row in dump.execute("SELECT task_id, body FROM task WHERE body IS NOT NULL ORDER BY 1"):
        body = json.loads(row["body"])
        if row["task_id"] not in portal.tasks:  # opened for an alert
            portal.create_task(
                body["title"], id=row["task_id"], responsible_id=body["responsible_id"],
                group_id=body["group_id"],
            )  # fmt: skip
        task = portal.tasks[row["task_id"]]
        assert task.chat_id == body["chat_id"]
        task.status, task.stage_id = _STATUS[body["status"]], body["stage_id"]
    for number, chat_id, words, at in sorted(_messages(portal, dump)):
        message = Message(number, chat_id, APP_USER, words, _utc(at))
        portal.messages[number] = message
        portal.chat_messages[chat_id].append(message)
    for row in dump.execute(
        "SELECT payload, sent_at FROM command WHERE kind = 'log_time' AND state <> 'waiting'"
    ):  # what was being sent had arrived, too: only the answer was lost
        entry = json.loads(row["payload"])
        task, at = portal.tasks[entry["task_id"]], _utc(row["sent_at"])
        portal.log_time(task, entry["user_id"], entry["seconds"], entry["text"], at)


def _utc(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC)


def _messages(portal: Portal, dump: sqlite3.Connection) -> Iterator[tuple[int, int, str, str]]:
    """Yield (number, chat, text, moment) of each message."""
    for table in ("link", "message"):
        prefix = "message_" if table == "link" else ""
        for row in dump.execute(
            f"SELECT task_id, message_id, {prefix}text, {prefix}at FROM {table}"
            " WHERE message_id IS NOT NULL"
        ):
            yield row[1], portal.tasks[row[0]].chat_id, row[2], row[3]
    for row in dump.execute("SELECT dialog, message_id, text, at FROM post WHERE message_id > 0"):
        chat = portal.chat_of("SONET_GROUP", row[0].removeprefix("sg"))
        assert chat is not None
        yield row[1], chat.id, row[2], row[3]
