"""Meanings of failed calls to GitLab, by one table of HTTP statuses. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from sync.connection_flaws import certificate_flaw, proxy_wants_login
from sync.errors import Denied, Later, Refused, SyncError
from sync.gitlab.json_fields import mapping
from sync.sentences import sentence

_MAX_WAIT = 3600.0
_MESSAGE_LIMIT = 300
_API = "/api/v4"
_GRAPHQL = "POST /api/graphql"


NOT_ALLOWED = "The token's user may not do this"
_PROXY_LOGIN = "The proxy wants a name and a password"
_CHECK_PROXY = "Check `proxy` of the connection, such as http://user:password@proxy:3128"
_CHECK_ADDRESS = "Check `url` of the connection, and that this machine reaches it"
_FIREWALL = "A firewall swallows the connection, or the address is wrong"


class _Meaning(NamedTuple):
    kind: type[SyncError]
    cause: str
    change: str


# Whoever sends elsewhere did not do what was asked: maintenance, a sign-in page, another address.
# It is asked again until an address is right, and no write is given up meanwhile.
_REDIRECT = _Meaning(
    Later,
    "The base URL is not the instance's own address (http instead of https, an old host name)",
    "Set the connection's base URL to the address that GitLab shows in the browser",
)
_PLAIN_HTTP = _Meaning(
    Later,
    "The base URL begins with http://, and GitLab answers at https:// only",
    "Write https:// in the connection's `url`: with http:// the token would be sent in the clear",
)
_SIGN_IN_PAGE = (
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
    (401, True): _Meaning(Denied, *_SIGN_IN_PAGE),
    (401, False): _Meaning(Denied, *_SIGN_IN_PAGE),
    (403, True): _Meaning(Refused, *_SIGN_IN_PAGE),
    (403, False): _Meaning(Later, *_SIGN_IN_PAGE),
    (404, True): _Meaning(Later, *_NOT_GITLAB),
    (404, False): _Meaning(Later, *_NOT_GITLAB),
}
_CERTIFICATES = {
    "expired": (
        "It has expired, or this machine's clock is wrong",
        "Renew the certificate of GitLab",
    ),
    "name": (
        "It is the certificate of another name",
        "Set the connection's base URL to the name that the certificate is of",
    ),
    "authority": (
        "A self-hosted instance has its own certificate authority",
        "Put that authority's certificate (PEM) into the connection's ca_file",
    ),
}
_REJECTED = _Meaning(Refused, "GitLab does not accept this request", "See GitLab's answer above")
_NO_SCOPE = _Meaning(
    Denied, "The access token lacks the scope `api`", "Issue a token with the scope `api`"
)
_SHUT_OUT = _Meaning(
    Refused,
    "GitLab lets this account do nothing: it is blocked, has to accept terms, or may not "
    "come from this address",
    "Sign in to GitLab as this account, or ask its administrator",
)
_LOCKED = _Meaning(Later, "Another request is changing the same item", "")
_SPAM = _Meaning(
    Refused,
    "GitLab's spam check takes the text for spam",
    "Let an administrator allow the token's user in the spam settings, or change the text",
)
_TOO_LONG = _Meaning(
    Refused,
    "The text is longer than GitLab takes, with the signs that keep its words from being commands",
    "Shorten it or attach it as a file",
)
_ARCHIVED = _Meaning(
    Refused,
    "The project is archived: it can be read, and nothing in it can be written",
    "Unarchive the project, or end its links",
)

# https://docs.gitlab.com/api/rest/#status-codes
_MEANINGS: dict[int, _Meaning] = {
    401: _Meaning(
        Denied,
        "The access token is wrong, revoked or expired",
        "Issue a new token with the scope `api` and put it into the connection",
    ),
    403: _Meaning(
        Refused,
        NOT_ALLOWED,
        "Give that user the role Maintainer in the project (Owner in the group)",
    ),
    404: _Meaning(
        Refused,
        "It does not exist, or the token's user cannot see it",
        "Check the project and that the token's user is a member of it",
    ),
    407: _Meaning(Refused, _PROXY_LOGIN, _CHECK_PROXY),
    408: _Meaning(Later, "GitLab gave up waiting", ""),
    425: _Meaning(Later, "GitLab is not ready for this yet", ""),
    429: _Meaning(Later, "The rate limit of the instance is reached", ""),
}


def error_from_response(response: requests.Response, *, request: str, write: bool) -> SyncError:
    """Return the error that an answer other than 2xx means.

    `request`: method and path, without the query. `write`: whether it may have changed something.
    https://docs.gitlab.com/api/rest/#status-codes
    """
    status = response.status_code
    meaning = _meaning(status, response, write=write)
    description = _message_of(response)
    if meaning is _SPAM:
        return error_of_captcha(request, description)
    summary = sentence("{request} was answered {status}", request=request, status=status) + (
        f" ({description})" if description else ""
    )
    if 300 <= status < 400:
        summary = sentence(
            "{request} was answered {status} and sent to {target}",
            request=request,
            status=status,
            target=_target_of(response),
        )
    if meaning.kind is not Later:
        return meaning.kind(summary, cause=meaning.cause, change=meaning.change, code=str(status))
    # A 429 was stopped before it was carried out; after a 5xx nobody knows.
    sent = write and status >= 500
    after = retry_after(response.headers)
    return Later(
        summary,
        after=after,
        sent=sent,
        cause=meaning.cause,
        change=meaning.change,
        code=str(status),
    )


def error_of_captcha(request: str, message: str) -> Refused:
    """Return the error of a write that wants a captcha solved, or that was taken for spam.

    https://docs.gitlab.com/integration/recaptcha/
    """
    summary = sentence("{request} was refused as spam", request=request) + (
        f" ({message})" if message else ""
    )
    return Refused(summary, cause=_SPAM.cause, change=_SPAM.change, code="spam")


def error_archived(request: str) -> Refused:
    """Return the error of a write in an archived project."""
    summary = sentence("{request} was refused", request=request)
    return Refused(summary, cause=_ARCHIVED.cause, change=_ARCHIVED.change, code="archived")


def error_from_exception(error: Exception, *, request: str, write: bool) -> SyncError:
    """Return the error of a request without an answer; its text names no header and no token."""
    match error:
        case requests.exceptions.SSLError() if _speaks_no_tls(error):
            return Refused(
                sentence("{request} failed: GitLab speaks no HTTPS there", request=request),
                cause="The address begins with https://, and what answers there speaks plain HTTP, "
                "or the port is another service's",
                change="Set the connection's base URL to the address that GitLab shows in the "
                "browser",
                code="tls",
            )
        case requests.exceptions.SSLError():
            return Refused(
                sentence(
                    "{request} failed: the certificate of GitLab is not trusted", request=request
                ),
                cause=_CERTIFICATES[certificate_flaw(error)][0],
                change=_CERTIFICATES[certificate_flaw(error)][1],
                code="tls",
            )
        case requests.exceptions.ProxyError():
            wants_login = proxy_wants_login(error)
            return Later(
                sentence("{request} failed at the proxy", request=request),
                cause=_PROXY_LOGIN if wants_login else "The connection's proxy does not answer",
                change=_CHECK_PROXY,
                code="proxy",
            )
        case requests.exceptions.ConnectTimeout():
            return Later(
                sentence("{request} failed: GitLab cannot be reached in time", request=request),
                cause=_FIREWALL,
                change=_CHECK_ADDRESS,
                code="timeout",
            )
        case requests.exceptions.Timeout():
            return Later(
                sentence("{request} got no answer in time", request=request),
                sent=write,
                code="timeout",
            )
        case requests.exceptions.ConnectionError() if _never_connected(error):
            return Later(
                sentence("{request} failed: GitLab cannot be reached", request=request),
                cause="The name or the port is wrong, or GitLab is down",
                change=_CHECK_ADDRESS,
                code="connection",
            )
        case requests.exceptions.ConnectionError() | requests.exceptions.ChunkedEncodingError():
            return Later(
                sentence("{request} was cut off", request=request),
                sent=write,
                cause="GitLab went down meanwhile, or it speaks only https:// there",
                code="connection",
            )
        case requests.RequestException():
            return Refused(
                sentence(
                    "{request} cannot be sent ({name})", request=request, name=type(error).__name__
                ),
                cause="The base URL is not a web address",
                change="Set the connection's base URL, such as https://gitlab.example.com",
                code="request",
            )
        case _:
            return Refused(
                sentence(
                    "{request} cannot be sent: the connection's ca_file cannot be read",
                    request=request,
                ),
                change="Put a readable file with PEM certificates there",
                code="tls",
            )


def error_not_json(request: str, content_type: str) -> Later:
    """Return the error of a 2xx answer that is not the API's JSON.

    It is tried again: a page that stands before GitLab for an hour answers like that, too.
    """
    return Later(
        sentence(
            "{request} was answered with {content_type}, not with JSON",
            request=request,
            content_type=content_type or "no content type",
        ),
        sent=not request.startswith(("GET", _GRAPHQL)),
        cause=_SIGN_IN_PAGE[0],
        change=_SIGN_IN_PAGE[1],
        code="not-json",
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait; None where the answer does not say.

    Reads Retry-After (seconds or a date), else RateLimit-Reset (Unix seconds) against the answer's
    own Date. https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return _bound_wait(float(value[:9]))
    sent_at = _http_date(headers.get("Date", ""))
    until = _http_date(value) or _epoch(headers.get("RateLimit-Reset", ""))
    return _bound_wait((until - sent_at).total_seconds()) if until and sent_at else None


def _meaning(status: int, response: requests.Response, *, write: bool) -> _Meaning:
    if status == 403 and "insufficient_scope" in _json_body(response).values():
        return _NO_SCOPE
    if status == 403 and "account has been" in _message_of(response):
        return _SHUT_OUT
    if status == 409 and _json_body(response).get("needs_captcha_response") is True:
        return _SPAM
    if status == 409 and "Resource lock" in _message_of(response):
        return _LOCKED
    if status == 400 and "recognized as spam" in _message_of(response):
        return _SPAM
    if status == 400 and "is too long" in _message_of(response):
        return _TOO_LONG
    if status >= 500:
        return _Meaning(Later, "GitLab is down, restarting or overloaded", "")
    if 300 <= status < 400:
        return _meaning_of_redirect(response)
    if (status, write) in _FOREIGN and not _is_json(response):
        return _FOREIGN[status, write]
    return _MEANINGS.get(status, _REJECTED)


def _meaning_of_redirect(response: requests.Response) -> _Meaning:
    """Return what a redirect means: to https, to the same path elsewhere, or to a sign-in page."""
    if _leads_to_https(response):
        return _PLAIN_HTTP
    target = urlsplit(urljoin(response.url or "", response.headers.get("Location", "")))
    same_path = target.path.endswith(_API + urlsplit(response.url or "").path.rpartition(_API)[2])
    return _REDIRECT if same_path else _Meaning(Later, *_SIGN_IN_PAGE)


def _leads_to_https(response: requests.Response) -> bool:
    """Return whether a redirect leads from http to https of the same host."""
    asked, target = urlsplit(response.url or ""), urlsplit(response.headers.get("Location", ""))
    changed = asked.scheme == "http" and target.scheme == "https"
    return changed and asked.hostname == target.hostname


def _message_of(response: requests.Response) -> str:
    """Return GitLab's own message."""
    body = _json_body(response)
    message = body.get("message") or body.get("error_description") or body.get("error") or ""
    return (message if isinstance(message, str) else json.dumps(message))[:_MESSAGE_LIMIT]


def _target_of(response: requests.Response) -> str:
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


def _never_connected(error: Exception) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError)


def _speaks_no_tls(error: Exception) -> bool:
    """Return whether the handshake failed before any certificate was shown."""
    text = str(error)
    return "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _epoch(value: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(value), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _bound_wait(seconds: float) -> float:
    return min(max(seconds, 0.0), _MAX_WAIT)
