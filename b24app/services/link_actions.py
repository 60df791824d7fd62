"""What people do to a two-way link on a page, never in the middle of a worker's look at it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.services.link_summaries import LinkSummary, find_link, summarize
from sync.core.issue_sync import acts
from sync.core.issue_sync.link import LinkState, StoryLine, field_word
from sync.core.issue_sync.model import SideName
from sync.sentences import sentence
from sync.store import (
    connections,
    issue_link_queue,
    issue_link_stories,
    issue_links,
    issue_lists,
    leases,
)
from sync.store.db.database import write
from sync.store.rows import PortalRecord

_PATIENCE = 10  # attempts
_PAUSE = 0.3  # seconds between two
_TTL = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class LinkAction:
    """A change of a link and the line that its story gets: a kind of it, its text and field."""

    change: Callable[[LinkState, datetime], LinkState]
    kind: str
    text: str
    field: str = ""
    side: SideName | None = None


def resume(person: str) -> LinkAction:
    """Let a link work again."""
    text = sentence("by {person}", person=person)
    return LinkAction(lambda link, _: acts.resume(link), "resumed", text)


def pause(person: str) -> LinkAction:
    """Let a link stand still until somebody lets it go on."""
    text = sentence("by {person}", person=person)
    return LinkAction(lambda link, now: acts.pause(link, text, now), "paused", text)


def unlink(person: str) -> LinkAction:
    """End a link; both items stay as they are."""
    text = sentence("ended by {person}; both items stay as they are", person=person)
    return LinkAction(lambda link, _: acts.unlink(link, text), "unlinked", text)


def retry(person: str) -> LinkAction:
    """Let a link try again what was refused."""
    return LinkAction(
        lambda link, _: acts.replay(link),
        "resumed",
        sentence("what was refused is tried again, by {person}", person=person),
    )


def decide(person: str, field: str, winner: SideName) -> LinkAction:
    """Decide which side's value of a disputed field stands."""
    text = sentence(
        "{field}: the {winner}'s stands, by {person}",
        field=field_word(field),
        winner=winner,
        person=person,
    )
    return LinkAction(
        lambda link, _: acts.settle_conflict(link, field, winner), "decided", text, field, winner
    )


def carry_out(deps: Deps, portal: PortalRecord, key: str, action: LinkAction) -> LinkSummary:
    """Change a portal's own link, have it worked on, and return it as it is then.

    Raises RequestRejected: 404 for another's link, 409 where the action does not fit it (any
    more), 503 while a worker has the links.
    """
    owner = f"page:{secrets.token_hex(8)}"
    for _ in range(_PATIENCE):
        with write(deps.engine) as conn:
            row = find_link(conn, portal.id, key)
            if row is None:
                raise RequestRejected(
                    404, "no_link", "There is no such link of a task and an issue"
                )
            lane, now = f"links:{portal.id}", deps.clock.now()
            if leases.acquire(conn, lane, owner, now=now, ttl=_TTL):
                summary = _change(conn, deps, portal, (row.id, key), action)
                leases.release(conn, lane, owner)
                break
        deps.clock.sleep(_PAUSE)
    else:
        raise RequestRejected(
            503,
            "links_busy",
            "The links of this portal are being worked on",
            "Try again in a minute",
        )
    deps.wake(portal.id)
    return summary


def _change(
    conn: Connection, deps: Deps, portal: PortalRecord, of: tuple[int, str], action: LinkAction
) -> LinkSummary:
    row_id, key = of
    now, before = deps.clock.now(), issue_links.load(conn, [key])[key]
    if before.ended:
        raise RequestRejected(409, "link_ended", "This link has ended")
    try:
        link = action.change(before, now)
    except LookupError:
        raise RequestRejected(
            409, "not_disputed", "Nothing is disputed there any more", "Load the page again"
        ) from None
    line = StoryLine(now, action.kind, action.text, action.field, action.side)
    issue_links.save(conn, link, before)
    if link != before:  # the second of two pauses changes nothing
        issue_link_stories.add_story(conn, key, [line])
    issue_link_queue.mark_dirty(conn, [row_id], "a person", now)
    row = find_link(conn, portal.id, key)
    (summary,) = summarize(conn, portal.id, [row] if row else [], story=1)
    return summary


def release_pair(deps: Deps, portal: PortalRecord, connection_name: str, pair: str) -> int:
    """Let a halted pair of workgroup and project go on; return how many links try again.

    Raises RequestRejected (404) where it does not stand still.
    """
    now = deps.clock.now()
    with write(deps.engine) as conn:
        record = connections.by_name(conn, portal.id, connection_name)
        if record is None or (connection_name, pair) not in issue_lists.halted(conn, portal.id):
            raise RequestRejected(
                404, "no_halted_pair", "This pair does not stand still (any more)"
            )
        issue_lists.release(conn, record.id, pair, now)
        failed = [row.id for row in issue_links.of_pair(conn, record.id, pair) if row.error]
        count = issue_link_queue.mark_dirty(conn, failed, "a person", now)
    deps.wake(portal.id)
    return count
