"""Our own webhook bodies, whole and spoilt: nothing raises, and what is said can be stored."""

import copy
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from sync.core.model.events import UnrecognisedEvent
from sync.gitlab.webhooks.parse import PARSERS, parse_events
from sync.store.db.codec import from_json, to_json
from tests.depth import costly
from tests.gitlab import payloads
from tests.gitlab.expected_types import EXPECTED, name_of, type_of
from tests.gitlab.minimal_payloads import SMALL
from tests.gitlab.payloads import LEFT_OUT, body

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures" / "gitlab").glob("*.json"))
RECORDED = {
    "pipeline_hook__failed_as_child": "child pipeline: its parent pipeline tells the result"
}
UGLY = [
    LEFT_OUT,
    None,
    True,
    0,
    -1,
    2**63,
    10**400,
    1.5,
    float("inf"),
    float("nan"),
    "",
    "0" * 40,
    "a\x00b\ud800\u202e\u0645[user=all][/b]",
    "https://[x",
    "//-//groups//-/",
    "9999-12-31 23:59:59 -1200",
    "0001-01-01T00:00:00Z",
    "[REDACTED]",
    [],
    [None, 1, {}],
    {},
    {"id": {"id": []}},
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**63)
    | st.floats()
    | st.text()
    | st.sampled_from([ugly for ugly in UGLY if ugly is not LEFT_OUT]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _fixture(path):
    return path.stem.split("__")[0].replace("_", " ").title(), json.loads(path.read_text("utf-8"))


BODIES = [*SMALL.items(), *map(_fixture, FIXTURES)]


def _told(event, raw):
    first, *others = parse_events(event, raw, connection_id=3)
    assert "Note" in event or not others
    return first


def _strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for inner in value:
            yield from _strings(inner)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from _strings(getattr(value, name))


def _check(event, payload):
    """Whatever is said, a database takes it, and gives the same again."""
    for parsed in parse_events(event, body(payload), connection_id=3):
        strings = list(_strings(parsed))
        assert not any("\x00" in text for text in strings)
        assert all(text.encode("utf-8") is not None for text in strings)
        assert from_json(type(parsed), json.loads(json.dumps(to_json(parsed)))) == parsed


def test_each_fixture_is_typed_by_its_name_and_can_be_stored():
    unexpected = []
    for path in FIXTURES:
        event, payload = _fixture(path)
        told = _told(event, path.read_bytes())
        why = told.reason if isinstance(told, UnrecognisedEvent) else ""
        if why or path.stem in RECORDED:
            good = why == RECORDED.get(path.stem)
        else:
            good = type_of(told) is EXPECTED[name_of(payload)][1]
        if not good:
            unexpected.append((path.stem, told))
        assert from_json(type(told), to_json(told)) == told
    assert unexpected == []


def test_whatever_stands_in_one_place_of_a_small_body_nothing_raises():
    for event, payload in SMALL.items():
        for place in payloads.places(payload):
            for ugly in UGLY:
                spoilt = copy.deepcopy(payload)
                payloads.put(spoilt, list(place), ugly)
                _check(event, spoilt)


@costly(500)
@given(data=st.data())
def test_whatever_stands_in_several_places_of_a_body_nothing_raises(data):
    event, payload = copy.deepcopy(data.draw(st.sampled_from(BODIES)))
    where = payloads.places(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(where))
        try:
            payloads.put(payload, list(place), data.draw(st.just(LEFT_OUT) | JSON))
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took this place away
    _check(event, payload)


@given(event=st.sampled_from([*PARSERS, "System Hook"]), raw=st.binary() | JSON.map(body))
def test_any_bytes_at_all_are_answered_with_a_value(event, raw):
    assert isinstance(_told(event, raw), UnrecognisedEvent)
