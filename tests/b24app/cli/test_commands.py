"""The command line: what it prints, what it changes, and how it says no."""

from __future__ import annotations

import os
import sqlite3
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from b24app.cli import _explain_error, main
from sync.config import Config
from sync.core.clock import WallClock
from sync.store import connections, logs, portals
from sync.store.db.database import read, write
from sync.store.rows import Installation, PortalTokens
from sync.store.tables import portal as portal_table
from sync.store.vault import Vault
from tests.b24app.factories import AT, mirrored

ROOT = Path(__file__).parents[3]
SETTINGS = """\
version: 1
portal: portal.example.com
connections:
  - name: main
    url: https://gitlab.example.com
    token:
      env: GITLAB_TOKEN
"""


@pytest.fixture
def environ(monkeypatch, tmp_path, database_url):
    for name in [name for name in os.environ if name.startswith("B24BRIDGE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("GITLAB_TOKEN", "glpat-of-the-test")
    monkeypatch.setattr(WallClock, "now", lambda self: AT + timedelta(minutes=5))
    return Config.from_env(os.environ, create_key=True)


@pytest.fixture
def portal(environ, engine):
    told = Installation(
        "a" * 32, "https://portal.example.com/rest/", "", PortalTokens("acc-1", "ref-1", None, 1)
    )
    with write(engine) as conn:
        portal_id = portals.create_or_update(conn, Vault(environ.secret_keys), told, AT)
        portals.set_state(conn, portal_id, "active", "", AT)
        return portals.by_id(conn, portal_id)


@pytest.fixture
def applied(portal, tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(SETTINGS)
    assert main(["settings", "apply", "--offline", str(file)]) == 0
    return file


def test_open_pages_are_ended_by_a_command(portal, engine, capsys):
    with read(engine) as conn:
        before = portals.by_id(conn, portal.id).installation
    assert main(["portal", "end-pages"]) == 0
    assert capsys.readouterr().out == "Every open page of portal.example.com has ended.\n"
    with read(engine) as conn:
        between = portals.by_id(conn, portal.id).installation
    assert main(["portal", "end-pages", "--all"]) == 0
    assert capsys.readouterr().out == "Every open page of 1 portals has ended.\n"
    with read(engine) as conn:
        after = portals.by_id(conn, portal.id).installation
    assert len({before, between, after}) == 3


def test_a_removed_portal_is_erased_only_when_that_is_meant(applied, portal, engine, capsys):
    with write(engine) as conn:
        portals.mark_removed(conn, portal.id, "gone", AT)
    capsys.readouterr()
    assert main(["portal", "erase"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "portal.example.com would be erased with all its data, its tokens, and its connections: "
        "main.",
        "Nothing was done: say --yes to erase it.",
    ]
    assert main(["portal", "erase", "--yes"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "portal.example.com was erased, with all its data, tokens and connections.",
        "Its webhooks in GitLab are answered 404 from now on: remove them there.",
    ]
    with read(engine) as conn:
        assert portals.all_portals(conn) == ()


def test_migrate_brings_an_empty_database_to_this_version(
    environ, empty_database_url, monkeypatch, capsys
):
    monkeypatch.setenv("DATABASE_URL", empty_database_url)
    assert main(["migrate"]) == 0
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "The database was brought to this version.",
        "The database is up to date.",
    ]


def test_an_unknown_connection_is_told_with_those_there_are(applied, capsys):
    assert main(["gitlab", "test", "other"]) == 1
    assert capsys.readouterr().err == "There is no connection other; there is: main\n"


def test_webhooks_need_the_public_address(applied, capsys):
    assert main(["gitlab", "hooks", "main"]) == 1
    assert capsys.readouterr().err == (
        "Webhooks need the public address of this service. Set B24BRIDGE_PUBLIC_URL.\n"
    )


def test_an_environment_that_is_not_right_is_told_whole(monkeypatch, capsys, environ):
    monkeypatch.setenv("B24BRIDGE_PUBLIC_URL", "nowhere")
    monkeypatch.setenv("B24BRIDGE_THREADS", "many")
    assert main(["status"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "The environment is not right:",
        "B24BRIDGE_PUBLIC_URL: must be a whole address: https://host",
        "B24BRIDGE_THREADS: must be a number from 1 to 200",
    ]


def test_a_database_that_cannot_be_reached_is_told_in_a_line(environ, monkeypatch, capsys):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert main(["status"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("The database cannot be used: ")


def test_a_database_that_a_stopped_process_holds_is_told_with_its_remedy():
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorname = "SQLITE_BUSY_SNAPSHOT"
    text = _explain_error(OperationalError("UPDATE", {}, busy))
    assert text.startswith("The database cannot be used: database is locked. Another process holds")


def test_a_damaged_database_is_told_with_its_remedy(tmp_path, environ, monkeypatch, capsys):
    monkeypatch.setenv("B24BRIDGE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "b24bridge.sqlite3").write_bytes(b"SQLite format 3\0" + b"\7" * 5000)
    assert main(["status"]) == 1
    assert "put a backup in its place: b24bridge restore FILE" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["nothing"], ["settings"], ["keys", "burn"]], ids=str)
def test_wrong_usage_is_exit_code_two(environ, words, capsys):
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    assert "usage: b24bridge" in capsys.readouterr().err


def test_the_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--version"])
    assert left.value.code == 0
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert capsys.readouterr().out == f"b24bridge {project['version']}\n"


@pytest.mark.dialect
def test_no_command_leaves_a_secret_in_what_it_prints(environ, applied, portal, engine, capsys):
    with write(engine) as conn:
        mirrored(conn, portal.id)
        logs.record_heartbeat(conn, "worker", AT)
    for words in (["status"], ["settings", "export"], ["replay"], ["gitlab", "hooks", "main"]):
        main(words)
    printed = "".join(capsys.readouterr())
    with read(engine) as conn:
        record = connections.by_name(conn, portal.id, "main")
        secrets = connections.secrets(conn, Vault(environ.secret_keys), record.id)
        assert conn.scalar(select(portal_table.c.id)) == portal.id
    held = (secrets.hook_key, secrets.hook_token, secrets.signing_token, secrets.access_token)
    assert not [value for value in (*held, "acc-1", "ref-1") if value in printed]
