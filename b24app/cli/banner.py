"""What a server says of itself at its start: what it is, what it uses, what is not configured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from sync.config import Config
from sync.sentences import as_sentence, sentence
from sync.version import package_version

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def banner_lines(
    config: Config, *, command: str, address: str, database: str, environment_file: Path
) -> list[str]:
    """Return the lines; `address`: where it listens, "" for a worker alone."""
    read = "" if environment_file.is_file() else " (there is none)"
    rows = [
        ("listens on", address),
        ("public URL", config.public_url or "not set" if address else ""),
        ("database", database),
        (
            "environment",
            sentence("{file}{absent}", file=environment_file, absent=as_sentence(read)),
        ),
    ]
    lines = [sentence("b24bridge {version}, {command}", version=package_version(), command=command)]
    lines += [
        sentence("  {name} {value}", name=as_sentence(f"{name:<12}"), value=as_sentence(value))
        for name, value in rows
        if value
    ]
    return [
        *lines,
        *(
            sentence("  not ready    {text}", text=as_sentence(text))
            for text in unready_texts(config)
        ),
    ]


def unready_texts(config: Config) -> Sequence[str]:
    """Return a sentence for each thing without which something will not work."""
    parts = urlsplit(config.public_url)
    local = parts.hostname in _LOOPBACK
    checks = (
        (
            not config.public_url,
            "B24BRIDGE_PUBLIC_URL is not set: no portal can install the application, and GitLab "
            "cannot send webhooks",
        ),
        (
            parts.scheme == "http" and not local,
            "B24BRIDGE_PUBLIC_URL begins with http://: Bitrix24 opens and calls only https://",
        ),
        (
            parts.scheme == "https" and not config.trusted_proxies,
            "B24BRIDGE_TRUSTED_PROXIES is 0, but HTTPS needs a proxy in front: set it to 1",
        ),
        (
            not config.client_id,
            "B24BRIDGE_CLIENT_ID and B24BRIDGE_CLIENT_SECRET are not set: nobody can install the "
            "application, and no token can be renewed",
        ),
    )
    return [text for wrong, text in checks if wrong]


def first_steps(config: Config) -> list[str]:
    """Return what to do while no portal is installed."""
    address = config.public_url or "https://YOUR-ADDRESS"
    return [
        "  next         no portal is installed yet. Register a local application in Bitrix24",
        sentence("               (handler path {address}/b24/app,", address=address),
        sentence(
            "               initial installation path {address}/b24/install) and open it there.",
            address=address,
        ),
        "               It works in the name of whoever installs it: use a technical account.",
    ]
