"""Secrets at rest: sealed, opened, and re-encrypted by a new key."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from sync import keyfile
from sync.keyfile import new_key
from sync.store import connections, portals
from sync.store.db.database import read, write
from sync.store.tables import metadata
from sync.store.vault import Vault, VaultError, rotate, rotate_key_file
from tests.store.factories import NOW, a_draft, an_install

OLD, NEW = new_key(), new_key()


def _fill(engine: Engine, vault: Vault) -> None:
    with write(engine) as conn:
        for number in range(5):
            portal_id = portals.create_or_update(conn, vault, an_install(f"m{number}"), NOW)
            connections.upsert(conn, vault, portal_id, a_draft(f"c{number}"), NOW)


def _sealed(engine: Engine) -> list[str]:
    values: list[str] = []
    with read(engine) as conn:
        for table in metadata.sorted_tables:
            columns = [column for column in table.c if column.name.endswith("_sealed")]
            for column in columns:
                values += [value for value in conn.scalars(select(column)) if value is not None]
    return values


def _opened(engine: Engine, vault: Vault) -> tuple[str, str]:
    with read(engine) as conn:
        tokens = portals.tokens(conn, vault, 3)
        secrets = connections.secrets(conn, vault, 3)
    assert tokens is not None
    assert secrets is not None
    return tokens.refresh_token, secrets.hook_key


def test_a_sealed_secret_opens_and_does_not_show_it() -> None:
    vault = Vault([OLD])
    sealed = vault.seal("secret")
    assert vault.open(sealed) == "secret"
    assert "secret" not in sealed
    assert vault.seal("secret") != sealed


def test_a_foreign_key_opens_nothing_and_says_what_to_do() -> None:
    with pytest.raises(VaultError, match="put the old key behind the new one, and rotate"):
        Vault([NEW]).open(Vault([OLD]).seal("secret"))


@pytest.mark.parametrize("keys", [[], ["short"], [OLD, "x" * 44]])
def test_what_is_no_key_is_refused_without_being_shown(keys: list[str]) -> None:
    with pytest.raises(VaultError) as caught:
        Vault(keys)
    assert not any(key in str(caught.value) for key in keys)


def test_nothing_secret_is_stored_as_it_is(engine: Engine) -> None:
    _fill(engine, Vault([OLD]))
    stored = _sealed(engine)
    assert len(stored) == 5 * (3 + 4)
    assert all(value.startswith("gAAAA") for value in stored)


def test_after_a_rotation_the_old_key_is_not_needed(engine: Engine) -> None:
    _fill(engine, Vault([OLD]))
    assert rotate(engine, Vault([NEW, OLD]), batch=2) == 35
    assert _opened(engine, Vault([NEW])) == ("refresh-1", "hook-key-c2")
    assert rotate(engine, Vault([NEW, OLD])) == 0


class _PowerCut(Exception):
    pass


class _Failing(Vault):
    """A vault that fails after some seals, as a process that is killed does."""

    left = 11

    def seal(self, secret: str) -> str:
        self.left -= 1
        if self.left < 0:
            raise _PowerCut
        return super().seal(secret)


def test_a_rotation_that_was_cut_off_is_ended_by_the_next(engine: Engine) -> None:
    _fill(engine, Vault([OLD]))
    with pytest.raises(_PowerCut):
        rotate(engine, _Failing([NEW, OLD]), batch=2)
    both = Vault([NEW, OLD])
    newest = [both.is_newest(value) for value in _sealed(engine)]
    assert 0 < sum(newest) < len(newest)
    assert _opened(engine, both) == ("refresh-1", "hook-key-c2")
    rotate(engine, both, batch=2)
    assert _opened(engine, Vault([NEW])) == ("refresh-1", "hook-key-c2")


def test_a_running_process_goes_on_with_the_rotated_key_file(
    engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "secret.key"
    first = keyfile.read_or_create(path)
    running = Vault(first, reload=lambda: keyfile.read_or_create(path))
    _fill(engine, running)
    assert rotate_key_file(engine, path) == 35
    (key,) = keyfile.read_or_create(path)
    assert key not in first
    assert _opened(engine, running) == ("refresh-1", "hook-key-c2")
    assert Vault([key]).open(running.seal("later")) == "later"
