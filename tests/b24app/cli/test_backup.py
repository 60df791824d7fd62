"""`backup` and `restore`, the copy before a migration, and the key that is never replaced."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from b24app.cli import main
from b24app.services.chosen_portal import find_portal
from sync.core.clock import WallClock
from sync.keyfile import new_key
from sync.store import logs, portals, program
from sync.store.db.database import open_database, read, write
from sync.store.revisions import newest_revision
from sync.store.sealed import fingerprint
from sync.store.vault import Vault
from tests.store.dumps.make import KEY
from tests.store.dumps.resume import DUMPS, load

(DUMP,) = DUMPS
OLD = "0007"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine with the database of the first version, with data, and its key."""
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data/secret.key").write_text(KEY + "\n")
    load(DUMP, f"sqlite:///{tmp_path}/data/b24bridge.sqlite3", tmp_path).dispose()
    return tmp_path


def database(place: Path) -> Path:
    return place / "data/b24bridge.sqlite3"


def count(file: Path, table: str) -> int:
    with closing(sqlite3.connect(file)) as conn:
        return int(conn.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def revision(file: Path) -> str:
    with closing(sqlite3.connect(file)) as conn:
        return str(conn.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_the_page_of_the_docs_is_played(place, capsys):
    """Back up, migrate, go back to the copy, and upgrade again: nothing is lost."""
    deliveries = count(database(place), "delivery")
    assert main(["backup", "before.sqlite3"]) == 0
    assert capsys.readouterr().out == (
        f"The database was copied to before.sqlite3: {size('before.sqlite3')} MB, revision {OLD}.\n"
        f"The key is not in it. Keep {place}/data/secret.key too, and elsewhere: the copy's "
        f"secrets open only with the key {fingerprint([KEY])}.\n"
    )
    assert main(["migrate"]) == 0
    printed = capsys.readouterr()
    (copy,) = (place / "data/backups").iterdir()
    assert printed.out == "The database was brought to this version.\n"
    assert printed.err == f"The database was copied to {copy} before its migration.\n"
    assert (revision(copy), copy.stat().st_mode & 0o777) == (OLD, 0o600)
    assert copy.name.startswith(f"b24bridge-{OLD}-")
    assert main(["backup", "after.sqlite3"]) == 0
    assert count(Path("after.sqlite3"), "delivery") == deliveries
    capsys.readouterr()

    assert main(["restore", str(copy)]) == 0
    (kept,) = (place / "data").glob("b24bridge.sqlite3.before-*")
    assert capsys.readouterr().out == (
        f"{database(place)} was restored from {copy}.\n"
        f"What was there before is kept as {kept}.\n"
        f"It is of an earlier version ({OLD}): run `b24bridge migrate`.\n"
        "Start b24bridge: it reads what has happened since, and decides everything anew once.\n"
    )
    assert main(["status"]) == 1
    assert "The database is of another version" in capsys.readouterr().err
    assert main(["migrate"]) == 0
    assert main(["status", "--portal", "portal.test"]) == 0
    assert count(database(place), "delivery") == deliveries
    assert (revision(kept), count(kept, "delivery")) == (newest_revision(), deliveries)


def size(file: str) -> str:
    return f"{Path(file).stat().st_size / 1_000_000:.1f}"


def test_a_copy_holds_what_the_log_beside_the_file_holds(place):
    """The bytes of the file alone lack what was written last: VACUUM INTO does not."""
    assert main(["migrate"]) == 0
    engine = open_database(f"sqlite:///{database(place)}")
    with write(engine) as conn:
        logs.record_heartbeat(conn, "seen last", datetime.now(UTC))
    shutil.copy(database(place), place / "bytes.sqlite3")
    assert main(["backup", "copy.sqlite3"]) == 0
    assert count(Path("copy.sqlite3"), "worker") == count(Path("bytes.sqlite3"), "worker") + 1
    engine.dispose()


def test_a_backup_replaces_no_file(place, capsys):
    Path("there.sqlite3").write_text("mine")
    assert main(["backup", "there.sqlite3"]) == 1
    assert capsys.readouterr().err == ("there.sqlite3 exists already. Name a file that does not.\n")
    assert Path("there.sqlite3").read_text() == "mine"
    assert list(place.glob(".there*")) == []


def test_a_backup_without_the_right_key_says_so(place, capsys):
    (place / "data/secret.key").write_text(new_key() + "\n")
    assert main(["backup", "copy.sqlite3"]) == 1
    assert capsys.readouterr().out.endswith(
        "Its secrets open with none of the keys here: without the right key this copy is of no "
        "use. Find the key first.\n"
    )


def last_backup(place):
    engine = open_database(f"sqlite:///{database(place)}")
    with read(engine) as conn:
        state = program.read_state(conn)
    engine.dispose()
    return state


def test_a_backup_that_no_key_here_opens_is_not_the_last_good_one(place, capsys):
    assert main(["migrate"]) == 0
    assert main(["backup", "good.sqlite3"]) == 0
    good = last_backup(place)
    (place / "data/secret.key").write_text(new_key() + "\n")
    assert main(["backup", "closed.sqlite3"]) == 1
    assert last_backup(place) == good
    lost = (place / "data/secret.key").read_text()
    (place / "data/secret.key").write_text(KEY + "\n")
    assert main(["restore", "closed.sqlite3"]) == 0  # with its key it is as good as any
    (place / "data/secret.key").write_text(lost)
    capsys.readouterr()
    main(["status", "--portal", "portal.test"])
    assert f"opens with the key {fingerprint([KEY])} alone, which is not here" in (
        capsys.readouterr().out
    )


def test_a_rotation_leaves_the_last_backup_closed_until_there_is_another(place, capsys):
    assert main(["migrate"]) == 0
    assert main(["backup", "before.sqlite3"]) == 0
    assert main(["keys", "rotate"]) == 0
    assert "Earlier backups open with the old key alone" in capsys.readouterr().out
    assert main(["restore", "before.sqlite3"]) == 1
    main(["status", "--portal", "portal.test"])
    assert "which is not here" in capsys.readouterr().out
    assert main(["backup", "after.sqlite3"]) == 0
    capsys.readouterr()
    main(["status", "--portal", "portal.test"])
    assert "which is not here" not in capsys.readouterr().out


def test_a_copy_that_fails_leaves_the_last_good_one_as_it_was(place, monkeypatch):
    assert main(["migrate"]) == 0
    assert main(["backup", "good.sqlite3"]) == 0
    good = last_backup(place)
    key = new_key()
    (place / "data/secret.key").write_text(f"{key}\n{KEY}\n")
    assert main(["keys", "rotate"]) == 0
    Path("there.sqlite3").touch()
    assert main(["backup", "there.sqlite3"]) == 1
    assert last_backup(place) == good


def test_one_secret_that_cannot_be_read_stops_no_backup_and_no_rotation(place, capsys):
    assert main(["migrate"]) == 0
    with closing(sqlite3.connect(database(place))) as conn, conn:
        conn.execute("UPDATE portal SET application_token_sealed = ?", (foreign(),))
    assert main(["backup", "copy.sqlite3"]) == 0
    assert main(["restore", "copy.sqlite3"]) == 0
    assert main(["keys", "rotate"]) == 0
    assert len((place / "data/secret.key").read_text().split()) == 1


def foreign() -> str:
    return Vault([new_key()]).seal("of a key that is lost")


def test_a_restored_database_writes_ahead_and_is_private(place):
    assert main(["backup", "copy.sqlite3"]) == 0
    assert main(["restore", "copy.sqlite3"]) == 0
    with closing(sqlite3.connect(database(place))) as conn:
        assert conn.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database(place).stat().st_mode & 0o777 == 0o600


def test_a_restored_database_decides_everything_anew(place):
    assert main(["migrate"]) == 0
    engine = open_database(f"sqlite:///{database(place)}")
    with write(engine) as conn:
        program.set_version(conn, "1/0014", datetime.now(UTC))
    engine.dispose()
    assert main(["backup", "copy.sqlite3"]) == 0
    assert main(["restore", "copy.sqlite3"]) == 0
    with read(engine) as conn:
        state = program.read_state(conn)
    assert (state.version, state.key_fingerprint) == ("", fingerprint([KEY]))
    engine.dispose()


def test_pages_that_were_ended_stay_ended_after_a_restore(place):
    """The copy knows the installation whose pages an emergency ended since."""
    assert main(["migrate"]) == 0
    installations = [installation(place)]
    assert main(["backup", "copy.sqlite3"]) == 0
    engine = open_database(f"sqlite:///{database(place)}")
    with write(engine) as conn:
        portals.end_pages(conn)
    engine.dispose()
    installations.append(installation(place))
    assert main(["restore", "copy.sqlite3"]) == 0
    installations.append(installation(place))
    assert all(installations)
    assert len(set(installations)) == 3


def installation(place):
    with closing(sqlite3.connect(database(place))) as conn:
        return conn.execute("SELECT installation FROM portal").fetchone()[0]


def test_a_copy_needs_its_own_key(place, capsys):
    assert main(["migrate"]) == 0
    assert main(["backup", "copy.sqlite3"]) == 0
    other, before = new_key(), database(place).read_bytes()
    (place / "data/secret.key").write_text(other + "\n")
    capsys.readouterr()
    assert main(["restore", "copy.sqlite3"]) == 1
    assert capsys.readouterr().err == (
        f"The secrets in copy.sqlite3 do not open with the keys here ({fingerprint([other])}). "
        f"It needs the key {fingerprint([KEY])}. Put its key into {place}/data/secret.key, then "
        "repeat the command. Nothing was changed\n"
    )
    assert database(place).read_bytes() == before


def test_a_copy_is_restored_on_an_empty_machine(place, monkeypatch, capsys):
    assert main(["backup", "copy.sqlite3"]) == 0
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(place / "other"))
    assert main(["restore", "copy.sqlite3"]) == 1
    assert "do not open with the keys here (none)" in capsys.readouterr().err
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", KEY)
    assert main(["restore", "copy.sqlite3"]) == 0
    assert main(["migrate"]) == 0
    with read(open_database(f"sqlite:///{place}/other/b24bridge.sqlite3")) as conn:
        assert find_portal(conn, "portal.test").state == "active"


NO_COPY = "is no copy of a database of b24bridge: file is not a database.\n"
ANOTHERS = "is another program's database. Name what `backup` has written.\n"


def another_program(file):
    with closing(sqlite3.connect(file)) as conn:
        conn.execute("CREATE TABLE note (id INTEGER)")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda file: file.write_bytes(b"not a database at all" * 100), NO_COPY),
        (Path.touch, "is empty. Name what `backup` has written.\n"),
        (another_program, ANOTHERS),
    ],
    ids=["text", "empty", "another"],
)
def test_what_is_no_copy_is_refused(place, capsys, make, sentence):
    make(Path("copy.sqlite3"))
    assert main(["restore", "copy.sqlite3"]) == 1
    assert capsys.readouterr().err == f"copy.sqlite3 {sentence}"


