"""Where people come back to from GitLab: what its administrator registers. Pure."""

from __future__ import annotations

from sync.config import Config

CALLBACK = "/b24/oauth/callback"


def callback_url(config: Config) -> str:
    """Return the address of the callback; "" without a public address."""
    return f"{config.public_url}{CALLBACK}" if config.public_url else ""
