"""Logged work: an entry for a day and a person, found again by the key behind its text."""

from __future__ import annotations

from typing import Any

from sync.bitrix24.issue_sync import rows
from sync.bitrix24.issue_sync.calls import PAGE, time_call
from sync.bitrix24.issue_sync.marks import marked
from sync.bitrix24.issue_sync.outcomes import failed
from sync.bitrix24.issue_sync.rows import ReadingSide
from sync.bitrix24.issue_sync.talks import Answers, Talk
from sync.bitrix24.rest.batch import Answer, Call, Reference, as_int
from sync.core.issue_sync.model import ItemAddress, TimeEntry
from sync.core.issue_sync.writes import AddTime, DeleteTime, Done, Outcome
from sync.errors import Refused, SyncError
from sync.sentences import sentence

DAY, PERSON = "on", "author"  # among the dropped
NO_DAY = "The portal dates the work by the day on which it was entered"
NO_PERSON = "The portal does not let the application log other people's work: the text names them"
_MOST_PAGES = 20


def add_time(write: AddTime, side: ReadingSide) -> Talk[Outcome]:
    """Log work on its day, as its person; where that is refused, as ours with the person's name.

    Noon of the day, without an offset, is that day in whatever time zone the portal has.
    https://apidocs.bitrix24.com/api-reference/tasks/elapsed-item/task-elapsed-item-add.html
    """
    task_id, person = as_int(write.address.id), as_int(write.author.id)
    if write.seconds <= 0:
        return failed(_not_positive(task_id, write.seconds))
    answers = yield _calls(write, person, side)
    if isinstance(answers[0], Refused) and person not in (0, side.user_id):
        answers = yield _calls(write, 0, side)
    added = answers[0]
    if isinstance(added, SyncError):
        return failed(added)
    entry = _stored(answers[1:], task_id)
    if entry is None:
        return failed(_not_logged(task_id))
    dropped = {} if entry.on == write.on else {DAY: NO_DAY}
    if person and entry.author.id != str(person):
        dropped[PERSON] = NO_PERSON
    return Done(entry=entry, dropped=dropped)


def _calls(write: AddTime, person: int, side: ReadingSide) -> list[Call]:
    """Build the call, whose parameters go by position, and the one that reads it back."""
    task_id, text = as_int(write.address.id), write.text
    named = write.author.name
    if not person and as_int(write.author.id) not in (0, side.user_id) and named not in text:
        text = f"{named}: {text}" if text else named
    item: dict[str, Any] = {"SECONDS": write.seconds, "COMMENT_TEXT": marked(text, write.key)}
    if person not in (0, side.user_id):
        item["USER_ID"] = person
    item["CREATED_DATE"] = f"{write.on.isoformat()}T12:00:00"
    get = {"TASKID": task_id, "ITEMID": Reference("added")}
    return [
        Call("task.elapseditem.add", {"TASKID": task_id, "ARFIELDS": item}, name="added"),
        Call("task.elapseditem.get", get, write=False),
    ]


def _stored(answers: Answers, task_id: int) -> TimeEntry | None:
    """Return the entry that was read back; the portal answers with a row, or a list of one."""
    for answer in answers:
        result = answer.result if isinstance(answer, Answer) else None
        entries = rows.parse_entries([result] if isinstance(result, dict) else result, task_id)
        if entries:
            return entries[-1]
    return None


def delete_time(write: DeleteTime, side: ReadingSide) -> Talk[Outcome]:
    """Delete logged work of ours; what is not there any more is done."""
    task_id, number = as_int(write.address.id), as_int(write.entry_id)
    params = {"TASKID": task_id, "ITEMID": number}
    deleted, present = yield [
        Call("task.elapseditem.delete", params),
        entry_call(task_id, number),
    ]
    gone = isinstance(present, Answer) and not rows.parse_entries(present.result, task_id)
    if isinstance(deleted, SyncError) and not gone:
        return failed(deleted)
    return Done()


def entry_call(task_id: int, number: int) -> Call:
    """Ask whether an entry is there: an empty list says so, an error says nothing."""
    params = {"TASKID": task_id, "ORDER": {"ID": "asc"}, "FILTER": {"ID": number}}
    return Call("task.elapseditem.getlist", params, write=False)


def find_entry(write: DeleteTime) -> Talk[tuple[TimeEntry, ...] | None]:
    """Read the entry that a deletion is about; None where it is not visible."""
    task_id = as_int(write.address.id)
    (answer,) = yield [entry_call(task_id, as_int(write.entry_id))]
    if not isinstance(answer, Answer):
        return None
    return tuple(rows.parse_entries(answer.result, task_id))


def read_entries(address: ItemAddress, side: ReadingSide) -> Talk[tuple[TimeEntry, ...] | None]:
    """Read the logged work of a task; None where it is not visible."""
    task_id, entries = as_int(address.id), dict[str, TimeEntry]()
    for page in range(1, _MOST_PAGES):
        (answer,) = yield [time_call(task_id, page)]
        if not isinstance(answer, Answer):
            return None
        fresh = rows.parse_entries(answer.result, task_id)
        entries |= {entry.id: entry for entry in fresh}
        if len(fresh) < PAGE or len(entries) >= (answer.total or 0):
            break
    return tuple(entries.values())


def _not_positive(task_id: int, seconds: int) -> SyncError:
    return Refused(
        sentence(
            "{seconds} seconds cannot be logged in the task {task_id}",
            seconds=seconds,
            task_id=task_id,
        ),
        cause="Bitrix24 takes no work of less than a second",
        change="Correct the entry that is too long instead",
        code="not_positive",
    )


def _not_logged(task_id: int) -> SyncError:
    return Refused(
        sentence("The time was not logged in the task {task_id}", task_id=task_id),
        cause="The portal gives no further reason",
        change="Look at the task's log of time in Bitrix24",
    )
