"""Logged work: one entry each, with its day, its person in the summary and our key behind it.

GitLab logs in the name of the token's user, and an entry cannot be edited.
https://docs.gitlab.com/api/graphql/reference/#mutationtimelogcreate
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sync.core.issue_sync.writes import AddTime, DeleteTime, Done, NotDone, Outcome
from sync.errors import Refused
from sync.gitlab.issues import queries
from sync.gitlab.issues.asking import mutate
from sync.gitlab.issues.changes import duration
from sync.gitlab.issues.keys import mark_length, marked
from sync.gitlab.issues.outcomes import not_landed
from sync.gitlab.issues.reading import IssueReader
from sync.gitlab.issues.terms import entry_of
from sync.gitlab.issues.work_items import timelog_row
from sync.gitlab.json_fields import mapping

LONGEST_SUMMARY = 255
_NOON = time(12, tzinfo=UTC)
_MIDNIGHT = time(0, tzinfo=UTC)


def add(reader: IssueReader, write: AddTime, now: datetime) -> Outcome:
    """Log work, below zero too. Raises SyncError.

    The answer tells the entry's id, as REST never does.
    """
    fields = {
        "issuableId": f"gid://gitlab/WorkItem/{write.address.id}",
        "timeSpent": duration(write.seconds),
        "summary": summary(write),
    }
    if moment := spent_at(write.on, now):
        fields["spentAt"] = moment.isoformat()
    payload = mutate(reader.client, reader.instance, lambda: queries.LOG_TIME, input=fields)
    row = timelog_row(mapping(payload.get("timelog")), reader.own_id())
    return Done(entry=entry_of(row))


def summary(write: AddTime) -> str:
    """Return text and person in one line, cut so that our key has its place behind them."""
    text, author = " ".join(write.text.split()), write.author
    name = "" if author.is_bridge or author.name in text else author.name
    line = ": ".join(part for part in (name, text) if part)
    room = LONGEST_SUMMARY - mark_length(write.key)
    return marked(line if len(line) <= room else line[: max(0, room - 1)] + "…", write.key)


def spent_at(day: date, now: datetime) -> datetime | None:
    """Return a moment of that day that is over: noon, else midnight, else now (None).

    GitLab refuses what is yet to come.
    """
    for moment in (datetime.combine(day, _NOON), datetime.combine(day, _MIDNIGHT)):
        if moment <= now:
            return moment
    return None


def delete(reader: IssueReader, write: DeleteTime) -> Outcome:
    """Delete an entry that we logged; one that is gone already is done. Raises SyncError."""
    key = f"gid://gitlab/Timelog/{write.entry_id}"
    try:
        mutate(reader.client, reader.instance, lambda: queries.DELETE_TIME, id=key)
    except Refused as refused:
        if _is_logged(reader, write):
            return NotDone(refused)
    return Done()


def settle_added(reader: IssueReader, write: AddTime) -> Outcome:
    """Look for an entry by its key. Raises SyncError."""
    for row in reader.timelogs(write.address.id):
        entry = entry_of(row)
        if entry.key == write.key:
            return Done(entry=entry)
    return not_landed("The entry of time")


def settle_deleted(reader: IssueReader, write: DeleteTime) -> Outcome:
    """Look whether an entry is gone. Raises SyncError."""
    return not_landed("The deletion") if _is_logged(reader, write) else Done()


def _is_logged(reader: IssueReader, write: DeleteTime) -> bool:
    return any(row.id == write.entry_id for row in reader.timelogs(write.address.id))
