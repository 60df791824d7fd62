"""The variables of the environment, as people read of them: in files, in guides, at the start."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from sync.sentences import sentence


class Variable(NamedTuple):
    """A variable. `default`: in words, "" where there is none."""

    name: str
    meaning: str
    default: str = ""


VARIABLES = (
    Variable("B24BRIDGE_PUBLIC_URL", "the address under which Bitrix24 and GitLab reach this"),
    Variable("B24BRIDGE_CLIENT_ID", "the application's id in Bitrix24"),
    Variable("B24BRIDGE_CLIENT_SECRET", "its secret"),
    Variable("B24BRIDGE_BIND", "where to listen", "`127.0.0.1:8000`"),
    Variable("B24BRIDGE_THREADS", "pages answered at once, beside webhooks", "16"),
    Variable(
        "B24BRIDGE_DATA_DIR",
        "the embedded database, the queue and the key file",
        "`/var/lib/b24bridge` for root and services, else `~/.local/share/b24bridge`",
    ),
    Variable("DATABASE_URL", "`postgresql://…` instead of the embedded database"),
    Variable(
        "B24BRIDGE_QUEUE_URL",
        "wake-ups through `postgresql://…` or `redis://…` instead of a file",
    ),
    Variable(
        "B24BRIDGE_SECRET_KEY",
        "key that encrypts secrets at rest; several, the newest first",
        "the key file",
    ),
    Variable(
        "B24BRIDGE_OAUTH_HOSTS", "Bitrix24's OAuth servers that are trusted", "both public ones"
    ),
    Variable(
        "B24BRIDGE_ALLOWED_NETWORKS",
        "private networks that a GitLab or portal address may be in",
        "none",
    ),
    Variable(
        "B24BRIDGE_PORTAL_CA_FILE",
        "certificate authority (PEM) of a self-hosted Bitrix24, beside the public ones",
    ),
    Variable("B24BRIDGE_PORTAL_PROXY", "proxy through which Bitrix24 is called", "none"),
    Variable("B24BRIDGE_TRUSTED_PROXIES", "proxies in front of this", "0"),
    Variable("B24BRIDGE_METRICS_TOKEN", "token with which Prometheus may read /metrics", "off"),
    Variable(
        "B24BRIDGE_LANGUAGE",
        "language of what commands print: en or ru",
        "LANGUAGE, LC_ALL, LC_MESSAGES and LANG decide",
    ),
    Variable("B24BRIDGE_LOG_LEVEL", "debug, info, warning or error", "info"),
    Variable(
        "B24BRIDGE_ENV_FILE",
        "the file that holds these variables",
        "`/etc/b24bridge/b24bridge.env` for root and services, "
        "else `~/.config/b24bridge/b24bridge.env`",
    ),
)

_PREFIX = "B24BRIDGE_"
_OTHERS = frozenset({"B24BRIDGE_HOST"})  # compose.yaml's own


def unknown_variables(names: Iterable[str]) -> list[str]:
    """Return a sentence for each variable that looks like ours and is none, such as a misspelt one.

    Values are never shown: what is misspelt may be a secret.
    """
    our_names = [variable.name for variable in VARIABLES]
    others = sorted(name for name in names if name not in {*our_names, *_OTHERS})
    return [_unknown(name, our_names) for name in others if _looks_ours(name, our_names)]


def _looks_ours(name: str, our_names: Sequence[str]) -> bool:
    """Tell of B24BRIDGE_ANYTHING, and of B24_BRIDGE_SECRET_KEY or b24bridge_secret_key."""
    if name.startswith(_PREFIX):
        return True
    is_near = get_close_matches(name.upper(), our_names, n=1, cutoff=0.9)
    return name.upper().startswith("B24") and bool(is_near)


def _unknown(name: str, our_names: Sequence[str]) -> str:
    near = get_close_matches(name.upper(), our_names, n=1, cutoff=0.7)
    if near:
        return sentence(
            "{name} is ignored: b24bridge has no such variable; did you mean {near}?",
            name=name,
            near=near[0],
        )
    return sentence("{name} is ignored: b24bridge has no such variable", name=name)
