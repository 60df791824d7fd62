"""The emulator's answers have the keys and types of the vendor's own examples.

The examples lie outside of this repository; where they are absent, every call must still answer.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulators.bitrix24.calls import REGISTRY
from tests.emulators.bitrix24.furnished import SAMPLES, furnished
from tests.emulators.bitrix24.rest import Rest

TASK = {"taskId": 2103}
GET_FIELDS = "ID TITLE DESCRIPTION CREATED_BY RESPONSIBLE_ID DEADLINE UF_TASK_WEBDAV_FILES"
LIST_FIELDS = (
    "ID TITLE DESCRIPTION STATUS subStatus DEADLINE CREATED_DATE RESPONSIBLE_ID "
    "ACCOMPLICES AUDITORS TAGS PRIORITY MARK"
)
CALLS: dict[str, dict[str, Any]] = {
    "app.info": {},
    "app.option.get": {},
    "app.option.set": {"options": {"a": "1"}},
    "batch": {"cmd": {"get_user": "user.current"}},
    "disk.attachedobject.get": {"id": 491},
    "disk.file.get": {"id": 8911},
    "disk.folder.get": {"id": 8912},
    "disk.folder.addsubfolder": {"id": 8910, "data": {"NAME": "a"}},
    "disk.folder.getchildren": {"id": 8910},
    "disk.folder.uploadfile": {
        "id": 8910,
        "data": {"NAME": "a.png"},
        "fileContent": ["a.png", "aGVsbG8="],
    },
    "disk.storage.getforapp": {},
    "event.bind": {"event": "ONTASKADD", "handler": "http://app.test/events"},
    "event.get": {},
    "event.test": {"any": "data"},
    "event.unbind": {"event": "ONTASKADD", "handler": "http://app.test/events"},
    "events": {},
    "feature.get": {"CODE": "rest_offline_extended"},
    "im.chat.get": {"ENTITY_TYPE": "SONET_GROUP", "ENTITY_ID": "3"},
    "im.chat.user.list": {"CHAT_ID": 51},
    "im.dialog.get": {"DIALOG_ID": "sg3"},
    "im.dialog.messages.get": {"DIALOG_ID": "sg3"},
    "im.message.add": {"DIALOG_ID": "sg3", "MESSAGE": "hello"},
    "im.message.update": {"MESSAGE_ID": 1900, "MESSAGE": "other"},
    "im.message.delete": {"MESSAGE_ID": 1900},
    "im.notify.personal.add": {"USER_ID": 7, "MESSAGE": "hello", "TAG": "A"},
    "im.notify.system.add": {"USER_ID": 7, "MESSAGE": "hello", "TAG": "A"},
    "im.recent.list": {},
    "im.search.chat.list": {"FIND": "Site"},
    "method.get": {"name": "user.get"},
    "placement.bind": {"PLACEMENT": "TASK_VIEW_TAB", "HANDLER": "http://app.test/tab"},
    "placement.get": {},
    "placement.list": {},
    "placement.unbind": {"PLACEMENT": "LEFT_MENU"},
    "profile": {},
    "scope": {"full": True},
    "server.time": {},
    "socialnetwork.api.workgroup.get": {"params": {"groupId": 3}},
    "socialnetwork.api.workgroup.list": {"params": {"shouldSelectDialogId": "Y"}},
    "sonet_group.get": {},
    "sonet_group.user.get": {"ID": 3},
    "task.commentitem.add": {"TASKID": 2103, "FIELDS": {"POST_MESSAGE": "hello"}},
    "task.checklistitem.add": {"TASKID": 2103, "FIELDS": {"TITLE": "Step"}},
    "task.checklistitem.complete": {"TASKID": 2103, "ITEMID": 432},
    "task.checklistitem.delete": {"TASKID": 2103, "ITEMID": 432},
    "task.checklistitem.getlist": {"TASKID": 2103},
    "task.checklistitem.renew": {"TASKID": 2103, "ITEMID": 432},
    "task.checklistitem.update": {"TASKID": 2103, "ITEMID": 432, "FIELDS": {"TITLE": "Step"}},
    "task.dependence.add": {"taskIdFrom": 2104, "taskIdTo": 2103, "linkType": 0},
    "task.dependence.delete": {"taskIdFrom": 2105, "taskIdTo": 2103},
    "task.elapseditem.add": {"TASKID": 2103, "A": {"SECONDS": 60, "COMMENT_TEXT": "x"}},
    "task.elapseditem.delete": {"TASKID": 2103, "ITEMID": 1},
    "task.elapseditem.get": {"TASKID": 2103, "ITEMID": 1},
    "task.elapseditem.getlist": {"TASKID": 2103},
    "task.elapseditem.update": {"T": 2103, "I": 1, "A": {"SECONDS": 9, "COMMENT_TEXT": "x"}},
    "task.item.userfield.add": {"PARAMS": {"USER_TYPE_ID": "string", "FIELD_NAME": "CI"}},
    "task.item.userfield.getlist": {},
    "task.item.userfield.gettypes": {},
    "task.stages.add": {"fields": {"TITLE": "Review", "ENTITY_ID": 3}},
    "task.stages.canmovetask": {"entityId": 3, "entityType": "G"},
    "task.stages.get": {"entityId": 3},
    "task.stages.movetask": {"id": 2103, "stageId": 2},
    "tasks.task.add": {"fields": {"TITLE": "New", "RESPONSIBLE_ID": 1}},
    "tasks.task.approve": {"taskId": 2104},
    "tasks.task.complete": TASK,
    "tasks.task.defer": TASK,
    "tasks.task.delegate": {"taskId": 2103, "userId": 7},
    "tasks.task.delete": TASK,
    "tasks.task.disapprove": {"taskId": 2104},
    "tasks.task.files.attach": {"taskId": 2103, "fileId": 8911},
    "tasks.task.get": {
        "taskId": 2103,
        "select": GET_FIELDS.split(),
    },
    "tasks.task.getaccess": {"taskId": 2103, "users": [1, 7]},
    "tasks.task.history.list": TASK,
    "tasks.task.list": {
        "select": LIST_FIELDS.split(),
        "params": dict.fromkeys(
            ("WITH_TIMER_INFO", "WITH_RESULT_INFO", "WITH_PARSED_DESCRIPTION"), True
        ),
    },
    "tasks.task.pause": {"taskId": 2105},
    "tasks.task.renew": {"taskId": 2106},
    "tasks.task.start": TASK,
    "tasks.task.update": {"taskId": 2103, "fields": {"TITLE": "Other"}},
    "user.current": {},
    "user.get": {},
}
OLD_CARD: dict[str, dict[str, Any]] = {
    "task.commentitem.delete": {"TASKID": 2103, "ITEMID": 501},
    "task.commentitem.getlist": {"TASKID": 2103, "ORDER": {"ID": "asc"}},
    "task.commentitem.update": {"T": 2103, "I": 501, "F": {"POST_MESSAGE": "other"}},
}
BOT: dict[str, dict[str, Any]] = {
    "imbot.v2.Bot.register": {"fields": {"code": "bridge", "properties": {"name": "Bridge"}}},
    "imbot.v2.Chat.Message.send": {"fields": {"message": "hello"}},
    "imbot.v2.Chat.Message.update": {"fields": {"message": "other"}},
}
SCRUM: dict[str, dict[str, Any]] = {"tasks.api.scrum.task.get": {"id": 2107}}
V3: dict[str, dict[str, Any]] = {
    "tasks.task.add": {"fields": {"title": "New", "creatorId": 1, "responsibleId": 7}},
    "tasks.task.get": {"id": 2103, "select": []},
    "tasks.task.list": {"select": ["id", "title", "responsibleId", "deadline", "status"]},
    "tasks.task.chat.message.send": {"fields": {"taskId": 2103, "text": "hello"}},
}
# Keys the vendor's example has and the emulator leaves out, and the other way round, a method.
LEFT_OUT = {
    "batch": "get_department TIMESTAMP_X",
    "im.recent.list": "copilot.roles copilot.recommendedRoles",
    "im.search.chat.list": "restrictions.path restrictions.path_title",
    "tasks.task.list": "lengthDeadline counter",
    "v3.tasks.task.get": "responsible",
}
ADDED = {
    "batch": "operating operating_reset_at WORK_POSITION",
    "tasks.task.add": "sprintId backlogId action.take",
    "tasks.task.update": "parentId",
    "v3.tasks.task.get": "time",
    "v3.tasks.task.chat.message.send": "operating_reset_at",
}


def kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
    return "map"


def differences(have: Any, sample: Any, path: str = "") -> list[str]:
    """Where the two differ in keys or types; None and PHP's empty array fit anything."""
    if have is None or sample is None or have in ([], {}) or sample in ([], {}):
        return []
    if kind(have) != kind(sample):
        return [f"{path}: {kind(have)} where the example has {kind(sample)}"]
    if isinstance(have, list):
        return min((differences(have[0], one, f"{path}[]") for one in sample), key=len)
    if not isinstance(have, dict):
        return []
    if _numbered(have) and _numbered(sample):
        return differences(next(iter(have.values())), next(iter(sample.values())), f"{path}{{}}")
    found = [f"{path}.{key} is missing" for key in sample if key not in have]
    found += [f"{path}.{key} is extra" for key in have if key not in sample]
    for key in have.keys() & sample.keys():
        found += differences(have[key], sample[key], f"{path}.{key}")
    return found


