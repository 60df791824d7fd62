"""What the tables, columns and rows of earlier revisions are called now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Row = dict[str, Any]

TABLES = {
    "item": "activity",
    "item_task": "activity_task",
    "spoken": "smart_commit",
    "carried": "deployment_merge_request",
    "rest_log": "api_call",
    "named_commit": "commit_task",
    "told": "notified_state",
    "told_person": "notified_state",
    "post": "message",
}
_COLUMNS = {
    "item": {"heard_at": "received_at"},
    "spoken": {"heard_at": "received_at"},
    "commit": {"heard_at": "received_at"},
    "deployment": {"ask_at": "fetch_at"},
    "pipeline_jobs": {"read_for": "pipeline_updated_at"},
    "alert": {"opened_by": "first_pipeline_id"},
    "link": {"places": "found_in", "milestone": "review_event"},
    "message": {"about": "subject_key"},
    "post": {"about": "subject_key"},
    "told": {"about": "subject_key"},
    "told_person": {"about": "subject_key"},
}
_MOVED: dict[str, tuple[str, ...]] = {
    "link": ("message_id", "message_text", "message_at"),
    "message": ("task_id",),
    "post": ("dialog",),
}
_ADDED: dict[str, Callable[[Row], Row]] = {
    "message": lambda row: {"place": f"task:{row['task_id']}"},
    "post": lambda row: {"place": f"chat:{row['dialog']}"},
    "told": lambda row: {"user_id": 0},
}


def rows(table: str, earlier: Row) -> Iterator[tuple[str, Row]]:
    """Yield what a row of an earlier revision is now: a table's name and values by column."""
    names, moved = _COLUMNS.get(table, {}), _MOVED.get(table, ())
    values = {names.get(name, name): value for name, value in earlier.items() if name not in moved}
    yield TABLES.get(table, table), values | _ADDED.get(table, lambda row: {})(earlier)
    if table == "link" and earlier["message_id"] is not None:
        place = f"{earlier['connection_id']}/{earlier['project_id']}"
        yield (
            "message",
            {
                "portal_id": earlier["portal_id"],
                "place": f"task:{earlier['task_id']}",
                "subject_key": f"merge_request:{place}:{earlier['iid']}",
                "message_id": earlier["message_id"],
                "text": earlier["message_text"],
                "at": earlier["message_at"],
            },
        )
