"""What a commit's message tells tasks to do, as a table of named cases."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.core.model.smart_commits import Flaw, SmartCommitCommand, Verb
from sync.core.rules.portal import ReferenceRules
from sync.core.smart_commits.parse import (
    MAX_COMMANDS,
    MAX_COMMENT_LENGTH,
    MAX_SECONDS,
    VERB_WORDS,
    parse_commands,
)
from tests.depth import depth

RULES = ReferenceRules()


def time(task_id: int, seconds: int, text: str = "") -> SmartCommitCommand:
    return SmartCommitCommand(task_id, Verb.TIME, seconds, text)


def comment(task_id: int, text: str) -> SmartCommitCommand:
    return SmartCommitCommand(task_id, Verb.COMMENT, text=text)


def done(task_id: int) -> SmartCommitCommand:
    return SmartCommitCommand(task_id, Verb.DONE)


def start(task_id: int) -> SmartCommitCommand:
    return SmartCommitCommand(task_id, Verb.START)


def revert(task_id: int) -> SmartCommitCommand:
    return SmartCommitCommand(task_id, Verb.REVERT)


def close(task_id: int) -> SmartCommitCommand:
    return SmartCommitCommand(task_id, Verb.CLOSE)


CASES = {
    "time with a text": ("B24-12 #time 1h 30m text", [time(12, 5400, "text")]),
    "time alone": ("B24-12 #time 2h", [time(12, 7200)]),
    "time in Russian": ("B24-12 #время 1 ч. 30 мин правки", [time(12, 5400, "правки")]),
    "a comment": ("B24-12 #comment looks good", [comment(12, "looks good")]),
    "a comment in Russian": ("B24-12 #комментарий хорошо", [comment(12, "хорошо")]),
    "a colon after the word": ("B24-12 #comment: fine", [comment(12, "fine")]),
    "into work": ("B24-12 #in-progress", [start(12)]),
    "into work, an underscore": ("B24-12 #in_progress", [start(12)]),
    "into work in Russian": ("B24-12 #в-работе", [start(12)]),
    "done": ("B24-12 #done", [done(12)]),
    "close": ("B24-12 #close", [done(12)]),
    "resolve, upper case": ("b24-12 #RESOLVE", [done(12)]),
    "done in Russian": ("B24-12 #Готово", [done(12)]),
    "words behind done are nothing": ("B24-12 #done at last", [done(12)]),
    "words before it are nothing": ("[B24-12] Payment: #done", [done(12)]),
    "several on one line": (
        "B24-12 #time 1h tests #comment see the log #done",
        [time(12, 3600, "tests"), comment(12, "see the log"), done(12)],
    ),
    "several tasks": ("B24-1, B24-2 and B24-3 #done", [done(1), done(2), done(3)]),
    "several tasks and commands": (
        "B24-1 B24-2 #time 1h #done",
        [time(1, 3600), time(2, 3600), done(1), done(2)],
    ),
    "others named on the same line": (
        "B24-1 #time 1h B24-2, B24-3 #time 2h",
        [time(1, 3600), time(2, 7200), time(3, 7200)],
    ),
    "others named behind done": ("B24-1 #done B24-2 #in-progress", [done(1), start(2)]),
    "a comment's words name nobody": (
        "B24-1 #comment see B24-2 #done",
        [comment(1, "see B24-2"), done(1)],
    ),
    "nor do those behind a time": (
        "B24-1 #time 1h as in B24-2 #done",
        [time(1, 3600, "as in B24-2"), done(1)],
    ),
    "one line each": ("B24-1 #done\nB24-2 #in-progress", [done(1), start(2)]),
    "the same twice is once": ("B24-1 #time 1h #time 1h", [time(1, 3600)]),
    "the same in other words is twice": (
        "B24-1 #time 1h a\nB24-1 #time 1h b",
        [time(1, 3600, "a"), time(1, 3600, "b")],
    ),
    "line ends of Windows": ("B24-1 #comment a\r\nB24-2 #done\r\n", [comment(1, "a"), done(2)]),
    "in a list": ("Payment\n\n* B24-1 #done", [done(1)]),
    "unknown words are words": (
        "B24-1 #12 #wip #comment fixed #12 and #bug",
        [comment(1, "fixed #12 and #bug")],
    ),
    "no task on the line": ("B24-1 payment\n\n#done", []),
    "the task behind the command": ("#done B24-1", []),
    "a longer word": ("B24-1 #doner", []),
    "touching the task": ("B24-1#done", []),
    "a quote": ("> B24-1 #done", []),
    "code": ("`B24-1 #done`\n```\nB24-1 #done\n```", []),
    "an address": ("https://wiki.test/B24-1#done", []),
    "a comment keeps its code": ("B24-1 #comment use `make`", [comment(1, "use `make`")]),
    "a revert": ('Revert "B24-1 #time 1h"\n\nThis reverts commit 4f1c.', [revert(1)]),
    "a revert of a closing, merged": (
        "Merge branch 'revert-4f1c9e0a' into 'main'\n\nRevert \"Closes B24-1\"\n\n"
        "See merge request acme/shop!2",
        [revert(1)],
    ),
    "a revert of a command, merged": (
        "Merge branch 'x' into 'main'\n\nRevert \"B24-1 #time 1h\"",
        [revert(1)],
    ),
    "a revert of a command, squashed": (
        'Clean up\n\n* Revert "B24-1 #time 1h #done"\n* Docs',
        [revert(1)],
    ),
    "a revert of a typed title": ("revert: B24-1 #done", [revert(1)]),
    "a revert in brackets": ("[revert] B24-1 #comment hi", [revert(1)]),
    "a revert in Russian": ("Откат «B24-1 #время 1ч»", [revert(1)]),
    "a reapply": ('Reapply "B24-1 #time 1h, closes B24-1"', []),
    "a revert of a revert": ('Revert "Revert "Closes B24-1 #time 1h""', []),
    "a revert that is worked on": (
        'Revert "B24-1 pay"\n\nB24-2 #time 1h',
        [time(2, 3600), revert(1)],
    ),
    "a command in quotes": ('B24-1 explain "#done" and «#time 1h»', []),
    "a command behind quotes": ('B24-1 rename "a" to "b" #done', [done(1)]),
    "quotes in a comment": ('B24-1 #comment say "#done" twice', [comment(1, 'say "#done" twice')]),
    "not closed": ("Does not close B24-1", []),
    "closed in part": ("Partially fixes B24-1", []),
    "the scope of a commit": ("fix(B24-1): part 1 of 3", []),
    "time of two parts": ("B24-1 #time 1 hour and 30 minutes tests", [time(1, 5400, "tests")]),
    "time of two parts in Russian": ("B24-1 #время 1 час и 30 минут", [time(1, 5400)]),
    "time with signs": ("B24-1 #time 1h & 30m", [time(1, 5400)]),
    "time with a plus": ("B24-1 #time 1h+30m", [time(1, 5400)]),
    "a fixup": ("fixup! B24-1 #time 1h", []),
    "a squash that says more": ("squash! B24-1 #time 1h\n\nB24-1 #time 5m", [time(1, 300)]),
    "a merge of a branch": ("Merge branch 'fix_B24-1' into 'main'", []),
    "closes": ("Closes B24-12", [close(12)]),
    "fixes, a list": ("Fixes B24-1, B24-2 and B24-3", [close(1), close(2), close(3)]),
    "resolves": ("Payment (resolves B24-1)", [close(1)]),
    "closes in Russian": ("Закрывает задачу B24-1", [close(1)]),
    "исправлено": ("Исправлено: B24-1 и B24-2", [close(1), close(2)]),
    "see": ("see B24-1", []),
    "a merge request's words": (
        "Merge branch 'x' into 'main'\n\nCloses B24-1\n\nSee merge request acme/shop!1",
        [close(1)],
    ),
    "a revert of a closing": ('Revert "Closes B24-1"', [revert(1)]),
    "closes, with a command": ("Closes B24-1 #time 1h", [time(1, 3600), close(1)]),
}


def test_messages_say_what_the_table_says() -> None:
    parsed = {name: list(parse_commands(message, RULES)) for name, (message, _) in CASES.items()}
    assert parsed == {name: commands for name, (_, commands) in CASES.items()}


FLAWS = {
    "B24-1 #time abc": (Flaw.DURATION, "abc"),
    "B24-1 #time": (Flaw.DURATION, ""),
    "B24-1 #time 90": (Flaw.DURATION, "90"),
    "B24-1 #time 0h": (Flaw.DURATION, "0h"),
    "B24-1 #time 1h 30": (Flaw.DURATION, "1h 30"),
    "B24-1 #time 1h and 30": (Flaw.DURATION, "1h and 30"),
    "B24-1 #time 1h review 30m tests": (Flaw.DURATION, "1h review 30m tests"),
    "B24-1 #time 1-2h": (Flaw.DURATION, "1-2h"),
    "B24-1 #time -1h": (Flaw.DURATION, "-1h"),
    "B24-1 #time 1:30": (Flaw.DURATION, "1:30"),
    "B24-1 #time 1 час с половиной": (Flaw.DURATION, "1 час с половиной"),
    "B24-1 #время полчаса": (Flaw.DURATION, "полчаса"),
    "B24-1 #time 161h": (Flaw.LONG, "161h"),
    "B24-1 #time 99999w x": (Flaw.LONG, "99999w x"),
    "B24-1 #comment": (Flaw.EMPTY, ""),
    "B24-1 #comment #done": (Flaw.EMPTY, ""),
}


@pytest.mark.parametrize(("message", "flaw"), FLAWS.items())
def test_what_is_wrong_with_a_command_is_told(message: str, flaw: tuple[Flaw, str]) -> None:
    first = parse_commands(message, RULES)[0]
    assert (first.flaw, first.text) == flaw


def test_the_greatest_time_is_taken() -> None:
    assert parse_commands("B24-1 #time 160h", RULES) == (time(1, MAX_SECONDS),)


def test_long_words_are_cut() -> None:
    (found,) = parse_commands("B24-1 #comment " + "x" * 5000, RULES)
    assert found.text == "x" * (MAX_COMMENT_LENGTH - 1) + "…"


def test_a_commit_has_a_limit_of_commands() -> None:
    text = "\n".join(f"B24-{number} #done" for number in range(1, 200))
    assert len(parse_commands(text, RULES)) == MAX_COMMANDS


@pytest.mark.parametrize("word", VERB_WORDS)
def test_every_word_commands(word: str) -> None:
    (parsed,) = parse_commands(f"B24-5 #{word.upper()} 1h", RULES)
    assert parsed.verb is VERB_WORDS[word]


def test_a_pattern_of_ones_own_names_tasks_with_a_hash() -> None:
    rules = ReferenceRules(pattern=r"#(?P<id>[0-9]{1,10})\b")
    assert parse_commands("#5 #time 1h\n#6 #done", rules) == (time(5, 3600), done(6))


PIECES = ["B24-5", " ", "#time ", "#done", "1h", "30m ", "#comment ", "Closes ", "`", "```\n", "> ",
          "\n", ", ", "<!--", "-->", "и ", "#", "\r\n", "\0", "fixup! ", "#12"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join) | st.text())
def test_any_text_is_read(text: str) -> None:
    for parsed in parse_commands(text, RULES):
        assert parsed.task_id > 0
        assert 0 <= parsed.seconds <= MAX_SECONDS
        assert "\n" not in parsed.text


@pytest.mark.parametrize(
    "piece",
    [*PIECES, "B24-5 #done\n", "B24-5 #time 1h ", "#done B24-5 ", "#time x", "B24-5 B24-6 #done "],
)
def test_the_work_grows_no_faster_than_the_text(piece: str) -> None:
    """Counted in calls of Python functions, which no regular expression here outweighs."""
    lengths = 1_500 * depth(3), 12_000 * depth(3)
    short, long = (_calls(piece * (length // len(piece))) for length in lengths)
    assert long <= 8 * short + 200


def _calls(text: str) -> int:
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        parse_commands(text, RULES)
    finally:
        sys.setprofile(before)
    return count
