"""Comments that are written, edited and deleted in either discussion."""

from __future__ import annotations

import pytest

from sync.core.issue_sync.writes import (
    AddComment,
    DeleteComment,
    EditComment,
    NotDone,
)
from tests.bitrix24.issue_sync.conftest import ANNA, BORIS
from tests.bitrix24.issue_sync.test_writing import SOMEBODY, TASK, applied, done, task

__all__ = ["task"]  # fixtures


def test_a_comment_is_written_read_back_and_known_by_its_key(either):
    either.b24.state.create_task("Fix", id=31, group_id=3)
    outcome = done(either, AddComment("c-1", TASK, "[B]Carl[/B]: hello", SOMEBODY))
    # That a task has the old card is found out once.
    assert either.counted() == (1 if either.b24.state.card == "new" else 2)
    (comment,) = either.item(31).comments
    assert outcome.comment == comment
    assert (comment.text, comment.key, comment.author.is_bridge) == (
        "[B]Carl[/B]: hello", "c-1", True,
    )  # fmt: skip
    (shown,) = either.b24.state.discussion(31)
    assert shown.text.startswith("[B]Carl[/B]: hello")
    assert either.b24.state.discussion(31)[0].text.isprintable() is False


def test_who_copies_our_text_does_not_write_as_the_bridge(site, task):
    done(site, AddComment("c-1", TASK, "hello", SOMEBODY))
    site.b24.state.user_comments(ANNA, 31, site.b24.state.discussion(31)[0].text)
    ours, copied = site.item(31).comments
    assert (ours.key, copied.key, copied.text, copied.author.is_bridge) == (
        "c-1", "", "hello", False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["[user=all]everybody[/user]", "[SEND=/help]x[/SEND]", "[put=/x]y[/put]", "[call=+7]x[/call]"],
)
def test_nothing_in_a_comment_acts_on_anybody(site, task, text):
    done(site, AddComment("c", TASK, text, SOMEBODY))
    stored = site.b24.state.discussion(31)[0].text
    assert text[:6].lower() not in stored.lower()
    assert stored.replace("\u2060", "").startswith(text)


def test_a_comment_that_begins_like_a_command_is_none_and_reads_as_it_was(site, task):
    done(site, AddComment("c", TASK, "/help me", SOMEBODY))
    assert not site.b24.state.discussion(31)[0].text.startswith("/")
    assert site.item(31).comments[0].text == "/help me"


def test_files_are_named_in_a_message_as_the_messenger_names_them(site, task):
    done(site, AddComment("c", TASK, "see [DISK FILE ID=n77]", SOMEBODY))
    assert site.b24.state.discussion(31)[0].text.startswith("see [disk=77]")
    assert site.item(31).comments[0].text == "see [DISK FILE ID=n77]"


def test_fifty_comments_share_their_requests_and_keep_their_order(site, task):
    site.item(31)
    site.counted()
    writes = [AddComment(f"c{n}", TASK, f"m{n}", SOMEBODY) for n in range(50)]
    outcomes = applied(site, *writes)
    assert [outcome.comment.key for outcome in outcomes] == [f"c{n}" for n in range(50)]
    assert site.counted() == 2  # forty-nine, and what became of them; then the last one
    assert [comment.text for comment in site.item(31).comments] == [f"m{n}" for n in range(50)]


def test_who_is_not_in_the_chat_joins_it_to_write(site):
    site.b24.state.create_task("Fix", id=31, created_by=ANNA, responsible_id=BORIS)
    assert done(site, AddComment("c", TASK, "hello", SOMEBODY)).comment.text == "hello"
    assert site.counted() == 2


def test_a_comment_beyond_the_limit_is_refused_before_it_is_cut(site, task):
    (outcome,) = applied(site, AddComment("c", TASK, "x" * 20_001, SOMEBODY))
    assert isinstance(outcome, NotDone)
    assert outcome.error.code == "too_long"
    assert site.b24.writes["im.message.add"] == 0


def test_a_comment_is_edited_and_deleted_and_gone_is_done(either):
    either.b24.state.create_task("Fix", id=31)
    made = done(either, AddComment("c", TASK, "one", SOMEBODY)).comment
    edited = done(either, EditComment("e", TASK, made.id, "two")).comment
    assert (edited.text, edited.id) == ("two", made.id)
    assert [comment.text for comment in either.item(31).comments] == ["two"]
    delete = DeleteComment("d", TASK, made.id)
    done(either, delete)
    assert either.item(31).comments == ()
    done(either, delete)


def test_a_comment_older_than_three_days_is_not_edited_and_says_why(site, task):
    made = done(site, AddComment("c", TASK, "one", SOMEBODY)).comment
    site.clock.sleep(4 * 86400)
    (outcome,) = applied(site, EditComment("e", TASK, made.id, "two"))
    assert isinstance(outcome, NotDone)
    assert "three days" in str(outcome.error)


def test_a_strangers_comment_is_not_deleted(site, task):
    message = site.b24.state.user_comments(ANNA, 31, "mine")
    task.created_by = ANNA
    (outcome,) = applied(site, DeleteComment("d", TASK, str(message.id)))
    assert isinstance(outcome, NotDone)
