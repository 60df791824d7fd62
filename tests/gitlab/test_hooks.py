import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.events import MergeRequestHeard, PipelineHeard, Unrecognised
from sync.core.items import Push
from sync.gitlab.hooks import EVENTS, parse
from tests.gitlab import bodies
from tests.gitlab.bodies import FAILED, OPENED, PUSHED, body, fixture

TEMPLATE = ": a custom webhook template? Remove the template in the webhook's settings"
NOT_JSON = "the body is not JSON, or is cut off: a custom template?"


def heard(event, raw):
    (told,) = parse(event, raw, connection_id=3)
    return told


@pytest.mark.parametrize(
    ("name", "event", "kind"),
    [
        (OPENED, "Merge Request Hook", MergeRequestHeard),
        (OPENED, "System Hook", MergeRequestHeard),
        (PUSHED, "Push Hook", Push),
        (PUSHED, "System Hook", Push),
        (FAILED, "Pipeline Hook", PipelineHeard),
    ],
)
def test_each_event_we_use_is_typed(name, event, kind):
    assert type(heard(event, body(fixture(name)))) is kind


@pytest.mark.parametrize(
    ("event", "raw", "why"),
    [
        ("Push Hook", b"", NOT_JSON),
        ("Push Hook", body(fixture(PUSHED))[:200], NOT_JSON),
        ("Push Hook", b"text={{project.name}}", NOT_JSON),
        ("Push Hook", b'{"id": ' + b"9" * 5000 + b"}", NOT_JSON),
        ("Push Hook", b"\xff\xfe{}", "the body is not UTF-8"),
        ("Push Hook", b'"push"', "the body is JSON, but not an object"),
        ("Push Hook", b"[]", "the body is JSON, but not an object"),
        ("Push Hook", b"null", "the body is JSON, but not an object"),
        ("Push Hook", b'{"a":' * 100_000, "the body is nested too deeply"),
        ("Push Hook", b"[" * 100_000 + b"]" * 100_000, "the body is nested too deeply"),
        ("Push Hook", b"{}", "object_kind is missing, not push" + TEMPLATE),
        ("Push Hook", b'{"text": "hi"}', "object_kind is missing, not push" + TEMPLATE),
        ("Push Hook", body(fixture(OPENED)), "object_kind is merge_request, not push" + TEMPLATE),
        ("Job Hook", b"{}", "recorded, nothing is done with it yet"),
        ("Note Hook", b"[1]", "the body is JSON, but not an object"),
    ],
)
def test_a_body_that_says_nothing_is_recorded_with_the_reason(event, raw, why):
    assert heard(event, raw) == Unrecognised(event, why)


@pytest.mark.parametrize(
    ("event", "payload", "kind"),
    [
        ("", {}, "no X-Gitlab-Event"),
        ("Emoji Hook", {"object_kind": "emoji"}, "Emoji Hook"),
        ("System Hook", {"event_name": "user_create"}, "System Hook: user_create"),
        ("System Hook", {"event_name": ["x"]}, "System Hook: no name"),
        ("System Hook", {"object_kind": "tag_push"}, "System Hook: tag_push"),
    ],
)
def test_an_event_we_do_not_use_is_recorded_by_its_name(event, payload, kind):
    expected = Unrecognised(kind, "recorded, nothing is done with it yet")
    assert heard(event, body(payload)) == expected


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**63)
    | st.floats()
    | st.text()
    | st.sampled_from(["refs/heads/x", "0" * 40, "\ud800", "\x00", "2026-01-01 00:00:00 UTC"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _strings(getattr(value, name))


@given(data=st.data())
@pytest.mark.parametrize("name", [OPENED, PUSHED, FAILED])
def test_whatever_stands_in_a_payload_parsing_never_raises_and_can_be_stored(name, data):
    payload = fixture(name)
    where = bodies.places(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(where))
        try:
            bodies.put(payload, list(place), data.draw(JSON))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    told = heard(bodies.EVENTS[name], body(payload))
    assert not any("\x00" in text for text in _strings(told))
    assert all(text.encode("utf-8") is not None for text in _strings(told))


@given(event=st.sampled_from([*EVENTS, "System Hook"]), raw=st.binary() | JSON.map(body))
def test_any_bytes_at_all_are_answered_with_a_value(event, raw):
    assert isinstance(heard(event, raw), Unrecognised)


def test_a_body_of_megabytes_is_read():
    payload = fixture(OPENED, object_attributes__description="я" * 4_000_000)
    raw = json.dumps(payload, ensure_ascii=False).encode()
    assert len(heard("Merge Request Hook", raw).merge_request.description) == 4_000_000
