"""Meanings of failed calls to YouTrack, by one table of HTTP statuses. Pure.

The strings in `error` are no stable vocabulary, so the status decides. A 500 whose body names an
error is the caller's mistake (a field that the project lacks) and is not tried again.
https://www.jetbrains.com/help/youtrack/devportal/api-concept-errors.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import responses
from typing import Any, NamedTuple

import requests

from sync.connection_flaws import leads_to_https, never_connected
from sync.errors import Denied, Later, Refused, SyncError
from sync.sentences import sentence
from sync.youtrack.json_fields import mapping, mappings, text

_MESSAGE_LIMIT = 300
_MAX_WAIT = 3600.0
_GATEWAY = (502, 503, 504)  # of what stands before the server


class _Meaning(NamedTuple):
    kind: type[SyncError]
    cause: str
    change: str = ""


_MEANINGS: dict[int, _Meaning] = {
    400: _Meaning(Refused, "YouTrack does not accept this value", "See YouTrack's answer above"),
    401: _Meaning(
        Denied,
        "The permanent token is wrong or revoked, or its user is banned",
        "Issue a new permanent token with the scope YouTrack and put it into the connection",
    ),
    403: _Meaning(
        Refused,
        "The token's user may not do this",
        "Give that user a role in the project that allows it",
    ),
    404: _Meaning(
        Refused,
        "It does not exist, or the token's user cannot see it",
        "Check that the token's user has a role in the project, and that the settings name the "
        "project as it is called now",
    ),
    405: _Meaning(Refused, "This version of YouTrack has no such method"),
    408: _Meaning(Later, "YouTrack gave up waiting"),
    409: _Meaning(Later, "Another request is changing the same issue"),
    429: _Meaning(Later, "YouTrack asks for fewer requests"),
}
# Whoever sends elsewhere did not do what was asked: maintenance, a sign-in page, another address.
_REDIRECT = _Meaning(
    Later,
    "The base URL is not the server's own address",
    "Set the connection's base URL to the address that YouTrack shows in the browser",
)
_PLAIN_HTTP = _Meaning(
    Later,
    "The base URL begins with http://, and YouTrack answers at https:// only",
    "Write https:// in the connection's `url`: with http:// the token would be sent in the clear",
)
_MISTAKE = _Meaning(
    Refused,
    "YouTrack fails over what was sent, such as a field that the project does not have",
    "Check the fields of the project beside the settings",
)
_NOT_YOUTRACK = _Meaning(
    Later,
    "What answers is not YouTrack: it is being restarted behind its proxy, or the base URL is "
    "wrong",
    "Set the base URL to YouTrack itself, if this stays",
)
# YouTrack's API answers in JSON: who refuses in another form is not YouTrack. So nothing is missing
# because a page says so.
_SIGN_IN_PAGE = (
    "The base URL leads to another site or to a sign-in page in front of YouTrack",
    "Set the base URL to YouTrack itself and let API requests pass the sign-in page",
)
_FOREIGN = {401: _Meaning(Denied, *_SIGN_IN_PAGE), 403: _Meaning(Refused, *_SIGN_IN_PAGE)}
_BROKEN = _Meaning(Later, "YouTrack or what stands before it is not working")
_OTHER = _Meaning(Refused, "YouTrack does not accept this request")


def error_from_response(response: requests.Response, *, request: str, write: bool) -> SyncError:
    """Return the error that an answer other than 2xx means. `write`: it may have changed data."""
    status = response.status_code
    body = _body(response)
    meaning = _meaning(status, body)
    if leads_to_https(response):
        meaning = _PLAIN_HTTP
    elif (status, write) == (404, False) and _is_page(response):
        meaning = _NOT_YOUTRACK
    elif (status, write) == (403, False) and _is_page(response):
        meaning = _Meaning(Later, *_SIGN_IN_PAGE)
    details = [text(body.get("error_description")) or text(body.get("error"))]
    details += [text(child.get("error")) for child in mappings(body.get("error_children"))]
    telling = [part for part in details if part and part != responses.get(status)]
    description = "; ".join(telling)[:_MESSAGE_LIMIT]
    summary = sentence("{request} was answered {status}", request=request, status=status) + (
        f" ({description})" if description else ""
    )
    if meaning.kind is not Later:
        return meaning.kind(summary, cause=meaning.cause, change=meaning.change, code=str(status))
    return Later(
        summary,
        after=retry_after(response.headers),
        sent=write and status >= 500,
        cause=meaning.cause,
        change=meaning.change,
        code=str(status),
    )


def _is_page(response: requests.Response) -> bool:
    return response.headers.get("Content-Type", "").startswith("text/")


def _meaning(status: int, body: Mapping[str, Any]) -> _Meaning:
    if 300 <= status < 400:
        return _REDIRECT
    if status >= 500:
        mistake = status not in _GATEWAY and isinstance(body.get("error"), str)
        return _MISTAKE if mistake else _BROKEN
    if status in _FOREIGN and not body:
        return _FOREIGN[status]
    return _MEANINGS.get(status, _OTHER)


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        return mapping(json.loads(response.content))
    except (ValueError, RecursionError):
        return {}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that an answer asks to wait, at most an hour; None where it does not."""
    value = headers.get("Retry-After", "")
    return min(float(value), _MAX_WAIT) if value.isascii() and value.isdigit() else None


def error_from_exception(error: Exception, *, request: str, write: bool) -> SyncError:
    """Return the error of a request without an answer; its text names no header and no token."""
    match error:
        case requests.exceptions.SSLError():
            return Refused(
                sentence(
                    "{request} failed: the certificate of YouTrack is not trusted", request=request
                ),
                cause="A server of one's own has its own certificate authority",
                change="Put that authority's certificate (PEM) into the connection's ca_file",
                code="tls",
            )
        case requests.exceptions.ConnectTimeout():
            return Later(
                sentence("{request} failed: YouTrack cannot be reached in time", request=request),
                code="timeout",
            )
        case requests.exceptions.Timeout():
            return Later(
                sentence("{request} got no answer in time", request=request),
                sent=write,
                code="timeout",
            )
        case requests.exceptions.ConnectionError() if never_connected(error):
            return Later(
                sentence("{request} failed: YouTrack cannot be reached", request=request),
                code="connection",
            )
        case requests.exceptions.InvalidURL() | requests.exceptions.MissingSchema():
            return Refused(
                sentence("{request} cannot be sent", request=request),
                cause="The base URL is not a web address",
                change="Set the connection's base URL, such as https://example.youtrack.cloud",
                code="request",
            )
        case _:
            return Later(
                sentence("{request} was cut off", request=request), sent=write, code="connection"
            )


def error_not_json(request: str, kind: str, *, write: bool) -> SyncError:
    """Return the error of an answer that is no JSON: a path outside of the API is a page, with 200.

    It is tried again: a server under maintenance shows a page, too.
    """
    return Later(
        sentence(
            "{request} was answered with {kind} in place of JSON",
            request=request,
            kind=kind or "something",
        ),
        sent=write,
        cause="The base URL lacks YouTrack's context path, or a page stands before the server",
        change="Write the base URL as in the browser, such as https://example.com/youtrack",
        code="not_json",
    )
