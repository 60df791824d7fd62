"""Every explanation of an error exists in Russian."""

from __future__ import annotations

import pytest

from sync.bitrix24.rest.error_codes import BROKEN, BY_STATUS, NOT_JSON, TABLE, UNKNOWN
from sync.bitrix24.rest.error_texts_ru import RUSSIAN, explained, translator

ROWS = (*TABLE.values(), *BY_STATUS.values(), BROKEN, NOT_JSON, UNKNOWN)


@pytest.mark.parametrize(
    "text", sorted({text for row in ROWS for text in (row.why, row.change)} - {""})
)
def test_an_explanation_is_there_in_russian(text):
    assert explained("ru", text) == RUSSIAN[text]
    assert explained("en", text) == text


def test_what_the_portal_said_itself_stays_as_it_was():
    text = "tasks.task.get was not done (100): Title «X» is bad"
    assert explained("ru", text) == "tasks.task.get не выполнен (100): Title «X» is bad"


def test_the_longer_sentence_is_taken_where_one_begins_like_another():
    in_russian = translator({"Too many": "много", "Too many requests": "много запросов"})
    assert in_russian("Too many requests. Too many.") == "много запросов. много."
    assert in_russian("Too manyfold") == "Too manyfold"
