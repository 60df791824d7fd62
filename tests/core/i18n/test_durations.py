"""Spans of time as people write and read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.i18n.durations import UNITS, format_seconds, format_span, parse_leading

SPANS = {
    "1h 30m": (5400, ""),
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
}


@pytest.mark.parametrize(("text", "span"), SPANS.items())
def test_a_span_and_what_follows_it(text: str, span: tuple[int, str]) -> None:
    assert parse_leading(text) == span


@pytest.mark.parametrize(
    "text",
    ["", "abc", "90", "h", "-1h", "1x", "1hour2", "1h30", "1h 30", "1.5.2h", "123456h", "1.234h"],
)
def test_what_is_no_span(text: str) -> None:
    assert parse_leading(text) is None


def test_every_unit_is_read_touching_its_number_or_not() -> None:
    spans = {
        unit: {parse_leading(f"2{unit}"), parse_leading(f"2 {unit.upper()}. ")} for unit in UNITS
    }
    assert len(spans) > 50
    assert [unit for unit in spans if spans[unit] != {(2 * UNITS[unit], "")}] == []


@given(st.text() | st.text("0123456789 .,hмч"))
def test_any_text_is_read(text: str) -> None:
    assert parse_leading(text) is None or parse_leading(text)[0] >= 0


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
