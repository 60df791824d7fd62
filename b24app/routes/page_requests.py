"""What every request of a page needs: its visitor, its body, its language."""

from __future__ import annotations

from typing import Any

from flask import request

from b24app.auth.current_user import current_user
from b24app.auth.page_tokens import Visitor
from b24app.auth.rate_limit import ACTS
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.services import visitors
from b24app.texts import translate
from sync.store import people
from sync.store.db.database import read
from sync.store.rows import PortalRecord

MAX_TASK_ID = 2**31 - 1  # of Bitrix24


def require_visitor(deps: Deps) -> tuple[Visitor, PortalRecord]:
    """Return the visitor of the request's page token, and their portal.

    Raises RequestRejected (401, 404, 503).
    """
    visitor, portal = visitors.read_visitor(deps, bearer_token())
    current_user.set(str(visitor.user_id))
    return visitor, portal


def require_admin(deps: Deps) -> tuple[Visitor, PortalRecord]:
    """Return the visitor, who is an administrator. Raises RequestRejected (403 and those)."""
    visitor, portal = require_visitor(deps)
    if not visitor.admin:
        raise RequestRejected(403, "not_admin", "Only an administrator of the portal may do this")
    return visitor, portal


def require_reader_of_task(deps: Deps, task_id: int) -> tuple[Visitor, PortalRecord]:
    """Return the visitor, who may open the task in Bitrix24. Raises RequestRejected (404)."""
    visitor, portal = require_visitor(deps)
    possible = 0 < task_id <= MAX_TASK_ID
    if not possible or task_id not in visitors.find_readable(deps, visitor, portal, [task_id]):
        raise RequestRejected(
            404,
            "no_task",
            "There is no such task, or you may not open it",
            "Ask whoever leads the task to add you to it",
        )
    return visitor, portal


def limit_acts(deps: Deps, visitor: Visitor, name: str) -> None:
    """Limit what any employee may start. Raises RequestRejected (429)."""
    user = visitor.portal_id, visitor.user_id
    deps.limits.admit(name, ACTS, user=user, portal=visitor.portal_id)


def person_name(deps: Deps, visitor: Visitor) -> str:
    """Return the visitor's name, or their number where the mirror does not have it."""
    with read(deps.engine) as conn:
        user = people.portal_users(conn, visitor.portal_id).get(visitor.user_id)
    return user.name if user and user.name else f"user {visitor.user_id}"


def bearer_token() -> str:
    """Return the request's page token, "" without one."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def json_body() -> dict[str, Any]:
    """Return the request's body; {} where it is no JSON object."""
    try:
        parsed = request.get_json(silent=True)
    except RecursionError:  # JSON that is nested thousands of levels deep
        parsed = None
    return parsed if isinstance(parsed, dict) else {}


def translated(row: dict[str, Any], *fields: str) -> dict[str, Any]:
    """Return the row with the texts of some fields in the page's language."""
    return row | {field: translate(page_language(), row[field]) for field in fields}
