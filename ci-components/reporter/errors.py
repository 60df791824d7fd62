"""What went wrong, in a sentence with a code. Pure.

Why it usually does and what to do: the table of docs/component.md, by code.
"""

from __future__ import annotations

from collections.abc import Mapping

UNANSWERED = (
    "GitLab does not answer the token in %s: the report goes without what only that reads"
    " (TOKEN_REFUSED)."
)

# The portal's codes. https://apidocs.bitrix24.com/common-errors.html
DEAD = "Bitrix24 does not accept the webhook"
SCOPE = "The webhook may not do this"
BUSY = "Bitrix24 takes no more requests now"
PLAN = "Bitrix24 has REST switched off"
RIGHTS = "The webhook's owner may not do this"
PORTAL_ERRORS = {
    "INVALID_CREDENTIALS": DEAD, "NO_AUTH_FOUND": DEAD, "INVALID_TOKEN": DEAD,
    "expired_token": DEAD, "AUTHORIZATION_ERROR": DEAD, "APPLICATION_NOT_FOUND": DEAD,
    "HTTP 401": DEAD, "HTTP 403": DEAD, "HTTP 404": DEAD,
    "insufficient_scope": SCOPE, "ERROR_METHOD_NOT_FOUND": SCOPE,
    "QUERY_LIMIT_EXCEEDED": BUSY, "OPERATION_TIME_LIMIT": BUSY, "HTTP 429": BUSY, "HTTP 503": BUSY,
    "OVERLOAD_LIMIT": "Bitrix24 has blocked REST on this portal",
    "PAYMENT_REQUIRED": PLAN, "ALLOWED_ONLY_INTRANET_USER": PLAN,
    "ACCESS_DENIED": RIGHTS, "1048582": RIGHTS, "user_access_error": RIGHTS,
    "ACCESS_ERROR": "The webhook's owner may not write there",
    "PORTAL_DELETED": "The portal is deleted", "HTTP 410": "The portal is deleted",
    "INVALID_REQUEST": "Bitrix24 wants https",
    "CANT_EDIT_MESSAGE": "The earlier message can no longer be edited",
}  # fmt: skip
REFUSED_WHOLE = ("QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT")  # nothing of it was carried out
# What somebody who configures the component has to mend; all else is of the task or the day.
CONFIGURATION = (DEAD, SCOPE, PLAN, "Bitrix24 wants https")


class Problem(Exception):
    """A failure on its way to the person who reads the log; `code`: of the system, or our own.

    `again`: sending the same again is safe and may help. `mild`: it is of the content, as a task
    that is not visible, and no reason to mark the job.
    """

    def __init__(self, what: str, code: str, *, again: bool = False, mild: bool = False) -> None:
        super().__init__(f"{what} ({code}).")
        self.code, self.again, self.mild = code, again, mild


def portal_problem(status: int, body: object) -> Problem:
    """Return what an answer means; `body`: its JSON. With a status of 200 it is a part's."""
    error: Mapping[str, object] = body if isinstance(body, dict) else {}
    code = str(error.get("error") or "") or f"HTTP {status}"
    what = PORTAL_ERRORS.get(code) or PORTAL_ERRORS.get(f"HTTP {status}")
    if what is None and 500 <= status < 600:
        what = "Bitrix24 does not work now"
    elif what is None:
        text = str(error.get("error_description") or "")[:200].rstrip(".")
        what = f"Bitrix24 refused: {text or f'HTTP {status}'}"
    mild = status == 200 and what not in CONFIGURATION
    return Problem(what, code, again=code in REFUSED_WHOLE, mild=mild)
