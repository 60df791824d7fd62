"""Look at what is sealed in a database of any revision, without changing it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress

from sqlalchemy import Connection, inspect, text

from sync.store.vault import Vault, VaultError

_SHOWN_CHARACTERS = 12
_SAMPLES_PER_COLUMN = 3
_MOST_PER_COLUMN = 100_000


def fingerprint(keys: Sequence[str]) -> str:
    """Return what names the keys and tells nothing of them, newest first; "" for none."""
    digests = (hashlib.sha256(f"b24bridge {key}".encode()).hexdigest() for key in keys)
    return " ".join(digest[:_SHOWN_CHARACTERS] for digest in digests)


def has_sealed(conn: Connection) -> bool:
    """Tell whether anything is sealed in the database."""
    return next(sealed_samples(conn), None) is not None


def opens(conn: Connection, keys: Sequence[str]) -> bool:
    """Tell whether the keys are those of the database: a few secrets of each kind are tried.

    A single secret that does not open is its owner's trouble, not a wrong key.
    """
    return not has_sealed(conn) or bool(keys_in_use(conn, keys))


def keys_in_use(conn: Connection, keys: Sequence[str]) -> tuple[str, ...]:
    """Return which of the keys open anything of what is sealed, in their order."""
    samples = list(sealed_samples(conn))
    return tuple(key for key in keys if any(map(Vault([key]).is_newest, samples)))


def open_secrets(conn: Connection, vault: Vault) -> set[str]:
    """Return all that is sealed in the database and opens with these keys."""
    opened = set()
    for sealed in sealed_samples(conn, most=_MOST_PER_COLUMN):
        with suppress(VaultError):
            opened.add(vault.open(sealed))
    return opened


def sealed_samples(conn: Connection, most: int = _SAMPLES_PER_COLUMN) -> Iterator[str]:
    """Yield `most` sealed values of each column, whatever tables this revision has."""
    inspector = inspect(conn)
    for table in sorted(inspector.get_table_names()):
        for column in inspector.get_columns(table):
            name = column["name"]
            if not name.endswith("_sealed"):
                continue
            query = text(f'SELECT "{name}" FROM "{table}" WHERE "{name}" IS NOT NULL LIMIT :most')
            yield from conn.scalars(query, {"most": most})
