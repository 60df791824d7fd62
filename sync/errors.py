"""Three errors, named by what to do next; everything else is a bug. Pure."""

from __future__ import annotations


class SyncError(Exception):
    """What happened, why it usually does, what to change. Never holds a secret."""

    def __init__(self, what: str, *, why: str = "", change: str = "", code: str = "") -> None:
        self.what, self.why, self.change, self.code = what, why, change, code
        super().__init__(". ".join(part.rstrip(".") for part in (what, why, change) if part) + ".")


class Later(SyncError):
    """Timeout, 5xx, 429, limits: try again after `after` seconds (None: the usual backoff).

    `sent` says whether the request may have been carried out (a lost answer): a write that may
    have landed is settled by a look-up before it is repeated.
    """

    def __init__(
        self,
        what: str,
        *,
        after: float | None = None,
        sent: bool = False,
        why: str = "",
        change: str = "",
        code: str = "",
    ) -> None:
        super().__init__(what, why=why, change=change, code=code)
        self.after, self.sent = after, sent


class Denied(SyncError):
    """Token revoked, scope missing, app removed: the connection pauses, its work waits."""


class Refused(SyncError):
    """The other side will never accept this: the command is dead, visible and replayable."""
