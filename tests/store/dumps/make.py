"""Dump a database with rows in every table and unfinished work of every kind.

    python -m tests.store.dumps.make tests/store/dumps/2026-11-0007.sql

A dump is made by the build that had its revision, and stays as it is: every later build migrates
it and goes on with its work (test_migrate_dump.py).
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, func, select

from sync.engine import alert_actions, turn
from sync.engine.deps import PORTAL_LANE
from sync.engine.upkeep.purge import purge_portal
from sync.settings.document import read as read_settings
from sync.settings.model import stored
from sync.store import connections, inbox, leases, logs, outbox, portals, subjects
from sync.store.db.database import open_database, read, write
from sync.store.db.migrate import migrate
from sync.store.rows import (
    AllowanceRow,
    ConnectionDraft,
    ConnectionSecrets,
    Delivery,
    Installation,
    PortalTokens,
)
from sync.store.tables import alert, command, metadata
from tests.engine import world as worlds
from tests.engine.history import start
from tests.engine.world import HOST, START, World
from tests.store.dumps import story

KEY = (
    "YS1rZXktb2YtdGhlLXRlc3RzLW9wZW5zLW5vdGhpbmc="  # of these dumps alone: it seals nothing secret
)

_HEAD = """\
-- A SQLite database as one build left it, never changed since. Everybody in it is invented, and
-- what is sealed opens with the KEY of make.py, by which it was made.
"""
SETTINGS = """\
version: 1
portal: portal.test
language: en
people: {ann: 9, bob: 8}
timezone: Europe/Moscow
chats: {general: sg3}
templates:
  note: "{default}"
routes:
  - {on: [push, branch, tag, release, issue, note], to: [project], internal: true}
  - {on: [push], to: [task], branches: [main]}
  - {on: [pipeline], to: [general], when: [failed, success], changes_only: true}
  - {on: [merge_request], to: [project], branches: [main]}
  - {on: [deployment], to: [qa, project], environments: [production]}
  - {on: [release], to: [task, author]}
  - {on: [alert], to: [project]}
  - {on: [job], to: [project], when: [failed], quiet: "09:00-08:59"}
