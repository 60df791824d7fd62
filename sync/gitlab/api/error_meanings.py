"""What GitLab's answers mean, by one table of HTTP statuses and by what stands in them. Pure."""

from __future__ import annotations

import json
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests

from sync.connection_flaws import leads_to_https
from sync.errors import Denied, Later, Refused, SyncError
from sync.gitlab.api.connection_errors import CHECK_PROXY, PROXY_LOGIN
from sync.gitlab.json_fields import mapping

_MESSAGE_LIMIT = 300
_API = "/api/v4"
NOT_ALLOWED = "The token's user may not do this"


class Meaning(NamedTuple):
    """What an answer means: the kind of its error, why it came, and what to change."""

    kind: type[SyncError]
    cause: str
    change: str


# Whoever sends elsewhere did not do what was asked: maintenance, a sign-in page, another address.
# It is asked again until an address is right, and no write is given up meanwhile.
_REDIRECT = Meaning(
    Later,
    "The base URL is not the instance's own address (http instead of https, an old host name)",
    "Set the connection's base URL to the address that GitLab shows in the browser",
)
_PLAIN_HTTP = Meaning(
    Later,
    "The base URL begins with http://, and GitLab answers at https:// only",
    "Write https:// in the connection's `url`: with http:// the token would be sent in the clear",
)
SIGN_IN_PAGE = (
    "The base URL leads to another site or to a sign-in page in front of GitLab",
    "Set the base URL to GitLab itself and let API requests pass the sign-in page",
)
_NOT_GITLAB = (
    "What answers is not GitLab: it is being restarted behind its proxy, or the base URL is wrong",
    "Set the base URL to GitLab itself, if this stays",
)
# GitLab's API answers in JSON: who refuses in another form is not GitLab. So nothing is missing
# because a page says so; a write may be refused by a firewall for what is in it.
_FOREIGN = {
    (401, True): Meaning(Denied, *SIGN_IN_PAGE),
    (401, False): Meaning(Denied, *SIGN_IN_PAGE),
    (403, True): Meaning(Refused, *SIGN_IN_PAGE),
    (403, False): Meaning(Later, *SIGN_IN_PAGE),
    (404, True): Meaning(Later, *_NOT_GITLAB),
    (404, False): Meaning(Later, *_NOT_GITLAB),
}
_REJECTED = Meaning(Refused, "GitLab does not accept this request", "See GitLab's answer above")
_NO_SCOPE = Meaning(
    Denied, "The access token lacks the scope `api`", "Issue a token with the scope `api`"
)
_SHUT_OUT = Meaning(
    Refused,
    "GitLab lets this account do nothing: it is blocked, has to accept terms, or may not "
    "come from this address",
    "Sign in to GitLab as this account, or ask its administrator",
)
_LOCKED = Meaning(Later, "Another request is changing the same item", "")
SPAM = Meaning(
    Refused,
    "GitLab's spam check takes the text for spam",
    "Let an administrator allow the token's user in the spam settings, or change the text",
)
_TOO_LONG = Meaning(
    Refused,
    "The text is longer than GitLab takes, with the signs that keep its words from being commands",
    "Shorten it or attach it as a file",
)
ARCHIVED = Meaning(
    Refused,
    "The project is archived: it can be read, and nothing in it can be written",
    "Unarchive the project, or end its links",
)

# https://docs.gitlab.com/api/rest/#status-codes
_MEANINGS: dict[int, Meaning] = {
    401: Meaning(
        Denied,
        "The access token is wrong, revoked or expired",
        "Issue a new token with the scope `api` and put it into the connection",
    ),
    403: Meaning(
        Refused,
        NOT_ALLOWED,
        "Give that user the role Maintainer in the project (Owner in the group)",
    ),
    404: Meaning(
        Refused,
        "It does not exist, or the token's user cannot see it",
        "Check the project and that the token's user is a member of it",
    ),
    407: Meaning(Refused, PROXY_LOGIN, CHECK_PROXY),
    408: Meaning(Later, "GitLab gave up waiting", ""),
    425: Meaning(Later, "GitLab is not ready for this yet", ""),
    429: Meaning(Later, "The rate limit of the instance is reached", ""),
}


def meaning_of(status: int, response: requests.Response, *, write: bool) -> Meaning:
    """Return what an answer other than 2xx means. `write`: whether it may have changed something.

    https://docs.gitlab.com/api/rest/#status-codes
    """
    if status == 403 and "insufficient_scope" in _json_body(response).values():
        return _NO_SCOPE
    if status == 403 and "account has been" in message_of(response):
        return _SHUT_OUT
    if status == 409 and _json_body(response).get("needs_captcha_response") is True:
        return SPAM
    if status == 409 and "Resource lock" in message_of(response):
        return _LOCKED
    if status == 400 and "recognized as spam" in message_of(response):
        return SPAM
    if status == 400 and "is too long" in message_of(response):
        return _TOO_LONG
    if status >= 500:
        return Meaning(Later, "GitLab is down, restarting or overloaded", "")
    if 300 <= status < 400:
        return _meaning_of_redirect(response)
    if (status, write) in _FOREIGN and not _is_json(response):
        return _FOREIGN[status, write]
    return _MEANINGS.get(status, _REJECTED)


def _meaning_of_redirect(response: requests.Response) -> Meaning:
    """Return what a redirect means: to https, to the same path elsewhere, or to a sign-in page."""
    if leads_to_https(response):
        return _PLAIN_HTTP
    target = urlsplit(urljoin(response.url or "", response.headers.get("Location", "")))
    same_path = target.path.endswith(_API + urlsplit(response.url or "").path.rpartition(_API)[2])
    return _REDIRECT if same_path else Meaning(Later, *SIGN_IN_PAGE)


def message_of(response: requests.Response) -> str:
    """Return GitLab's own message."""
    body = _json_body(response)
    message = body.get("message") or body.get("error_description") or body.get("error") or ""
    return (message if isinstance(message, str) else json.dumps(message))[:_MESSAGE_LIMIT]


def target_of(response: requests.Response) -> str:
    """Return where a redirect leads, without its query."""
    return response.headers.get("Location", "-").split("?")[0][:_MESSAGE_LIMIT]


def _is_json(response: requests.Response) -> bool:
    try:
        return isinstance(response.json(), dict)
    except (ValueError, RecursionError):
        return False


def _json_body(response: requests.Response) -> dict[str, object]:
    try:
        body = mapping(response.json())
    except (ValueError, RecursionError):
        return {}
    return body
