"""What is found after the kills, against what the merge requests demand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from bench import lives
from bench.lives import Life
from bench.site import RESPONSIBLE, Site
from sync.core.clock import WallClock
from sync.store import portals, subjects
from sync.store.db.database import read, write
from sync.store.tables import command, delivery, subject
from tests.engine.world import REPORT

GIVEN_UP = ((command, "refused"), (subject, "dead"), (delivery, "dead"))


@dataclass(frozen=True, slots=True)
class Seen:
    """Counts of what is wrong; all are to be 0."""

    unprocessed: int
    misplaced: int
    outdated: int
    unsaid: int
    doubled: int
    untold: int
    forgotten: int
    given_up: int


def look(site: Site, played: Sequence[Life], seconds: float) -> Seen:
    """Everything at rest is looked at, then all tasks are decided anew, which writes nothing."""
    state = site.b24.state
    shown = {life: [one.text for one in state.discussion(life.task_id)] for life in played}
    about = {life: Counter(text.startswith(REPORT) for text in shown[life]) for life in played}
    tags = Counter((one.user_id, one.tag) for one in state.notifications.values())
    return Seen(
        unprocessed=abs(_processed(site) - len(played) * lives.EACH),
        misplaced=sum(state.tasks[o.task_id].status != lives.STATUS[o.end] for o in played),
        outdated=sum(not any(lives.shown(life, text) for text in shown[life]) for life in played),
        unsaid=sum(not kinds[True] for kinds in about.values()),
        doubled=sum(max(0, count - 1) for kinds in about.values() for count in kinds.values()),
        untold=sum(tags[RESPONSIBLE, _tag(site, life)] != 1 for life in played),
        forgotten=_forgotten(site, seconds),
        given_up=_given_up(site),
    )


def _tag(site: Site, life: Life) -> str:
    """The one notification of the end of that merge request is kept under this tag."""
    tags = [o.tag for o in site.b24.state.notifications.values()]
    return next((one for one in tags if one.startswith(f"b24bridge:{life.task_id}:")), "")


def _processed(site: Site) -> int:
    query = select(func.count()).where(
        delivery.c.state == "done", delivery.c.origin.startswith("gitlab:")
    )
    with read(site.engine) as conn:
        return conn.scalar(query) or 0


def _forgotten(site: Site, seconds: float) -> int:
    before = sum(site.b24.writes.values())
    with write(site.engine) as conn:
        (portal,) = portals.all_active(conn)
        subjects.replay(conn, portal.id, WallClock().now())
    site.settled(seconds)
    return sum(site.b24.writes.values()) - before


def _given_up(site: Site) -> int:
    with read(site.engine) as conn:
        return sum(
            conn.scalar(select(func.count()).select_from(table).where(table.c.state == state)) or 0
            for table, state in GIVEN_UP
        )
