"""Spans of time as people write them, `1h 30m` or `1 ч. 30 мин`, and as they read them. Pure."""

from __future__ import annotations

import re
from datetime import timedelta

from sync.core.i18n.translate import translate

_MINUTE, _HOUR = 60, 3600
# A day is eight hours of work and a week five days, as the code host counts.
# https://docs.gitlab.com/user/project/time_tracking/#available-time-units
_DAY = 8 * _HOUR
_WEEK = 5 * _DAY

UNITS: dict[str, int] = {
    **dict.fromkeys(("mo", "month", "months", "мес", "месяц", "месяца", "месяцев"), 4 * _WEEK),
    **dict.fromkeys(
        ("w", "wk", "week", "weeks", "н", "нед", "неделя", "неделю", "недели", "недель"), _WEEK
    ),
    **dict.fromkeys(("d", "day", "days", "д", "дн", "день", "дня", "дней"), _DAY),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours", "ч", "час", "часа", "часов"), _HOUR),
    **dict.fromkeys(
        ("m", "min", "mins", "minute", "minutes", "м", "мин", "минута", "минуту", "минуты",
         "минут"),
        _MINUTE,
    ),
    **dict.fromkeys(
        ("s", "sec", "secs", "second", "seconds", "с", "сек", "секунда", "секунду", "секунды",
         "секунд"),
        1,
    ),
}  # fmt: skip

_UNIT_PATTERN = "|".join(sorted(UNITS, key=len, reverse=True))
# A number and its unit, which no letter follows: `30m`, `1.5h`, `1 ч.`; `2 more` is no duration.
_PART = re.compile(
    rf"\s{{0,3}}(?P<number>[0-9]{{1,5}}(?:[.,][0-9]{{1,2}})?)\s?(?P<unit>{_UNIT_PATTERN})(?![^\W\d_])\.?,?",
    re.IGNORECASE,
)


def parse_leading(text: str) -> tuple[int, str] | None:
    """The span that `text` begins with, in seconds, and the rest of it; None: it begins with none.

    `1h30m`, `1h 30m` and `1,5 ч` are spans; a number without a unit is none, also at the end.
    """
    seconds, at = 0.0, 0
    while found := _PART.match(text, at):
        seconds += float(found["number"].replace(",", ".")) * UNITS[found["unit"].casefold()]
        at = found.end()
    rest = text[at:]
    if not at or rest[:1].isdecimal() or rest.strip().isdecimal():
        return None
    return round(seconds), rest.strip()


def format_if_known(seconds: int | None, language: str) -> str:
    """How long something was, "" where that is not known."""
    return "" if seconds is None else format_seconds(seconds, language)


def format_span(span: timedelta, language: str) -> str:
    """To the minute: 42 min, 3 h 5 min, 2 d 4 h; days are whole ones."""
    minutes = max(0, int(span.total_seconds()) // 60)
    hours, days = minutes // 60, minutes // 1440
    if not minutes:
        return translate(language, "lasted moments")
    if not hours:
        return translate(language, "lasted minutes", minutes=minutes)
    if not days:
        return translate(language, "hours", hours=hours, minutes=minutes % 60)
    return translate(language, "lasted days", days=days, hours=hours % 24)


def format_seconds(seconds: int, language: str) -> str:
    """The span in words, without seconds where there are hours."""
    minutes, rest = divmod(seconds, _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return translate(language, "hours", hours=hours, minutes=minutes)
    if minutes:
        return translate(language, "minutes", minutes=minutes, seconds=rest)
    return translate(language, "seconds", seconds=rest)
