"""A link's state outlives a restart, whatever it holds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.issue_sync import link, model, writes
from sync.core.issue_sync.codec import decode, encode
from sync.core.issue_sync.link import LinkState

TEXT = st.text(max_size=6)
SIDES = st.sampled_from(model.SideName)
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
VALUES = st.one_of(st.none(), TEXT, st.integers(), st.frozensets(TEXT, max_size=3))
ADDRESSES = st.builds(model.ItemAddress, TEXT, TEXT, TEXT)
AUTHORS = st.builds(model.Author, TEXT, TEXT, st.booleans())
FILES = st.builds(model.File, TEXT, TEXT, st.none() | st.integers(), TEXT, TEXT)
FIELDS = st.dictionaries(TEXT, VALUES, max_size=3)
PAIRS = st.builds(link.ValuePair, FIELDS, FIELDS)
CHANGES = VALUES | st.builds(
    writes.SetChange, st.frozensets(TEXT, max_size=2), st.frozensets(TEXT, max_size=2)
)
WRITES = st.one_of(
    st.builds(writes.CreateItem, TEXT, TEXT, FIELDS, TEXT, st.none() | AUTHORS),
    st.builds(
        writes.UpdateItem, TEXT, ADDRESSES, st.dictionaries(TEXT, CHANGES, max_size=3), FIELDS
    ),
    st.builds(writes.AddComment, TEXT, ADDRESSES, TEXT, AUTHORS, st.booleans()),
    st.builds(writes.EditComment, TEXT, ADDRESSES, TEXT, TEXT),
    st.builds(writes.DeleteComment, TEXT, ADDRESSES, TEXT),
    st.builds(
        writes.AddTime, TEXT, ADDRESSES, st.integers(), st.just(date(2026, 1, 2)), TEXT, AUTHORS
    ),
    st.builds(writes.DeleteTime, TEXT, ADDRESSES, TEXT),
    st.builds(writes.AddFile, TEXT, ADDRESSES, TEXT, FILES, ADDRESSES),
)
ENTRIES = st.builds(
    link.Entry,
    st.sampled_from(link.EntryKind),
    SIDES,
    TEXT,
    st.dictionaries(SIDES, TEXT),
    state=st.sampled_from(link.EntryState),
    references=st.dictionaries(SIDES, TEXT),
)
INTENTS = st.builds(link.FieldIntent, FIELDS, FIELDS, FIELDS, st.none() | FIELDS)
PLANNED = st.builds(
    link.PlannedWrite,
    SIDES,
    WRITES,
    TEXT,
    st.none() | MOMENTS,
    st.dictionaries(TEXT, INTENTS, max_size=2),
    st.none() | ENTRIES,
    st.dictionaries(TEXT, MOMENTS, max_size=2),
)
LINKS = st.builds(
    LinkState,
    TEXT,
    st.dictionaries(SIDES, ADDRESSES),
    st.dictionaries(TEXT, PAIRS, max_size=3),
    st.lists(PLANNED, max_size=3).map(tuple),
    st.lists(ENTRIES, max_size=3).map(tuple),
    st.dictionaries(TEXT, PAIRS, max_size=2),
    decided=st.dictionaries(TEXT, SIDES, max_size=2),
    refused=st.dictionaries(TEXT, FIELDS, max_size=2),
    apart=st.frozensets(TEXT, max_size=2),
    waiting=st.dictionaries(SIDES, TEXT),
    deleted=st.frozensets(SIDES),
    updated_at=st.lists(MOMENTS, max_size=2).map(tuple),
    pause=st.none() | st.builds(link.Pause, st.sampled_from(link.PauseReason), MOMENTS, TEXT),
)


@given(LINKS)
def test_a_link_comes_back_as_it_was(state: LinkState) -> None:
    assert decode(json.loads(json.dumps(encode(state)))) == state


def test_a_key_of_another_version_is_ignored() -> None:
    stored = {**encode(LinkState("L1", sequence=3)), "mood": "fine"}
    del stored["sequence"]
    assert decode(stored) == LinkState("L1")


@pytest.mark.parametrize("stored", [{}, {"is": "Author", "id": "1"}, {"is": "Popen"}, {"a": 1.5}])
def test_what_is_no_link_is_refused(stored: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"this is no|is no kept value"):
        decode(stored)
