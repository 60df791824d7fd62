"""Whether a commit only repeats what another has said already."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.core.model.common import Commit, Project
from sync.core.model.smart_commits import (
    CommandKey,
    SmartCommit,
    SmartCommitCommand,
    Verb,
    find_repeated,
)
from tests.core.factories import SHOP

TIME = SmartCommitCommand(5, Verb.TIME, 3600, "pay")
OLD = SmartCommit(TIME, SHOP, "topic", Commit("aaaa", "Payment", "Ann", "ann@acme.example"))
NEW = replace(OLD, commit=replace(OLD.commit, sha="bbbb"))
PAYMENT = "Payment\n\nB24-5 #time 1h pay"
FORK = Project(1, 8, "ann/shop", "https://gitlab.test/ann/shop")


def by(speech: SmartCommit, **author: str | None) -> SmartCommit:
    return replace(speech, commit=replace(speech.commit, **author))


CASES = {
    "rebased": (PAYMENT, NEW, True),
    "picked": (PAYMENT + "\n\n(cherry picked from commit aaaa)", NEW, True),
    "squashed": ("Shop\n\n* Payment\n\n  B24-5 #time 1h pay\n\n* Docs", NEW, True),
    "another title": ("Docs\n\nB24-5 #time 1h pay", NEW, False),
    "the title in a sentence": ("Payment again\n\nB24-5 #time 1h pay", NEW, False),
    "more time": (PAYMENT, replace(NEW, command=replace(TIME, seconds=60)), False),
    "other words": (PAYMENT, replace(NEW, command=replace(TIME, text="play")), False),
    "another author": (PAYMENT, by(NEW, author_email="bob@acme.example"), False),
    "an author in capitals": (PAYMENT, by(NEW, author_email="ANN@acme.example"), True),
    "another project": (PAYMENT, replace(NEW, project=FORK), False),
    "a project that moved": (PAYMENT, replace(NEW, project=replace(SHOP, path="a/b")), True),
    "the same commit elsewhere": (PAYMENT, replace(by(NEW, sha="aaaa"), project=FORK), True),
}  # fmt: skip


@pytest.mark.parametrize(("message", "speech", "repeated"), CASES.values(), ids=CASES)
def test_a_commit_repeats_another(message: str, speech: SmartCommit, repeated: bool) -> None:
    repeat = find_repeated(message, speech, speech.commit.sha, [("aaaa", OLD)])
    assert repeat == ("aaaa" if repeated else "")


ANN = replace(OLD, commit=Commit("aaaa1111", "B24-5 #time 1h pay", "Ann", "ann@acme.example"))
TITLE = "B24-5 #time 1h pay"
BOB = by(
    replace(ANN, branch="main"), sha="bbbb", author_name="Bob", author_email="bob@acme.example"
)
MERGE = f"Merge branch 'topic' into 'main'\n\n{TITLE}\n\nSee merge request acme/shop!1"
TOPIC = replace(BOB, branch="bobs-topic")

COPIES = {
    "a merge commit repeats the title": (MERGE, BOB, True),
    "a merge commit on another branch": (MERGE, replace(BOB, branch="release/1"), True),
    "a merge request's title that was edited": (
        MERGE.replace(TITLE, f"Shop: {TITLE}"), BOB, True),
    "a merge commit of the team's template": (
        f"{TITLE} (acme/shop)\n\nSee merge request acme/shop!1", BOB, True),
    "a merge commit by hand": (f"Merge branch 'topic'\n\n* topic:\n  {TITLE}", BOB, True),
    "a squash in the name of the request's author": (TITLE, BOB, True),
    "a squash with co-authors": (f"{TITLE}\n\nCo-authored-by: Ann <ann@acme.example>", BOB, True),
    "a squash that lists its commits": (f"Payment\n\n* {TITLE}\n\n* Docs", BOB, True),
    "a squash into develop": (TITLE, replace(BOB, branch="develop"), True),
    "picked by another": (f"{TITLE}\n\n(cherry picked from commit aaaa1111)", TOPIC, True),
    "picked with another title": (
        f"Backport\n\n{TITLE}\n\n(cherry picked from commit aaaa1111)", TOPIC, True),
    "the same words of another on a branch of his own": (TITLE, TOPIC, False),
    "a merge commit that says more time": (
        MERGE, replace(BOB, command=replace(TIME, seconds=7200)), False),
    "a merge commit that gives it to another task": (
        MERGE, replace(BOB, command=replace(TIME, task_id=6)), False),
    "another title on main": ("Pay\n\nB24-5 #time 1h pay again", BOB, False),
    "another project's merge": (MERGE, replace(BOB, project=FORK), False),
    "the same words of two people on one branch": (TITLE, replace(BOB, branch="topic"), False),
}  # fmt: skip


@pytest.mark.parametrize(("message", "speech", "repeated"), COPIES.values(), ids=COPIES)
def test_a_copy_under_another_author_is_no_second_work(
    message: str, speech: SmartCommit, repeated: bool
) -> None:
    repeat = find_repeated(message, speech, "bbbb", [("aaaa1111", ANN)])
    assert repeat == ("aaaa1111" if repeated else "")


@pytest.mark.parametrize("verb", [Verb.COMMENT, Verb.START, Verb.DONE, Verb.TIME])
def test_every_command_is_said_once(verb: Verb) -> None:
    old, new = (replace(one, command=replace(TIME, verb=verb)) for one in (ANN, BOB))
    assert find_repeated(MERGE, new, "bbbb", [("aaaa1111", old)]) == "aaaa1111"


def test_a_picked_commit_repeats_the_one_that_it_names() -> None:
    message = f"{TITLE}\n\n(cherry picked from commit cccc2222)"
    other = by(ANN, sha="cccc2222")
    earlier = [("aaaa1111", ANN), ("cccc2222", other)]
    assert find_repeated(message, BOB, "bbbb", earlier) == "cccc2222"


def test_closing_again_is_no_repetition() -> None:
    old, new = (replace(one, command=SmartCommitCommand(5, Verb.CLOSE)) for one in (OLD, NEW))
    assert find_repeated("Payment\n\nCloses B24-5", new, "bbbb", [("aaaa", old)]) == ""


def test_who_has_no_address_is_known_by_name() -> None:
    old, new = by(OLD, author_email=None), by(NEW, author_email=None)
    assert find_repeated(PAYMENT, new, "bbbb", [("aaaa", old)]) == "aaaa"
    assert find_repeated(PAYMENT, by(new, author_name="Bob"), "bbbb", [("aaaa", old)]) == ""


def test_a_key_is_read_from_its_name() -> None:
    key = CommandKey(1, 7, "4f1c9e0a", 3)
    assert (str(key), CommandKey.parse(str(key))) == ("1/7:4f1c9e0a:3", key)


@pytest.mark.parametrize("text", ["", "1/7:4f:", "1/7:4f:x", "a/7:4f:1", "1/7:4/f:1", "1/7:4f:1\n"])
def test_what_is_no_key(text: str) -> None:
    assert CommandKey.parse(text) is None
