"""Parse and format durations: `1h 30m`, `1 ч. 30 мин`. Pure."""

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
_FRACTIONS = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3}
# A number and its unit, which no letter follows: `30m`, `1.5h`, `1½h`, `1 ч.`; no `2 more`.
_PART = re.compile(
    rf"(?P<number>[0-9]{{1,5}}(?:[.,][0-9]{{1,2}})?)?\s?(?P<fraction>[{''.join(_FRACTIONS)}])?"
    rf"(?<=[0-9{''.join(_FRACTIONS)}])\s?(?P<unit>{_UNIT_PATTERN})(?![^\W\d_])\.?",
    re.IGNORECASE,
)
_JOINT = re.compile(
    r"\s{0,3}(?:[,;]\s{0,3})?(?:(?:and|plus|и|плюс)(?!\w)(?:\s{1,3}(?:another|ещё|еще)(?!\w))?|"
    r"[&+])?"
    r"\s{0,3}",
    re.IGNORECASE,
)
# What looks like a second duration behind the first: the author meant more time.
_NUMBER_WORDS = (
    r"half|quarter|one|two|three|four|five|ten|fifteen|twenty|thirty|forty|fifty|sixty|couple|few|"
    r"several|some|another|an?|пол\w*|четверть\w*|один|одну|одна|дв[аеу]\w*|три\w*|четыре|пят\w+|"
    r"шест\w+|сем\w+|восем\w+|девят\w+|десят\w+|сорок|пару?|пара|несколько|ещё|еще"
)
_SECOND_SPAN = re.compile(
    rf"(?<![\w.,-])(?:[0-9]+(?:[.,][0-9]+)?\s?[{''.join(_FRACTIONS)}]?|[{''.join(_FRACTIONS)}])\s?"
    rf"(?:{_UNIT_PATTERN}|mn|mns|min(?!or|im|us|ing|ds)\w*|hou\w+|hrs?|sec\w*|"
    r"час\w*|мин\w*|сек\w*|дн\w*|нед\w*|мес\w*)(?![^\W\d_])"
    rf"|\b(?:{_NUMBER_WORDS})(?:\s(?:an?|of|a))?\s(?:{_UNIT_PATTERN}|time)(?!\w)"
    r"|\b(?:полчас\w*|получаса|полтора|полторы|(?:and|plus)\s(?:a\s)?half|с\sполовиной|минутк\w+|"
    r"часик\w*)(?!\w)"
    rf"|\A[\s,;:&+'’/(_–—-]*(?:(?:and|plus|to|or|maybe|и|плюс|до|или|может)\s)?(?:[0-9]+|[{''.join(_FRACTIONS)}])"
    rf"(?:[.,:/'′][0-9]*|\s?(?:{_UNIT_PATTERN})(?![^\W\d_])|\s*(?:\Z|[^\w\s]))"
    r"|\A[\s,;:&+/(–—-]*(?:(?:and|plus|и|плюс)\s)?[1-5][05]\s"
    rf"|\A[\s,;]*(?:and|plus|и|плюс|[&+])\s(?:{_NUMBER_WORDS})(?:\s(?:{_NUMBER_WORDS}))?\W*\Z"
    r"|\A[\s,;]*(?:fifteen|twenty|thirty|forty|fifty|(?:пятна|два|трид)цать|сорок|пятьдесят)(?!\w)",
    re.IGNORECASE,
)

