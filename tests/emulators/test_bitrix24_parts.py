"""What belongs to tasks of the emulated portal: checklists, links, files, and who may touch it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

import pytest
import requests
from b24pysdk import BitrixApp, BitrixToken, Client

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.parts import APP_FOLDER
from tests.emulators.bitrix24.rest import Rest

ADMIN, WORKER, WATCHER, STRANGER = 1, 3, 5, 7
SCOPES = ["task", "tasks", "im", "user_basic", "disk"]


@pytest.fixture
def b24() -> Iterator[BitrixEmulator]:
    with BitrixEmulator(HandClock(), scopes=SCOPES) as emulator:
        state = emulator.state
        for number in range(2, 8):
            state.add_user(f"User {number}", id=number)
        for number in (31, 32):
            state.create_task("Fix", id=number, responsible_id=WORKER, auditors=[WATCHER])
        state.limits.on = False
        yield emulator


def titles(b24: BitrixEmulator) -> list[tuple[str, str]]:
    rows = Rest(b24).result("task.checklistitem.getlist", TASKID=31, ORDER={"ID": "asc"})
    return [(row["TITLE"], row["IS_COMPLETE"]) for row in rows]


def test_an_item_without_a_parent_begins_the_first_checklist(b24):
    rest = Rest(b24, WORKER)
    first = rest.result("task.checklistitem.add", TASKID=31, FIELDS={"TITLE": " Build "})
    rest.result("task.checklistitem.add", TASKID=31, FIELDS={"TITLE": "Ship"})
    rows = rest.result("task.checklistitem.getlist", TASKID=31)
    lists = [row["ID"] for row in rows if row["PARENT_ID"] == 0]
    assert [row["TITLE"] for row in rows] == ["Ship", "Build", "BX_CHECKLIST_1"]
    assert [row["PARENT_ID"] for row in rows if row["ID"] == str(first)] == lists


def test_an_item_is_completed_renewed_renamed_and_deleted_with_what_is_below(b24):
    rest = Rest(b24, WORKER)
    list_id = rest.result(
        "task.checklistitem.add", TASKID=31, FIELDS={"TITLE": "Steps", "PARENT_ID": 0}
    )
    fields = {"TITLE": "Build", "PARENT_ID": list_id, "IS_COMPLETE": "Y"}
    item = rest.result("task.checklistitem.add", TASKID=31, FIELDS=fields)
    assert titles(b24) == [("Steps", "N"), ("Build", "Y")]
    assert rest.result("task.checklistitem.renew", TASKID=31, ITEMID=item) is True
    renamed = {"TITLE": "Build it"}
    assert rest.result("task.checklistitem.update", TASKID=31, ITEMID=item, FIELDS=renamed) is None
    assert titles(b24) == [("Steps", "N"), ("Build it", "N")]
    assert rest.result("task.checklistitem.delete", TASKID=31, ITEMID=list_id) is True
    assert titles(b24) == []


@pytest.mark.parametrize(
    ("method", "params", "answer"),
    [
        ("add", {"TASKID": 31, "FIELDS": {"TITLE": " "}}, "Item name not specified"),
        ("add", {"TASKID": 99, "FIELDS": {"TITLE": "x"}}, "action not allowed"),
        ("add", {"FIELDS": {"TITLE": "x"}, "TASKID": 31}, 'expected to be of type "integer"'),
        ("complete", {"TASKID": 31}, "Param #1 (itemId) expected"),
        ("complete", {"TASKID": 31, "ITEMID": 0}, "TASKS_ERROR_ASSERT_EXCEPTION"),
        ("delete", {"TASKID": 32, "ITEMID": 431}, "Deleting item: action not allowed"),
        ("getlist", {"TASKID": 31, "ORDER": {"COLOUR": "asc"}}, "Action failed"),
    ],
)
def test_a_checklist_refuses_what_it_does_not_know(b24, method, params, answer):
    b24.state.parts.add_item(31, "Steps", 1, parent_id=0)
    status, body = Rest(b24)(f"task.checklistitem.{method}", **params)
    assert (status, answer in body["error_description"]) == (400, True), body


def test_parameters_in_the_wrong_order_complete_nothing(b24):
    item = b24.state.parts.add_item(31, "Steps", 1, parent_id=0)
    assert Rest(b24).result("task.checklistitem.complete", ITEMID=item.id, TASKID=31) is False
    assert item.complete is False


def test_a_watcher_ticks_items_and_adds_none(b24):
    item = b24.state.parts.add_item(31, "Steps", 1, parent_id=0)
    rest = Rest(b24, WATCHER)
    assert rest.result("task.checklistitem.complete", TASKID=31, ITEMID=item.id) is True
    assert rest("task.checklistitem.add", TASKID=31, FIELDS={"TITLE": "x"})[0] == 400


def test_tasks_are_linked_once_and_never_in_a_ring(b24):
    rest = Rest(b24)
    pair = {"taskIdFrom": 31, "taskIdTo": 32, "linkType": 2}
    assert rest.result("task.dependence.add", **pair) == []
    assert rest.error("task.dependence.add", **pair) == (400, "ILLEGAL_NEW_LINK")
    back = {"taskIdFrom": 32, "taskIdTo": 31, "linkType": 2}
    assert rest.error("task.dependence.add", **back) == (400, "ACTION_NOT_ALLOWED")
    listed = rest.result("tasks.task.list", filter={"DEPENDS_ON": 31}, select=["ID"])["tasks"]
    assert [task["id"] for task in listed] == ["32"]
    assert rest.v3("tasks.task.get", id=32, select=["id", "dependsOn"])[1]["result"]["item"][
        "dependsOn"
    ] == [31]
    assert rest.result("task.dependence.delete", taskIdFrom=31, taskIdTo=32) == []
    assert rest.error("task.dependence.delete", taskIdFrom=31, taskIdTo=32)[0] == 400


def upload(rest: Rest, name: str, content: bytes, **more: object) -> int:
    encoded = [name, b64encode(content).decode()]
    return int(
        rest.result(
            "disk.folder.uploadfile",
            id=APP_FOLDER, data={"NAME": name}, fileContent=encoded, **more,
        )["ID"]
    )  # fmt: skip


def test_a_file_is_uploaded_attached_listed_and_downloaded(b24):
    rest = Rest(b24)
    assert rest.result("disk.storage.getforapp")["ROOT_OBJECT_ID"] == str(APP_FOLDER)
    number = upload(rest, "a.png", b"\x89PNG")
    attachment = rest.result("tasks.task.files.attach", taskId=31, fileId=number)["attachmentId"]
    select = ["ID", "UF_TASK_WEBDAV_FILES"]
    task = rest.result("tasks.task.get", taskId=31, select=select)["task"]
    assert task["ufTaskWebdavFiles"] == [attachment]
    worker = Rest(b24, WORKER)
    row = worker.result("disk.attachedobject.get", id=attachment)
    assert (row["NAME"], row["SIZE"], row["OBJECT_ID"]) == ("a.png", "4", str(number))
    assert requests.get(row["DOWNLOAD_URL"], timeout=5).content == b"\x89PNG"
    assert Rest(b24, STRANGER).error("disk.attachedobject.get", id=attachment)[0] == 400


def test_a_download_with_a_dead_token_is_a_page_to_sign_in(b24):
    number = b24.state.user_attaches(WORKER, 31, "a.txt", b"hello")
    row = Rest(b24).result("disk.attachedobject.get", id=number)
    b24.revoke_tokens()
    answer = requests.get(row["DOWNLOAD_URL"], timeout=5)
    assert (answer.status_code, b"sign in" in answer.content) == (200, True)


def test_a_name_that_is_taken_is_refused_or_numbered(b24):
    rest = Rest(b24)
    upload(rest, "a.png", b"1")
    encoded = ["a.png", "MQ=="]
    params = {"id": APP_FOLDER, "data": {"NAME": "a.png"}, "fileContent": encoded}
    assert rest.error("disk.folder.uploadfile", **params) == (400, "DISK_OBJ_22000")
    upload(rest, "a.png", b"1", generateUniqueName=True)
    rows = rest.result("disk.folder.getchildren", id=APP_FOLDER, filter={"NAME": "a (1).png"})
    assert [row["NAME"] for row in rows] == ["a (1).png"]
    assert rest.result("disk.folder.addsubfolder", id=APP_FOLDER, data={"NAME": "k"})["ID"] > 0
    again = rest.error("disk.folder.addsubfolder", id=APP_FOLDER, data={"NAME": "k"})
    assert again == (400, "DISK_OBJ_22000")


def test_an_upload_has_no_place_in_a_batch(b24):
    answer = Rest(b24).result("batch", cmd={"a": "disk.folder.uploadfile?id=1"})
    assert answer["result_error"]["a"]["error"] == "ERROR_BATCH_METHOD_NOT_ALLOWED"


def test_files_in_a_field_are_kept_added_and_taken_away(b24):
    old = b24.state.user_attaches(WORKER, 31, "a.txt", b"1")
    b24.state.user_attaches(WORKER, 31, "b.txt", b"2")
    number = upload(Rest(b24), "c.txt", b"3")
    fields = {"UF_TASK_WEBDAV_FILES": [str(old), f"n{number}"]}
    Rest(b24).result("tasks.task.update", taskId=31, fields=fields)
    names = [b24.state.parts.drive[row.object_id].name for row in b24.state.parts.attached(31)]
    assert names == ["a.txt", "c.txt"]


def test_tags_are_listed_and_not_among_the_fields_of_one_task(b24):
    rest = Rest(b24)
    rest.result("tasks.task.update", taskId=31, fields={"TAGS": [" a ", "A", "b", ""]})
    listed = rest.result("tasks.task.list", filter={"ID": 31}, select=["ID", "TAGS"])["tasks"]
    assert [tag["title"] for tag in listed[0]["tags"].values()] == ["a", "b"]
    assert "tags" not in rest.result("tasks.task.get", taskId=31, select=["ID", "TAGS"])["task"]
    rest.result("batch", cmd={"a": "tasks.task.update?taskId=31&fields[TAGS]="})
    assert b24.state.tasks[31].tags == []


def test_an_old_description_is_html_until_its_kind_is_written_too(b24):
    b24.state.tasks[31].in_bbcode = False
    rest = Rest(b24)
    answer = rest.result("tasks.task.update", taskId=31, fields={"DESCRIPTION": "[B]x[/B]"})
    assert answer["task"]["descriptionInBbcode"] == "N"
    fields = {"DESCRIPTION": "[B]x[/B]", "DESCRIPTION_IN_BBCODE": "Y"}
    answer = rest.result("tasks.task.update", taskId=31, fields=fields)
    assert answer["task"]["descriptionInBbcode"] == "Y"


def test_a_message_shows_its_files_edits_and_who_takes_part(b24):
    message = b24.state.user_comments(WORKER, 31, "look", files={"a.png": b"12"})
    chat = b24.state.tasks[31].chat_id
    rest = Rest(b24, WATCHER)
    assert rest.result("im.chat.user.list", CHAT_ID=chat) == [ADMIN, WORKER, WATCHER]
    b24.state.user_edits_message(WORKER, message.id, "look here")
    shown = rest.result("im.dialog.messages.get", DIALOG_ID=f"chat{chat}", LIMIT=1)
    assert shown["messages"][0]["params"] == {"FILE_ID": message.files, "IS_EDITED": "Y"}
    assert [(file["name"], file["size"]) for file in shown["files"]] == [("a.png", 2)]
    assert rest.result("disk.file.get", id=message.files[0])["NAME"] == "a.png"
    assert Rest(b24, STRANGER).error("disk.file.get", id=message.files[0])[0] == 400


def test_a_deleted_message_may_stay_without_its_text(b24):
    message = b24.state.user_comments(WORKER, 31, "oops")
    b24.state.user_deletes_message(WORKER, message.id)
    b24.state.quirks.deleted_stay = True
    dialog = f"chat{b24.state.tasks[31].chat_id}"
    rows = Rest(b24).result("im.dialog.messages.get", DIALOG_ID=dialog, LIMIT=1)["messages"]
    assert [(row["text"], row["params"]) for row in rows] == [("", {"IS_DELETED": "Y"})]


class PlainToken(BitrixToken):
    """The vendor's token, calling the emulator as it is: the SDK knows https alone."""

    portal = ""

    def call_method(self, api_method, params=None, **more):
        body = {**(params or {}), "auth": self.auth_token}
        answer = requests.post(f"{self.portal}/rest/{api_method}", json=body, timeout=5)
        assert answer.status_code == 200, answer.text
        return answer.json()


