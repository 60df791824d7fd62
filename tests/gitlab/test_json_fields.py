from datetime import UTC, datetime

import pytest

from sync.gitlab.json_fields import start_of_day, timestamp


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2016-08-12 15:23:28 UTC", datetime(2016, 8, 12, 15, 23, 28, tzinfo=UTC)),
        ("2021-04-28 21:50:00 +0200", datetime(2021, 4, 28, 19, 50, tzinfo=UTC)),
        ("2012-01-03T23:36:29+02:00", datetime(2012, 1, 3, 21, 36, 29, tzinfo=UTC)),
        ("2012-01-03T23:36:29-08:00", datetime(2012, 1, 4, 7, 36, 29, tzinfo=UTC)),
        ("2013-12-03T17:23:34Z", datetime(2013, 12, 3, 17, 23, 34, tzinfo=UTC)),
        ("2017-09-28T12:23:42.365Z", datetime(2017, 9, 28, 12, 23, 42, tzinfo=UTC)),
        ("2026-05-01T08:00:00.999+03:00", datetime(2026, 5, 1, 5, 0, tzinfo=UTC)),
        ("2026-03-02T09:28:00.000+00:00", datetime(2026, 3, 2, 9, 28, tzinfo=UTC)),
        ("2026-03-02 09:28:00 -0730", datetime(2026, 3, 2, 16, 58, tzinfo=UTC)),
        ("2015-04-17 10:00:00Z", datetime(2015, 4, 17, 10, 0, tzinfo=UTC)),
        ("2015-04-17T10:00:00", datetime(2015, 4, 17, 10, 0, tzinfo=UTC)),
    ],
)
def test_every_way_a_moment_is_written_reads_as_utc_in_whole_seconds(written, meant):
    assert timestamp(written) == meant


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        0,
        1744578123,
        True,
        [],
        "yesterday",
        "2026-02-30 10:00:00 UTC",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "2026-01-01T10:00:00+99:00",
        "2026-01-01T10:00:00 CET",
        "٢٠٢٦-01-01T10:00:00Z",
        "2026-01-01",
    ],
)
def test_what_names_no_moment_reads_as_none(written):
    assert timestamp(written) is None


def test_a_bare_date_is_its_first_moment():
    assert start_of_day("2026-12-01") == datetime(2026, 12, 1, tzinfo=UTC)
    assert start_of_day("2026-12-01T09:00:00.000Z") == datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert start_of_day("2026-13-01") is None
    assert start_of_day(None) is None
