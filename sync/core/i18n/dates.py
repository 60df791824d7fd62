"""Write days and moments as the pages write theirs: `Dec 1, 2026`, `1 дек. 2026 г.`. Pure.

The pages use Intl's medium style, and the server's sentences stand beside it. A moment is in UTC
and says so, since the server does not know the reader's time zone.
https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/Intl/DateTimeFormat
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

_MONTHS = {
    "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "ru": "янв. февр. мар. апр. мая июн. июл. авг. сент. окт. нояб. дек.",
}
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: ([0-9]{2}:[0-9]{2})( UTC)?)?")


def format_day(day: date, language: str) -> str:
    """Format a day: `Dec 1, 2026` or `1 дек. 2026 г.`."""
    month = _MONTHS["ru" if language == "ru" else "en"].split()[day.month - 1]
    if language == "ru":
        return f"{day.day} {month} {day.year} г."
    return f"{month} {day.day}, {day.year}"


def format_moment(at: datetime, language: str) -> str:
    """Format an aware moment to the minute, in UTC: `Dec 1, 2026, 00:11 UTC`."""
    in_utc = at.astimezone(UTC)
    return f"{format_day(in_utc, language)}, {in_utc:%H:%M} UTC"


def format_iso(text: str, language: str) -> str:
    """Format a text that is an ISO date (`2026-12-01`, with ` 00:11` or ` 00:11 UTC` behind it).

    Any other text stays as it is; so does one that names no day of the calendar.
    """
    match = _ISO.fullmatch(text)
    if not match:
        return text
    try:
        day = format_day(date.fromisoformat(match[1]), language)
    except ValueError:
        return text
    return ", ".join(filter(None, (day, match[2]))) + (match[3] or "")
