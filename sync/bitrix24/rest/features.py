"""Features that only some portals have: REST 3.0, chats of tasks, offline events."""

from __future__ import annotations

from sync.bitrix24.rest.batch import Answer, Call, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.errors import Denied, Refused, SyncError


def detect_features(portal: Portal) -> dict[str, bool]:
    """Detect REST 3.0 of tasks (`v3`), task chats (`new_card`) and offline events.

    Costs two requests. Raises Later.
    """
    newest = {"order": {"ID": "desc"}, "select": ["ID", "CHAT_ID"], "start": -1}
    listed, offline = portal.batch([
        Call("tasks.task.list", newest, write=False),
        Call("feature.get", {"CODE": "rest_offline_extended"}, write=False),
    ])  # fmt: skip
    v3 = _has_v3(portal)
    return {
        "v3": v3,
        "new_card": v3 or _has_chats(listed),
        "offline_events": _feature_value(offline) == "Y",
    }


def _has_chats(listed: Answer | SyncError) -> bool:
    rows = as_mapping(listed.result).get("tasks") if isinstance(listed, Answer) else ()
    return any(isinstance(row, dict) and row.get("chatId") for row in rows or ())


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
