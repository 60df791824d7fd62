"""The samples that people look at: one of each kind, as that kind, with its places filled."""

from __future__ import annotations

import pytest

from sync.core.messages.placeholders import PLACEHOLDERS
from sync.core.model.kinds import Kind
from sync.core.notifications.build import build_message
from sync.core.notifications.facts import FactsContext, build_facts
from sync.core.notifications.filters import FILTER_KINDS
from sync.core.notifications.keys import subject_key_of
from sync.core.notifications.samples import SAMPLES


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(SAMPLES) == set(Kind)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_sample_is_of_its_kind_and_has_what_its_filters_look_at(kind: Kind) -> None:
    facts = build_facts(SAMPLES[kind], FactsContext("main"))
    assert (facts.kind, subject_key_of(SAMPLES[kind]).partition(":")[0]) == (kind, kind.value)
    has = {"branches": facts.branch, "environments": facts.environment, "jobs": facts.job}
    assert {name for name, value in has.items() if value} == {
        name for name in has if kind in FILTER_KINDS[name]
    }


@pytest.mark.parametrize("kind", SAMPLES)
def test_the_words_of_a_kind_fill_the_places_it_is_said_to_have(kind: Kind) -> None:
    filled = build_message(SAMPLES[kind], "en", {}).values
    assert {*filled, "default"} == set(PLACEHOLDERS[kind])
