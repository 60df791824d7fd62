"""What revision 0008 calls stored things: old words → new ones. Pure; the words are literals.

Nothing here uses a class of today: a migration must not change when the code does.
"""

from __future__ import annotations

import re
from typing import Any

Json = Any

KINDS = {"note": "comment"}
SUBJECT_KINDS = {"news": "notification"}
COMMAND_KINDS = {
    "place_task": "set_stage",
    "open_task": "create_task",
    "put_card": "put_message",
    "post": "put_message",
}
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
    "posts": "messages in chats",
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
_GROUP = {"ci": "pipelines", "commits": "smart_commits", "notes": "comments"}

# Kinds whose bodies have keys of their own; of the others only resources have one that changes.
_OTHER_BODIES = {"push", "branch", "tag", "release"}
_NOTIFIED = re.compile(r"tell:(\d+):(.*)>([^>]*)", re.DOTALL)
_REVIEW = re.compile(r"(notify:(\d+)/(\d+)!(\d+):\w+:\d+)>(\w+)")
_SMART_COMMIT_KEY = re.compile(r"(?:un)?spoken:(\d+)/(\d+):(\w+):(\d+)", re.ASCII)


def activity_body(kind: str, body: Json) -> Json:
    """Rename the keys of a comment, a job or a resource; `kind`: as it was."""
    match kind:
        case "note":
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


def smart_commit_place(key: str) -> tuple[int, int, str, int] | None:
    """Return connection, project, commit and number of the command in a command's old key."""
    match = _SMART_COMMIT_KEY.fullmatch(key)
    return (int(match[1]), int(match[2]), match[3], int(match[4])) if match else None


def command(old: dict[str, Any]) -> dict[str, Any]:
    """Return subject key, key, payload and records of a command, `kind` being its old one.

    What a command records was packed into its key and its payload. Of one that is done or dropped
    nothing is recorded any more; a refused one may be repeated.
    """
    key, payload = old["key"], old["payload"]
    may_end = old["state"] in ("waiting", "sending", "refused")
    records = _records(key, payload, old["subject_kind"]) if may_end else {}
    payload = _payload(old["kind"], payload)
    return {
        "subject_key": subject_key(old["subject_key"]),
        "key": _command_key(key, payload),
        "payload": payload,
        "records": records,
    }


def _records(key: str, payload: Json, subject_kind: str) -> Json:
    if isinstance(payload, dict) and payload.get("step"):
        return {"step": payload["step"]}
    if match := _REVIEW.fullmatch(key):
        numbers = [int(number) for number in match.group(2, 3, 4)]
        return {"review_event": {"merge_request": numbers, "event": match[5]}}
    if match := _NOTIFIED.fullmatch(key):
        user_id = int(match[1]) if subject_kind == "news" else 0
        notified = {"subject_key": subject_key(match[2]), "user_id": user_id, "state": match[3]}
        return {"notified": notified}
    if place := smart_commit_place(key):
        records = {"smart_commit": list(place)}
        return records | {"retryable": True} if key.startswith("unspoken:") else records
    return {}


def _payload(kind: str, payload: Json) -> Json:
    if not isinstance(payload, dict):
        return payload
    new = {name: value for name, value in payload.items() if name != "step"}
    if kind in ("put_card", "put_message"):
        new = {"place": f"task:{new.pop('task_id', 0)}"} | new
    if kind == "post":
        new = {"place": f"chat:{new.pop('dialog', '')}"} | new
    if kind == "put_card" and (mr := new.pop("merge_request", None)):
        place = f"{mr['connection_id']}/{mr['project_id']}"
        new["subject_key"] = f"merge_request:{place}:{mr['iid']}"
    return _with(_renamed(new, {"about": "subject_key"}), "subject_key", subject_key)


def _command_key(key: str, payload: Json) -> str:
    if key.startswith("spoken:"):
        return "smart_commit:" + key.removeprefix("spoken:")
    if key.startswith("unspoken:"):
        return "smart_commit_missing:" + key.removeprefix("unspoken:")
    if isinstance(payload, dict) and "place" in payload:
        return f"message:{payload['place']}:{payload.get('subject_key')}"
    if match := _REVIEW.fullmatch(key):
        return "review" + match[1].removeprefix("notify")
    if match := _NOTIFIED.fullmatch(key):
        return f"notify:{match[1]}:{subject_key(match[2])}"
    return key


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
