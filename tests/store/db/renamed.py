"""What the tables and columns of earlier revisions are called now."""

from __future__ import annotations

from typing import Any

TABLES = {
    "item": "activity",
    "item_task": "activity_task",
    "spoken": "smart_commit",
    "carried": "deployment_merge_request",
    "rest_log": "api_call",
    "named_commit": "commit_task",
    "told": "notified_state",
    "told_person": "notified_person",
    "post": "chat_message",
}
_COLUMNS = {
    "activity": {"heard_at": "received_at"},
    "smart_commit": {"heard_at": "received_at"},
    "commit": {"heard_at": "received_at"},
    "deployment": {"ask_at": "fetch_at"},
    "pipeline_jobs": {"read_for": "pipeline_updated_at"},
    "alert": {"opened_by": "first_pipeline_id"},
    "link": {"places": "found_in", "milestone": "review_event"},
    "message": {"about": "subject_key"},
    "chat_message": {"about": "subject_key"},
    "notified_state": {"about": "subject_key"},
    "notified_person": {"about": "subject_key"},
}


def table_name(earlier: str) -> str:
    return TABLES.get(earlier, earlier)


def row(table: str, earlier: dict[str, Any]) -> dict[str, Any]:
    """The row of an earlier revision under the present names of its columns."""
    names = _COLUMNS.get(table, {})
    return {names.get(name, name): value for name, value in earlier.items()}
