"""Files: uploaded to a folder of the application, attached to a task, found again by the folder.

The name of a file's folder is the write's key; people see the file in the task alone.
https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-files-attach.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sync.bitrix24.issue_sync import rows
from sync.bitrix24.issue_sync.calls import attachment_calls
from sync.bitrix24.issue_sync.options import TaskOptions
from sync.bitrix24.issue_sync.outcomes import failed
from sync.bitrix24.issue_sync.rows import folder_name
from sync.bitrix24.issue_sync.talks import Talk
from sync.bitrix24.rest.batch import Answer, Call, Reference, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.download import too_large
from sync.core.issue_sync.model import File
from sync.core.issue_sync.writes import AddFile, Done, Outcome
from sync.errors import Later, Refused, SyncError
from sync.sentences import sentence

SAME_NAME = "DISK_OBJ_22000"  # there is a folder, or a file, of that name
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
Fetch = Callable[[File], bytes]


def add_file(write: AddFile, options: TaskOptions, fetch: Fetch) -> Talk[Outcome]:
    """Upload a file and attach it to the task; what an earlier attempt uploaded is used."""
    root = Reference("storage", ("ROOT_OBJECT_ID",))
    storage, made = yield [
        Call("disk.storage.getforapp", {}, write=False, name="storage"),
        Call("disk.folder.addsubfolder", {"id": root, "data": {"NAME": folder_name(write.key)}}),
    ]
    if isinstance(storage, SyncError):
        return failed(storage)
    file_id, folder_id = 0, 0
    if isinstance(made, Answer):
        folder_id = as_int(as_mapping(made.result).get("ID"))
    elif made.code == SAME_NAME:
        root_id = as_int(as_mapping(storage.result).get("ROOT_OBJECT_ID"))
        folder_id, file_id = yield from _find_uploaded(write.key, root_id)
    else:
        return failed(made)
    if not file_id:
        (uploaded,) = yield [_upload_call(write, folder_id, options, fetch)]
        if isinstance(uploaded, SyncError):
            return failed(uploaded)
        file_id = as_int(as_mapping(uploaded.result).get("ID"))
    return (yield from _attach(write, file_id))


def _upload_call(write: AddFile, folder_id: int, options: TaskOptions, fetch: Fetch) -> Call:
    """Build the upload; the bytes are asked for when it is sent."""
    name = _FORBIDDEN.sub("_", write.name).strip(" .")[-200:] or "file"

    def load() -> list[str]:
        content = fetch(write.source)
        if len(content) > options.max_file_bytes:
            raise too_large(write.name, options.max_file_bytes)
        return [name, base64.b64encode(content).decode()]

    params = {"id": folder_id, "data": {"NAME": name}, "fileContent": load}
    return Call("disk.folder.uploadfile", {**params, "generateUniqueName": True})


def _find_uploaded(key: str, root_id: int) -> Talk[tuple[int, int]]:
    """Return the folder of a key and the file in it, 0 where there is none."""
    wanted = {"id": root_id, "filter": {"NAME": folder_name(key)}}
    first = Reference("found", ("0", "ID"))
    folders, files = yield [
        Call("disk.folder.getchildren", wanted, write=False, name="found"),
        Call("disk.folder.getchildren", {"id": first}, write=False),
    ]
    return _first_id(folders), _first_id(files)


def _first_id(answer: Answer | SyncError) -> int:
    listed: Any = answer.result if isinstance(answer, Answer) else ()
    return next((as_int(row.get("ID")) for row in listed or () if isinstance(row, dict)), 0)


def _attach(write: AddFile, file_id: int) -> Talk[Outcome]:
    params = {"taskId": as_int(write.address.id), "fileId": file_id}
    attachment = Reference("attached", ("attachmentId",))
    attached, shown, *_ = yield [
        Call("tasks.task.files.attach", params, name="attached"),
        *attachment_calls(attachment, place="new"),
    ]
    if isinstance(attached, SyncError):
        return failed(attached)
    file = rows.parse_attachment(shown.result) if isinstance(shown, Answer) else None
    number = str(as_int(as_mapping(attached.result).get("attachmentId")))
    made = file or File(number, write.name, reference=f"n{file_id}")
    return Done(file=replace(made, key=write.key))


def download_file(portal: Portal, file: File, limit: int) -> bytes:
    """Return the bytes of an attachment, or of a file of a chat (`n12`). Raises SyncError."""
    if file.size is not None and file.size > limit:
        raise too_large(file.name, limit)
    if file.id.startswith("n"):
        body = portal.call("disk.file.get", {"id": as_int(file.id[1:])}, write=False)
    else:
        body = portal.call("disk.attachedObject.get", {"id": as_int(file.id)}, write=False)
    row = as_mapping(body["result"])
    url = str(row.get("DOWNLOAD_URL") or "")
    if not url:
        raise Refused(
            sentence("The portal gives no address for the file {name}", name=file.name),
            code="no_file",
        )
    content = portal.download(url, limit)
    if str(row.get("SIZE")) not in ("None", str(len(content))):
        raise Later(
            sentence("The file {name} was not downloaded whole", name=file.name), code="incomplete"
        )
    return content
