"""Copy an embedded database while it is in use, and check copies before they are trusted."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import Engine

from sync.errors import SyncError
from sync.ownership import give_to_folder_owner
from sync.sentences import sentence

# https://www.sqlite.org/fileformat.html#the_database_header
_OUR_TABLE = "alembic_version"
_MAGIC, _HEADER_BYTES = b"SQLite format 3\0", 100
_FORMATS, _WAL_FORMATS = slice(18, 20), b"\x02\x02"
KEPT_COPIES = 3  # of those that are made before migrations


class BadCopy(SyncError):
    """A copy could not be made, or a file is no copy of this program's database."""


class DatabaseInUse(SyncError):
    """Another process has the database open."""


def copy_database(engine: Engine, target: Path) -> None:
    """Copy the embedded database to a new file, mode 0600, and check the copy. Raises BadCopy.

    VACUUM INTO reads one state of the database, beside writers; the bytes of the live file alone
    would lack what is in the -wal file. https://www.sqlite.org/lang_vacuum.html#vacuuminto
    """
    if target.exists():
        raise BadCopy(
            sentence("{target} exists already", target=target), change="Name a file that does not"
        )
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _temporary_beside(target) as beside:
            with closing(engine.raw_connection()) as conn, closing(conn.cursor()) as cursor:
                cursor.execute("VACUUM INTO ?", (str(beside),))
            check_copy(beside)
            _sync(beside)
            os.link(beside, target)  # unlike a rename, this replaces nothing
    except (OSError, sqlite3.Error) as error:
        raise BadCopy(
            sentence(
                "The database could not be copied to {target}: {reason}",
                target=target,
                reason=_reason(error),
            ),
            change="Make room there, or name a folder that can be written to",
        ) from error


def check_copy(file: Path) -> None:
    """Check that the file is a sound SQLite database with our tables, and no copy of a live file.

    Of a live one the newest is in the -wal file, which a copy lacks: it looks well and is old or
    empty. Raises BadCopy, OSError.
    """
    with file.open("rb") as opened:  # an OSError names the file
        header = opened.read(_HEADER_BYTES)
    if not header:
        raise BadCopy(
            sentence("{file} is empty", file=file), change="Name what `backup` has written"
        )
    if header.startswith(_MAGIC) and header[_FORMATS] == _WAL_FORMATS:
        raise BadCopy(
            sentence(
                "{file} was copied from a live database, whose newest part it lacks", file=file
            ),
            change="Restore what `b24bridge backup FILE` has written. If there is nothing else, "
            "put the file itself where the database was, with the `-wal` file that stood beside it",
        )
    try:
        with closing(open_read_only(file)) as conn:
            (answer,) = conn.execute("PRAGMA quick_check(1)").fetchone()
            tables = {name for (name,) in conn.execute("SELECT name FROM sqlite_schema")}
            is_ours = _OUR_TABLE in tables
            query = f"SELECT count(*) FROM {_OUR_TABLE}"
            revision_count = conn.execute(query).fetchone() if is_ours else ()
    except sqlite3.Error as error:
        raise BadCopy(
            sentence(
                "{file} is no copy of a database of b24bridge: {reason}",
                file=file,
                reason=_reason(error),
            )
        ) from error
    if not is_ours:
        raise BadCopy(
            sentence("{file} is another program's database", file=file),
            change="Name what `backup` has written",
        )
    if answer != "ok" or revision_count == (0,):
        raise BadCopy(
            sentence("{file} is damaged: {answer}", file=file, answer=answer),
            change="Take another copy",
        )


def open_read_only(file: Path) -> sqlite3.Connection:
    """Open a database file without changing anything, nor creating what is beside it."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def replace_database(file: Path, copy: Path, kept_as: Path) -> None:
    """Put a checked copy in the place of the database, which is kept under another name.

    The copy gets the folder's owner, mode 0600 and WAL, which VACUUM INTO does not keep. Raises
    DatabaseInUse, OSError.
    """
    _require_unused(file)
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _temporary_beside(file) as beside:
        shutil.copyfile(copy, beside)
        with closing(sqlite3.connect(beside, isolation_level=None)) as conn:
            conn.execute("PRAGMA journal_mode = WAL").close()
        _sync(beside)
        _give_to_folder_owner(beside)
        if file.exists():
            os.replace(file, kept_as)
        os.link(beside, file)
    _sync_folder(file.parent)


def copy_before_migration(engine: Engine, file: Path, revision: str, moment: str) -> Path:
    """Copy the database into `backups` beside it; older copies of this kind go. Raises BadCopy."""
    folder = file.parent / "backups"
    target = folder / f"{file.stem}-{revision}-{moment}{file.suffix}"
    copy_database(engine, target)
    for written in (folder, target):
        _give_to_folder_owner(written)
    copies = sorted(
        folder.glob(f"{file.stem}-*-*{file.suffix}"), key=lambda old: old.stat().st_mtime
    )
    for old in copies[:-KEPT_COPIES]:
        old.unlink(missing_ok=True)
    return target


def _give_to_folder_owner(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        give_to_folder_owner(descriptor, path.parent)
    finally:
        os.close(descriptor)


def _require_unused(file: Path) -> None:
    """Leave WAL, which SQLite does only for the last connection. Raises DatabaseInUse.

    https://www.sqlite.org/wal.html#persistence_of_wal_mode
    """
    if not file.exists():
        return
    try:
        with closing(sqlite3.connect(file, timeout=0.5, isolation_level=None)) as conn:
            conn.execute("PRAGMA journal_mode = DELETE").close()
    except sqlite3.OperationalError:
        raise DatabaseInUse(
            sentence("The database {file} is in use", file=file),
            change="Stop every b24bridge process, then repeat the command",
        ) from None
    except sqlite3.DatabaseError:
        return  # it is damaged: that is why it is replaced


@contextmanager
def _temporary_beside(target: Path) -> Iterator[Path]:
    """Give an empty private file in the folder of `target`, which is removed at the end."""
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)  # mode 0600
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                os.unlink(name + suffix)


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _reason(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error)) or type(error).__name__
