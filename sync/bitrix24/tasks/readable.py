"""Who the user of a token is, which tasks they may open, and which workgroups they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from sync.bitrix24.rest.batch import BATCH_SIZE, Call, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.errors import SyncError

ROWS_PER_LIST = 50  # the portal gives no more at once
MAX_TASKS_ASKED = ROWS_PER_LIST * BATCH_SIZE  # in one request


@dataclass(frozen=True, slots=True)
class PageUser:
    """A user as the portal itself says; `user_id` is 0 where it does not say."""

    user_id: int
    admin: bool


def read_profile(portal: Portal) -> PageUser:
    """Return the user of the client's token. Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/common/users/profile.html
    """
    profile = as_mapping(portal.call("profile", {}, write=False)["result"])
    return PageUser(as_int(profile.get("ID")), profile.get("ADMIN") in (True, "Y", "1", 1))


def readable_tasks(portal: Portal, task_ids: Sequence[int]) -> frozenset[int]:
    """Return which of at most MAX_TASKS_ASKED tasks the token's user may open. Raises SyncError.

    A list holds the tasks its reader may see, and no others:
    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list.html
    """
    lists = [task_ids[at : at + ROWS_PER_LIST] for at in range(0, len(task_ids), ROWS_PER_LIST)]
    if len(lists) > BATCH_SIZE:
        raise ValueError(f"at most {MAX_TASKS_ASKED} tasks are asked for, not {len(task_ids)}")
    read = [_list(portal, ids) for ids in lists] if len(lists) == 1 else _batch(portal, lists)
    asked = set(task_ids)
    return frozenset(id_ for rows in read for id_ in rows if id_ in asked)


def own_workgroups(portal: Portal, group_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of those of at most ROWS_PER_LIST workgroups that the token's user is in.

    Raises SyncError.

    https://apidocs.bitrix24.com/api-reference/sonet-group/sonet-group-get.html
    """
    if len(group_ids) > ROWS_PER_LIST:
        raise ValueError(f"at most {ROWS_PER_LIST} workgroups are asked for, not {len(group_ids)}")
    params = {"FILTER": {"ID": list(group_ids)}}
    rows = portal.call("sonet_group.get", params, write=False)["result"] or ()
    names = {
        as_int(row.get("ID")): unescape(str(row.get("NAME") or ""))
        for row in rows
        if isinstance(row, dict)
    }
    return {id_: names[id_] for id_ in group_ids if id_ in names}


def _list(portal: Portal, task_ids: Sequence[int]) -> list[int]:
    """Ask for one list of tasks; return the ids that it holds. Raises SyncError."""
    body = portal.call("tasks.task.list", _list_params(task_ids), write=False)
    return _ids(body["result"])


def _batch(portal: Portal, lists: Sequence[Sequence[int]]) -> list[list[int]]:
    calls = [Call("tasks.task.list", _list_params(ids), write=False) for ids in lists]
    read = []
    for answer in portal.batch(calls):
        if isinstance(answer, SyncError):
            raise answer
        read.append(_ids(answer.result))
    return read


def _list_params(task_ids: Sequence[int]) -> dict[str, object]:
    """Ask for nothing but ids, and for no count of them (`start`)."""
    return {"filter": {"ID": list(task_ids)}, "select": ["ID"], "start": -1}


def _ids(result: object) -> list[int]:
    rows = as_mapping(result).get("tasks")
    values = rows.values() if isinstance(rows, dict) else rows or ()
    return [as_int(row.get("id")) for row in values if isinstance(row, dict)]
