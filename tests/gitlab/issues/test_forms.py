"""Keys in texts, durations, days of entries, trimmed texts: the pure parts."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sync.bitrix24.issue_sync.signatures import parted, signature, signed
from sync.core.issue_sync.key_marks import search_word, without_definition
from sync.core.issue_sync.model import Author, ItemAddress
from sync.core.issue_sync.writes import AddTime, SetChange
from sync.gitlab.issues.changes import Setting, duration, parameters
from sync.gitlab.issues.comparing import holds
from sync.gitlab.issues.items import named
from sync.gitlab.issues.keys import FILE, marked, unmarked, with_definition
from sync.gitlab.issues.options import IssueOptions
from sync.gitlab.issues.time_log import spent_at, summary
from sync.text.markdown import GITLAB
from sync.text.sides import tracker
from tests.emulators.gitlab.issues import durations

TEXT = some.text(some.characters(exclude_categories=("Cs",), exclude_characters="\r\x00"))
KEY = some.text(some.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=1, max_size=60)
NAMES = some.text(some.sampled_from("aé*_[]()@/<\u2063\u2028\n \\`"))
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
FREE = Setting(IssueOptions(), False, {"workflow::doing", "workflow::done", "priority::high"})


@given(TEXT, KEY)
def test_a_mark_comes_off_as_it_was_put_on(text: str, key: str) -> None:
    text = text.rstrip()
    assert unmarked(marked(text, key, FILE)) == (text, key, FILE)


@given(TEXT, KEY)
def test_a_definition_comes_off_as_it_was_put_on(text: str, key: str) -> None:
    text = text.rstrip()
    assert without_definition(with_definition(text, key)) == (text, key)


def test_neither_is_seen() -> None:
    read = tracker(GITLAB).read
    assert read(with_definition("Words", "4/create:1")) == read("Words")
    word = search_word("4/create:1")
    assert word.isalnum()
    assert len(word) < 50
    assert all(ord(sign) > 0xE0000 or sign == "\u2063" for sign in marked("", "4/comment:1"))


@given(NAMES)
def test_whatever_an_author_is_called_the_line_is_no_part_of_the_text(name: str) -> None:
    author = named(Author("7", name))
    assert without_definition(with_definition("Words", "4/create:1", author))[0] == "Words"


@given(NAMES)
def test_in_a_task_neither(name: str) -> None:
    assert parted(signed("Words", signature(name)))[0] == "Words"


def test_a_name_with_our_sign_is_written_without_it() -> None:
    line = with_definition("Words", "4/create:1", named(Author("7", "A\u2063nn")))
    assert line.endswith("*\u2063— Ann\u2063*")
    assert signature("A\u2063nn") == "[i]\u2063— Ann\u2063[/i]"


def test_texts_of_people_are_left_alone() -> None:
    for text in ("[//]: # (b24k)", "\u2063", "[//]: # (note)\n\nWords", ""):
        assert unmarked(text) == (text, "", "")
        assert without_definition(text) == (text, "")


@given(some.integers(1, 31_000_000))
def test_a_duration_is_read_as_it_was_meant(seconds: int) -> None:
    assert durations.parse(duration(seconds)) == seconds
    assert durations.parse(duration(-seconds)) == -seconds


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        (date(2026, 3, 1), "2026-03-01T12:00:00+00:00"),
        (date(2026, 3, 2), "2026-03-02T00:00:00+00:00"),
        (date(2026, 3, 3), None),
    ],
)
def test_work_is_logged_at_a_moment_that_is_over(day: date, moment: str | None) -> None:
    at = spent_at(day, NOW)
    assert (at.isoformat() if at else None) == moment


@pytest.mark.parametrize(
    ("text", "author", "line"),
    [
        ("Fix", Author("7", "Ann Oak"), "Ann Oak: Fix"),
        ("Ann Oak: Fix", Author("7", "Ann Oak"), "Ann Oak: Fix"),
        ("Two\nlines", Author("", "", is_bridge=True), "Two lines"),
        ("", Author("7", "Ann Oak"), "Ann Oak"),
    ],
)
def test_the_person_stands_in_the_summary(text: str, author: Author, line: str) -> None:
    write = AddTime("4/time:1", ItemAddress("1"), 60, date(2026, 3, 1), text, author)
    assert unmarked(summary(write)) == (line, "4/time:1", "t")


@pytest.mark.parametrize(
    ("changes", "rest"),
    [
        ({"status": "workflow::doing"}, {"add_labels": "workflow::doing", "state_event": "reopen"}),
        ({"status": "workflow::done"}, {"add_labels": "workflow::done", "state_event": "close"}),
        ({"status": "closed"}, {"state_event": "close"}),
        ({"status": "opened"}, {"state_event": "reopen"}),
        ({"deadline": "2026-04-01T18:00:00+03:00"}, {"due_date": "2026-04-01"}),
        ({"deadline": None}, {"due_date": ""}),
        ({"assignees": frozenset()}, {"assignee_ids": [0]}),
        ({"tags": SetChange(add=frozenset({"a", "b"}))}, {"add_labels": "a,b"}),
    ],
)
def test_what_a_change_sends(changes: dict, rest: dict) -> None:
    sent = parameters(changes, FREE).rest
    sent.pop("remove_labels", "")
    assert sent == rest


@pytest.mark.parametrize("tag", ["a,b", "priority::high", "workflow::doing"])
def test_tags_that_cannot_be_labels_are_said(tag: str) -> None:
    sent = parameters({"tags": SetChange(add=frozenset({tag, "ok"}))}, FREE)
    assert (sent.rest, set(sent.dropped)) == ({"add_labels": "ok"}, {"tags"})


def test_a_status_of_the_namespace_goes_without_the_state() -> None:
    own = Setting(IssueOptions(), True, set())
    sent = parameters({"status": "gid://gitlab/Status/1"}, own)
    assert (sent.rest, sent.work_item) == (
        {},
        {"statusWidget": {"status": "gid://gitlab/Status/1"}},
    )
    assert set(parameters({"status": "workflow::doing"}, own).dropped) == {"status"}


@pytest.mark.parametrize(
    ("name", "change", "stored", "same"),
    [
        ("title", "  A ", "A", True),
        ("description", "a\r\nb  \n", "a\nb", True),
        ("description", "/close", "", False),
        ("description", "/close", "/\u2060close", True),
        ("tags", SetChange(add=frozenset({"a"})), frozenset({"a", "b"}), True),
        ("tags", SetChange(remove=frozenset({"a"})), frozenset({"a"}), False),
        ("deadline", "2026-04-01T10:00:00Z", "2026-04-01", True),
        ("deadline", None, None, True),
        ("estimate", 0, None, True),
    ],
)
def test_what_counts_as_stored(name: str, change, stored, same: bool) -> None:
    assert holds(name, change, stored) == same
