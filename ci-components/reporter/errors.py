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
HTTPS = "Bitrix24 wants https"
CODES = {
    DEAD: "INVALID_CREDENTIALS|NO_AUTH_FOUND|INVALID_TOKEN|expired_token|AUTHORIZATION_ERROR"
    "|APPLICATION_NOT_FOUND|HTTP 401|HTTP 403|HTTP 404",
    SCOPE: "insufficient_scope|ERROR_METHOD_NOT_FOUND",
    BUSY: "QUERY_LIMIT_EXCEEDED|OPERATION_TIME_LIMIT|HTTP 429|HTTP 503",
    PLAN: "PAYMENT_REQUIRED|ALLOWED_ONLY_INTRANET_USER",
    HTTPS: "INVALID_REQUEST",
    "Bitrix24 has blocked REST on this portal": "OVERLOAD_LIMIT",
    "The webhook's owner may not do this": "ACCESS_DENIED|1048582|user_access_error",
    "The webhook's owner may not write there": "ACCESS_ERROR",
    "The portal is deleted": "PORTAL_DELETED|HTTP 410",
    "The earlier message can no longer be edited": "CANT_EDIT_MESSAGE",
}
PORTAL_ERRORS = {code: what for what, codes in CODES.items() for code in codes.split("|")}
REFUSED_WHOLE = ("QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT")  # nothing of it was carried out
# What somebody who configures the component has to mend; all else is of the task or the day.
CONFIGURATION = (DEAD, SCOPE, PLAN, HTTPS)


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
