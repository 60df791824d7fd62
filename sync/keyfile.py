"""The file of secret keys: one a line, newest first, readable by its owner only."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from sync.ownership import give_to_folder_owner

_last_read: dict[Path, tuple[str, ...]] = {}


def new_key() -> str:
    """Return 32 random bytes in URL-safe base64, the form of a Fernet key.

    https://cryptography.io/en/latest/fernet/
    """
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def read(path: Path) -> tuple[str, ...]:
    """Return the keys in the file; none where there is no file. Raises OSError."""
    try:
        return tuple(path.read_text().split())
    except FileNotFoundError:
        return ()


def read_again(path: Path) -> tuple[str, ...]:
    """Return the keys in the file; where it has none now, those that were last read here."""
    with suppress(OSError):
        if keys := read(path):
            _last_read[path] = keys
    return _last_read.get(path, ())


def read_or_create(path: Path) -> tuple[str, ...]:
    """Return the keys in the file; create it with one new key and mode 0600 if it is missing.

    Raises OSError.
    """
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = _write_temporary(path, [new_key()])
        with suppress(FileExistsError):  # another process was first: its key counts
            os.link(beside, path)
        beside.unlink()
        _sync_folder(path.parent)
    return read(path)


def replace_keys(path: Path, keys: Sequence[str]) -> None:
    """Replace the file as a whole: after a crash it holds the old keys or the new ones.

    Raises OSError.
    """
    _write_temporary(path, keys).replace(path)
    _sync_folder(path.parent)


def write_private(path: Path, text: str) -> None:
    """Put one line into a file that only its owner reads, forced to the disk. Raises OSError."""
    replace_keys(path, [text])


def _write_temporary(path: Path, keys: Sequence[str]) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        give_to_folder_owner(descriptor, path.parent)
        file.write("".join(key + "\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)
