"""Encrypt secrets at rest: sealed with the newest key, opened with any of the keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Column, Engine, Table, select, update

from sync import keyfile
from sync.store.db.database import write
from sync.store.tables import metadata


class VaultError(Exception):
    """A key is malformed, or no key opens a secret."""


class Vault:
    """Seal and open text.

    `keys` stand newest first, each as `sync.keyfile.new_key` makes it. `reload` returns the present
    keys, so that a process that runs while keys are rotated goes on with the new ones.
    """

    def __init__(
        self, keys: Sequence[str], *, reload: Callable[[], Sequence[str]] | None = None
    ) -> None:
        self._reload = reload
        self._set_keys(keys)

    def seal(self, secret: str) -> str:
        """Encrypt a secret with the newest key."""
        self._refresh()
        return self._all.encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Decrypt a secret; raise VaultError if none of the keys sealed it."""
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken:
            self._refresh()
        try:
            return self._all.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise VaultError(
                "a stored secret opens with none of the keys in B24BRIDGE_SECRET_KEY or the key "
                "file. The key was probably changed without `b24bridge keys rotate`: put the old "
                "key behind the new one, and rotate"
            ) from error

    def open_optional(self, sealed: str | None) -> str | None:
        """Decrypt a secret, or return None for None; raises as `open` does."""
        return None if sealed is None else self.open(sealed)

    def is_newest(self, sealed: str) -> bool:
        """Tell whether the newest key sealed it."""
        try:
            self._newest.decrypt(sealed.encode())
        except InvalidToken:
            return False
        return True

    def _refresh(self) -> None:
        if self._reload is not None:
            self._set_keys(self._reload())

    def _set_keys(self, keys: Sequence[str]) -> None:
        if not keys:
            raise VaultError("there is no secret key")
        try:
            fernets = [Fernet(key.encode()) for key in keys]
        except ValueError as error:
            raise VaultError(
                "a secret key must be 32 random bytes in URL-safe base64: 44 characters"
            ) from error
        self._newest, self._all = fernets[0], MultiFernet(fernets)


def rotate_key_file(engine: Engine, path: Path) -> int:
    """Put a new key into the file, re-encrypt everything, and remove the old keys.

    Returns how many secrets it re-encrypted. The file holds every key that is still needed at each
    moment, so after a crash everything opens, and a second run finishes the work.
    """
    key, old = keyfile.new_key(), keyfile.read_or_create(path)
    keyfile.replace_keys(path, [key, *old])
    done = rotate(engine, Vault([key, *old]))
    keyfile.replace_keys(path, [key])
    return done


def rotate(engine: Engine, vault: Vault, *, batch: int = 200) -> int:
    """Re-encrypt every sealed value with the vault's newest key and return how many.

    What none of the keys opens stays as it is: its portal or connection says so itself.
    Each batch is one transaction, and finished values are left alone: after a crash, run it again
    with the same keys. A pass that changed something is followed by another, for what others sealed
    meanwhile. Afterwards the other keys are not needed.
    """
    done = sum(_rotate_table(engine, vault, table, batch) for table in metadata.sorted_tables)
    return done + rotate(engine, vault, batch=batch) if done else 0


def _rotate_table(engine: Engine, vault: Vault, table: Table, batch: int) -> int:
    sealed = [column for column in table.columns if column.name.endswith("_sealed")]
    if not sealed:
        return 0
    (key,) = table.primary_key.columns
    done, last = 0, 0
    while True:
        with write(engine) as conn:
            query = select(key, *sealed).where(key > last).order_by(key).limit(batch)
            rows = conn.execute(query.with_for_update()).all()
            for row_key, *values in rows:
                changes = _reseal(vault, dict(zip(sealed, values, strict=True)))
                if changes:
                    conn.execute(update(table).where(key == row_key).values(changes))
                done += len(changes)
        if not rows:
            return done
        last = rows[-1][0]


def _reseal(vault: Vault, values: dict[Column[str], str | None]) -> dict[Column[str], str]:
    changes = {}
    for column, value in values.items():
        if value is None or vault.is_newest(value):
            continue
        with suppress(VaultError):
            changes[column] = vault.seal(vault.open(value))
    return changes
