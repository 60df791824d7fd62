"""What commands record survives the outbox, and places are read as they are written."""

from __future__ import annotations

import json

import pytest

from sync.core.messages.revise import MAX_TAG_LENGTH, notification_tag
from sync.core.model.commands import Place
from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.plans import (
    NOTHING,
    NotifiedState,
    Records,
    decode_records,
    encode_records,
)
from sync.core.model.smart_commits import CommandKey
from sync.core.model.tasks import Step

KEY = CommandKey(1, 7, "4f1c9e0a77", 2)


@pytest.mark.parametrize(
    ("records", "stored"),
    [
        (NOTHING, {}),
        (Records(step=Step.REVIEW), {"step": "review"}),
        (
            Records(review_event=(MergeRequestKey(1, 7, 12), ReviewEvent.OPENED)),
            {"review_event": {"merge_request": [1, 7, 12], "event": "opened"}},
        ),
        (
            Records(notified=NotifiedState("ci:1/7:a>b:c", "5:failed", 8)),
            {"notified": {"subject_key": "ci:1/7:a>b:c", "user_id": 8, "state": "5:failed"}},
        ),
        (Records(smart_commit=KEY), {"smart_commit": [1, 7, "4f1c9e0a77", 2]}),
        (
            Records(smart_commit=KEY, retryable=True),
            {"smart_commit": [1, 7, "4f1c9e0a77", 2], "retryable": True},
        ),
    ],
)
def test_records_are_read_as_they_were_stored(records: Records, stored: object) -> None:
    assert encode_records(records) == stored
    assert decode_records(json.loads(json.dumps(stored))) == records


@pytest.mark.parametrize(
    ("place", "text"), [(Place(17), "task:17"), (Place(dialog="chat58"), "chat:chat58")]
)
def test_a_place_is_read_as_it_is_written(place: Place, text: str) -> None:
    assert str(place) == text
    assert Place.parse(text) == place


@pytest.mark.parametrize("text", ["", "task:", "task:x", "chat:", "sg3"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"place|invalid literal"):
        Place.parse(text)


def test_tags_of_long_names_are_short_and_differ() -> None:
    tags = {notification_tag("ci:1/7:" + "x" * 300 + end) for end in "ab"}
    assert len(tags) == 2
    assert max(map(len, tags)) <= MAX_TAG_LENGTH
    assert notification_tag("ci:1/7:main") == "b24bridge:ci:1/7:main"