# What looks like a factor, or says that it was more: `1h x2`, `1h each`, `1ч на двоих`.
_COUNT = r"(?:[0-9]{1,3}|two|three|four|five|both|два|две|три|четыре|пять)"
_HEADS = r"(?:people|persons?|heads?|devs?|developers?|members?|of\sus|человек\w*)"
_SPANS = r"(?:day|week|month|sprint|день|неделю|месяц|спринт)"
_FACTOR = re.compile(
    r"(?<!\w)(?<![0-9]\s)[x×х*]\s?(?!86|64)[0-9]{1,2}(?![\w-])|\A\?|\A\++(?!\s?[0-9])|"
    r"\A\s?\++\s*\Z|"
    rf"\A\s?\.{{1,3}}\s?[0-9]|\A/\s?(?:{_UNIT_PATTERN}|{_HEADS}|{_SPANS})(?!\w)|"
    rf"\A[\s,;:(&–—-]*(?:(?:and|и|по)\s)?(?:twice|thrice|(?:doubl|tripl)ed?|{_COUNT}\s(?:times|"
    rf"раза?)|times\s{_COUNT}|(?:several|many)\stimes|раза?\s{_COUNT}|multiplied|an?\s?piece\b(?!\sof)|"
    rf"by\s{_COUNT}\s*\Z|at\s[0-9]x|(?:per|an?|every|each|за|в)\s(?:{_HEADS}|{_SPANS})|daily|"
    rf"weekly|"
    rf"each(?=\s*(?:\Z|[^\w\s-]|for\b))|for\s(?:{_COUNT}\s{_HEADS}|(?:each|every\w*|all|both)\sof|"
    rf"(?:two|both|three|each|every\w+)\s*\Z)|"
    r"(?:a\s)?half|(?:or|или)\s(?:more|less|больше|меньше)|at\sleast|(?:nearly|almost|"
    r"почти)\s[0-9]+|(?:and|plus|[&+])\s(?:an?\s)?(?:change|bit|quarter|some\w*)\s*\Z|ish\b|"
    r"дважды|трижды|вдво[её]м|втро[её]м|вчетвером|кажд(?:ый|ому)|(?:на|за)\s(?:кажд(?:ого|ый)|"
    r"двоих|троих|обоих|всех)|"
    r"с\s(?:четвертью|небольшим|лишним|хвостиком|гаком|копейками|чем-то)|(?:и|плюс)\sчетверть\b|(?:плюс\s)?(?:ещ[её]\s)?(?:немного|чуть\S*)|минимум|ежедневно|"
    r"еженедельно)(?![\w-])",
    re.IGNORECASE,
)


_WORD_BEHIND = re.compile(r"\s+\w")
_DIMENSION = re.compile(r"[234]d(?!\w)", re.IGNORECASE)  # behind hours: `1h 3D view`


def parse_leading(text: str) -> tuple[int, str] | None:
    """Parse the duration that `text` begins with; return its seconds and the rest, or None.

    `1h30m`, `1h and 30m` and `1,5 ч` are durations. A number without a unit is none, nor is one
    with something behind it that may be a second one or a factor: time is never cut short in
    silence. A word behind a capital unit, after small ones, makes a thing of it: `1h 3W fan`.
    """
    text = text.lstrip()
    seconds, at = 0.0, 0
    is_small = False
    part = _PART.match(text)
    while part:
        is_capital = is_small and len(part["unit"]) == 1 and part["unit"].isupper()
        if is_capital and _WORD_BEHIND.match(text, part.end()):
            return None
        is_small = part["unit"].islower()
        seconds += _amount(part) * UNITS[part["unit"].casefold()]
        at = part.end()
        joint = _JOINT.match(text, at)
        following = joint.end() if joint else at
        is_below_days = UNITS[part["unit"].casefold()] < _DAY
        if is_below_days and _DIMENSION.match(text, following):
            return None
        part = _PART.match(text, following)
    rest = text[at:]
    if not at or rest[:1].isdecimal() or _SECOND_SPAN.search(rest) or _FACTOR.search(rest):
        return None
    return round(seconds), rest.strip().removeprefix(",").strip()


def _amount(part: re.Match[str]) -> float:
    """Return the number of a part, its fraction included."""
    amount = float((part["number"] or "0").replace(",", "."))
    return amount + _FRACTIONS.get(part["fraction"] or "", 0.0)


def format_if_known(seconds: int | None, language: str) -> str:
    """Format a duration in seconds; "" where it is None."""
    return "" if seconds is None else format_seconds(seconds, language)


def format_span(span: timedelta, language: str) -> str:
    """Format a span to the minute: 42 min, 3 h 5 min, 2 d 4 h; a day has 24 hours."""
    minutes = max(0, int(span.total_seconds()) // 60)
    hours, days = minutes // 60, minutes // 1440
    if not minutes:
        return translate(language, "span moments")
    if not hours:
        return translate(language, "span minutes", minutes=minutes)
    if not days:
        return translate(language, "duration hours", hours=hours, minutes=minutes % 60)
    return translate(language, "span days", days=days, hours=hours % 24)


def format_seconds(seconds: int, language: str) -> str:
    """Format a duration in seconds, without the seconds where there are hours."""
    minutes, rest = divmod(seconds, _MINUTE)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return translate(language, "duration hours", hours=hours, minutes=minutes)
    if minutes:
        return translate(language, "duration minutes", minutes=minutes, seconds=rest)
    return translate(language, "duration seconds", seconds=rest)
