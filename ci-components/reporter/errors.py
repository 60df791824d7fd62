"""What went wrong, in a sentence with a code. Pure.

Why it usually does and what to do: the table of docs/component.md, by code.
"""

from __future__ import annotations

from collections.abc import Mapping

UNANSWERED = (
    "GitLab does not answer the token in %s: the report goes without what only that reads"
    " (TOKEN_REFUSED)."
)

# What an answer's code means. https://apidocs.bitrix24.com/common-errors.html
MEANINGS = {
    **dict.fromkeys(
        (  # noqa: SIM905  it is short in a job's script
            "INVALID_CREDENTIALS NO_AUTH_FOUND INVALID_TOKEN expired_token AUTHORIZATION_ERROR"
            " APPLICATION_NOT_FOUND HTTP401 HTTP403 HTTP404"
        ).split(),
        "Bitrix24 does not accept the webhook",
    ),
    **dict.fromkeys(
        ["insufficient_scope", "ERROR_METHOD_NOT_FOUND"], "The webhook may not do this"
    ),
}
# What somebody who configures the component has to mend; all else is of the task or the day.
CONFIGURATION = ("PAYMENT_REQUIRED", "ALLOWED_ONLY_INTRANET_USER", "INVALID_REQUEST")
REFUSED_WHOLE = ("QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT")  # nothing of it was carried out


class Problem(Exception):
    """A failure on its way to the person who reads the log; `code`: of the system, or our own.

    `again`: sending the same again is safe and may help. `mild`: it is of the content, as a task
    that is not visible, and no reason to mark the job.
    """

    def __init__(self, what: str, code: str, *, again: bool = False, mild: bool = False) -> None:
        super().__init__(f"{what} ({code}).")
        self.what, self.code, self.again, self.mild = what, code, again, mild


def of_part(problem: Problem, part: str) -> Problem:
    """Return the problem as that of a part: `task 5: …`."""
    return Problem(f"{part}: {problem.what}", problem.code, mild=problem.mild)


def portal_problem(status: int, body: object) -> Problem:
    """Return what an answer means; `body`: its JSON. With a status of 200 it is a part's."""
    error: Mapping[str, object] = body if isinstance(body, dict) else {}
    code, text = str(error.get("error") or ""), str(error.get("error_description") or "")
    meaning = MEANINGS.get(code) or MEANINGS.get(f"HTTP{status}")
    what = meaning or f"Bitrix24 refuses: {text[:200].rstrip('.') or 'it does not say why'}"
    mild = status == 200 and not meaning and code not in CONFIGURATION
    code = code or f"HTTP {status}"
    again = code in REFUSED_WHOLE or status == 429
    return Problem(what, code, again=again, mild=mild)