def test_a_copy_of_the_live_file_is_refused(place, capsys):
    """It passes every check, and lacks what the -wal file held: all that came since the start."""
    assert main(["migrate"]) == 0
    engine = open_database(f"sqlite:///{database(place)}")
    with write(engine) as conn:
        logs.record_heartbeat(conn, "seen last", datetime.now(UTC))
    shutil.copy(database(place), place / "bytes.sqlite3")
    engine.dispose()
    capsys.readouterr()
    assert main(["restore", "bytes.sqlite3"]) == 1
    assert capsys.readouterr().err.startswith(
        "bytes.sqlite3 was copied from a live database, whose newest part it lacks. Restore what "
    )
    assert count(database(place), "worker") == count(place / "bytes.sqlite3", "worker") + 1


def test_nothing_is_restored_beside_a_worker(place, capsys):
    assert main(["migrate"]) == 0
    assert main(["backup", "copy.sqlite3"]) == 0
    engine = open_database(f"sqlite:///{database(place)}")
    with write(engine) as conn:
        logs.record_heartbeat(conn, "here", WallClock().now() - timedelta(seconds=20, minutes=0))
    capsys.readouterr()
    assert main(["restore", "copy.sqlite3"]) == 1
    assert capsys.readouterr().err == (
        "A worker was seen 20 s ago. Stop every b24bridge process, wait a minute, then repeat the "
        "command.\n"
    )
    with write(engine) as conn:
        logs.forget_workers(conn, ["here"])
    with engine.connect():  # as the web process has it open
        assert main(["restore", "copy.sqlite3"]) == 1
    assert capsys.readouterr().err == (
        f"The database {database(place)} is in use. Stop every b24bridge process, then repeat the "
        "command.\n"
    )
    engine.dispose()
    assert main(["restore", "copy.sqlite3"]) == 0


