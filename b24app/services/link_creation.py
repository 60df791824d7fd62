"""Link a task with an issue by hand, from a page."""

from __future__ import annotations

from b24app.deps import Deps
from b24app.engine_deps import build_engine_deps
from b24app.errors import RequestRejected, error_text
from b24app.services.issue_links import parse_target
from b24app.services.sync_desk import PortalDesk
from sync.core.issue_sync.link import StoryLine
from sync.engine.load.scope import read_portal
from sync.errors import Later, SyncError
from sync.sentences import as_text, sentence
from sync.store.db.database import read
from sync.store.rows import PortalRecord


def link_task(deps: Deps, portal: PortalRecord, task_id: int, issue: str, person: str) -> None:
    """Link a task with an issue (`group/project#12`, `DEMO-12`); both are read first.

    Raises RequestRejected: 404 where one is not there, 409 where one is linked, 503.
    """
    with read(deps.engine) as conn:
        row = read_portal(conn, portal.id)
    desk = PortalDesk(build_engine_deps(deps.clients), row)
    try:
        target = parse_target(issue)
        if target.task_id:
            raise LookupError("Name the issue as group/project#12 or DEMO-12")
        target = desk.book.at_home(target)
        connection_id, address = desk.find_issue(target)
        of_task = desk.book.of_task(str(task_id), connection_id)
        if any(not link.ended for link in (*of_task, *desk.book.of_issue(target))):
            raise RequestRejected(409, "linked_already", "One of the two is linked already")
        line = StoryLine(deps.clock.now(), "linked", sentence("by {person}", person=person))
        desk.book.create(desk.find_task(str(task_id)), address, line, connection_id)
    except LookupError as error:
        raise RequestRejected(404, "not_linkable", as_text(error)) from None
    except SyncError as error:
        status = 503 if isinstance(error, Later) else 409
        raise RequestRejected(
            status, error.code or "refused", error_text(error), error.change
        ) from None
    deps.wake(portal.id)
