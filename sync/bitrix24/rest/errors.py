"""Classification of unsuccessful answers of a portal or its OAuth server, by one table. Pure."""

from __future__ import annotations

import json
from typing import Any

import requests

from sync.bitrix24.rest.error_codes import (
    BY_CODE,
    BY_STATUS,
    EDIT_CLOSED,
    EXPIRED,
    INTERNAL_ERROR,
    NOT_JSON,
    NOT_MEMBER,
    OPERATING_LIMIT,
    PORTAL_WIDE,
    QUERY_LIMIT,
    RENEWABLE,
    UNKNOWN,
    ErrorMeaning,
)
from sync.bitrix24.rest.masking import mask_error_text
from sync.connection_flaws import proxy_wants_login
from sync.errors import Later, SyncError
from sync.sentences import as_sentence, sentence

__all__ = [
    "BY_CODE",
    "EDIT_CLOSED",
    "EXPIRED",
    "NOT_MEMBER",
    "OPERATING_LIMIT",
    "QUERY_LIMIT",
    "RENEWABLE",
    "UNKNOWN_OUTCOME",
    "classify",
    "connection_error",
    "decode_json",
    "redirect_error",
    "unreachable_error",
]  # fmt: skip


_PROXY_AUTHENTICATION = 407  # https://www.rfc-editor.org/rfc/rfc9110#status.407
# Of a write whose answer was lost: what follows looks before it repeats.
UNKNOWN_OUTCOME = "it is not known whether it was done"


def classify(
    http_status: int, body: bytes | dict[str, Any], *, method: str, write: bool = True
) -> SyncError:
    """Return the error that an unsuccessful answer means; its `code` is the vendor's, upper case.

    `method`: the REST method, or `oauth/...`. `write`: whether the call changes something; then
    `Later.sent` says that it may have been done.
    """
    if http_status == _PROXY_AUTHENTICATION:
        return _proxy_login_error(method)
    answer = body if isinstance(body, dict) else decode_json(body)
    if not isinstance(answer, dict) or "error" not in answer:
        caveat = sentence("; {outcome}", outcome=as_sentence(UNKNOWN_OUTCOME)) if write else ""
        subject = sentence(
            "{method}: HTTP {http_status} without a usable answer{caveat}",
            method=method,
            http_status=http_status,
            caveat=caveat,
        )
        return _build_error(NOT_JSON, subject, "", write)
    code, description = _code_and_description(answer)
    row = _find_meaning(code, http_status, method)
    suffix = f": {description}" if description and description.upper() != code else ""
    outcome = f": {UNKNOWN_OUTCOME}" if row.maybe_done and write else " was not done"
    return _build_error(row, f"{method}{outcome} ({code or http_status}){suffix}", code, write)


def decode_json(body: bytes) -> Any:
    """Return the JSON of an answer; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def redirect_error(method: str) -> Later:
    """Return the error of a redirect from an address that is still the portal's.

    One stray answer costs seconds; those that go on are asked later and later.
    """
    return Later(
        sentence("{method}: the portal answers with a redirect to another page", method=method),
        cause="The portal is being moved or closed, or a sign-in page stands before it",
        change="If it stays so, open the application in Bitrix24 again",
        code="redirect",
    )


def unreachable_error(subject: str, *, method: str, write: bool, sent: bool = True) -> Later:
    """Return the error of a failed connection; `sent`: the request may have arrived."""
    caveat = sentence("; {outcome}", outcome=as_sentence(UNKNOWN_OUTCOME)) if sent and write else ""
    return Later(
        sentence(
            "{method}: {subject}{caveat}",
            method=method,
            subject=as_sentence(subject),
            caveat=caveat,
        ),
        cause="The network or the server is not available at the moment",
        sent=sent and write,
        code="network",
    )


def _proxy_login_error(method: str) -> Later:
    return Later(
        sentence("{method}: the proxy wants a name and a password", method=method),
        change="Check B24BRIDGE_PORTAL_PROXY, such as http://user:password@proxy:3128",
        code="proxy",
    )


def connection_error(
    error: requests.RequestException, subject: str, *, method: str, write: bool
) -> Later:
    """Return the error of a request without an answer: of certificates, of a proxy, or of any kind.

    `subject` names who was called. `sent` is set unless no connection was made.
    """
    match error:
        case requests.exceptions.SSLError():
            return Later(
                sentence(
                    "{method}: the certificate of {subject} is not trusted",
                    method=method,
                    subject=as_sentence(subject),
                ),
                cause="It has expired, or it is of an authority of your own, as self-hosted "
                "Bitrix24 often has",
                change="Renew it, or name the authority's file (PEM) in B24BRIDGE_PORTAL_CA_FILE",
                code="tls",
            )
        case requests.exceptions.ProxyError() if proxy_wants_login(error):
            return _proxy_login_error(method)
        case requests.exceptions.ProxyError():
            return Later(
                sentence(
                    "{method}: the proxy before {subject} does not answer",
                    method=method,
                    subject=as_sentence(subject),
                ),
                cause="The proxy is down, or its address is wrong",
                change="Check B24BRIDGE_PORTAL_PROXY",
                code="proxy",
            )
    reason = getattr(error.args[0], "reason", None) if error.args else None
    never = isinstance(error, requests.ConnectTimeout)
    never = never or type(reason).__name__ in ("NewConnectionError", "NameResolutionError")
    text = sentence(
        "{subject} could not be reached ({name})",
        subject=as_sentence(subject),
        name=type(error).__name__,
    )
    return unreachable_error(text, method=method, write=write, sent=not never)


def _code_and_description(answer: dict[str, Any]) -> tuple[str, str]:
    """Return code and description; REST 3.0 nests them, and codes may be numbers."""
    error = answer["error"]
    if isinstance(error, dict):
        return str(error.get("code", "")).upper(), mask_error_text(_validation_text(error))
    return str(error).upper(), mask_error_text(str(answer.get("error_description") or ""))


def _validation_text(error: dict[str, Any]) -> str:
    parts = error.get("validation")
    told_of = [str(part.get("message", "")) for part in parts or () if isinstance(part, dict)]
    return "; ".join([str(error.get("message", "")), *told_of])


def _find_meaning(code: str, http_status: int, method: str) -> ErrorMeaning:
    where = "oauth" if method.startswith("oauth/") else ""
    where = "portal" if method in PORTAL_WIDE else where
    error_meaning = (
        BY_CODE.get(f"{where}:{code}") or BY_CODE.get(code) or BY_STATUS.get(http_status)
    )
    return error_meaning or (INTERNAL_ERROR if http_status >= 500 else UNKNOWN)


def _build_error(row: ErrorMeaning, subject: str, code: str, write: bool) -> SyncError:
    if row.kind is Later:
        sent = row.maybe_done and write
        return Later(
            subject, after=row.after, sent=sent, cause=row.cause, change=row.change, code=code
        )
    return row.kind(subject, cause=row.cause, change=row.change, code=code)
