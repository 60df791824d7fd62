"""disk.*, tasks.task.files.attach: the drive and what of it belongs to tasks.

https://apidocs.bitrix24.com/api-reference/disk/
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from tests.emulators.bitrix24.calls import Call, Page, intval, method
from tests.emulators.bitrix24.errors import RestError, missing
from tests.emulators.bitrix24.methods.tasks import existing
from tests.emulators.bitrix24.parts import APP_FOLDER, APP_STORAGE, DriveObject
from tests.emulators.bitrix24.rights import may_edit

PAGE = 50
DENIED = RestError(400, "ACCESS_DENIED", "Access denied")
SAME_NAME = RestError(400, "DISK_OBJ_22000", "A folder with this name already exists")
NUMBERS = {"DELETED_TYPE": 0, "GLOBAL_CONTENT_VERSION": 1}  # texts in disk.file.get
FORBIDDEN = set('\\/:*?"<>|')


@method("disk.storage.getforapp", "disk")
def storage_for_app(call: Call) -> dict[str, Any]:
    """Administrators alone, and never by an inbound webhook."""
    if "/" in call.access:
        raise RestError(403, "ACCESS_DENIED", "Application context required")
    call.admin()
    return {
        "ID": str(APP_STORAGE),
        "NAME": "b24bridge",
        "CODE": None,
        "MODULE_ID": "disk",
        "ENTITY_TYPE": "restapp",
        "ENTITY_ID": "3",
        "ROOT_OBJECT_ID": str(APP_FOLDER),
    }


@method("disk.folder.addsubfolder", "disk", accepts="id data rights", writes=True)
def add_subfolder(call: Call) -> dict[str, Any]:
    folder_id, name = _folder(call), _name(call)
    if any(entry.name == name for entry in call.portal.parts.children(folder_id)):
        raise SAME_NAME
    made = call.portal.parts.store(name, folder_id, call.user.id, call.portal.now(), None)
    return _shown(call, made) | {"ID": made.id, "REAL_OBJECT_ID": made.id}


@method("disk.folder.getchildren", "disk", accepts="id filter order")
def children(call: Call) -> Page:
    rows = call.portal.parts.children(_folder(call))
    wanted = call.maybe("filter", "array", {})
    for key, value in (wanted if isinstance(wanted, dict) else {}).items():
        name = key.lstrip("=@%!<>")
        given = [str(item) for item in (value if isinstance(value, list) else [value])]
        if name not in ("NAME", "ID", "TYPE") or key.removesuffix(name) not in ("", "=", "@"):
            raise RestError(400, "ERROR_ARGUMENT", f"Invalid value of parameter {{{key}}}")
        rows = [row for row in rows if str(_shown(call, row)[name]) in given]
    start = max(intval(call.params.get("start")), 0)
    shown = [_shown(call, row) for row in rows[start : start + PAGE]]
    return Page(shown, len(rows), start + PAGE if start + PAGE < len(rows) else None)


@method(
    "disk.folder.uploadfile",
    "disk",
    accepts="id data fileContent generateUniqueName rights",
    writes=True,
)
def upload(call: Call) -> dict[str, Any]:
    """A name that is taken is refused, unless a unique one may be made of it."""
    folder_id, name = _folder(call), _name(call)
    content = _content(call)
    taken = {entry.name for entry in call.portal.parts.children(folder_id)}
    if name in taken:
        if call.params.get("generateUniqueName") not in (True, "true", "1", 1):
            raise RestError(400, "DISK_OBJ_22000", "An object with this name already exists")
        stem, dot, suffix = name.rpartition(".")
        count = next(n for n in range(1, 1000) if _numbered(stem, dot, suffix, n) not in taken)
        name = _numbered(stem, dot, suffix, count)
    made = call.portal.parts.store(name, folder_id, call.user.id, call.portal.now(), content)
    return _shown(call, made) | {"ID": made.id, "FILE_ID": made.id + 20_000} | NUMBERS


@method("disk.file.get", "disk", accepts="id")
def file_get(call: Call) -> dict[str, Any]:
    entry = call.portal.parts.drive.get(call.need("id", "int"))
    if entry is None or entry.content is None:
        raise _not_found(call)
    if not may_read(call, entry):
        raise DENIED
    return _shown(call, entry)


@method("disk.folder.get", "disk", accepts="id")
def folder_get(call: Call) -> dict[str, Any]:
    """https://apidocs.bitrix24.com/api-reference/disk/folder/disk-folder-get.html"""
    entry = call.portal.parts.drive.get(call.need("id", "int"))
    if entry is None or entry.content is not None:
        raise _not_found(call)
    if entry.owner_id != call.user.id and not call.user.admin:
        raise DENIED
    return _shown(call, entry)


