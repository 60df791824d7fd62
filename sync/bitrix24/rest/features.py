"""Features that only some portals have: REST 3.0, chats of tasks, offline events."""

from __future__ import annotations

from sync.bitrix24.rest.batch import Answer, Call, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.core.audit import probing
from sync.errors import Denied, Refused, SyncError


def detect_features(portal: Portal) -> dict[str, bool]:
    """Detect REST 3.0 of tasks (`v3`), task chats (`new_card`) and offline events.

    Costs three requests. `new_card` is left out where none is seen: the portal may have no task
    yet, or change to the new card later, so each task is asked. Raises Later.
    """
    newest = {"order": {"ID": "desc"}, "select": ["ID"], "start": -1}
    with probing():
        listed, offline = portal.batch([
            Call("tasks.task.list", newest, write=False),
            Call("feature.get", {"CODE": "rest_offline_extended"}, write=False),
        ])  # fmt: skip
        features = {"v3": _has_v3(portal), "offline_events": _feature_value(offline) == "Y"}
        if (task_id := _newest_task(listed)) and _has_chat(portal, task_id):
            features["new_card"] = True
        return features


def _newest_task(listed: Answer | SyncError) -> int:
    rows = as_mapping(listed.result).get("tasks") if isinstance(listed, Answer) else ()
    return max((as_int(as_mapping(row).get("id")) for row in rows or ()), default=0)


def _has_chat(portal: Portal, task_id: int) -> bool:
    """Return whether the discussion of a task is a chat: only tasks.task.get documents that.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-get.html
    """
    params = {"taskId": task_id, "select": ["ID", "CHAT_ID"]}
    try:
        answer = portal.call("tasks.task.get", params, write=False)["result"]
    except (Denied, Refused):
        return False
    return bool(as_int(as_mapping(as_mapping(answer).get("task")).get("chatId")))


def _feature_value(feature: Answer | SyncError) -> str:
    result = as_mapping(feature.result) if isinstance(feature, Answer) else {}
    return str(result.get("value", ""))


def _has_v3(portal: Portal) -> bool:
    params = {"select": ["id"], "filter": [["id", "in", [1]]], "pagination": {"limit": 1}}
    try:
        portal.call_v3("tasks.task.list", params)
    except (Denied, Refused):
        return False
    return True