def unexplained(name: str, have: Any, sample: Any) -> list[str]:
    """The differences that no row of the two tables names."""
    known = [f".{key} is missing" for key in LEFT_OUT.get(name, "").split()]
    known += [f".{key} is extra" for key in ADDED.get(name, "").split()]
    return [line for line in differences(have, sample) if not line.endswith(tuple(known) or "\0")]


def _numbered(value: dict[str, Any]) -> bool:
    return all(key.isdigit() for key in value)


def example(name: str, key: str = "") -> Any:
    """The vendor's example, or one part of it; None where the examples are not here."""
    path = SAMPLES / f"{name}.response.json"
    found = json.loads(path.read_text()) if path.is_file() else None
    return found[key] if key and found else found


def respond(name: str, params: dict[str, Any], card: str) -> Any:
    with furnished(card) as b24:
        rest = Rest(b24)
        if name in ("event.get", "event.unbind"):
            rest.result("event.bind", event="ONTASKADD", handler="http://app.test/events")
        if name == "placement.get":
            rest.result("placement.bind", PLACEMENT="LEFT_MENU", HANDLER="http://app.test/menu")
        status, body = rest(name, **params)
        assert status == 200, body
        return body


@pytest.mark.parametrize(("name", "params"), CALLS.items())
def test_answers_have_the_shape_of_the_vendors_examples(name, params):
    have = respond(name, params, "new")["result"]
    assert unexplained(name, have, example(name, "result")) == []


