"""Dialogs of the emulated portal by each of their names, and how a project's chat is found."""

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


def furnish(b24: BitrixEmulator) -> None:
    b24.state.add_user("Dan", id=7)
    b24.state.add_user("Eve", id=8)
    b24.state.add_group("Site", id=3, members=[7])
    b24.state.create_task("Fix", id=31, responsible_id=7)


def dialog(b24: BitrixEmulator) -> str:
    return f"chat{b24.state.tasks[31].chat_id}"


@pytest.mark.parametrize("name", ["sg3", "chat{project}", "8"])
def test_a_message_is_written_read_and_edited_under_each_name_of_a_dialog(b24, name):
    where = name.format(project=b24.state.groups[3].chat_id)
    rest = Rest(b24, 7)
    number = rest.result("im.message.add", DIALOG_ID=where, MESSAGE="one")
    assert rest.result("im.message.update", MESSAGE_ID=number, MESSAGE="two") is True
    shown = rest.result("im.dialog.messages.get", DIALOG_ID=where)
    (row,) = [row for row in shown["messages"] if row["id"] == number]
    assert (row["text"], row["author_id"], row["chat_id"]) == ("two", 7, shown["chat_id"])


@pytest.mark.parametrize(
    ("where", "text", "error"),
    [
        ("", "x", (400, "DIALOG_ID_EMPTY")),
        ("group3", "x", (400, "DIALOG_ID_EMPTY")),
        ("99", "x", (400, "DIALOG_ID_EMPTY")),
        ("sg3", " ", (400, "MESSAGE_EMPTY")),
    ],
)
def test_a_message_needs_a_dialog_and_a_text(b24, where, text, error):
    assert Rest(b24, 7).error("im.message.add", DIALOG_ID=where, MESSAGE=text) == error


def test_recent_dialogs_hold_projects_and_people_newest_first(b24):
    rest = Rest(b24, 7)
    rest.result("im.message.add", DIALOG_ID="sg3", MESSAGE="one")
    rest.result("im.message.add", DIALOG_ID="8", MESSAGE="two")
    rest.result("im.message.add", DIALOG_ID=dialog(b24), MESSAGE="three")
    project = f"chat{b24.state.groups[3].chat_id}"

    def seen(**params: str) -> list[object]:
        return [one["id"] for one in rest.result("im.recent.list", **params)["items"]]

    assert seen() == [8, project]
    assert (seen(SKIP_DIALOG="Y"), seen(SKIP_CHAT="Y")) == ([project], [8])


def test_a_projects_chat_is_found_in_three_ways(b24):
    b24.app.scopes |= {"socialnetwork"}
    rest, chat = Rest(b24, 7), b24.state.groups[3].chat_id
    assert rest.result("im.chat.get", ENTITY_TYPE="SONET_GROUP", ENTITY_ID="3") == {"ID": chat}
    shown = rest.result("socialnetwork.api.workgroup.get", params={"groupId": 3})
    assert (shown["CHAT_ID"], shown["DIALOG_ID"]) == (chat, f"chat{chat}")
    params = {"shouldSelectDialogId": "Y"}
    listed = rest.result("socialnetwork.api.workgroup.list", params=params)["workgroups"]
    assert [(one["id"], one["dialogId"]) for one in listed] == [("3", f"chat{chat}")]


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({}, "SONET_CONTROLLER_WORKGROUP_EMPTY"),
        ({"groupId": 99}, "SONET_CONTROLLER_WORKGROUP_NOT_FOUND"),
    ],
)
def test_a_group_that_is_not_named_or_not_there(b24, params, error):
    b24.app.scopes |= {"socialnetwork"}
    answer = Rest(b24).error("socialnetwork.api.workgroup.get", params=params)
    assert answer == (400, error)
