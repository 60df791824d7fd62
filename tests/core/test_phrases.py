"""Every sentence says the same in both languages."""

from __future__ import annotations

import re

import pytest

from sync.core.model import MergeRequestState, Milestone, PipelineStatus, Step, TaskStatus
from sync.core.phrases import PHRASES, phrase, say, tell
from sync.text.tree import Strong, Text

PLACE = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("key", PHRASES)
def test_both_languages_have_the_same_places(key: str) -> None:
    english, russian = PHRASES[key]
    assert english and russian
    assert sorted(PLACE.findall(english)) == sorted(PLACE.findall(russian))


@pytest.mark.parametrize("key", PHRASES)
def test_russian_is_written_in_cyrillic(key: str) -> None:
    words = PLACE.sub("", PHRASES[key][1])
    assert not re.search("[A-Za-z]", words)


@pytest.mark.parametrize(
    "key",
    [
        *(f"pipeline {status}" for status in PipelineStatus),
        *(f"notify {milestone}" for milestone in Milestone),
        *(f"status {status}" for status in TaskStatus),
        *(f"why {step}" for step in Step),
        *({"opened": "review", "locked": "merging"}.get(s, s) for s in MergeRequestState),
    ],
)
def test_every_word_of_the_model_has_a_phrase(key: str) -> None:
    assert key in PHRASES


def test_values_with_braces_stay_as_they_are() -> None:
    assert say("en", "mr", iid=1, title="{iid} {0} \\1") == "!1 “{iid} {0} \\1”"


def test_nodes_stand_in_the_places_of_a_phrase() -> None:
    bold = Strong((Text("main"),))
    assert tell("ru", "branches", source="{a}", target=bold, project="p") == (
        Text("{a} → "),
        bold,
        Text(" в p"),
    )


def test_an_unknown_language_is_english() -> None:
    assert phrase("de", "merged") == "merged"