NEWER = (
    "The database is newer than this program: its revision is 9999, and this program knows "
    f"revisions up to {newest_revision()}. Install the version that wrote it, or restore the copy "
    "that was made before its migration (`b24bridge restore FILE`).\n"
)


@pytest.mark.parametrize("words", [["migrate"], ["status"], ["restore", "copy.sqlite3"]])
def test_a_newer_database_is_its_own_sentence(place, capsys, words):
    assert main(["migrate"]) == 0
    with write(open_database(f"sqlite:///{database(place)}")) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert main(["backup", "copy.sqlite3"]) == 0
    capsys.readouterr()
    assert main(words) == 1
    assert capsys.readouterr().err == NEWER


def test_a_server_does_not_start_with_a_newer_database(place, capfd):
    assert main(["migrate"]) == 0
    with write(open_database(f"sqlite:///{database(place)}")) as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    capfd.readouterr()
    assert main(["worker"]) == 1
    assert capfd.readouterr().err == f"The database cannot be used: {NEWER}"


@pytest.mark.parametrize("command", ["serve", "web", "worker", "migrate"])
def test_a_lost_key_is_never_replaced(place, capsys, command):
    key = place / "data/secret.key"
    key.unlink()
    assert main([command]) == 1
    assert capsys.readouterr().err == (
        f"There is no key at {key}, and the database {database(place)} holds secrets that only "
        "the lost key opens. No new one is made in its place: put the key back from your backup, "
        "or name it in B24BRIDGE_SECRET_KEY\n"
    )
    assert not key.exists()
    assert revision(database(place)) == OLD


def test_keys_are_not_rotated_without_the_key(place, capsys):
    assert main(["migrate"]) == 0
    capsys.readouterr()
    key = place / "data/secret.key"
    key.unlink()
    assert main(["keys", "rotate"]) == 1
    assert "No new one is made in its place" in capsys.readouterr().err
    assert not key.exists()
    key.write_text(f"{new_key()}\n")
    before = key.read_text()
    assert main(["keys", "rotate"]) == 1
    assert "open with none of the keys here. Nothing was changed" in capsys.readouterr().err
    assert key.read_text() == before


def test_only_the_last_three_copies_are_kept(place):
    copies = place / "data/backups"
    for _ in range(5):
        assert main(["migrate"]) == 0
        assert len(list(copies.iterdir())) <= 3
        newest = max(copies.iterdir(), key=lambda copy: copy.stat().st_mtime)
        assert main(["restore", str(newest)]) == 0
    assert len(list(copies.iterdir())) == 3
