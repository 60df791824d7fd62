"""What every command needs: a database of this version, clients, connections by name."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine

from b24app.cli.language import say
from b24app.clients import Clients
from sync.config import SYSTEM_DATA_DIR, Config
from sync.core.clock import WallClock
from sync.engine.audit.writer import AuditWriter
from sync.engine.lanes import owner_name
from sync.sentences import Sentence, as_sentence, sentence
from sync.store import connections
from sync.store.db.database import database_url, open_command_database
from sync.store.rows import ConnectionRecord
from sync.store.vault import Vault
from sync.text.bidi import upright_text

_SECRET_PARAMETERS = ("password", "sslpassword", "passfile", "sslkey")  # of libpq
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


_EMPTY = "The database is empty: run `b24bridge migrate`, once"


class NoDatabase(LookupError):
    """There is no database, or not one of this version, or it belongs to another account."""


class NoKey(LookupError):
    """The key that opens the database's secrets is missing."""


def prepare_database(config: Config) -> Engine:
    """Open the database that exists, and say on stderr which it is; nothing is created.

    Raises NoDatabase with what to do.
    """
    from sync.store.db.migrate import is_current, stored_revision

    engine = open_existing(config)
    if not is_current(engine):
        raise NoDatabase(
            "The database is of another version: stop every b24bridge process, then run "
            "`b24bridge migrate`"
            if stored_revision(engine)
            else _EMPTY
        )
    return engine


def open_existing(config: Config) -> Engine:
    """Open the database that exists, of whatever version; say on stderr which it is.

    Raises NoDatabase with what to do.
    """
    file = database_file(config)
    if file is not None:
        _require_file(file)
    print_problems(sentence("Database: {database}", database=describe_database(config)))
    return open_command_database(config.database_url)


def bring_up_to_date(config: Config, engine: Engine) -> bool:
    """Migrate the database where it is not of this version; tell whether it was not.

    An embedded one is copied before. Raises NewerDatabase, BadCopy.
    """
    from sync.store.db.copying import copy_before_migration
    from sync.store.db.migrate import is_current, migrate, stored_revision

    if is_current(engine):
        return False
    file, revision = database_file(config), stored_revision(engine)
    if file is not None and revision is not None:
        moment = f"{WallClock().now():%Y%m%dT%H%M%S%fZ}"
        copy = copy_before_migration(engine, file, revision, moment)
        print(
            sentence("The database was copied to {copy} before its migration.", copy=copy),
            file=sys.stderr,
        )
    migrate(engine)
    return True


def create_database(config: Config) -> Engine:
    """Open the database for a server: created and migrated where it is embedded.

    Raises NoDatabase where it is PostgreSQL and was not migrated, NewerDatabase, BadCopy.
    """
    from sync.store.db.migrate import is_current, stored_revision

    engine = open_command_database(config.database_url)
    if engine.dialect.name == "sqlite":
        bring_up_to_date(config, engine)
    elif not is_current(engine):
        raise NoDatabase(
            "The database is of another version: run `b24bridge migrate`"
            if stored_revision(engine)
            else _EMPTY
        )
    return engine


def database_file(config: Config) -> Path | None:
    """Return the file of the embedded database, None where it is PostgreSQL."""
    url = database_url(config.database_url)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def describe_database(config: Config) -> str:
    """Return the database's file, or its address without a password."""
    file = database_file(config)
    if file is not None:
        return str(file.absolute())
    url = database_url(config.database_url)
    secret = [name for name in url.query if name in _SECRET_PARAMETERS]
    return url.difference_update_query(secret).render_as_string(hide_password=True)


def _require_file(file: Path) -> None:
    """Raise NoDatabase where the file is missing or another account's."""
    try:
        with file.open("r+b"):
            return
    except FileNotFoundError:
        raise NoDatabase(_missing_text(file)) from None
    except PermissionError:
        raise NoDatabase(
            sentence(
                "The database {file} belongs to another account: run the command as the "
                "account that runs b24bridge, or as root",
                file=file,
            )
        ) from None


def _missing_text(file: Path) -> str:
    text = sentence(
        "There is no database at {absolute}: `b24bridge serve` makes it at its start.",
        absolute=file.absolute(),
    )
    if SYSTEM_DATA_DIR.is_dir() and file.parent != SYSTEM_DATA_DIR:
        return sentence(
            "{text} The service's is in {folder}: run the command with `sudo`",
            text=text,
            folder=SYSTEM_DATA_DIR,
        )
    before = Path("var") / file.name
    if before.is_file():
        folder = before.parent.absolute()
        return sentence(
            "{text} There is one in {folder}: name that with B24BRIDGE_DATA_DIR={folder}",
            text=text,
            folder=folder,
        )
    return sentence("{text} If it is elsewhere, name its folder in B24BRIDGE_DATA_DIR", text=text)


@contextmanager
def open_clients(config: Config, engine: Engine) -> Iterator[Clients]:
    """Open a command's clients; at the end every call that was made is in the audit log."""
    if not config.secret_keys:
        raise NoKey(
            sentence(
                "There is no key at {secret_key_file}, so the tokens in the database cannot be "
                "read: put the key back from your backup, or name it in B24BRIDGE_SECRET_KEY",
                secret_key_file=config.secret_key_file,
            )
        )
    audit = AuditWriter(engine)
    vault = Vault(config.secret_keys, reload=config.current_keys)
    try:
        yield Clients(config, engine, vault, WallClock(), owner_name("cli"), audit, "cli")
    finally:
        audit.stop()


def find_connection(conn: Connection, portal_id: int, name: str | None) -> ConnectionRecord:
    """Return the portal's connection by name, which may be omitted where there is only one.

    Raises LookupError, which lists the names.
    """
    records = connections.by_portal(conn, portal_id)
    names = ", ".join(candidate.name for candidate in records) or as_sentence("none")
    if name is None and len(records) == 1:
        return records[0]
    if name is None:
        raise LookupError(sentence("Name the connection; there is: {names}", names=names))
    record = next((candidate for candidate in records if candidate.name == name), None)
    if record is None:
        raise LookupError(
            sentence("There is no connection {name}; there is: {names}", name=name, names=names)
        )
    return record


def printable(text: str) -> str:
    """Return a line that people typed without characters that steer a terminal."""
    if isinstance(text, Sentence):
        return text.map_text(_upright)
    return _upright(text).rstrip()


def _upright(text: str) -> str:
    return upright_text(_CONTROLS.sub("", text))


def print_lines(*lines: str) -> None:
    """Print lines to standard output, sentences in the language of this process."""
    print(*map(say, lines), sep="\n", file=sys.stdout)


def print_problems(*lines: str) -> None:
    """Print lines to standard error, sentences in the language of this process."""
    print(*map(say, lines), sep="\n", file=sys.stderr)
