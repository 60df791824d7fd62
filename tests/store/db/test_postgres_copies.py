"""PostgreSQL's own programs copy and restore, with the key's fingerprint checked before."""

from __future__ import annotations

import os
import socket

import pytest
from sqlalchemy import make_url, text

from b24app.cli import main
from b24app.cli.context import describe_database
from sync.config import Config
from sync.keyfile import new_key
from sync.store.db import postgres_copies, silence
from sync.store.db.copying import BadCopy
from sync.store.db.database import database_url, open_database, read
from sync.store.db.postgres_copies import dump_words
from sync.store.db.silence import answers, give_up_gone
from sync.store.sealed import fingerprint
from sync.store.tables import delivery
from tests.store.dumps.make import KEY
from tests.store.dumps.resume import DUMPS, load

(DUMP,) = DUMPS
pytestmark = pytest.mark.only_on("postgresql")


@pytest.fixture
def place(monkeypatch, tmp_path, make_database):
    """A PostgreSQL database of the first version with data, and an empty one beside it."""
    url, empty = make_database(False), make_database(False)
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", KEY)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    load(DUMP, url, tmp_path).dispose()
    assert main(["migrate"]) == 0
    return empty


def test_a_dump_is_restored_into_an_empty_database(place, monkeypatch, capsys):
    assert main(["backup", "copy.dump"]) == 0
    assert os.stat("copy.dump").st_mode & 0o777 == 0o600
    assert f"with the key {fingerprint([KEY])}" in capsys.readouterr().out
    assert main(["restore", "copy.dump"]) == 1
    assert "is not empty. Make a backup of it, then say --yes" in capsys.readouterr().err
    before = count(os.environ["DATABASE_URL"])
    monkeypatch.setenv("DATABASE_URL", place)
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", new_key())
    assert main(["restore", "copy.dump"]) == 1
    assert f"It needs the key {fingerprint([KEY])}." in capsys.readouterr().err
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", KEY)
    assert main(["restore", "copy.dump"]) == 0
    assert count(place) == before > 0
    assert main(["restore", "copy.dump", "--yes"]) == 0
    assert count(place) == before


def test_nothing_is_restored_beside_a_web_process(place, capsys):
    """It has no heartbeat; what it acknowledges meanwhile would be replaced."""
    assert main(["backup", "copy.dump"]) == 0
    before = count(os.environ["DATABASE_URL"])
    web = open_database(os.environ["DATABASE_URL"])
    with read(web):
        assert main(["restore", "copy.dump", "--yes"]) == 1
    assert "Other processes of b24bridge use the database: 1." in capsys.readouterr().err
    assert count(os.environ["DATABASE_URL"]) == before
    web.dispose()
    assert main(["restore", "copy.dump", "--yes"]) == 0


def count(url):
    engine = open_database(url)
    with read(engine) as conn:
        count = len(conn.execute(delivery.select()).all())
    engine.dispose()
    return count


def test_without_pg_dump_the_command_is_said(monkeypatch, tmp_path, capsys, place):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["backup", "copy.dump"]) == 1
    words = " ".join(dump_words(database_url(os.environ["DATABASE_URL"]), tmp_path / "x"))
    output = capsys.readouterr().err.splitlines()[-1]
    assert output.startswith(
        "PostgreSQL is copied and restored with pg_dump, which is not installed here. Where it is, "
        "run: pg_dump --format=custom --no-owner --lock-wait-timeout=120000 --file=copy.dump --dbname=postgresql://"
    )
    assert words.split()[-1].rstrip(".") in output
    assert not (tmp_path / "copy.dump").exists()


def test_a_standby_is_told_in_a_line(place, monkeypatch, capsys):
    url = make_url(os.environ["DATABASE_URL"])
    read_only = url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    monkeypatch.setenv("DATABASE_URL", read_only.render_as_string(hide_password=False))
    capsys.readouterr()
    assert main(["backup", "copy.dump"]) == 1
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .startswith("The database cannot be used: cannot execute")
    )
    assert not os.path.exists("copy.dump")


def test_a_copy_notices_a_server_that_is_gone(monkeypatch, tmp_path):
    """A failover without a reset: the program would wait for two hours by itself."""
    started = []

    class Program:
        returncode = 0

        def __init__(self, words, **options):
            started.append(words)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            return None

        def communicate(self, timeout):
            return "", ""

    monkeypatch.setattr(postgres_copies.subprocess, "Popen", Program)
    monkeypatch.setattr(postgres_copies.shutil, "which", lambda word: word)
    url = database_url("postgresql://ann@db.example/bridge?keepalives_idle=60&sslmode=require")
    postgres_copies.dump(url, tmp_path / "copy.dump")
    postgres_copies.restore(url, tmp_path / "copy.dump")
    for words in started:
        (address,) = (word.partition("=")[2] for word in words if word.startswith("--dbname="))
        query = make_url(address).query
        assert (query["keepalives_idle"], query["sslmode"]) == ("60", "require")
        assert (query["keepalives_interval"], query["tcp_user_timeout"]) == ("2", "6000")


@pytest.fixture
def frozen(monkeypatch):
    """A server that accepts connections and says nothing: as one that was stopped, or its proxy."""
    monkeypatch.setattr(silence, "_PROBE_SECONDS", 2)  # libpq takes no fewer
    monkeypatch.setattr(silence, "TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"postgresql://ann@127.0.0.1:{listener.getsockname()[1]}/bridge"


def test_a_copy_of_a_frozen_server_ends_and_leaves_nothing(frozen, tmp_path, monkeypatch):
    monkeypatch.setattr(postgres_copies, "_LOOK_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(postgres_copies, "_watched", waiting_for_long)
    with pytest.raises(BadCopy, match="PostgreSQL does not answer any more"):
        postgres_copies.dump(database_url(frozen), tmp_path / "copy.dump")
    assert list(tmp_path.iterdir()) == []


def waiting_for_long(word):
    """As the program waits for a server that froze when they were connected."""
    return f"{word}?connect_timeout=600" if word.startswith("--dbname=") else word


def test_a_statement_of_hours_goes_on_while_the_server_answers_others(place):
    patient = open_database(place)
    give_up_gone(patient, 0.1)
    with read(patient) as conn:
        assert conn.scalar(text("SELECT 1 FROM pg_sleep(0.4)")) == 1
    patient.dispose()


def test_a_server_that_answers_nobody_is_gone(frozen, place):
    present = database_url(place)
    assert answers(present)
    assert answers(present.set(username="nobody", database="none"))  # refused, so it is there
    assert not answers(database_url(frozen), tries=1)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:hunter2@db.example:5433/bridge",
        "postgresql://ann@db.example:5433/bridge?password=hunter2",
    ],
)
def test_a_password_is_no_argument_and_is_not_shown(url):
    words = dump_words(database_url(url), "f")
    assert words[-1] == "--dbname=postgresql://ann@db.example:5433/bridge"
    config = Config.from_env({"DATABASE_URL": url, "B24BRIDGE_SECRET_KEY": new_key()})
    assert "hunter2" not in describe_database(config)
