"""Spans of time as people write and read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.i18n.durations import UNITS, format_seconds, format_span, parse_leading

SPANS = {
    "1h 30m": (5400, ""),
    "1w 2D": (56 * 3600, ""),
    "1h30m": (5400, ""),
    "1h 30m review": (5400, "review"),
    "1H 30M": (5400, ""),
    "1.5h": (5400, ""),
    "1,5h": (5400, ""),
    "1h, 30m: review": (5400, ": review"),
    "2d": (16 * 3600, ""),
    "1w 2d 3h 4m 5s": (56 * 3600 + 3 * 3600 + 245, ""),
    "1mo": (160 * 3600, ""),
    "30m 1h": (5400, ""),
    "2 hours and more": (7200, "and more"),
    "1ч 30м": (5400, ""),
    "1 ч. 30 мин": (5400, ""),
    "1 ч. 30 мин. правки": (5400, "правки"),
    "1,5 часа": (5400, ""),
    "3 недели": (120 * 3600, ""),
    "2ч с Анной": (7200, "с Анной"),
    "1h 3 bugs": (3600, "3 bugs"),
    "1h 2 more": (3600, "2 more"),
    "0h": (0, ""),
    "1 hour and 30 minutes": (5400, ""),
    "1 hour and 30 minutes and more": (5400, "and more"),
    "1 hour, and 30 minutes": (5400, ""),
    "1 hour plus 30 minutes": (5400, ""),
    "1h & 30m": (5400, ""),
    "1h&30m review": (5400, "review"),
    "1h+30m": (5400, ""),
    "1h + 30m + 5s": (5405, ""),
    "1h; 30m": (5400, ""),
    "1 час и 30 минут": (5400, ""),
    "1 час и 30 минут на правки": (5400, "на правки"),
    "1 час и ещё 30 минут": (5400, ""),
    "1 день, 2 часа и 5 минут": (10 * 3600 + 300, ""),
    "1ч30м": (5400, ""),
    "90min": (5400, ""),
    "½h": (1800, ""),
    "1½h": (5400, ""),
    "1 ½ часа": (5400, ""),
    "1h and 2h": (3 * 3600, ""),
    "1h #12 and !3": (3600, "#12 and !3"),
    "1h see B24-5 m": (3600, "see B24-5 m"),
    "1h call at 10:30": (3600, "call at 10:30"),
    "1h 3 minor bugs": (3600, "3 minor bugs"),
    "1,5 ч и 2 бага": (5400, "и 2 бага"),
    "1h review": (3600, "review"),
    "1h 30m review of 2 files": (5400, "review of 2 files"),
    "1h for the review": (3600, "for the review"),
    "1h fix 3 bugs": (3600, "fix 3 bugs"),
    "1h pairing with Ann": (3600, "pairing with Ann"),
    "1h B24-6 review": (3600, "B24-6 review"),
    "1h (review)": (3600, "(review)"),
    "1h - review": (3600, "- review"),
    "1h: review": (3600, ": review"),
    "1h review (2 rounds)": (3600, "review (2 rounds)"),
    "1h fix x-axis": (3600, "fix x-axis"),
    "1h x86 build": (3600, "x86 build"),
    "1h on 2 servers": (3600, "on 2 servers"),
    "1h in 2 projects": (3600, "in 2 projects"),
    "1h per-user limits": (3600, "per-user limits"),
    "1h tests of each page": (3600, "tests of each page"),
    "1h twice-daily job": (3600, "twice-daily job"),
    "1h double-check cart": (3600, "double-check cart"),
    "1h minus button": (3600, "minus button"),
    "1h v2 API": (3600, "v2 API"),
    "1h + review": (3600, "+ review"),
    "1h each page checked": (3600, "each page checked"),
    "1ч ревью": (3600, "ревью"),
    "1ч на ревью": (3600, "на ревью"),
    "1ч, тесты": (3600, "тесты"),
    "1ч по задаче": (3600, "по задаче"),
    "1ч 30м тесты": (5400, "тесты"),
    "1ч на 2 сервера": (3600, "на 2 сервера"),
    "1ч без тестов": (3600, "без тестов"),
    "1ч до обеда": (3600, "до обеда"),
    "1ч х86 сборка": (3600, "х86 сборка"),
    "1h, review": (3600, "review"),
    "1h a piece of the cart": (3600, "a piece of the cart"),
    "1h and more tests": (3600, "and more tests"),
    "1h and some tests": (3600, "and some tests"),
    "1h all of it": (3600, "all of it"),
    "1h for !12": (3600, "for !12"),
    "1 час, 30 минут и 10 секунд": (5410, ""),
    "1h 30m & 15m tests": (6300, "tests"),
    "2 h 15 min of pairing": (8100, "of pairing"),
    "1ч.30м": (5400, ""),
    "1h,30m": (5400, ""),
}


def test_a_span_and_what_follows_it() -> None:
    assert {text: parse_leading(text) for text in SPANS} == SPANS


NO_SPANS = [
    "1h 3D view", "2h 2d map", "1h 3W charger", "1h 5S audit", "1h 7D window", "2h 3M report",
    "1ч 3Д печать", "2ч 1С обмен", "1 hour thirty", "1h & a bit", "2 часа с небольшим",
    "", "abc", "90", "h", "-1h", "1x", "1hour2", "1h30", "1h 30", "1.5.2h", "123456h", "1.234h",
    "1h-1h30m", "1ч-1ч30м",
    "1:30", "1:30h", "1-2h", "1–2 ч", "1h-2h", "1h - 30m", "1h or 2h", "1h to 2h", "1h/30m",
    "1h and 30", "1h + 30", "1h, 30", "1h: 30", "1h 30, review", "1h 30 review", "1h 1/2",
    "1h (30m)", "1h review 30m", "1h review, 30 min tests", "1h 30m45", "1h 30m 20", "1h ½",
    "1h 30mn", "1h 7 mn", "1h 30mintues", "1h and thirty minutes", "1 hour and a half",
    "1h half an hour", "1h and another hour", "1h a couple of hours", "1h x 2h", "1h 30'",
    "1 час тридцать минут", "1 час с половиной", "1 с половиной часа", "1 ч и полчаса",
    "1 ч полтора часа", "полчаса", "полтора часа", "1 ч ещё час", "1 ч и пару минут",
    "1h x2", "1h x 2", "2 x 30m", "2x30m", "1h*2", "1h * 2", "~1h", "≈1h", "1h – 2h", "1h/2h",
    "1h/day", "about 1h", "approx 1h", "1h (2h with review)", "1h (+30m review)",
    "1h, then 30m", "1h × 2", "1h × 2 people", "2 times 1h", "1h twice", "1h two times",
    "1h each", "1h per person", "1h for two", "1h for 2 people", "1h each for 2 people",
    "1hish", "1h+", "1h +", "1h++", ">1h", "<1h", "1h?", "1h ..2h", "1h..2h", "1h minus 10m",
    "1h - 10m", "1h-10m", "+1h", "1h less 10m", "1h without 10m", "2h of 3h", "1h out of 2h",
    "1h of 2h", "1h=60m", "1h (60 min)", "1h:30m", "1.5", "1,5", "1h, 30 for review",
    "1h & a half", "an hour", "half an hour", "1h half", "1/2h", "1 1/2h", "1 1/2 h",
    "1h 1/2h", "2*30m", "2 * 30m", "(1h)", "1h double", "double 1h", "1h doubled",
    "1h x2 review", "1h at 2x", "1h times 2", "1h by 2", "1h every day", "1h a day",
    "1h daily", "1h/week", "1h per day", "2d x 1h", "1h a half", "1h some minutes",
    "1h a few minutes", "1h plus change", "1h or more", "1h+ review", "1h or less",
    "1h at least", "at least 1h", "up to 1h", "under 1h", "over 1h", "almost 1h",
    "1h almost 2h", "1h nearly 2", "1 ч х2", "1 ч х 2", "2 х 30 мин", "2х30м", "1ч*2", "~1ч",
    "1-2ч", "1ч-2ч", "1ч/2ч", "около 1ч", "примерно 1ч", "1ч (2ч с ревью)", "1ч на двоих",
    "1ч на каждого", "1ч каждому", "по 1ч", "1ч два раза", "1ч дважды", "2 раза по 1ч",
    "1ч с лишним", "1ч с хвостиком", "1ч или 2ч", "от 1ч до 2ч", "1ч до 2ч", "1ч минус 10м",
    "1ч без 10м", "1ч без десяти минут", "больше 1ч", "1ч в день", "1ч ежедневно",
    "1ч и ещё немного", "1ч и чуть-чуть", "1ч и полчаса", "1ч плюс полчаса",
    "1ч, полчаса на ревью", "1ч30", "1ч:30м", "час", "1ч за каждого", "1ч × 2", "1ч×2",
    "1ч втроём", "1ч вдвоём", "1ч трижды",
    "1h several times", "1h many times", "1h apiece", "1h a piece", "1h multiplied by 2",
    "1h for each of us", "1h for both of us", "1h for everyone of the team", "1h + some",
    "1h and a bit", "1h and something", "1h and change", "1h and a quarter",
    "1h-ish", "1h ish", "1ч раза два", "1ч и четверть", "1ч с копейками", "1ч с чем-то",
    "a quarter of an hour", "четверть часа", "1h out of 3h", "1h → 2h",
    "1h'30", "1h and thirty", "1h and two", "1h and forty five", "1 ч и тридцать", "1h + half",
    "1h и полчасика", "1h, maybe 2", "1h plus thirty mins", "1h; me 2h Bob", "1h утром, 2ч вечером",
    "1h this morning and 1h tonight", "1h & 1.5", "1h coding & 2 h tests", "1h→30m", "1h·30m",
    "1h dev, 2h qa", "1 ч ревью 2 ч тестов", "1h including 30m", "1e3h", "1 000h", "1_000m",
]  # fmt: skip


def test_what_is_no_span() -> None:
    assert [text for text in NO_SPANS if parse_leading(text) is not None] == []


def test_every_unit_is_read_touching_its_number_or_not() -> None:
    spans = {
        unit: {parse_leading(f"2{unit}"), parse_leading(f"2 {unit.upper()}. ")} for unit in UNITS
    }
    assert len(spans) > 50
    assert [unit for unit in spans if spans[unit] != {(2 * UNITS[unit], "")}] == []


@given(st.text() | st.text("0123456789 .,hмч"))
def test_any_text_is_read(text: str) -> None:
    assert parse_leading(text) is None or parse_leading(text)[0] >= 0


_UNITS = st.sampled_from(sorted(UNITS))
_AMOUNTS = st.tuples(st.integers(1, 300), st.sampled_from(["", " "]), _UNITS)
_BETWEEN = st.text("hmчми0123456789 .,:;+&-–/()½andплюс#", max_size=12) | st.text(max_size=6)


@given(_AMOUNTS, _BETWEEN, _AMOUNTS, st.sampled_from(["", ".", " review", ", правки"]))
def test_two_durations_are_never_taken_for_less_than_both(
    first: tuple[int, str, str], between: str, second: tuple[int, str, str], rest: str
) -> None:
    """Between words a duration stands free: `xx30m` and `B24-30 m` are names."""
    text = f"{first[0]}{first[1]}{first[2]} {between} {second[0]}{second[1]}{second[2]}{rest}"
    whole = sum(number * UNITS[unit] for number, _, unit in (first, second))
    span = parse_leading(text)
    assert span is None or span[0] >= whole


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (5, "5 s", "5 с"),
        (90, "1 min 30 s", "1 мин 30 с"),
        (5400, "1 h 30 min", "1 ч 30 мин"),
        (160 * 3600, "160 h 0 min", "160 ч 0 мин"),
    ],
)
def test_a_span_in_words(seconds: int, english: str, russian: str) -> None:
    assert (format_seconds(seconds, "en"), format_seconds(seconds, "ru")) == (english, russian)


@pytest.mark.parametrize(
    ("took", "english", "russian"),
    [
        ({"seconds": 59}, "less than a minute", "меньше минуты"),
        ({"minutes": 42, "seconds": 59}, "42 min", "42 мин"),
        ({"minutes": 60}, "1 h 0 min", "1 ч 0 мин"),
        ({"hours": 49, "minutes": 10}, "2 d 1 h", "2 д 1 ч"),
        ({"seconds": -5}, "less than a minute", "меньше минуты"),
    ],
)
def test_how_long_it_lasted(took: dict[str, float], english: str, russian: str) -> None:
    assert format_span(timedelta(**took), "en") == english
    assert format_span(timedelta(**took), "ru") == russian
