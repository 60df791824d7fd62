"""`migrate` and `keys rotate`."""

from __future__ import annotations

import argparse

from b24app.cli.context import bring_up_to_date, prepare_database, print_lines
from b24app.cli.key_guard import require_own_key
from sync.config import Config
from sync.sentences import sentence
from sync.store.db.database import open_command_database
from sync.store.vault import Vault, VaultError, rotate, rotate_key_file

_COPIES = "Earlier backups open with the old key alone: run `b24bridge backup FILE` now."


def run(config: Config, args: argparse.Namespace) -> int:
    """Migrate the database, or rotate the secret keys."""
    return migrate(config) if args.command == "migrate" else rotate_keys(config)


def migrate(config: Config) -> int:
    """Bring the database to this version."""
    engine = open_command_database(config.database_url)
    migrated = bring_up_to_date(config, engine)
    engine.dispose()
    print_lines(
        "The database was brought to this version." if migrated else "The database is up to date."
    )
    return 0


def rotate_keys(config: Config) -> int:
    """Re-encrypt every secret; afterwards only the newest key is needed.

    Raises VaultError, and NoKey before anything is written.
    """
    engine = prepare_database(config)
    if config.secret_key_file is None:
        if len(config.secret_keys) < 2:
            raise VaultError(
                "B24BRIDGE_SECRET_KEY holds one key: put a new one before it, separated by a "
                "comma, and run this again"
            )
        require_own_key(config, engine)
        done = rotate(engine, Vault(config.secret_keys))
        print_lines(
            sentence(
                "{done} secrets were encrypted with the first key of B24BRIDGE_SECRET_KEY.",
                done=done,
            ),
            "Remove the others from it and restart everything.",
            _COPIES,
        )
        return 0
    require_own_key(config, engine)
    done = rotate_key_file(engine, config.secret_key_file)
    print_lines(
        sentence(
            "{done} secrets were encrypted with a new key; {secret_key_file} holds only it.",
            done=done,
            secret_key_file=config.secret_key_file,
        ),
        _COPIES,
    )
    return 0
