"""The list of what happened to a task: what moved it first, our own steps told apart."""

from __future__ import annotations

from datetime import UTC, datetime

from b24app.services.task_reasons import list_reasons
from sync.core.i18n.translate import translate
from sync.sentences import decode_sentence, encode_sentence, join_sentences
from sync.store.rows import DecisionRow

AT = datetime(2026, 3, 2, tzinfo=UTC)


def stored(*parts: str) -> str:
    return decode_sentence(encode_sentence(join_sentences("; ", parts)))


def kinds(reason: str) -> list[str]:
    return [line.kind for line in list_reasons([DecisionRow(1, "task", "7", AT, reason)])]


def test_what_moved_the_task_comes_first_and_our_own_steps_last() -> None:
    parts = (
        translate("ru", "card edit", mr="shop!7"),
        translate("ru", "responsible notified", mr="shop!7"),
        translate("ru", "status changed", status="done", why="merged"),
    )
    assert kinds(stored(*parts)) == ["move", "event", "technical"]


def test_an_older_text_is_an_event() -> None:
    assert kinds("shop!7 is approved; and more") == ["event"]


def test_nothing_to_do_is_technical() -> None:
    assert kinds(stored(translate("en", "nothing to do"))) == ["technical"]
