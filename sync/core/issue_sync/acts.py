"""What people do to a link: pause, resume, decide, replay, unlink. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sync.core.issue_sync import fuse
from sync.core.issue_sync.link import (
    Entry,
    EntryState,
    LinkState,
    Pause,
    PauseReason,
    field_word,
)
from sync.core.issue_sync.model import SideName
from sync.sentences import sentence


def pause(link: LinkState, text: str, now: datetime) -> LinkState:
    """Return the link standing still until it is resumed; as it is where a person stopped it."""
    return link if is_stopped(link) else replace(link, pause=Pause(PauseReason.PERSON, now, text))


def is_stopped(link: LinkState) -> bool:
    """Whether a person stopped the link."""
    return link.pause is not None and link.pause.reason is PauseReason.PERSON


def resume(link: LinkState) -> LinkState:
    """Return the link at work again; what had vanished counts as deleted from now on."""
    vanished = link.pause is not None and link.pause.reason is PauseReason.VANISHED
    return replace(fuse.renew(link), deletions_agreed=vanished)


def settle_conflict(link: LinkState, field: str, winner: SideName) -> LinkState:
    """Return the link with a person's decision about a disputed field.

    Raises LookupError where nothing is disputed there.
    """
    if field not in link.clashes:
        raise LookupError(sentence("{field} is not disputed", field=field_word(field)))
    return replace(link, decided={**link.decided, field: winner})


def replay(link: LinkState) -> LinkState:
    """Return the link ready to try again what was refused."""
    entries = tuple(
        _again(entry) if entry.state is EntryState.REFUSED else entry for entry in link.entries
    )
    return replace(link, refused={}, reasons={}, apart=frozenset(), problems={}, entries=entries)


def has_obstacles(link: LinkState) -> bool:
    """Whether something of the link was refused, does not cross, or waits."""
    is_refused = any(entry.state is EntryState.REFUSED for entry in link.entries)
    return is_refused or bool(link.refused or link.apart or link.problems or link.waiting)


def _again(entry: Entry) -> Entry:
    """Return an entry as if nothing had been refused: what has a copy differs from it again.

    The reason stays, so that the same one is not told again.
    """
    has_copy = bool(entry.ids.get(entry.origin.other))
    content = "" if has_copy else entry.content
    return replace(entry, state=EntryState.LIVE, content=content)


def report_deletion(link: LinkState, side: SideName) -> LinkState:
    """Return the link with a side's own word that its item was deleted."""
    return replace(link, deleted=link.deleted | {side})


def unlink(link: LinkState, text: str) -> LinkState:
    """Return the link ended; both items stay as they are."""
    return replace(link, ended=text)


def relink(link: LinkState) -> LinkState:
    """Return an ended link alive again, with what was agreed then."""
    return replace(fuse.renew(link), ended="", deleted=frozenset(), waiting={})
