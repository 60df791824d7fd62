"""Create the key of a new installation, and never one in the place of a lost key."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from sync.config import Config
from sync.sentences import sentence


def config_with_key(config: Config, environ: Mapping[str, str]) -> Config:
    """Return the configuration with a key, created where the database needs no other one.

    Raises NoKey where the database holds secrets that only a missing key opens, ConfigError.
    """
    if config.secret_keys:
        return config
    _require_nothing_sealed(config)
    return Config.from_env(environ, create_key=True)


def require_own_key(config: Config, engine: Engine) -> None:
    """Raise NoKey where the database holds secrets that no key here opens.

    A rotation would put new keys into the place of the one that is wanted.
    """
    from b24app.cli.context import NoKey, describe_database
    from sync.store.db.database import read
    from sync.store.sealed import opens

    keys = config.current_keys()
    if not keys:
        _require_nothing_sealed(config)
    with read(engine) as conn:
        if opens(conn, keys):
            return
    raise NoKey(
        sentence(
            "The secrets in the database {database} open with none of the keys here. Nothing was "
            "changed: put the right key into {place}, then repeat the command",
            database=describe_database(config),
            place=config.secret_key_file or "B24BRIDGE_SECRET_KEY",
        )
    )


def _require_nothing_sealed(config: Config) -> None:
    from b24app.cli.context import NoKey, database_file, describe_database
    from sync.store.db.database import open_command_database, read
    from sync.store.sealed import has_sealed

    file = database_file(config)
    if file is not None and not file.is_file():
        return
    engine = open_command_database(config.database_url)
    try:
        with read(engine) as conn:
            sealed = has_sealed(conn)
    finally:
        engine.dispose()
    if sealed:
        raise NoKey(
            sentence(
                "There is no key at {secret_key_file}, and the database {database} "
                "holds secrets that only the lost key opens. No new one is made in its place: "
                "put the key back from your backup, or name it in B24BRIDGE_SECRET_KEY",
                secret_key_file=config.secret_key_file,
                database=describe_database(config),
            )
        )
