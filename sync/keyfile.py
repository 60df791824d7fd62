"""The file that holds the secret keys, one a line, newest first, for its owner's eyes only."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def new_key() -> str:
    """32 random bytes in URL-safe base64, as Fernet wants them."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def read_or_create(path: Path) -> tuple[str, ...]:
    """The keys in the file; made with one new key and mode 0600 if it is not there."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = _write_temporary(path, [new_key()])
        with suppress(FileExistsError):  # another process was first: its key counts
            os.link(beside, path)
        beside.unlink()
        _sync_folder(path.parent)
    return tuple(path.read_text().split())


def replace_keys(path: Path, keys: Sequence[str]) -> None:
    """Replaces the file whole: after a crash it holds the old keys or the new ones."""
    _write_temporary(path, keys).replace(path)
    _sync_folder(path.parent)


def _write_temporary(path: Path, keys: Sequence[str]) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=path.name, dir=path.parent)  # mode 0600
    with os.fdopen(descriptor, "w") as file:
        file.write("".join(key + "\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)
