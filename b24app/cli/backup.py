"""`backup`: the database as one file, and the key that it needs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from sync.config import Config
from sync.sentences import as_sentence, sentence


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file to write."""
    parser.add_argument("file", type=Path, help="the file to write, which does not exist yet")


def run(config: Config, args: argparse.Namespace) -> int:
    """Make a backup. Raises BadCopy, NoDatabase."""
    from b24app.cli.context import database_file, open_existing, print_lines
    from sync.core.clock import WallClock
    from sync.store import program
    from sync.store.db import copying, postgres_copies
    from sync.store.db.database import database_url, read, write
    from sync.store.db.migrate import stored_revision
    from sync.store.sealed import fingerprint, keys_in_use, opens
    from sync.store.tables import program as program_table

    target: Path = args.file
    engine = open_existing(config)
    now = WallClock().now()
    with read(engine) as conn:
        key_opens = opens(conn, config.secret_keys)
        needed = fingerprint(keys_in_use(conn, config.secret_keys))
        keeps_state = key_opens and engine.dialect.has_table(conn, program_table.name)
        former = program.read_state(conn).key_fingerprint if keeps_state else ""
    try:
        if keeps_state:
            with write(engine) as conn:
                program.set_key_fingerprint(conn, needed)
        if database_file(config) is not None:
            copying.copy_database(engine, target)
        else:
            postgres_copies.dump(database_url(config.database_url), target)
    except BaseException:
        if keeps_state:  # it stays that of the last copy
            with write(engine) as conn:
                program.set_key_fingerprint(conn, former)
        raise
    if keeps_state:  # what nobody can open is no backup
        with write(engine) as conn:
            program.set_backed_up(conn, now)
    revision = stored_revision(engine)
    engine.dispose()
    print_lines(
        sentence(
            "The database was copied to {target}: {megabytes} MB, revision {revision}.",
            target=target,
            megabytes=f"{target.stat().st_size / 1000000:.1f}",
            revision=revision,
        ),
        *key_lines(config, needed, key_opens=key_opens),
    )
    return 0 if key_opens else 1


def key_lines(config: Config, needed: str, *, key_opens: bool) -> Sequence[str]:
    """Return what to do about the key that a copy needs; `key_opens`: one of ours fits.

    `needed`: the fingerprint of the key that opens it, "" where nothing in it is sealed.
    """
    from sync.store.sealed import fingerprint

    if not key_opens:
        return [
            "Its secrets open with none of the keys here: without the right key this copy is of "
            "no use. Find the key first."
        ]
    place = config.secret_key_file or "B24BRIDGE_SECRET_KEY"
    return [
        sentence(
            "The key is not in it. Keep {place} too, and elsewhere: the copy's secrets open "
            "only with the key {fingerprint}.",
            place=place,
            fingerprint=needed
            or fingerprint(config.secret_keys)
            or as_sentence("that is still to be made"),
        )
    ]
