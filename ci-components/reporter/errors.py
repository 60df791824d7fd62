"""What went wrong, why it usually does and what to change: the errors of both systems. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """`code`: the system's own. `again`: sending the same again is safe and may help."""

    what: str
    why: str = ""
    change: str = ""
    code: str = ""
    again: bool = False

    def __str__(self) -> str:
        code = f" ({self.code})" if self.code else ""
        parts = [f"{self.what}{code}."]
        parts += [f"Usual reason: {self.why}."] if self.why else []
        parts += [f"What to do: {self.change}."] if self.change else []
        return " ".join(parts)


class Problem(Exception):
    """A failure on its way to the person who reads the log."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


WEBHOOK_DEAD = (
    "Bitrix24 does not accept the webhook",
    "it was deleted, its owner left, or the variable holds an old address",
    "create an inbound webhook in Bitrix24 and put its URL into the variable {variable}",
)
NO_SCOPE = (
    "The webhook may not do this",
    "it was created without one of the permissions task, im, user_basic",
    "open the webhook in Bitrix24 (Developer resources) and add the permission",
)
BUSY = (
    "Bitrix24 takes no more requests now",
    "too many requests came to the portal at once",
    "nothing: retry the job later",
)
PLAN = (
    "Bitrix24 has REST switched off",
    "the portal's plan has ended or has no REST",
    "renew the plan, or ask the portal's administrator",
)
NO_RIGHTS = (
    "The webhook's owner may not do this",
    "the owner takes no part in the task, or the task's status does not allow it",
    "give the owner of the webhook access to the task or its project",
)

# The portal's codes. https://apidocs.bitrix24.com/common-errors.html
PORTAL_ERRORS = {
    "INVALID_CREDENTIALS": WEBHOOK_DEAD,
    "NO_AUTH_FOUND": WEBHOOK_DEAD,
    "INVALID_TOKEN": WEBHOOK_DEAD,
    "AUTHORIZATION_ERROR": WEBHOOK_DEAD,
    "APPLICATION_NOT_FOUND": WEBHOOK_DEAD,
    "expired_token": WEBHOOK_DEAD,
    "insufficient_scope": NO_SCOPE,
    "ERROR_METHOD_NOT_FOUND": NO_SCOPE,
    "QUERY_LIMIT_EXCEEDED": BUSY,
    "OPERATION_TIME_LIMIT": BUSY,
    "OVERLOAD_LIMIT": (
        "Bitrix24 has blocked REST on this portal", "its support did so because of the load",
        "ask the support of Bitrix24",
    ),
    "PAYMENT_REQUIRED": PLAN,
    "ALLOWED_ONLY_INTRANET_USER": PLAN,
    "ACCESS_DENIED": NO_RIGHTS,
    "ACCESS_ERROR": (
        "The webhook's owner may not write there", "the owner is no member of that chat",
        "add the owner of the webhook to the chat, or to the task it belongs to",
    ),
    "1048582": NO_RIGHTS,
    "user_access_error": NO_RIGHTS,
    "PORTAL_DELETED": (
        "The portal is deleted", "its owner did so, or its plan has ended long ago",
        "put a webhook of the new portal into the variable {variable}, or remove the component",
    ),
    "INVALID_REQUEST": (
        "Bitrix24 wants https", "the webhook's URL begins with http://",
        "put the address with https:// into the variable {variable}",
    ),
    "CANT_EDIT_MESSAGE": (
        "The earlier message can no longer be edited", "it is older than three days",
        "nothing: the next report writes a new one",
    ),
}  # fmt: skip
REFUSED_WHOLE = {"QUERY_LIMIT_EXCEEDED", "OPERATION_TIME_LIMIT"}  # nothing of it was carried out
BY_STATUS = {
    401: WEBHOOK_DEAD, 403: WEBHOOK_DEAD, 404: WEBHOOK_DEAD, 410: PORTAL_ERRORS["PORTAL_DELETED"],
    429: BUSY, 503: BUSY,
}  # fmt: skip
DOWN = (
    "Bitrix24 does not work now", "the portal or what stands before it is down",
    "nothing: retry the job later",
)  # fmt: skip


UNKNOWN = (
    "the task or the portal has a rule against it",
    "run the job with the input doctor, or look the code up in the documentation of Bitrix24's "
    "REST API",
)


def portal_failure(status: int, body: object, *, variable: str) -> Failure:
    """The failure an answer means; `body` is its JSON, None where it was none."""
    code = str(body.get("error") or "") if isinstance(body, Mapping) else ""
    known = PORTAL_ERRORS.get(code) or BY_STATUS.get(status)
    if known is None and not 500 <= status < 600:
        text = str(body.get("error_description") or "") if isinstance(body, Mapping) else ""
        what = f"Bitrix24 refused: {text[:200].rstrip('.') or f'HTTP {status}'}"
        return Failure(what, *UNKNOWN, code=code)
    what, why, change = known or DOWN
    again = code in REFUSED_WHOLE
    return Failure(
        what, why, change.replace("{variable}", variable), code or f"HTTP {status}", again
    )


def missing_webhook(variable: str) -> Failure:
    return Failure(
        f"The variable {variable} is empty",
        "it was never created, or it is protected and this ref is not",
        f"create an inbound webhook in Bitrix24 and save its URL as the masked CI/CD variable "
        f"{variable}",
    )


def wrong_webhook(variable: str) -> Failure:
    return Failure(
        f"The variable {variable} holds no address of an inbound webhook",
        "something else was pasted",
        "copy the address from Bitrix24: https://PORTAL/rest/USER/SECRET/",
    )


def moved_portal(host: str, variable: str) -> Failure:
    return Failure(
        f"Bitrix24 answers that the portal has moved to {host or 'another address'}",
        "the portal was renamed",
        f"put the webhook's new URL into the variable {variable}",
    )


def unreachable(host: str, reason: str, *, sent: bool) -> Failure:
    landed = "; what was sent may have landed" if sent else ""
    return Failure(
        f"{host} cannot be reached: {reason}{landed}",
        "it is down, or the runner's network does not lead there",
        "retry the job later; for a closed network set https_proxy for the runner",
        again=not sent,
    )


def not_told(what: tuple[str, ...], variable: str) -> Failure:
    """`variable`: of the access token."""
    return Failure(
        f"GitLab does not tell {', '.join(what)}: the report goes without",
        "who started the pipeline may not see it, this GitLab is too old to let CI_JOB_TOKEN read "
        "it, or it is slow now",
        f"nothing, or save an access token with the scope read_api in the variable {variable}",
    )


def token_refused(variable: str) -> Failure:
    return Failure(
        f"GitLab does not answer the token in {variable}: the report goes without what only that "
        "reads",
        "it has expired, was revoked, or lacks the scope read_api or the project; or GitLab is "
        "slow now",
        f"put a new access token into the variable {variable}, or delete the variable",
    )


def hidden_tasks(ids: list[int]) -> Failure:
    return Failure(
        f"not found, or hidden from the webhook's owner: task {', '.join(map(str, ids))}",
        "the number is wrong, or the owner takes no part in the task and its project",
        "correct the number, or let the webhook's owner see the task",
    )


def no_room(count: int) -> Failure:
    return Failure(
        f"{count} tasks found no room in one batch of 50 calls",
        "the pipeline carries the work of very many tasks",
        "nothing, or deliver through the app, which has no such limit",
    )


def no_report(name: str, problem: str) -> Failure:
    return Failure(
        f"{name} holds no report: {problem}",
        "it is another file, or of another version of the component",
        "give the b24-report.json among the artifacts of the job that failed",
    )


def defect(error: Exception) -> Failure:
    return Failure(
        f"A defect of the reporter: {type(error).__name__}: {error}",
        "something came that it does not expect",
        "send this line to the component's project; the pipeline is not to blame",
    )


def out_of_time(seconds: float) -> Failure:
    return Failure(
        f"The report took longer than its {seconds:g} s and was given up",
        "GitLab or Bitrix24 answers slowly",
        "retry the job later, or raise the input timeout",
    )
