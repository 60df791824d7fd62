"""The table of all errors that a portal or its OAuth server may answer with. Pure.

Sources: https://apidocs.bitrix24.com/_includes/system-errors.html, the pages of the methods, and
https://apidocs.bitrix24.com/settings/oauth/error-codes.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.errors import Denied, Later, Refused, SyncError

EXPIRED = "EXPIRED_TOKEN"
OPERATING_LIMIT = "OPERATION_TIME_LIMIT"
QUERY_LIMIT = "QUERY_LIMIT_EXCEEDED"
EDIT_CLOSED = "CANT_EDIT_MESSAGE"
# An edit of a comment of the old card: the vendor's page names administrators alone.
# https://apidocs.bitrix24.com/api-reference/tasks/comment-item/task-comment-item-update.html
COMMENT_CLOSED = frozenset({"1048582", "ERROR_CORE"})
NOT_MEMBER = frozenset({"ACCESS_ERROR", "ACCESS_DENIED"})  # of a chat

# Perhaps another worker has replaced this token: read the stored one, or renew once.
RENEWABLE = frozenset(
    {EXPIRED, "NO_AUTH_FOUND", "INVALID_TOKEN", "AUTHORIZATION_ERROR", "ERROR_OAUTH",
     "APPLICATION_NOT_FOUND"}
)  # fmt: skip
# A refusal of access to these methods concerns the whole portal, not one object.
PORTAL_WIDE = frozenset({"batch", "profile", "scope", "app.info", "server.time"})


@dataclass(frozen=True, slots=True)
class ErrorMeaning:
    """What an error means and what to do next.

    `after`: seconds, for Later. `maybe_done`: a write may have been carried out all the same.
    """

    kind: type[SyncError]
    cause: str
    change: str = ""
    after: float | None = None
    maybe_done: bool = False


_REINSTALL = "Open the application in Bitrix24 as an administrator; if that does not help, " \
    "install it again"  # fmt: skip
_UPDATE = "Ask an administrator to update the application in Bitrix24 and to accept its rights"
_RIGHTS = "Give the employee who installed the application access to it in Bitrix24"
_REPORT_IT = "Report this: the application sent something this portal does not accept"


def _later(why: str, change: str = "", **options: Any) -> ErrorMeaning:
    return ErrorMeaning(Later, why, change, **options)


def _denied(why: str, change: str = "") -> ErrorMeaning:
    return ErrorMeaning(Denied, why, change)


def _refused(why: str, change: str = "") -> ErrorMeaning:
    return ErrorMeaning(Refused, why, change)


_DEAD_TOKEN = _denied("The access token is not valid for this portal any more", _REINSTALL)
_NO_RIGHTS = _refused("The employee who installed the application may not do this", _RIGHTS)
_NOT_ALLOWED = _refused(
    "The task's state, its settings or the rights of the employee who installed the application "
    "do not allow it", "Look at the task in Bitrix24 and at the application's rights in it"
)  # fmt: skip
_BAD_CALL = _refused("The portal does not accept this request as it is", _REPORT_IT)
_OLD_PORTAL = _refused(
    "This portal does not know it: an older on-premise version, or a part that is switched off",
    "Update Bitrix24 if the feature is needed; the rest works without it",
)
INTERNAL_ERROR = _later("The portal had an internal error", maybe_done=True)
_REST_CLOSED = _denied(
    "REST is closed for this application: usually the portal's plan does not include it",
    "Check the portal's plan and the application's state in Bitrix24",
)
_SUBSCRIPTION_ENDED = _denied(
    "The application's or the portal's subscription has ended", "Renew it"
)
_MISSING_SCOPE = _denied("The application was not given a right it needs", _UPDATE)
_WRONG_APP = _denied(
    "The OAuth server does not accept this application's key and secret",
    "Check B24BRIDGE_CLIENT_ID and B24BRIDGE_CLIENT_SECRET",
)
_DEAD_GRANT = _denied(
    "The stored permission has been used, withdrawn or not used for 180 days", _REINSTALL
)
_NOT_INSTALLED = _denied("The application is not installed on this portal", _REINSTALL)
_NOT_MEMBER = _refused(
    "The employee who installed the application is not in this discussion",
    "Add that employee to the task as an observer",
)

_FOREIGN_BOT = "The bot belongs to another application"
_REMOVE_BOT = "Remove the other application's bot in Bitrix24"

_V3_PREFIX = "BITRIX_REST_V3_EXCEPTION_"

# A key `oauth:X` or `portal:X` is meant where the answer came from the OAuth server, or to a
# method of PORTAL_WIDE; otherwise X.
BY_CODE: dict[str, ErrorMeaning] = {
    EXPIRED: _later("The access token has expired", after=5.0),
    "NO_AUTH_FOUND": _DEAD_TOKEN,
    "INVALID_TOKEN": _DEAD_TOKEN,
    "AUTHORIZATION_ERROR": _DEAD_TOKEN,
    "ERROR_OAUTH": _DEAD_TOKEN,
    "APPLICATION_NOT_FOUND": _NOT_INSTALLED,
    "NOT_INSTALLED": _NOT_INSTALLED,
    "PAYMENT_REQUIRED": _SUBSCRIPTION_ENDED,
    "METHOD_CONFIRM_WAITING": _later(
        "The method waits for an administrator's confirmation",
        "Ask an administrator to confirm the request in Bitrix24",
        after=3600.0,
    ),
    "METHOD_CONFIRM_DENIED": _denied(
        "An administrator has forbidden the method to the application", _UPDATE
    ),
    "INSUFFICIENT_SCOPE": _MISSING_SCOPE,
    "INVALID_SCOPE": _MISSING_SCOPE,
    "USER_ACCESS_ERROR": _denied(
        "The employee who installed the application may not use it any more", _RIGHTS
    ),
    "ALLOWED_ONLY_INTRANET_USER": _denied(
        "The application was installed by somebody who is not an employee of the portal",
        "Install it as an employee with administrator's rights",
    ),
    "PORTAL_DELETED": _denied("The portal was deleted, or its public part is closed"),
    "portal:ACCESS_DENIED": _REST_CLOSED,
    "ACCESS_DENIED": _NO_RIGHTS,
    "portal:INVALID_CREDENTIALS": _denied(
        "The employee who installed the application has no rights here", _RIGHTS
    ),
    "INVALID_CREDENTIALS": _NO_RIGHTS,
    "WRONG_AUTH_TYPE": _refused("The method cannot be called by an application", _REPORT_IT),
    "ERROR_METHOD_NOT_FOUND": _OLD_PORTAL,
    "ERROR_MANIFEST_IS_NOT_AVAILABLE": _OLD_PORTAL,
    "ERROR_CORE": _NOT_ALLOWED,
    "ERROR_CODE": _NOT_ALLOWED,
    "0": _NOT_ALLOWED,
    "1048582": _NOT_ALLOWED,
    "100": _BAD_CALL,
    "256": _BAD_CALL,
    "INVALID_REQUEST": _refused(
        "The portal wants HTTPS, or the request is not well-formed",
        "Check that the portal's address begins with https://",
    ),
    "INVALID_ARG_VALUE": _BAD_CALL,
    "ERROR_ARGUMENT": _BAD_CALL,
    "ERROR_BATCH_LENGTH_EXCEEDED": _BAD_CALL,
    "ERROR_BATCH_METHOD_NOT_ALLOWED": _BAD_CALL,
    OPERATING_LIMIT: _later("The portal's time budget for this method is used up", after=600.0),
    QUERY_LIMIT: _later(
        "Too many requests to this portal at once, perhaps of several applications", after=2.0
    ),
    "OVERLOAD_LIMIT": _denied(
        "Bitrix24 has blocked the REST API of this portal for overload",
        "Write to the support of Bitrix24",
    ),
    "INTERNAL_SERVER_ERROR": INTERNAL_ERROR,
    "ERROR_UNEXPECTED_ANSWER": INTERNAL_ERROR,
    # events: https://apidocs.bitrix24.com/api-reference/events/event-bind.html
    "ERROR_EVENT_NOT_FOUND": _OLD_PORTAL,
    # tasks and stages
    "ACCESS_DENIED_MOVE": _refused(
        "The employee who installed the application may not move this task on the board",
        "Give that employee the right to move tasks in the workgroup",
    ),
    "EMPTY_TITLE": _BAD_CALL,
    "0X000001": _refused("The item does not exist any more"),
    "0X000004": _NOT_ALLOWED,
    "0X100002": _NO_RIGHTS,
    "ERROR_UNKNOWN_ADD_TASK_ERROR": _refused(
        "The task was created, but its chat could not be", "Look at the task in Bitrix24"
    ),
    "ERROR_NOT_FOUND": _refused("The object does not exist, or is not visible"),
    # messages and notifications
    "ACCESS_ERROR": _NOT_MEMBER,
    EDIT_CLOSED: _refused("A message can be edited by its author for three days only"),
    "MESSAGE_ID_ERROR": _refused("The message does not exist any more"),
    "MESSAGE_EMPTY": _BAD_CALL,
    "EMPTY_MESSAGE": _BAD_CALL,
    "DIALOG_ID_EMPTY": _BAD_CALL,
    "CHAT_ID_EMPTY": _BAD_CALL,
    "USER_ID_EMPTY": _BAD_CALL,
    # bots: https://apidocs.bitrix24.com/api-reference/chat-bots/chat-bots-v2/
    "BOT_NOT_FOUND": _refused("The application's bot does not exist any more"),
    "BOT_OWNERSHIP_ERROR": _refused(_FOREIGN_BOT, _REMOVE_BOT),
    "BOT_CODE_ALREADY_TAKEN": _refused(_FOREIGN_BOT, _REMOVE_BOT),
    "SENDING_FAILED": _later("The portal could not send the message", maybe_done=True),
    "FIND_SHORT": _BAD_CALL,
    # placements: https://apidocs.bitrix24.com/api-reference/widgets/placement-bind.html
    "ERROR_PLACEMENT_NOT_FOUND": _OLD_PORTAL,
    "ERROR_PLACEMENT_MAX_COUNT": _refused(
        "The application already has as many places here as the portal allows",
        "Remove the older ones: reinstall the application",
    ),
    "ERROR_PLACEMENT_USER_MODE": _BAD_CALL,
    "ERROR_WRONG_HANDLER_URL": _refused(
        "The portal does not accept this application's own address",
        "B24BRIDGE_PUBLIC_URL must be a public https:// address on the application's domain",
    ),
    "ERROR_UNSUPPORTED_PROTOCOL": _refused(
        "The portal accepts only http:// and https:// addresses",
        "Correct B24BRIDGE_PUBLIC_URL",
    ),
    "ERROR_ACTIVITY_VALIDATION_FAILURE": _BAD_CALL,
    "ERROR_ACTIVITY_ALREADY_INSTALLED": _refused("It is there already"),
    "CODE_EMPTY": _BAD_CALL,
    # REST 3.0: https://apidocs.bitrix24.com/api-reference/rest-v3.html
    f"{_V3_PREFIX}ACCESSDENIEDEXCEPTION": _NO_RIGHTS,
    f"{_V3_PREFIX}ENTITYNOTFOUNDEXCEPTION": _refused(
        "The object does not exist, or is not visible"
    ),
    f"{_V3_PREFIX}INSUFFICIENTSCOPEEXCEPTION": _refused(
        "The application was not given the right `tasks`", _UPDATE
    ),
    f"{_V3_PREFIX}METHODNOTFOUNDEXCEPTION": _OLD_PORTAL,
    f"{_V3_PREFIX}VALIDATION_REQUESTVALIDATIONEXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}VALIDATION_DTOVALIDATIONEXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}INVALIDJSONEXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}INVALIDSELECTEXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}INVALIDFILTEREXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}INVALIDORDEREXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}INVALIDPAGINATIONEXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}UNKNOWNDTOPROPERTYEXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}UNKNOWNFILTEROPERATOREXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}IDEMPOTENCYKEYREUSEDEXCEPTION": _BAD_CALL,
    f"{_V3_PREFIX}INVALIDIDEMPOTENCYKEYEXCEPTION": _BAD_CALL,
    # the OAuth server
    "oauth:INVALID_REQUEST": _WRONG_APP,
    "INVALID_CLIENT": _WRONG_APP,
    "WRONG_CLIENT": _WRONG_APP,
    "INVALID_GRANT": _DEAD_GRANT,
    "oauth:NO_AUTH_FOUND": _DEAD_TOKEN,
    f"oauth:{EXPIRED}": _denied("The presented access token has expired", _REINSTALL),
}

BY_STATUS: dict[int, ErrorMeaning] = {
    400: _BAD_CALL,
    401: _DEAD_TOKEN,
    403: _NO_RIGHTS,
    404: _OLD_PORTAL,
    405: _BAD_CALL,
    410: _denied("The portal does not exist any more"),
    422: _BAD_CALL,
    429: _later("Too many requests", after=60.0),
    503: _later("The portal is temporarily not available", maybe_done=True),
}
NOT_JSON = _later(
    "The answer is a page, not data: the portal is being updated, or something stands before it",
    "If it stays so, open the portal in a browser and see what it shows",
    maybe_done=True,
)
UNKNOWN = _refused("The portal gives no further reason")
