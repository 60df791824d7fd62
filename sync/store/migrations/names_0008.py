"""What revision 0008 calls stored things: old words → new ones. Pure; the words are literals.

Nothing here uses a class of today: a migration must not change when the code does.
"""

from __future__ import annotations

import re
from typing import Any

Json = Any

KINDS = {"note": "comment"}
SUBJECT_KINDS = {"news": "notification"}
COMMAND_KINDS = {"place_task": "set_stage", "open_task": "create_task"}
BACKFILL_PARTS = {
    "notes": "comments",
    "issue_notes": "issue_comments",
    "code_notes": "code_comments",
}
PURGED = {
    "what deployments carry": "contents of deployments",
    "named commits": "tasks of commits",
    "items": "activity",
    "tasks of items": "tasks of activity",
    "what commits said": "smart commits",
    "posts": "chat messages",
    "what people were told": "notified people",
    "what was told of branches": "notified states",
}

_COMMENT = {"on": "target", "place": "file_position"}
_JOB = {"allowed": "allow_failure"}
_RESOURCE = {"of": "kind"}
_SMART_COMMIT = {
    "place": "position",
    "again": "repeats",
    "in_our_name": "as_app",
    "mendable": "retryable",
}
_ALERT = {
    "opened_by": "first_pipeline_id",
    "failed_by": "last_failed_pipeline_id",
    "ended_by": "fixed_by_pipeline_id",
    "endings": "results",
}
_RESULT = {"pipeline": "pipeline_id", "stages": "failed_stages", "passed": "passed_stages"}
_MEMORY = {"met": "rules_met", "met_at": "rules_met_at"}
_VOTE = {"given": "approved"}
_PAYLOAD = {"about": "subject_key"}
_GROUP = {"ci": "pipelines", "commits": "smart_commits", "notes": "comments"}

# Kinds whose bodies have keys of their own; of the others only resources have one that changes.
_OTHER_BODIES = {"push", "branch", "tag", "release"}
_NOTIFIED_OF_COMMENT = re.compile(r"(tell:\d+:)note:")


def activity_body(kind: str, body: Json) -> Json:
    """Rename the keys of a comment, a job or a resource; `kind`: as it is from now on."""
    match kind:
        case "comment":
            return _renamed(body, _COMMENT)
        case "job":
            return _renamed(body, _JOB)
    return body if kind in _OTHER_BODIES else _renamed(body, _RESOURCE)


def failed_jobs(body: Json) -> Json:
    return _each(body, _JOB)


def smart_commit_body(body: Json) -> Json:
    return _renamed(body, _SMART_COMMIT)


def alert_body(body: Json) -> Json:
    return _with(_renamed(body, _ALERT), "results", lambda results: _each(results, _RESULT))


def memory(body: Json) -> Json:
    return _with(_renamed(body, _MEMORY), "votes", lambda votes: _each(votes, _VOTE))


def purged_rows(rows: Json) -> Json:
    return _renamed(rows, PURGED)


def subject_key(key: str) -> str:
    """`comment:1/7:5` of `note:1/7:5`; other kinds are called as before."""
    return "comment:" + key.removeprefix("note:") if key.startswith("note:") else key


def command_key(key: str) -> str:
    for old, new in (("spoken:", "smart_commit:"), ("unspoken:", "smart_commit_missing:")):
        if key.startswith(old):
            return new + key.removeprefix(old)
    return _NOTIFIED_OF_COMMENT.sub(r"\1comment:", subject_key(key), count=1)


def command_payload(payload: Json) -> Json:
    return _with(_renamed(payload, _PAYLOAD), "subject_key", subject_key)


def settings(stored: Json) -> Json:
    """Rename keys and kinds in the stored form of a portal's settings."""
    stored = _with(stored, "routes", _routes)
    stored = _with(stored, "templates", lambda templates: _renamed(templates, KINDS))
    return _with(stored, "rules", _rules)


def _rules(rules: Json) -> Json:
    rules = _with(rules, "default", _group)
    return _with(
        rules,
        "workgroups",
        lambda groups: (
            {key: _group(group) for key, group in groups.items()}
            if isinstance(groups, dict)
            else groups
        ),
    )


def _group(group: Json) -> Json:
    return _with(_renamed(group, _GROUP), "routes", _routes)


def _routes(routes: Json) -> Json:
    if not isinstance(routes, list):
        return routes
    return [
        _with(route, "on", lambda on: [KINDS.get(kind, kind) for kind in on]) for route in routes
    ]


def _renamed(value: Json, names: dict[str, str]) -> Json:
    """The mapping with new names for its keys, in the order it had; anything else as it is."""
    if not isinstance(value, dict):
        return value
    return {names.get(key, key): item for key, item in value.items()}


def _each(values: Json, names: dict[str, str]) -> Json:
    return [_renamed(value, names) for value in values] if isinstance(values, list) else values


def _with(value: Json, key: str, change: Any) -> Json:
    """The mapping with one of its values changed, where it has that one."""
    if not isinstance(value, dict) or not value.get(key):
        return value
    return {**value, key: change(value[key])}