def test_the_vendors_own_client_works_with_checklists_links_and_files(b24):
    pair = b24.token(ADMIN)
    app = BitrixApp(client_id="local.b24bridge", client_secret="client-secret")
    token = PlainToken(
        domain=b24.host, auth_token=pair.access, refresh_token=pair.refresh, bitrix_app=app
    )
    token.portal = b24.portal_url
    client = Client(token)
    item = client.task.checklistitem.add(task_id=31, fields={"TITLE": "Build"}).result
    assert client.task.checklistitem.complete(task_id=31, item_id=item).result is True
    rows = client.task.checklistitem.getlist(task_id=31).result
    assert (rows[0]["TITLE"], rows[0]["IS_COMPLETE"]) == ("Build", "Y")
    folder = client.disk.folder.add_sub_folder(APP_FOLDER, data={"NAME": "k"}).result["ID"]
    content = ["a.txt", "aGVsbG8="]
    sent = client.disk.folder.upload_file(folder, data={"NAME": "a.txt"}, file_content=content)
    file_id = int(sent.result["ID"])
    made = client.tasks.task.files.attach(task_id=31, file_id=file_id).result
    row = client.disk.attached_object.get(made["attachmentId"]).result
    assert (row["NAME"], row["SIZE"]) == ("a.txt", "5")
    assert client.task.dependence.add(task_id_from=31, task_id_to=32, link_type=2).result == []
