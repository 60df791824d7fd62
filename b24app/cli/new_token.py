"""A new token for a connection: from a file or a prompt, never an argument."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from getpass import getpass
from pathlib import Path

from b24app.cli.context import print_lines, print_problems
from b24app.cli.language import say
from b24app.clients import Clients
from sync.sentences import as_sentence, sentence
from sync.settings.apply import current_settings
from sync.settings.secrets import can_be_token
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

_WRITE_STORED = (
    "In the settings file write `token: {stored: true}`, or the next `apply` takes the old."
)
PASTED = (
    "A token is never an argument: other accounts of this machine and the shell's history see it. "
    "Revoke this one in {system}, and run the command without it."
)


def store_new_token(
    opened: Clients,
    portal: PortalRecord,
    record: ConnectionRecord,
    file: str | None,
    store: Callable[[str], tuple[str, Sequence[str]]],
) -> int:
    """Read a token and store it; print whose it is, and what is wrong with it.

    `store` gives both, or raises SyncError where the tracker does not accept the token: the old
    one stays then. Returns 1 where something is wrong.
    """
    token = _read_token(file)
    if not token:
        return 1
    elsewhere = _is_kept_elsewhere(opened, portal, record)
    account, problems = store(token)
    print_lines(
        sentence(
            "The connection {name} has a new token: {account}", name=record.name, account=account
        ),
        *problems,
        *([_WRITE_STORED] if elsewhere else []),
    )
    return 1 if problems else 0


def _is_kept_elsewhere(opened: Clients, portal: PortalRecord, record: ConnectionRecord) -> bool:
    """Tell whether the settings say that the token is kept outside of the database."""
    with read(opened.engine) as conn:
        settings = current_settings(conn, portal)
    return any(
        connection.name == record.name and not (connection.token and connection.token.stored)
        for connection in settings.connections
    )


def _read_token(file: str | None) -> str:
    """Return a new token; "" for what can be none, which is said. Raises LookupError."""
    token = _given(file)
    if not token or not can_be_token(token):
        print_problems("That is no token; nothing was changed.")
        return ""
    return token


def _given(file: str | None) -> str:
    """Return the token from a file, from standard input, or from a prompt that does not show it.

    Raises LookupError where the file cannot be read; its name is not shown: it may be the token.
    """
    if file == "-" or (file is None and not sys.stdin.isatty()):
        return sys.stdin.readline().strip()
    if file is None:
        return getpass(say("The new access token (it is not shown): ")).strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or as_sentence("it is not UTF-8 text")
        raise LookupError(
            sentence("The file of the token cannot be read: {reason}", reason=reason)
        ) from None
