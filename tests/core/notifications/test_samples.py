"""The samples that people look at: one of each kind, as that kind, with its places filled."""

from __future__ import annotations

import pytest

from sync.core.messages.placeholders import PLACES
from sync.core.model.kinds import Kind
from sync.core.notifications.build import telling_of
from sync.core.notifications.facts import Around, about_of, facts_of
from sync.core.notifications.filters import FILTERS
from sync.core.notifications.samples import SAMPLES


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(SAMPLES) == set(Kind)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample_is_of_its_kind_and_has_what_its_filters_look_at(kind: Kind) -> None:
    facts = facts_of(SAMPLES[kind], Around("main"))
    assert (facts.kind, about_of(SAMPLES[kind]).partition(":")[0]) == (kind, kind.value)
    has = {"branches": facts.branch, "environments": facts.environment, "jobs": facts.job}
    assert {name for name, value in has.items() if value} == {
        name for name in has if kind in FILTERS[name]
    }


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_words_of_a_kind_fill_the_places_it_is_said_to_have(kind: Kind) -> None:
    filled = telling_of(SAMPLES[kind], "en", {}).places
    assert {*filled, "default"} == set(PLACES[kind])
