"""`restore`: put a backup in the place of the database, where the keys open it and nobody works."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from b24app.cli.backup import key_lines
from sync.config import Config
from sync.sentences import as_sentence, sentence

if TYPE_CHECKING:
    from sqlalchemy import Connection

WORKER_LIVES = timedelta(seconds=60)
_LOOKS, _LOOK_SECONDS = 5, 0.2


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file to read."""
    parser.add_argument("file", type=Path, help="a file that `backup` has written")
    parser.add_argument(
        "--yes", action="store_true", help="replace what is in a PostgreSQL database"
    )


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """What a copy says of itself. `opens`: whether our keys open its secrets; None: not known."""

    revision: str
    key_fingerprint: str
    opens: bool | None


def run(config: Config, args: argparse.Namespace) -> int:
    """Restore a backup. Raises BadCopy, DatabaseInUse, NoKey."""
    from b24app.cli.context import database_file
    from sync.store.db.migrate import require_known

    file: Path = args.file
    target = database_file(config)
    facts = _read_dump(config, file) if target is None else _read_copy(config, file)
    require_known(facts.revision)
    if facts.opens is False:
        _refuse_key(config, file, facts)
    _require_no_worker(config, target)
    if target is None:
        return _restore_postgres(config, file, facts, replace=args.yes)
    return _restore_embedded(target, file, facts)


def _read_copy(config: Config, file: Path) -> CopyFacts:
    """Read what a copy of an embedded database says of itself. Raises BadCopy, OSError."""
    from sqlalchemy import create_engine, text

    from sync.store.db.copying import check_copy, open_read_only
    from sync.store.program import read_state
    from sync.store.sealed import opens
    from sync.store.tables import program

    check_copy(file)
    engine = create_engine("sqlite://", creator=lambda: open_read_only(file))
    with engine.connect() as conn:
        revision = str(conn.scalar(text("SELECT version_num FROM alembic_version")))
        key_opens = opens(conn, config.secret_keys)
        has_state = engine.dialect.has_table(conn, program.name)
        state = read_state(conn) if has_state else None
    engine.dispose()
    return CopyFacts(revision, state.key_fingerprint if state else "", key_opens)


def _read_dump(config: Config, file: Path) -> CopyFacts:
    """Read what a dump of PostgreSQL says of itself. Raises BadCopy, OSError."""
    from sync.store.db.copying import BadCopy
    from sync.store.db.database import database_url
    from sync.store.db.postgres_copies import read_dumped
    from sync.store.sealed import fingerprint

    url = database_url(config.database_url)
    with file.open("rb"):  # an OSError names the file
        pass
    revisions = read_dumped(url, file, "alembic_version")
    if not revisions:
        raise BadCopy(sentence("{file} is no copy of a database of b24bridge", file=file))
    (state, *_) = [*read_dumped(url, file, "program"), {}]
    needed = state.get("key_fingerprint", "")
    present = set(fingerprint(config.secret_keys).split())
    key_opens = bool(present & set(needed.split())) if needed else None
    return CopyFacts(revisions[0]["version_num"], needed, key_opens)


def _refuse_key(config: Config, file: Path, facts: CopyFacts) -> None:
    from b24app.cli.context import NoKey
    from sync.store.sealed import fingerprint

    present = fingerprint(config.secret_keys) or as_sentence("none")
    needed = (
        sentence(" It needs the key {key_fingerprint}.", key_fingerprint=facts.key_fingerprint)
        if facts.key_fingerprint
        else ""
    )
    place = config.secret_key_file or "B24BRIDGE_SECRET_KEY"
    raise NoKey(
        sentence(
            "The secrets in {file} do not open with the keys here ({present}).{needed} Put its "
            "key into {place}, then repeat the command. Nothing was changed",
            file=file,
            present=present,
            needed=needed,
            place=place,
        )
    )


