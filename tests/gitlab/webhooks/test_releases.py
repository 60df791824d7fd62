import pytest

from sync.core.model.activity import Release
from sync.core.model.events import UnrecognisedEvent
from tests.gitlab.minimal_payloads import MORNING, NOON, SHOP, SHOP_URL, told
from tests.gitlab.payloads import LEFT_OUT


def test_a_release_is_read_whole():
    assert told("Release Hook") == Release(
        project=SHOP,
        tag="v1.0",
        name="Spring",
        text="## New\n\n- cards",
        url=f"{SHOP_URL}/-/releases/v1.0",
        released_at=NOON,
        at=MORNING,
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"action": "update"}, "at", None),
        ({"action": "update"}, "deleted", False),
        ({"action": "update"}, "updated", True),
        ({"action": "create"}, "updated", False),
        ({"action": "delete"}, "deleted", True),
        ({"action": "of tomorrow"}, "deleted", False),
        ({"action": ["delete"]}, "deleted", False),
        ({"name": None}, "name", "v1.0"),
        ({"description": None}, "text", ""),
        ({"released_at": LEFT_OUT}, "released_at", None),
        ({"url": None}, "url", f"{SHOP_URL}/-/releases/v1.0"),
        ({"url": None, "tag": "2026/03 é"}, "url", f"{SHOP_URL}/-/releases/2026%2F03%20%C3%A9"),
    ],
)
def test_a_releases_field_is_read_however_it_is_told(changes, field, expected):
    assert getattr(told("Release Hook", **changes), field) == expected


def test_a_release_without_a_tag_is_recorded_only():
    why = "the release has no tag"
    assert told("Release Hook", tag=None) == UnrecognisedEvent("Release Hook", why)