@method("disk.attachedobject.get", "disk", accepts="id")
def attached_object(call: Call) -> dict[str, Any]:
    """https://apidocs.bitrix24.com/api-reference/disk/attached-object/disk-attached-object-get.html"""
    row = call.portal.parts.attachments.get(call.need("id", "int"))
    if row is None:
        raise _not_found(call)
    task = call.portal.tasks.get(row.task_id)
    if task is None or not call.portal.can_read(call.user.id, task):
        raise DENIED
    entry = call.portal.parts.drive[row.object_id]
    query = f"attachedId={row.id}&auth[auth]={call.access}&action=download&ncc=1"
    return {
        "ID": str(row.id),
        "OBJECT_ID": str(row.object_id),
        "MODULE_ID": "tasks",
        "ENTITY_TYPE": "tasks_task",
        "ENTITY_ID": str(row.task_id),
        "CREATE_TIME": call.portal.iso(row.created),
        "CREATED_BY": str(row.created_by),
        "DOWNLOAD_URL": f"{call.portal.url()}/bitrix/tools/disk/uf.php?{query}",
        "NAME": entry.name,
        "SIZE": str(len(entry.content or b"")),
    }


@method("tasks.task.files.attach", "task", accepts="taskId fileId params", writes=True)
def attach(call: Call) -> dict[str, int]:
    """https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-files-attach.html"""
    task, file_id = existing(call), call.need("fileId", "int")
    entry = call.portal.parts.drive.get(file_id)
    works = call.user.id in (task.responsible_id, *task.accomplices)
    if not works and not may_edit(call.portal, call.user.id, task):
        raise RestError(400, "1048582", "Action on the task is not allowed")
    if entry is None or entry.content is None or not may_read(call, entry):
        raise RestError(400, "0", "Could not attach the file")
    made = call.portal.parts.attach(file_id, task.id, call.user.id, call.portal.now())
    call.portal.change_task(task, call.user.id)
    return {"attachmentId": made.id}


def may_read(call: Call, entry: DriveObject) -> bool:
    """The owner, an administrator, and whoever reads a task or a chat that has the file."""
    portal = call.portal
    chats = [portal.chats.get(m.chat_id) for m in portal.messages.values() if entry.id in m.files]
    in_chat = any(chat and call.user.id in portal.members_of(chat) for chat in chats)
    attached = [row for row in portal.parts.attachments.values() if row.object_id == entry.id]
    tasks = [portal.tasks[row.task_id] for row in attached if row.task_id in portal.tasks]
    reads = any(portal.can_read(call.user.id, task) for task in tasks)
    return entry.owner_id == call.user.id or call.user.admin or reads or in_chat


def _numbered(stem: str, dot: str, suffix: str, count: int) -> str:
    return f"{stem} ({count}){dot}{suffix}" if dot else f"{suffix} ({count})"


def _folder(call: Call) -> int:
    folder_id = call.need("id", "int")
    folder = call.portal.parts.drive.get(folder_id)
    if folder_id != APP_FOLDER and (folder is None or folder.content is not None):
        raise _not_found(call)
    return folder_id


def _name(call: Call) -> str:
    data = call.need("data", "array")
    name = str(data.get("NAME") or "").strip() if isinstance(data, dict) else ""
    if not name or set(name) & FORBIDDEN:
        raise RestError(400, "ERROR_ARGUMENT", "Invalid value of parameter {Parameter #1}")
    return name


def _content(call: Call) -> bytes:
    given = call.params.get("fileContent")
    if not isinstance(given, list) or len(given) != 2:
        raise missing("fileContent")
    try:
        content = base64.b64decode(str(given[1]), validate=True)
    except binascii.Error:
        raise RestError(400, "ERROR_CORE", "The file could not be decoded") from None
    if len(content) > call.portal.parts.max_upload:
        raise RestError(400, "DISK_FILE_22002", "The file is too large")
    return content


def _not_found(call: Call) -> RestError:
    text = f"Could not find entity with id `{call.params.get('id')}`"
    return RestError(400, "ERROR_NOT_FOUND", text)


def _shown(call: Call, entry: DriveObject) -> dict[str, Any]:
    moment = call.portal.iso(entry.created)
    shown: dict[str, Any] = {
        "ID": str(entry.id),
        "NAME": entry.name,
        "CODE": None,
        "STORAGE_ID": str(APP_STORAGE),
        "TYPE": "folder" if entry.content is None else "file",
        "PARENT_ID": str(entry.parent_id),
        "DELETED_TYPE": "0",
        "CREATE_TIME": moment,
        "UPDATE_TIME": moment,
        "DELETE_TIME": None,
        "CREATED_BY": str(entry.owner_id),
        "UPDATED_BY": str(entry.owner_id),
        "DELETED_BY": None,
    }
    if entry.content is None:
        return shown | {"REAL_OBJECT_ID": str(entry.id)}
    token = f"auth={call.access}&token=disk%7C{entry.id}"
    page = f"{call.portal.url()}/company/personal/user/{entry.owner_id}/disk/file/{entry.id}"
    return shown | {
        "DETAIL_URL": page,
        "GLOBAL_CONTENT_VERSION": "1",
        "FILE_ID": str(entry.id + 20_000),
        "SIZE": str(len(entry.content)),
        "DOWNLOAD_URL": f"{call.portal.url()}/rest/download.json?{token}",
    }
