"""Every way GitLab writes a moment, read as aware UTC in whole seconds. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_TIMESTAMP = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r" ?(?P<zone>UTC|Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def timestamp(value: object) -> datetime | None:
    """The moment `value` names, None where it names none.

    Hooks say "2016-08-12 15:23:28 UTC", "2021-04-28 21:50:00 +0200" or ISO 8601; the REST API says
    ISO 8601 with milliseconds. Fractions are cut, because hooks cut them: otherwise a hook sent
    just after an API read of the same second would look older than what was read.
    https://docs.gitlab.com/user/project/integrations/webhook_events/
    """
    found = _TIMESTAMP.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    zone = found["zone"] if found["zone"] not in (None, "UTC", "Z") else "+00:00"
    try:
        return datetime.fromisoformat(f"{found['day']}T{found['time']}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def start_of_day(value: object) -> datetime | None:
    """The first moment (UTC) of a bare date such as a token's `expires_at`."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        return timestamp(f"{value} 00:00:00 UTC")
    return timestamp(value)
