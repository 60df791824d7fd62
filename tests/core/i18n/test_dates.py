"""Days and moments in the server's sentences, as the pages write theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sync.core.i18n.dates import format_day, format_iso, format_moment

NIGHT = datetime(2026, 12, 1, 2, 11, tzinfo=timezone(timedelta(hours=3)))  # Nov 30, 23:11 UTC


def test_days_and_moments_in_both_languages() -> None:
    assert format_day(datetime(2026, 12, 1, tzinfo=UTC), "en") == "Dec 1, 2026"
    assert format_day(datetime(2026, 5, 9, tzinfo=UTC), "ru") == "9 мая 2026 г."
    assert format_moment(NIGHT, "en") == "Nov 30, 2026, 23:11 UTC"
    assert format_moment(NIGHT, "ru") == "30 нояб. 2026 г., 23:11 UTC"


@pytest.mark.parametrize(
    ("text", "english", "russian"),
    [
        ("2026-01-31", "Jan 31, 2026", "31 янв. 2026 г."),
        ("2026-09-02 07:00", "Sep 2, 2026, 07:00", "2 сент. 2026 г., 07:00"),
        ("2026-09-02 07:00 UTC", "Sep 2, 2026, 07:00 UTC", "2 сент. 2026 г., 07:00 UTC"),
        ("2026-02-30", "2026-02-30", "2026-02-30"),
        ("release-2026-01-31", "release-2026-01-31", "release-2026-01-31"),
        ("2 h", "2 h", "2 h"),
    ],
)
def test_only_iso_dates_are_written_anew(text: str, english: str, russian: str) -> None:
    assert format_iso(text, "en") == english
    assert format_iso(text, "ru") == russian
