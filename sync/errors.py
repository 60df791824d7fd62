"""Three errors, named by what to do next; everything else is a bug. Pure."""

from __future__ import annotations


class SyncError(Exception):
    """What happened, why it usually does, what to change. Never holds a secret."""

    def __init__(self, message: str, *, cause: str = "", change: str = "", code: str = "") -> None:
        self.message, self.cause, self.change, self.code = message, cause, change, code
        super().__init__(
            ". ".join(part.rstrip(".") for part in (message, cause, change) if part) + "."
        )


class Later(SyncError):
    """Timeout, 5xx, 429, limits: try again after `after` seconds (None: the usual backoff).

    `sent` says whether the request may have been carried out (a lost answer): a write that may
    have landed is settled by a look-up before it is repeated.
    """

    def __init__(
        self,
        message: str,
        *,
        after: float | None = None,
        sent: bool = False,
        cause: str = "",
        change: str = "",
        code: str = "",
    ) -> None:
        super().__init__(message, cause=cause, change=change, code=code)
        self.after, self.sent = after, sent


class Denied(SyncError):
    """Token revoked, scope missing, app removed: the connection pauses, its work waits."""


class Refused(SyncError):
    """The other side will never accept this: the command is dead, visible and replayable."""
