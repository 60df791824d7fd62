"""The three errors of a call to another system, named by what to do next. Pure.

Everything else that is raised is a bug.
"""

from __future__ import annotations

from sync.sentences import Sentence, as_sentence

UNREADABLE = "unreadable"  # a stored secret opens with none of the keys here
NO_KEY_OPENS = as_sentence(
    "It opens with none of the keys here: the key was changed without `b24bridge keys rotate`, or "
    "the row is damaged. If there is an older key, put it behind the new one, and rotate"
)


class SyncError(Exception):
    """A failure for people: what happened, why it usually does, what to change.

    `code` is the vendor's code, or ours. No text ever holds a secret.
    """

    def __init__(self, message: str, *, cause: str = "", change: str = "", code: str = "") -> None:
        self.message, self.cause, self.change = map(as_sentence, (message, cause, change))
        self.code = code
        super().__init__(_paragraph(self.message, self.cause, self.change))


def _paragraph(*parts: Sentence) -> Sentence:
    """Return the parts as one text, each with a full stop."""
    texts = {f"part{number}": part for number, part in enumerate(parts, 1) if part}
    template = "".join(
        f"{{{name}}}{' ' if text.endswith('.') else '. '}" for name, text in texts.items()
    )
    return Sentence(template.rstrip(), texts)


class Later(SyncError):
    """Try again after `after` seconds (None: usual backoff): timeout, 5xx, 429, limits.

    `sent` says whether the request may have been carried out (its answer was lost). A write that
    may have landed is looked up before it is repeated.
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


def refusal_of(later: Later) -> Refused:
    """Return the same words as an error after which nothing is tried again."""
    return Refused(later.message, cause=later.cause, change=later.change, code=later.code)


def later_of(refused: Refused) -> Later:
    """Return the same words as an error after which the call is made again: nothing was sent."""
    return Later(refused.message, cause=refused.cause, change=refused.change, code=refused.code)


class Denied(SyncError):
    """Pause the connection, keep its work: token revoked, scope missing, app removed."""


class Refused(SyncError):
    """Give up this command, visible and replayable: the other side never accepts it."""