retention: {deliveries: 1, audit: 3}
rules:
  default:
    notes: {message: true, internal: true}
  workgroups:
    3:
      projects: [acme/*]
      roles: {qa: [7]}
      notes: {system: true}
      steps:
        review: {status: in_progress, stage: {type: PROGRESS}}
        merged: {status: completed, stage: {type: FINISH}}
      alerts: {branches: [default, "release/*"], open_task: 2}
"""


def filled(url: str) -> World:
    """Play the story over the migrated database at `url`; the worker is killed at the end."""
    worlds.KEY = KEY
    world = World(url)
    story.furnish(world)
    _set_up(world)
    for slot, act in story.STORY.items():
        if slot > story.MONTH and world.clock.now() < _month():
            story.rest(world, story.MONTH)
            _look_back(world)
        story.rest(world, slot)
        if slot == story.SHUT:
            world.refuse("im.message.add", "ACCESS_ERROR", times=1)
        act(world)
        world.settle()
        if slot == story.CARED_FOR:
            _care(world)
    _stop_writing(world)
    for slot, act in story.DECIDED.items():
        story.rest(world, slot)
        act(world)
        world.work()
        world.tick(5)
        world.work()
    _care(world)
    world.work()
    story.rest(world, story.LAST)
    _clean_up(world)
    story.last(world)
    _die(world)
    return world


def _set_up(world: World) -> None:
    """Store settings, secrets, and a second portal that removed the application."""
    now = world.clock.now()
    secrets = ConnectionSecrets(
        "hook-of-the-tests", "token-of-the-hook", "whsec_of_the_tests", world.token.value
    )
    options = {"issue_links": False, "projects": ["acme/shop"], "requests_per_minute": 600}
    draft = ConnectionDraft("gitlab", "gitlab", HOST, secrets, options)
    account = {"username": "ann", "scopes": ["api"], "version": "19.1.2-ee", "can_sign": True}
    left = Installation("f" * 32, "https://left.test/rest/", "", PortalTokens("access", "refresh"))
    with write(world.database) as conn:
        connections.upsert(conn, world.vault, world.portal_id, draft, now)
        connections.set_account(conn, world.connection_id, account)
        settings = stored(read_settings(SETTINGS, {}))
        portals.save_settings(conn, world.portal_id, settings, now)
        portals.save_application_token(conn, world.vault, world.portal_id, "application", now)
        other = portals.create_or_update(conn, world.vault, left, now)
        portals.set_state(conn, other, "removed", "the application was deleted", now)
    world.rules = world.clients("rules").rules(world.portal_id)


def _look_back(world: World) -> None:
    """Read the project's history, and purge what is old."""
    start(world)
    world.settle()
    _clean_up(world)
    with write(world.database) as conn:
        connections.set_swept(conn, world.connection_id, world.clock.now())


def _clean_up(world: World) -> None:
    with read(world.database) as conn:
        record = portals.by_id(conn, world.portal_id)
    assert record is not None
    for _ in purge_portal(world.deps(), record, world.clock.now()):
        pass


def _care(world: World) -> None:
    """Acknowledge the newest alert and assign it to Boris."""
    with write(world.database) as conn:
        newest = conn.execute(select(alert).order_by(alert.c.opened_at.desc()).limit(1)).one()
        handle = f"{newest.connection_id}-{newest.project_id}-{newest.opened_by}"
        now = world.clock.now()
        alert_actions.acknowledge(conn, world.portal_id, handle, "Rita", now)
        alert_actions.assign(conn, world.portal_id, handle, story.BORIS, now, actor_id=story.RITA)


def _stop_writing(world: World) -> None:
    """Let everything that is decided from now on wait."""
    world.patch(turn, "deliver", lambda *args: 0)


def _die(world: World) -> None:
    """Leave things as a killed worker does: sent without an answer, failed, dead, leased."""
    now, portal_id = world.clock.now(), world.portal_id
    with write(world.database) as conn:
        waiting = outbox.waiting(conn, portal_id, PORTAL_LANE, 1000, now)
        sent = {row.kind: row.id for row in reversed(waiting) if not row.payload.get("message_id")}
        outbox.mark_sending(conn, [sent[kind] for kind in ("put_card", "log_time", "notify")], now)
        first = inbox.next_batch(conn, portal_id, 1, now)[0]
        inbox.mark_failed(conn, first.id, "OperationalError: disk is full", now)
        bad = Delivery(
            portal_id, None, f"bitrix24:{portal_id}", "bad", "ONTASKUPDATE", {}, b"", now
        )
        (dead,) = inbox.insert_many(conn, [bad])
        inbox.mark_dead(conn, dead, "KeyError: 'data'")
        subjects.mark_dirty_many(conn, portal_id, [("task", "55", "task changed")], now)
        subjects.mark_dead(conn, portal_id, "task", "55", error="KeyError: 55")
        for lane in (f"digest:{portal_id}", f"lane:{portal_id}:bitrix24"):
            leases.acquire(conn, lane, "host:4026531836:77:88:one", now=now, ttl=timedelta(0, 30))
        logs.record_heartbeat(conn, "host:4026531836:77:88:one", now)
        logs.save_allowance(conn, portal_id, AllowanceRow(12.5, now, {"tasks.task.list": 3.25}))


def _month() -> datetime:
    return START + story.MONTH * story.SLOT


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "story.sqlite3"
        engine = open_database(f"sqlite:///{file}")
        migrate(engine)
        filled(f"sqlite:///{file}").close()
        _tell_counts(engine)
        engine.dispose()
        with closing(sqlite3.connect(file)) as raw, target.open("w", encoding="utf-8") as out:
            out.write(_HEAD)
            out.writelines(f"{line}\n" for line in raw.iterdump())


def _tell_counts(engine: Engine) -> None:
    """Print the rows by table and the commands by state. Raises ValueError for an empty table."""
    with read(engine) as conn:
        tables = metadata.sorted_tables
        counts = {t.name: conn.scalar(select(func.count()).select_from(t)) for t in tables}
        states = Counter(map(tuple, conn.execute(select(command.c.kind, command.c.state))))
    print(counts, *sorted(states.items()), sep="\n")
    if empty := [name for name, count in counts.items() if not count]:
        raise ValueError(f"nothing is in {', '.join(empty)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
