"""Every explanation of an error exists in Russian."""

from __future__ import annotations

from sync.bitrix24.rest.error_codes import BY_CODE, BY_STATUS, INTERNAL_ERROR, NOT_JSON, UNKNOWN
from sync.bitrix24.rest.error_texts_ru import RUSSIAN, build_translator, translate_error

ROWS = (*BY_CODE.values(), *BY_STATUS.values(), INTERNAL_ERROR, NOT_JSON, UNKNOWN)


def test_an_explanation_is_there_in_russian():
    texts = sorted({text for row in ROWS for text in (row.cause, row.change)} - {""})
    assert len(texts) > 50
    assert [text for text in texts if translate_error("ru", text) != RUSSIAN.get(text)] == []
    assert [text for text in texts if translate_error("en", text) != text] == []


def test_what_the_portal_said_itself_stays_as_it_was():
    text = "tasks.task.get was not done (100): Title «X» is bad"
    assert translate_error("ru", text) == "tasks.task.get не выполнен (100): Title «X» is bad"


def test_the_longer_sentence_is_taken_where_one_begins_like_another():
    in_russian = build_translator({"Too many": "много", "Too many requests": "много запросов"})
    assert in_russian("Too many requests. Too many.") == "много запросов. много."
    assert in_russian("Too manyfold") == "Too manyfold"