def test_a_bots_answers_have_the_shape_of_the_vendors_examples():
    with furnished("new") as b24:
        b24.app.scopes |= {"imbot"}
        rest, state = Rest(b24), b24.state
        bot = rest.result("imbot.v2.Bot.register", **BOT["imbot.v2.Bot.register"])
        number, chat_id = bot["bot"]["id"], state.groups[3].chat_id
        state.chats[chat_id].members.add(number)
        sent = rest.result("imbot.v2.Chat.Message.send", botId=number, dialogId=f"chat{chat_id}",
                           **BOT["imbot.v2.Chat.Message.send"])  # fmt: skip
        edited = rest.result("imbot.v2.Chat.Message.update", botId=number, messageId=sent["id"],
                             **BOT["imbot.v2.Chat.Message.update"])  # fmt: skip
    for name, have in zip(BOT, (bot, sent, edited), strict=True):
        assert unexplained(name, have, example(name, "result")) == [], name


def test_a_scrum_teams_answers_have_the_shape_of_the_vendors_examples():
    with furnished("new") as b24:
        b24.state.add_group("Team", id=5, members=[1]).kind = "scrum"
        b24.state.create_task("Story", id=2107, group_id=5)
        for name, params in SCRUM.items():
            have = Rest(b24).result(name, **params)
            assert unexplained(name, have, example(name, "result")) == [], name


@pytest.mark.parametrize(("name", "params"), OLD_CARD.items())
def test_answers_of_the_old_card_have_the_shape_of_the_vendors_examples(name, params):
    have = respond(name, params, "old")["result"]
    assert unexplained(name, have, example(name, "result")) == []


@pytest.mark.parametrize(("name", "params"), V3.items())
def test_v3_answers_have_the_shape_of_the_vendors_examples(name, params):
    with furnished("new") as b24:
        status, body = Rest(b24).v3(name, **params)
    assert (status, unexplained(f"v3.{name}", body, example(f"v3.{name}"))) == (200, [])


def test_every_v2_method_of_the_emulator_is_in_the_table_or_has_no_example():
    without = {"user.admin", "task.item.userfield.delete", "task.commentitem.get"}
    without |= {"im.chat.user.add", "tasks.task.startwatch", "imbot.v2.bot.unregister"}
    without |= {"task.item.getdependson", "task.item.update", "tasks.api.scrum.backlog.get"}
    without |= {"tasks.api.scrum.sprint.list", "tasks.api.scrum.task.update"}  # no whole answers
    listed = {name.lower() for name in (*CALLS, *OLD_CARD, *BOT, *SCRUM)} | without
    assert {
        row.name for row in REGISTRY.methods.values() if row.name.lower() not in listed
    } == set()
