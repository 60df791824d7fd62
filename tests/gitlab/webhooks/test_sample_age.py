"""When a delivery was sent, and what of it is too old to have happened then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sync.core.model.events import UnrecognisedEvent
from sync.gitlab.webhooks.parse import parse_events
from sync.gitlab.webhooks.verify import sent_at
from tests.gitlab.webhooks.test_merge_requests import OPENED, body, fixture

RECEIVED = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "moment"),
    [
        ({}, RECEIVED),
        ({"webhook-timestamp": "1772445600"}, datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ({"webhook-timestamp": ""}, None),
    ],
    ids=["an older GitLab", "19.0 and later", "made up for from an older log"],
)
def test_a_delivery_was_sent(headers: dict[str, str], moment: datetime | None) -> None:
    assert sent_at(headers, RECEIVED) == moment


@pytest.mark.parametrize(
    ("action", "minutes", "is_sample"),
    [("open", 29, False), ("open", 31, True), ("update", 31, False), ("merge", 9_999, False)],
)
def test_an_opening_of_half_an_hour_ago_is_a_sample(
    action: str, minutes: int, is_sample: bool
) -> None:
    made = "2026-03-02T09:00:00Z"
    changes = {"created_at": made, "updated_at": made, "action": action}
    raw = body(fixture(OPENED, **{f"object_attributes__{k}": v for k, v in changes.items()}))
    sent = datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(minutes=minutes)
    (event,) = parse_events("Merge Request Hook", raw, connection_id=3, sent_at=sent)
    assert isinstance(event, UnrecognisedEvent) == is_sample
    (event,) = parse_events("Merge Request Hook", raw, connection_id=3)
    assert not isinstance(event, UnrecognisedEvent)


@pytest.mark.parametrize("seconds", ["9" * 12, "9" * 30, "9" * 5000])
def test_a_time_that_no_date_names_stops_no_delivery(seconds: str) -> None:
    """The header of an unsigned delivery may say anything."""
    assert sent_at({"webhook-timestamp": seconds}, RECEIVED) == RECEIVED
