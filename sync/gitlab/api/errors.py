"""Errors of calls that GitLab answered, and not as was asked. Pure."""

from __future__ import annotations

import requests

from sync.errors import Later, Refused, SyncError
from sync.gitlab.api.error_meanings import (
    ARCHIVED,
    SIGN_IN_PAGE,
    SPAM,
    meaning_of,
    message_of,
    target_of,
)
from sync.gitlab.api.retry_after import retry_after
from sync.sentences import sentence

_GRAPHQL = "POST /api/graphql"


def error_from_response(response: requests.Response, *, request: str, write: bool) -> SyncError:
    """Return the error that an answer other than 2xx means.

    `request`: method and path, without the query. `write`: whether it may have changed something.
    https://docs.gitlab.com/api/rest/#status-codes
    """
    status = response.status_code
    meaning = meaning_of(status, response, write=write)
    description = message_of(response)
    if meaning is SPAM:
        return error_of_captcha(request, description)
    summary = sentence("{request} was answered {status}", request=request, status=status) + (
        f" ({description})" if description else ""
    )
    if 300 <= status < 400:
        summary = sentence(
            "{request} was answered {status} and sent to {target}",
            request=request,
            status=status,
            target=target_of(response),
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
    return Refused(summary, cause=SPAM.cause, change=SPAM.change, code="spam")


def error_archived(request: str) -> Refused:
    """Return the error of a write in an archived project."""
    summary = sentence("{request} was refused", request=request)
    return Refused(summary, cause=ARCHIVED.cause, change=ARCHIVED.change, code="archived")


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
        cause=SIGN_IN_PAGE[0],
        change=SIGN_IN_PAGE[1],
        code="not-json",
    )
