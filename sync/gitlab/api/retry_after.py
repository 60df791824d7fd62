"""How long an answer of GitLab asks to wait. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_WAIT = 3600.0


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
