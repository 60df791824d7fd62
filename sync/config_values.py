"""Parsers of environment variables; each raises ValueError that says what a value must be."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from sync.addresses import is_host
from sync.sentences import sentence

_LEVELS = ("debug", "info", "warning", "error")
_LANGUAGES = ("en", "ru")
_METRICS_TOKEN_LENGTH = 16
_RELATIVE = "must begin with /: a relative path is another one wherever a command is called"
_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")


def _split_words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[,\s]+", text) if word)


def parse_keys(text: str) -> tuple[str, ...]:
    """Return the secret keys, the newest first."""
    if not _split_words(text) or not all(_KEY.fullmatch(key) for key in _split_words(text)):
        raise ValueError(
            "a secret key is 32 random bytes in URL-safe base64 (44 characters); "
            "several are separated by commas, the newest first"
        )
    return _split_words(text)


def parse_database(text: str) -> str:
    """Return the address of a database."""
    if not re.match(r"(sqlite|postgres(ql)?)(\+\w+)?://", text):
        raise ValueError("must begin with sqlite:/// or postgresql://")
    if re.match(r"sqlite[^:]*:///[^/]", text):
        raise ValueError(_RELATIVE)
    return text


def parse_queue(text: str) -> str:
    """Return the address of a queue, or the path of its file."""
    if "://" in text and not re.match(r"(sqlite|rediss?|postgres(ql)?)://", text):
        raise ValueError("must be a file, or begin with redis:// or postgresql://")
    return text if "://" in text else str(parse_folder(text))


def parse_folder(text: str) -> Path:
    """Return an absolute path; `~` is the user's home."""
    path = Path(text).expanduser()
    if not path.is_absolute():
        raise ValueError(_RELATIVE)
    return path


def parse_ca_file(text: str) -> str:
    """Return the path of a file with PEM certificates."""
    try:
        ssl.create_default_context().load_verify_locations(text)
    except ssl.SSLError:
        raise ValueError(sentence("{file} holds no certificates in PEM form", file=text)) from None
    except OSError as error:
        raise ValueError(
            sentence("{file} cannot be read: {why}", file=text, why=error.strerror)
        ) from None
    return text


def parse_proxy(text: str) -> str:
    """Return the address of a proxy, which may hold a name and a password."""
    parts = _split_address(text)
    if parts is None:
        raise ValueError("must be an address like http://proxy.example.com:3128")
    return text.rstrip("/")


def parse_web_address(text: str) -> str:
    """Return an http or https address without a last slash. Raises ValueError."""
    parts = _split_address(text)
    if parts is None:
        raise ValueError("must be a whole address: https://host")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address without user, ? and #")
    return text.rstrip("/")


def _split_address(text: str) -> SplitResult | None:
    """Return the parts of an http or https address, None for what is none."""
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        whole = whole and is_host(parts.netloc)
    except ValueError:  # brackets that do not close, or a port that is no number
        return None
    return parts if whole else None


def parse_hosts(text: str) -> frozenset[str]:
    """Return the addresses in a list, parted by commas or blanks."""
    return frozenset(map(parse_web_address, _split_words(text)))


def parse_networks(text: str) -> tuple[str, ...]:
    """Return the networks in a list, as CIDRs."""
    try:
        return tuple(str(ipaddress.ip_network(word, strict=False)) for word in _split_words(text))
    except ValueError:
        raise ValueError("must be networks like 10.0.0.0/8, separated by commas") from None


def parse_metrics_token(text: str) -> str:
    """Return a token that is long enough to be none to guess."""
    if len(text) < _METRICS_TOKEN_LENGTH or not re.fullmatch(r"[!-~]+", text):
        raise ValueError(
            sentence(
                "must be at least {least} letters, digits and signs", least=_METRICS_TOKEN_LENGTH
            )
        )
    return text


def parse_level(text: str) -> str:
    """Return the name of a level of the log."""
    if text.lower() not in _LEVELS:
        raise ValueError(sentence("must be one of {names}", names=", ".join(_LEVELS)))
    return text.lower()


def parse_language(text: str) -> str:
    """Return the code of a language."""
    if text.lower() not in _LANGUAGES:
        raise ValueError(sentence("must be one of {names}", names=", ".join(_LANGUAGES)))
    return text.lower()


def parse_address(text: str) -> tuple[str, int]:
    """Return the host and the port to listen on."""
    host, _, port = text.rpartition(":")
    try:
        return host.strip("[]") or "127.0.0.1", number_between(0, 65535)(port)
    except ValueError:
        raise ValueError("must be a port from 0 to 65535, or HOST:PORT") from None


def number_between(least: int, most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from `least` to `most`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise ValueError(
                sentence("must be a number from {least} to {most}", least=least, most=most)
            )
        return int(text)

    return read
