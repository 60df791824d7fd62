"""What an unsuccessful answer of a portal or its OAuth server means, by one table. Pure."""

from __future__ import annotations

import json
from typing import Any

from sync.bitrix24.rest.error_codes import (
    BROKEN,
    BY_STATUS,
    EDIT_CLOSED,
    EXPIRED,
    NOT_JSON,
    NOT_MEMBER,
    OPERATING,
    OVERFLOW,
    PORTAL_WIDE,
    RENEWABLE,
    TABLE,
    UNKNOWN,
    Row,
)
from sync.bitrix24.rest.masking import told
from sync.errors import Later, SyncError

__all__ = [
    "EDIT_CLOSED", "EXPIRED", "NOT_MEMBER", "OPERATING", "OVERFLOW", "RENEWABLE", "TABLE",
    "classify", "decoded", "unreachable",
]  # fmt: skip


def classify(
    http_status: int, body: bytes | dict[str, Any], *, method: str, write: bool = True
) -> SyncError:
    """What an unsuccessful answer means. `method`: the REST method, or `oauth/...`.

    For Later of a write, `sent` says that it may have been carried out. `code` of the result is
    the vendor's code in upper case.
    """
    answer = body if isinstance(body, dict) else decoded(body)
    if not isinstance(answer, dict) or "error" not in answer:
        return _made(NOT_JSON, f"{method}: HTTP {http_status} without a usable answer", "", write)
    code, description = _named(answer)
    row = _row(code, http_status, method)
    said = f": {description}" if description and description.upper() != code else ""
    return _made(row, f"{method} was not done ({code or http_status}){said}", code, write)


def decoded(body: bytes) -> Any:
    """The JSON of an answer, or None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def unreachable(what: str, *, method: str, write: bool, sent: bool = True) -> Later:
    """A connection that failed; `sent`: the request may have reached the other side."""
    return Later(
        f"{method}: {what}",
        why="The network or the server is not available at the moment",
        sent=sent and write,
        code="network",
    )


def _named(answer: dict[str, Any]) -> tuple[str, str]:
    """Code and description; REST 3.0 puts both into an object. Codes may be numbers."""
    error = answer["error"]
    if isinstance(error, dict):
        return str(error.get("code", "")).upper(), told(_with_validation(error))
    return str(error).upper(), told(str(answer.get("error_description") or ""))


def _with_validation(error: dict[str, Any]) -> str:
    parts = error.get("validation")
    told_of = [str(part.get("message", "")) for part in parts or () if isinstance(part, dict)]
    return "; ".join([str(error.get("message", "")), *told_of])


def _row(code: str, http_status: int, method: str) -> Row:
    where = "oauth" if method.startswith("oauth/") else ""
    where = "portal" if method in PORTAL_WIDE else where
    found = TABLE.get(f"{where}:{code}") or TABLE.get(code) or BY_STATUS.get(http_status)
    return found or (BROKEN if http_status >= 500 else UNKNOWN)


def _made(row: Row, what: str, code: str, write: bool) -> SyncError:
    if row.kind is Later:
        sent = row.maybe_done and write
        return Later(what, after=row.after, sent=sent, why=row.why, change=row.change, code=code)
    return row.kind(what, why=row.why, change=row.change, code=code)