def _require_no_worker(config: Config, target: Path | None) -> None:
    """Raise DatabaseInUse while a worker shows that it lives, or PostgreSQL lists a process.

    What a web process went on to acknowledge would be replaced with all the rest, and lost.
    """
    from sqlalchemy.exc import DatabaseError

    from sync.core.clock import WallClock, is_recent
    from sync.store import logs
    from sync.store.db.copying import DatabaseInUse
    from sync.store.db.database import open_command_database, read
    from sync.store.tables import worker

    if target is not None and not target.exists():
        return
    engine = open_command_database(config.database_url)
    try:
        with read(engine) as conn:
            if not engine.dialect.has_table(conn, worker.name):
                return
            seen_at = [row.seen_at for row in logs.workers(conn)]
            connected = _count_staying(conn)
    except DatabaseError:
        if target is None:
            raise
        return  # a damaged file: that is why it is replaced
    finally:
        engine.dispose()
    if connected:
        raise DatabaseInUse(
            sentence("Other processes of b24bridge use the database: {count}", count=connected),
            change="Stop every b24bridge process, then repeat the command",
        )
    now = WallClock().now()
    recent = [at for at in seen_at if is_recent(at, WORKER_LIVES, now)]
    if recent:
        age = max(0, int((now - max(recent)).total_seconds()))
        raise DatabaseInUse(
            sentence("A worker was seen {seconds} s ago", seconds=age),
            change="Stop every b24bridge process, wait a minute, then repeat the command",
        )


def _count_staying(conn: Connection) -> int:
    """Count the other connections of ours, but those of a process that is just ending."""
    from sync.store.db.database import count_connected

    for _ in range(_LOOKS):
        if not (connected := count_connected(conn)):
            break
        conn.rollback()  # one transaction would see the same list again and again
        time.sleep(_LOOK_SECONDS)
    return connected


def _restore_embedded(target: Path, file: Path, facts: CopyFacts) -> int:
    from b24app.cli.context import print_lines
    from sync.core.clock import WallClock
    from sync.store.db.copying import replace_database

    kept = target.with_name(f"{target.name}.before-{_stamp(WallClock().now())}")
    existed = target.exists()
    replace_database(target, file, kept)
    _decide_anew(f"sqlite:///{target}")
    print_lines(
        sentence("{target} was restored from {file}.", target=target, file=file),
        *([sentence("What was there before is kept as {kept}.", kept=kept)] if existed else []),
        *_next_lines(facts),
    )
    return 0


def _restore_postgres(config: Config, file: Path, facts: CopyFacts, *, replace: bool) -> int:
    from sqlalchemy import inspect

    from b24app.cli.context import describe_database, print_lines
    from sync.store.db.copying import BadCopy
    from sync.store.db.database import database_url, open_command_database
    from sync.store.db.postgres_copies import restore
    from sync.store.sealed import opens

    engine = open_command_database(config.database_url)
    if inspect(engine).get_table_names() and not replace:
        raise BadCopy(
            sentence(
                "The database {database} is not empty",
                database=describe_database(config),
            ),
            change="Make a backup of it, then say --yes to replace what is in it",
        )
    engine.dispose()
    restore(database_url(config.database_url), file)
    _decide_anew(config.database_url)
    with engine.connect() as conn:
        key_opens = opens(conn, config.secret_keys)
    engine.dispose()
    print_lines(
        sentence(
            "{database} was restored from {file}.",
            database=describe_database(config),
            file=file,
        ),
        *_next_lines(facts),
    )
    if not key_opens:
        print_lines(*key_lines(config, "", key_opens=False))
    return 0 if key_opens else 1


def _decide_anew(database: str) -> None:
    """Let the next worker decide everything anew: much may have happened since the copy.

    Pages that were open when it was made, and were ended since, stay ended.
    """
    from sync.store import portals, program
    from sync.store.db.database import open_command_database, write
    from sync.store.tables import program as program_table

    engine = open_command_database(database)
    with write(engine) as conn:
        if engine.dialect.has_table(conn, program_table.name):
            program.forget_version(conn)
            portals.end_pages(conn)
    engine.dispose()


def _next_lines(facts: CopyFacts) -> Sequence[str]:
    from sync.store.revisions import newest_revision

    older = facts.revision != newest_revision()
    return [
        *(
            [
                sentence(
                    "It is of an earlier version ({revision}): run `b24bridge migrate`.",
                    revision=facts.revision,
                )
            ]
            if older
            else []
        ),
        "Start b24bridge: it reads what has happened since, and decides everything anew once.",
    ]


def _stamp(now: datetime) -> str:
    return f"{now:%Y%m%dT%H%M%SZ}"
