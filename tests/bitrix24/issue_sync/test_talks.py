"""Talks held side by side: what goes into one batch, and that it never holds too much."""

from __future__ import annotations

import pytest

from sync.bitrix24.issue_sync.calls import newest_call
from sync.bitrix24.issue_sync.talks import hold_talks
from sync.bitrix24.rest.batch import Answer, Call, Reference


def talk(*steps: list[Call]):
    answers = []
    for step in steps:
        answers += yield step
    return [answer.result for answer in answers]


class Sender:
    """Keeps the batches and answers each call with its place in all that was sent."""

    def __init__(self) -> None:
        self.batches: list[list[Call]] = []

    def __call__(self, calls):
        before = sum(map(len, self.batches))
        self.batches.append(list(calls))
        return [Answer(before + place) for place in range(len(calls))]


def a_call(name: str = "") -> Call:
    return Call("tasks.task.update", {}, name=name)


def test_steps_are_packed_whole_and_in_order():
    send = Sender()
    results = hold_talks([talk([a_call() for _ in range(20)]) for _ in range(5)], send)
    assert [len(batch) for batch in send.batches] == [40, 40, 20]
    assert [result[0] for result in results] == [0, 20, 40, 60, 80]


def test_a_talk_goes_on_before_a_later_one_begins():
    send = Sender()
    hold_talks([talk([a_call("a")], [a_call("b")]), *[talk([a_call("c")])] * 1], send)
    names = [[call.name for call in batch] for batch in send.batches]
    assert names == [["t0a", "t1c"], ["t0b"]]


def test_what_is_shared_is_sent_once_behind_the_rest():
    send = Sender()
    talks = [talk([a_call(), newest_call("chat5")]) for _ in range(60)]
    results = hold_talks(talks, send)
    assert [len(batch) for batch in send.batches] == [50, 12]
    assert send.batches[0][-1].method == "im.dialog.messages.get"
    assert (results[0], results[48]) == ([0, 49], [48, 49])


def test_chats_that_are_not_known_yet_are_not_taken_for_one():
    send = Sender()
    dialog = Reference("chat", ("task", "chatId"), before="chat")
    hold_talks([talk([a_call("chat"), newest_call(dialog)]) for _ in range(60)], send)
    assert [len(batch) for batch in send.batches] == [50, 50, 20]
    assert str(send.batches[0][25].params["DIALOG_ID"]) == "chat$result[t0chat][task][chatId]"


def test_an_upload_goes_alone():
    send = Sender()
    upload = Call("disk.folder.uploadfile", {})
    hold_talks([talk([a_call()]), talk([upload]), talk([a_call()])], send)
    assert [[call.method for call in batch] for batch in send.batches] == [
        ["tasks.task.update"], ["disk.folder.uploadfile"], ["tasks.task.update"],
    ]  # fmt: skip


def test_a_step_too_long_for_a_batch_is_a_mistake():
    with pytest.raises(ValueError, match="at most 50 calls, not 51"):
        hold_talks([talk([a_call() for _ in range(51)])], Sender())
