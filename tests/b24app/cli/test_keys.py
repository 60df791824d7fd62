"""Keys that seal secrets: rotated, in a file or in the environment, and lost."""

from __future__ import annotations

import pytest

from b24app.cli import main
from sync.keyfile import new_key
from sync.store import portals
from sync.store.db.database import read
from sync.store.vault import Vault
from tests.b24app.cli.test_commands import applied, environ, portal

__all__ = ["applied", "environ", "portal"]  # fixtures


def tokens(engine, portal, keys):
    with read(engine) as conn:
        return portals.tokens(conn, Vault(keys), portal.id)


@pytest.mark.dialect
def test_keys_are_rotated_and_the_old_one_is_not_needed_any_more(
    environ, engine, portal, applied, capsys
):
    before = environ.secret_keys
    capsys.readouterr()
    assert main(["keys", "rotate"]) == 0
    assert capsys.readouterr().out == (
        f"6 secrets were encrypted with a new key; {environ.secret_key_file} holds only it.\n"
        "Earlier backups open with the old key alone: run `b24bridge backup FILE` now.\n"
    )
    after = environ.current_keys()
    assert len(after) == 1
    assert after != before
    assert tokens(engine, portal, after).access_token == "acc-1"
    assert environ.secret_key_file.stat().st_mode & 0o777 == 0o600


def test_keys_of_the_environment_are_rotated_to_the_first_of_them(
    environ, engine, portal, monkeypatch, capsys
):
    new, old = new_key(), environ.secret_keys[0]
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", old)
    assert main(["keys", "rotate"]) == 1
    assert "put a new one before it" in capsys.readouterr().err
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", f"{new},{old}")
    assert main(["keys", "rotate"]) == 0
    assert tokens(engine, portal, [new]).refresh_token == "ref-1"


def test_a_lost_key_is_told_in_words(environ, applied, monkeypatch, capsys):
    monkeypatch.setenv("B24BRIDGE_SECRET_KEY", new_key())
    assert main(["gitlab", "test", "main"]) == 1
    assert "It opens with none of the keys here" in capsys.readouterr().out
