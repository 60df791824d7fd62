"""Configuration of the process: environment variables, all checked before anything starts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from sync import keyfile
from sync.config_values import (
    number_between,
    parse_address,
    parse_ca_file,
    parse_database,
    parse_folder,
    parse_hosts,
    parse_keys,
    parse_language,
    parse_level,
    parse_metrics_token,
    parse_networks,
    parse_proxy,
    parse_queue,
    parse_web_address,
)
from sync.sentences import as_sentence, as_text, sentence

T = TypeVar("T")
U = TypeVar("U")

OAUTH_HOSTS = frozenset({"https://oauth.bitrix.info", "https://oauth.bitrix24.tech"})
SYSTEM_DATA_DIR = Path("/var/lib/b24bridge")


class ConfigError(Exception):
    """Lists everything that is wrong with the environment, one line a problem, never a value."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


@dataclass(frozen=True, slots=True)
class Config:
    """Addresses, limits and secrets of this installation.

    `public_url` is "" where none is set. `secret_key_file` is None where the keys come from the
    environment. `secret_keys` are empty where that file does not exist yet. `portal_ca_file` (PEM)
    and `portal_proxy` are of Bitrix24 alone, "" for none. `threads` counts requests served at once.
    `metrics_token` opens /metrics, "" for nobody. `language` of what commands print, "" where the
    locale decides.
    """

    data_dir: Path
    database_url: str = field(repr=False)
    queue_url: str = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    secret_key_file: Path | None
    public_url: str
    client_id: str
    client_secret: str = field(repr=False)
    oauth_hosts: frozenset[str]
    allowed_networks: tuple[str, ...]
    portal_ca_file: str
    portal_proxy: str = field(repr=False)
    trusted_proxies: int
    log_level: str
    host: str
    port: int
    threads: int
    metrics_token: str = field(default="", repr=False)
    language: str = ""

    @classmethod
    def from_env(cls, environ: Mapping[str, str], *, create_key: bool = False) -> Config:
        """Read the environment; with `create_key`, create the key file if there is no key.

        Raises ConfigError, which names every problem at once.
        """
        reader = _EnvReader(environ)
        values = _read_values(reader, default_data_dir(environ), create_key=create_key)
        if reader.problems:
            raise ConfigError(reader.problems)
        return cls(**values)

    def current_keys(self) -> tuple[str, ...]:
        """Return the secret keys, reading the key file again: a rotation replaces its keys.

        Where the file is gone or cannot be read, those that were read last: the keys of the start
        may have been rotated away since.
        """
        if self.secret_key_file is None:
            return self.secret_keys
        return keyfile.read_again(self.secret_key_file) or self.secret_keys


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """Return the data folder where none is named: the same wherever a command is called.

    The system's, for root, for the account that owns it, and for a service that systemd gave one;
    the user's own elsewhere. https://specifications.freedesktop.org/basedir-spec/latest/
    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#RuntimeDirectory=
    """
    of_service = environ.get("STATE_DIRECTORY", "").partition(":")[0]
    if of_service:
        return Path(of_service)
    if os.geteuid() == 0 or _owns(SYSTEM_DATA_DIR):
        return SYSTEM_DATA_DIR
    return user_folder(environ, "XDG_DATA_HOME", ".local/share")


def user_folder(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    """Return our folder in one of the user's base folders; relative ones do not count."""
    base = Path(environ.get(variable, ""))
    home = Path(environ.get("HOME") or os.path.expanduser("~"))
    return (base if base.is_absolute() else home / below_home) / "b24bridge"


def _owns(folder: Path) -> bool:
    try:
        return folder.stat().st_uid == os.geteuid()
    except OSError:
        return False


class _EnvReader:
    """Reads variables one by one and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def take(self, name: str, default: T, read: Callable[[str], T | U]) -> T | U:
        """Return the variable `name` as `read` parses it, `default` where it is not set.

        A ValueError of `read` becomes a problem.
        """
        text = self._environ.get(name, "").strip()
        if not text:
            return default
        try:
            return read(text)
        except ValueError as error:
            self.problems.append(
                sentence("{name}: {why}", name=name, why=as_sentence(as_text(error)))
            )
            return default


def _read_values(reader: _EnvReader, usual_dir: Path, *, create_key: bool) -> dict[str, Any]:
    data_dir = reader.take("B24BRIDGE_DATA_DIR", usual_dir, parse_folder)
    host, port = reader.take("B24BRIDGE_BIND", ("127.0.0.1", 8000), parse_address)
    values = {
        "data_dir": data_dir,
        "database_url": reader.take(
            "DATABASE_URL", f"sqlite:///{data_dir / 'b24bridge.sqlite3'}", parse_database
        ),
        "queue_url": reader.take(
            "B24BRIDGE_QUEUE_URL", str(data_dir / "queue.sqlite3"), parse_queue
        ),
        "public_url": reader.take("B24BRIDGE_PUBLIC_URL", "", parse_web_address),
        "client_id": reader.take("B24BRIDGE_CLIENT_ID", "", str),
        "client_secret": reader.take("B24BRIDGE_CLIENT_SECRET", "", str),
        "oauth_hosts": reader.take("B24BRIDGE_OAUTH_HOSTS", OAUTH_HOSTS, parse_hosts),
        "allowed_networks": reader.take("B24BRIDGE_ALLOWED_NETWORKS", (), parse_networks),
        "portal_ca_file": reader.take("B24BRIDGE_PORTAL_CA_FILE", "", parse_ca_file),
        "portal_proxy": reader.take("B24BRIDGE_PORTAL_PROXY", "", parse_proxy),
        "trusted_proxies": reader.take("B24BRIDGE_TRUSTED_PROXIES", 0, number_between(0, 10)),
        "log_level": reader.take("B24BRIDGE_LOG_LEVEL", "info", parse_level),
        "host": host,
        "port": port,
        "threads": reader.take("B24BRIDGE_THREADS", 16, number_between(1, 200)),
        "metrics_token": reader.take("B24BRIDGE_METRICS_TOKEN", "", parse_metrics_token),
        "language": reader.take("B24BRIDGE_LANGUAGE", "", parse_language),
    }
    if bool(values["client_id"]) != bool(values["client_secret"]):
        reader.problems.append("B24BRIDGE_CLIENT_ID, B24BRIDGE_CLIENT_SECRET: set both or neither")
    return values | _secret_keys(reader, data_dir, create_key=create_key)


def _secret_keys(reader: _EnvReader, data_dir: Path, *, create_key: bool) -> dict[str, Any]:
    keys = reader.take("B24BRIDGE_SECRET_KEY", (), parse_keys)
    if keys or reader.problems:
        return {"secret_keys": keys, "secret_key_file": None}
    path = data_dir / "secret.key"
    try:
        if not create_key and not path.exists():
            return {"secret_keys": (), "secret_key_file": path}
        return {
            "secret_keys": parse_keys(",".join(keyfile.read_or_create(path))),
            "secret_key_file": path,
        }
    except PermissionError as error:
        if not create_key:  # another account's: the database is too, and that is said
            return {"secret_keys": (), "secret_key_file": path}
        reader.problems.append(sentence("{file}: {why}", file=path, why=error.strerror))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        reader.problems.append(
            sentence("{file}: {why}. B24BRIDGE_DATA_DIR names its folder", file=path, why=reason)
        )
    return {}
