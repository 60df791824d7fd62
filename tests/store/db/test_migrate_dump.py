"""Databases of earlier builds: each is migrated, read, and worked on as if nothing had happened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from b24app.cli import main
from b24app.services.failures import list_failures
from sync.core.clock import WallClock
from sync.store import connections, outbox, portals
from sync.store.db.database import read
from sync.store.db.migrate import is_current, migrate
from sync.store.tables import delivery
from sync.store.vault import Vault
from tests.engine.notified_world import heads, notified, plain
from tests.engine.world import World
from tests.store.db import fill_tables, renamed
from tests.store.dumps.make import KEY
from tests.store.dumps.resume import DUMPS, MORNING, load, raw, resume

COMMANDS = (
    ["status"],
    ["alerts", "--all"],
    ["backfill", "--status"],
    ["audit", "--limit", "5"],
    ["settings", "export"],
)
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


@pytest.fixture(params=DUMPS, ids=lambda dump: dump.stem)
def dump(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture
def migrated(dump: Path, empty_database_url: str, tmp_path: Path) -> Iterator[Engine]:
    engine = load(dump, empty_database_url, tmp_path)
    migrate(engine)
    yield engine
    engine.dispose()


def test_a_dump_has_rows_in_every_table(dump: Path) -> None:
    with closing(raw(dump)) as conn:
        names = [row[0] for row in conn.execute(_TABLES)]
        counts = {name: conn.execute(f'SELECT count(*) FROM "{name}"') for name in names}
        assert [name for name, count in counts.items() if not count.fetchone()[0]] == []


def test_a_dump_keeps_its_rows(dump: Path, migrated: Engine) -> None:
    assert is_current(migrated)
    with read(migrated) as conn:
        rows = fill_tables.contents(conn)
        if migrated.dialect.name == "sqlite":
            assert list(conn.exec_driver_sql("PRAGMA foreign_key_check")) == []
    counts = {name: len(of_table) for name, of_table in rows.items()}
    made_since = {name: 0 for name in counts.keys() - _counts(dump).keys()}
    assert counts == {**_counts(dump), **made_since}


def test_what_a_dump_has_sealed_opens(migrated: Engine) -> None:
    vault = Vault([KEY])
    with read(migrated) as conn:
        (ours, removed) = portals.all_portals(conn)
        tokens = portals.tokens(conn, vault, ours.id)
        secrets = connections.secrets(conn, vault, 1)
        assert portals.application_token(conn, vault, ours.id) == "application"
        assert portals.tokens(conn, vault, removed.id).access_token == "access"
    assert tokens is not None
    assert len(tokens.access_token) == len(tokens.refresh_token) == 70
    assert secrets is not None
    assert secrets.access_token
    assert secrets.hook_token == "token-of-the-hook"
    assert secrets.signing_token == "whsec_of_the_tests"


def test_commands_show_what_is_in_a_dump(
    dump: Path,
    migrated: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", migrated.url.render_as_string(hide_password=False))
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", KEY)
    monkeypatch.setattr(WallClock, "now", lambda self: MORNING)
    output = ""
    for words in COMMANDS:
        assert main([*words, "--portal", "portal.test"]) == 0
        output += f"$ b24bridge {' '.join(words)}\n{capsys.readouterr().out}"
    assert output == dump.with_suffix(".status.txt").read_text(encoding="utf-8")


def test_a_worker_goes_on_with_a_dump(
    dump: Path, migrated: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost and nothing is done twice, whatever the build that began it."""
    url = migrated.url.render_as_string(hide_password=False)
    world = resume(dump, url, monkeypatch)
    assert world.waiting() > 60
    world.settle(60)
    world.tick((MORNING - world.clock.now()).total_seconds())
    world.settle(60)
    assert _shown(world) == dump.with_suffix(".txt").read_text(encoding="utf-8")
    with read(world.database) as conn:
        states = Counter(conn.scalars(select(delivery.c.state)))
        counts = outbox.counts(conn, world.portal_id)
        failed = Counter(failure.kind for failure in list_failures(conn, world.portal_id))
    world.close()
    assert (set(states), states["dead"]) == ({"done", "dead"}, 1)
    assert (set(counts), counts["refused"]) == ({"done", "dropped", "refused"}, 1)
    assert sorted(failed.values()) == [1, 1, 1, 2]  # a delivery, a subject, a write; of commits


def _counts(dump: Path) -> Counter[str]:
    """Count what the dump's rows are now, by the present name of their table."""
    counts: Counter[str] = Counter()
    with closing(raw(dump)) as conn:
        names = [row[0] for row in conn.execute(_TABLES) if row[0] != fill_tables.REVISIONS_OWN]
        for name in names:
            for row in conn.execute(f'SELECT * FROM "{name}"'):
                counts.update(table for table, _ in renamed.rows(name, dict(row)))
    return counts


def _shown(world: World) -> str:
    """List what people see in the end: the first line of each message, in any order."""
    portal, lines = world.b24.state, []
    for task in sorted(portal.tasks.values(), key=lambda task: task.id):
        field = task.uf.get("UF_CI_STATUS", "none")
        lines.append(f"task {task.id}: status {task.status}, column {task.stage_id}, CI {field}")
        texts = plain(message.text for message in portal.discussion(task.id))
        lines += sorted(f"  {text.splitlines()[0]}" for text in texts)
    lines += ["chat", *sorted(f"  {head}" for head in heads(world))]
    lines += ["notifications", *sorted(f"  {user}: {text}" for user, text in notified(world))]
    entries = sorted((e.task_id, e.user_id, e.seconds, e.text) for e in portal.elapsed.values())
    lines += ["time", *(f"  task {t}: {s} s of {user}, {text}" for t, user, s, text in entries)]
    return "\n".join(lines) + "\n"
