"""What a status means, by the words in its name: to propose which status is which. Pure.

Names are the trackers' defaults in English and Russian; whoever calls a status otherwise says in
the settings what it is.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.issue_sync.model import Choice

NEW, WORK, REVIEW, DONE, DEFERRED = "new", "work", "review", "done", "deferred"
DUPLICATE, REJECTED = "duplicate", "rejected"
_WORDS = (  # the first that is in a name decides
    (DUPLICATE, ("duplicate", "дубл")),
    (
        REJECTED,
        ("won't", "wont", "can't", "cannot", "obsolete", "incomplete", "declin", "reject", "cancel",
         "invalid", "отклон", "отмен"),
    ),
    (REVIEW, ("verify", "review", "control", "testing", "провер", "контрол")),
    (WORK, ("progress", "doing", "develop", "в работе", "выполн")),
    (DONE, ("fixed", "done", "complete", "closed", "verified", "resolved", "готов", "заверш")),
    (DEFERRED, ("wait", "hold", "defer", "postpone", "paused", "отлож", "пауз")),
    (NEW, ("open", "new", "submitted", "to do", "todo", "backlog", "pending", "triage", "нов")),
)  # fmt: skip


def meaning(choice: Choice) -> str:
    """Return what a status means, "" where its name does not tell."""
    return _reading(choice)[0]


def is_rejected(choice: Choice) -> bool:
    """Tell whether a status ends an item without what was asked for."""
    return meaning(choice) in (DUPLICATE, REJECTED)


def _reading(choice: Choice) -> tuple[str, int]:
    """Return what a status means, and the place of its word: the usual ones come first."""
    name = choice.name.casefold()
    for kind, words in _WORDS:
        for place, word in enumerate(words):
            if word in name:
                return kind, place
    return "", 0


def nearest(choice: Choice, among: Sequence[Choice]) -> Choice | None:
    """Return the status closest to another system's: as finished, by name, then by meaning."""
    return min(
        among, key=lambda other: (_distance(choice, other), _reading(other)[1]), default=None
    )


def _distance(choice: Choice, other: Choice) -> tuple[bool, bool, int]:
    """Rank a status: one without a meaning stands closer than one with another meaning."""
    wanted, offered = meaning(choice), meaning(other)
    is_same_name = choice.name.casefold() == other.name.casefold()
    apart = 0 if wanted and wanted == offered else 1 + (_ROUNDABOUT.get(offered, 0))
    return choice.closed is not other.closed, not is_same_name, apart


_ROUNDABOUT = {DUPLICATE: 5, REJECTED: 4, DEFERRED: 3, REVIEW: 2, WORK: 1}  # what is claimed last


def is_said(choice: Choice, counterpart: Choice) -> bool:
    """Tell whether the other side's status says all that this one does."""
    wanted = meaning(choice)
    if choice.name.casefold() == counterpart.name.casefold() or wanted == meaning(counterpart):
        return True
    return not wanted or (wanted == NEW and not counterpart.closed)
