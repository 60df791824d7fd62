"""Discussions of the emulated portal: chats of the new card, comments of the old, notifications."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.rest import Rest

DAY = 86400


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def b24(clock: HandClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock) as emulator:
        furnish(emulator)
        yield emulator


@pytest.fixture
def old(clock: HandClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock, card="old") as emulator:
        furnish(emulator)
        yield emulator


def furnish(b24: BitrixEmulator) -> None:
    b24.state.add_user("Dan", id=7)
    b24.state.add_user("Eve", id=8)
    b24.state.add_group("Site", id=3, members=[7])
    b24.state.create_task("Fix", id=31, responsible_id=7)


def dialog(b24: BitrixEmulator) -> str:
    return f"chat{b24.state.tasks[31].chat_id}"


def test_a_message_is_trimmed_and_cut_at_twenty_thousand_signs(b24):
    rest = Rest(b24)
    short = rest.result("im.message.add", DIALOG_ID=dialog(b24), MESSAGE="hello \n\n")
    long = rest.result("im.message.add", DIALOG_ID=dialog(b24), MESSAGE="x" * 20_001)
    assert b24.state.messages[short].text == "hello"
    assert b24.state.messages[long].text == "x" * 20_000 + " (...)"


@pytest.mark.parametrize("name", ["chat{task}", "sg3", "chat999", "sg9"])
def test_only_who_is_in_a_chat_writes_and_reads_there(b24, name):
    where = name.format(task=b24.state.tasks[31].chat_id)
    stranger = Rest(b24, 8)
    assert stranger.error("im.message.add", DIALOG_ID=where, MESSAGE="x") == (403, "ACCESS_ERROR")
    assert stranger.error("im.dialog.messages.get", DIALOG_ID=where) == (403, "ACCESS_ERROR")


def test_an_administrator_who_is_not_in_the_chat_is_refused_too(b24):
    b24.state.create_task("Other", id=32, created_by=7, responsible_id=8)
    where = f"chat{b24.state.tasks[32].chat_id}"
    answer = Rest(b24, 1).error("im.message.add", DIALOG_ID=where, MESSAGE="x")
    assert answer == (403, "ACCESS_ERROR")


def test_who_is_in_a_chat_sees_its_rights_and_may_write_by_them(b24):
    chat = b24.state.add_chat("chat", "News", 1, members=[1, 7])
    chat.can_post = "owner"
    where = f"chat{chat.id}"
    shown = Rest(b24, 7).result("im.dialog.get", DIALOG_ID=where)
    assert (shown["id"], shown["dialog_id"], shown["name"]) == (chat.id, where, "News")
    assert (shown["role"], shown["permissions"]["can_post"]) == ("member", "owner")
    assert Rest(b24, 7).error("im.message.add", DIALOG_ID=where, MESSAGE="x")[0] == 403
    assert Rest(b24, 1).result("im.message.add", DIALOG_ID=where, MESSAGE="x") > 0
    assert Rest(b24, 8).error("im.dialog.get", DIALOG_ID=where) == (403, "ACCESS_ERROR")
    assert Rest(b24, 8).error("im.dialog.get", DIALOG_ID="") == (400, "DIALOG_ID_EMPTY")


def test_an_auditor_joins_the_discussion(b24):
    fields = {"AUDITORS": [8]}
    Rest(b24, 1).result("tasks.task.update", taskId=31, fields=fields)
    assert Rest(b24, 8).result("im.message.add", DIALOG_ID=dialog(b24), MESSAGE="x") > 0


@pytest.mark.parametrize(
    ("user_id", "seconds", "answer"),
    [
        (7, 3 * DAY, (200, None)),
        (7, 3 * DAY + 1, (400, "CANT_EDIT_MESSAGE")),
        (1, 0, (400, "CANT_EDIT_MESSAGE")),
        (8, 0, (400, "CANT_EDIT_MESSAGE")),
    ],
)
def test_a_message_is_edited_by_its_author_for_three_days(b24, clock, user_id, seconds, answer):
    number = Rest(b24, 7).result("im.message.add", DIALOG_ID=dialog(b24), MESSAGE="one")
    clock.advance(seconds)
    rest = Rest(b24, user_id)
    status, body = rest("im.message.update", MESSAGE_ID=number, MESSAGE="two ")
    assert (status, body.get("error")) == answer
    assert b24.state.messages[number].text == ("two" if answer[0] == 200 else "one")


def test_an_empty_text_deletes_and_a_deleted_message_is_gone_for_good(b24):
    rest = Rest(b24, 7)
    number = rest.result("im.message.add", DIALOG_ID=dialog(b24), MESSAGE="one")
    assert rest.result("im.message.update", MESSAGE_ID=number, MESSAGE="") is True
    shown = rest.result("im.dialog.messages.get", DIALOG_ID=dialog(b24))["messages"]
    assert number not in [row["id"] for row in shown]
    assert rest.error("im.message.delete", MESSAGE_ID=number) == (400, "CANT_EDIT_MESSAGE")


@pytest.mark.parametrize(("user_id", "status"), [(7, 200), (1, 200), (8, 400)])
def test_a_message_is_deleted_by_its_author_or_the_owner_of_the_chat(b24, user_id, status):
    number = Rest(b24, 7).result("im.message.add", DIALOG_ID=dialog(b24), MESSAGE="one")
    assert Rest(b24, user_id)("im.message.delete", MESSAGE_ID=number)[0] == status


def test_messages_are_read_in_windows_of_at_most_fifty_newest_first(b24):
    rest = Rest(b24, 7)
    made = [b24.state.user_comments(7, 31, f"m{n}").id for n in range(60)]

    def seen(**params: int) -> list[int]:
        shown = rest.result("im.dialog.messages.get", DIALOG_ID=dialog(b24), **params)
        return [row["id"] for row in shown["messages"]]

    assert seen() == made[:-21:-1]
    assert seen(LIMIT=500) == made[:-51:-1]
    assert seen(FIRST_ID=made[9], LIMIT=3) == made[12:9:-1]
    assert seen(LAST_ID=made[9], LIMIT=3) == made[8:5:-1]
    assert seen(FIRST_ID=0, LIMIT=2)[0] == made[0]


def test_the_portals_own_notes_have_author_zero_and_a_code(b24):
    b24.state.user_moves_task(7, 31, 3)
    shown = Rest(b24, 7).result("im.dialog.messages.get", DIALOG_ID=dialog(b24))["messages"]
    assert [(row["author_id"], row["params"]["CODE"]) for row in shown] == [
        (0, ["TASK_STATUS"]),
        (0, ["TASK_ADD"]),
    ]


def test_chats_are_found_by_what_they_belong_to(b24):
    rest, chat = Rest(b24, 7), b24.state.tasks[31].chat_id
    assert rest.result("im.chat.get", ENTITY_TYPE="TASKS_TASK", ENTITY_ID="31") == {"ID": chat}
    assert rest.result("im.chat.get", ENTITY_TYPE="TASKS_TASK", ENTITY_ID="99") is None
    found = rest.result("im.search.chat.list", FIND="site")
    assert [row["entity_type"] for row in found] == ["SONET_GROUP"]
    assert Rest(b24, 8).result("im.search.chat.list", FIND="site") == []


@pytest.mark.parametrize(
    ("method", "sender"), [("im.notify.personal.add", 1), ("im.notify.system.add", 0)]
)
def test_a_notification_replaces_the_one_with_its_tag(b24, method, sender):
    rest = Rest(b24)
    first = rest.result(method, USER_ID=7, MESSAGE="one", TAG="A")
    rest.result(method, USER_ID=8, MESSAGE="two", TAG="A")
    second = rest.result(method, USER_ID=7, MESSAGE="three", TAG="A")
    assert second > first
    told = [(n.user_id, n.text, n.from_user) for n in b24.state.notifications.values()]
    assert told == [(8, "two", sender), (7, "three", sender)]


def test_notifications_without_a_tag_add_up_and_nobody_is_told_nothing(b24):
    rest = Rest(b24)
    for _ in range(2):
        rest.result("im.notify.personal.add", USER_ID=7, MESSAGE="one")
    assert rest.result("im.notify.personal.add", USER_ID=99, MESSAGE="one") is False
    assert len(b24.state.notifications) == 2


def test_comments_of_the_old_card_are_added_read_changed_and_deleted(old):
    rest = Rest(old, 7)
    number = rest.result("task.commentitem.add", TASKID=31, FIELDS={"POST_MESSAGE": "one"})
    fields = {"POST_MESSAGE": "two"}
    status, _ = rest("task.commentitem.update", TASKID=31, ITEMID=number, FIELDS=fields)
    assert status == 400  # who is no administrator may not change even his own
    rest = Rest(old, 1)
    assert rest.result("task.commentitem.update", TASKID=31, ITEMID=number, FIELDS=fields) is True
    rows = rest.result("task.commentitem.getlist", TASKID=31)
    assert [(row["ID"], row["POST_MESSAGE"]) for row in rows] == [(str(number), "two")]
    assert rest.result("task.commentitem.delete", TASKID=31, ITEMID=number) is True
    assert rest.result("task.commentitem.getlist", TASKID=31) == []


def test_a_filter_in_the_place_of_the_order_is_refused(old):
    status, body = Rest(old)(
        "task.commentitem.getlist", TASKID=31, FILTER={">=POST_DATE": "2026-01-01"}
    )
    assert status == 400
    assert body["error_description"] == (
        "TASKS_ERROR_EXCEPTION_#256; Param #1 (arOrder) for method ctaskcommentitem::getlist() "
        'must not contain key ">=POST_DATE".; 256/TE/WRONG_ARGUMENTS.<br>'
    )


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("getlist", {"TASKID": 31}),
        ("get", {"TASKID": 31, "ITEMID": 1}),
        ("delete", {"TASKID": 31, "ITEMID": 1}),
        ("update", {"TASKID": 31, "ITEMID": 1, "FIELDS": {"POST_MESSAGE": "x"}}),
    ],
)
def test_in_the_new_card_only_the_adding_of_comments_still_works(b24, method, params):
    rest = Rest(b24, 7)
    rest.result("task.commentitem.add", TASKID=31, FIELDS={"POST_MESSAGE": "one"})
    assert [message.text for message in b24.state.discussion(31)] == ["one"]
    status, body = rest(f"task.commentitem.{method}", **params)
    assert (status, "Action is not allowed" in body["error_description"]) == (400, True)


def test_an_edit_by_a_person_fires_nothing_and_is_seen_on_reading(b24):
    message = b24.state.user_comments(7, 31, "one")
    b24.state.user_edits_message(7, message.id, "two")
    shown = Rest(b24, 7).result("im.dialog.messages.get", DIALOG_ID=dialog(b24))["messages"]
    assert shown[0]["text"] == "two"
