"""Every explanation of an error exists in Russian."""

from __future__ import annotations

from sync.bitrix24.rest.error_codes import BY_CODE, BY_STATUS, INTERNAL_ERROR, NOT_JSON, UNKNOWN
from sync.bitrix24.rest.error_texts_ru import RUSSIAN, build_translator, translate_error
from sync.bitrix24.rest.errors import classify

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


def test_a_write_whose_outcome_is_unknown_is_called_so():
    """Only a read that failed, or a write that was refused, `was not done`."""
    broken = {"error": "INTERNAL_SERVER_ERROR", "error_description": "Oops"}
    told = {
        (kind, write): classify(status, body, method="tasks.task.add", write=write).message
        for kind, status, body in (
            ("broken", 500, broken), ("page", 502, b"<html>"), ("refused", 400, {"error": "100"}),
        )
        for write in (True, False)
    }  # fmt: skip
    assert told == {
        ("broken", True): "tasks.task.add: it is not known whether it was done "
        "(INTERNAL_SERVER_ERROR): Oops",
        ("broken", False): "tasks.task.add was not done (INTERNAL_SERVER_ERROR): Oops",
        ("page", True): "tasks.task.add: HTTP 502 without a usable answer; it is not known "
        "whether it was done",
        ("page", False): "tasks.task.add: HTTP 502 without a usable answer",
        ("refused", True): "tasks.task.add was not done (100)",
        ("refused", False): "tasks.task.add was not done (100)",
    }
    assert translate_error("ru", told["broken", True]) == (
        "tasks.task.add: неизвестно, выполнен ли (INTERNAL_SERVER_ERROR): Oops"
    )
