"""The accounts of an instance; e-mails are hidden from most tokens."""

from __future__ import annotations

from dataclasses import dataclass

from sync.youtrack.api.client import YouTrack
from sync.youtrack.json_fields import text

_FIELDS = "id,login,fullName,email,banned"


@dataclass(frozen=True, slots=True)
class User:
    """An account; `email` is "" where YouTrack hides it."""

    id: str
    login: str
    name: str
    email: str = ""


def read_users(client: YouTrack) -> tuple[User, ...]:
    """List the accounts that are in use. Raises SyncError.

    `/users` takes no query: all of them are read.
    https://www.jetbrains.com/help/youtrack/devportal/resource-api-users.html
    """
    return tuple(
        User(
            text(row.get("id")),
            text(row.get("login")),
            text(row.get("fullName")),
            text(row.get("email")).strip().lower(),
        )
        for row in client.list("/users", fields=_FIELDS)
        if row.get("banned") is not True
    )
