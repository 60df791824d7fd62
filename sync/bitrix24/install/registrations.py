"""What the application registers in a portal: handlers of events, tabs, task fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from sync.bitrix24.install.results import StepResult, combined_result, read_rows
from sync.bitrix24.rest.batch import Answer, Call
from sync.bitrix24.rest.client import Portal
from sync.errors import SyncError

EVENTS = (
    "ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE", "ONTASKCOMMENTADD",
    "ONAPPUPDATE", "ONAPPUNINSTALL", "ONAPPPAYMENT",
)  # fmt: skip
PLACEMENT = "TASK_VIEW_TAB"  # in the new card all task placements are rows of one block
GROUP_PLACEMENT = "SONET_GROUP_DETAIL_TAB"  # only where the application has the right sonet_group
PLACEMENTS = {PLACEMENT: "/b24/task", GROUP_PLACEMENT: "/b24/group"}
_PLACEMENT_NOT_OFFERED = "ERROR_PLACEMENT_NOT_FOUND"
TASK_FIELDS = {
    "UF_CI_STATUS": {"en": "CI status", "ru": "Статус CI"},
}
TAB_TEXTS = {
    "en": {"TITLE": "Development", "DESCRIPTION": "Merge requests, pipelines and releases"},
    "ru": {"TITLE": "Разработка", "DESCRIPTION": "Merge requests, сборки и релизы"},
}


def bind_events(portal: Portal, handler: str, language: str) -> StepResult:
    """Bind the missing events and unbind those of older versions.

    https://apidocs.bitrix24.com/api-reference/events/event-bind.html
    """
    bound = [row for row in read_rows(portal, "event.get", {}) if _is_online(row)]
    stale = [row for row in bound if is_stale(str(row.get("handler", "")), handler)]
    bound_events = {
        str(row.get("event", "")).upper() for row in bound if row.get("handler") == handler
    }
    missing = [event for event in EVENTS if event not in bound_events]
    calls = [*_unbind_all(stale), *(_bind_call(event, handler) for event in missing)]
    answers = portal.batch(calls) if calls else []
    return combined_result(
        "events", answers[len(calls) - len(missing) :], missing, EVENTS, language
    )


def _unbind_all(rows: Sequence[Mapping[str, Any]]) -> list[Call]:
    handlers = dict.fromkeys((str(row["event"]), str(row["handler"])) for row in rows)
    return [Call("event.unbind", {"event": event, "handler": old}) for event, old in handlers]


def _bind_call(event: str, handler: str) -> Call:
    return Call("event.bind", {"event": event, "handler": handler})


def _is_online(row: Mapping[str, Any]) -> bool:
    return str(row.get("offline", 0)) in ("0", "", "None", "False")


def is_stale(bound: str, version: str) -> bool:
    """Return whether `bound` is a handler of an earlier version: our host, another path. Pure."""
    try:
        return bound != version and urlsplit(bound).netloc == urlsplit(version).netloc
    except ValueError:
        return False


def bind_placements(portal: Portal, base: str, language: str) -> StepResult:
    """Bind the tabs of tasks and workgroups, and unbind those of older versions.

    A portal that offers no tabs of workgroups to the application is ready without.
    https://apidocs.bitrix24.com/api-reference/widgets/placement-bind.html
    """
    rows = read_rows(portal, "placement.get", {})
    bound = {(str(row.get("placement", "")), str(row.get("handler", ""))) for row in rows}
    wanted = {code: f"{base}{path}" for code, path in PLACEMENTS.items()}
    calls = [
        Call("placement.unbind", {"PLACEMENT": code, "HANDLER": old})
        for code, old in sorted(bound)
        if code in wanted and is_stale(old, wanted[code])
    ]
    missing = [code for code, handler in wanted.items() if (code, handler) not in bound]
    calls += [_placement_call(code, wanted[code], language) for code in missing]
    answers = portal.batch(calls) if calls else []
    bind_answers = zip(missing, answers[len(calls) - len(missing) :], strict=True)
    offered = [(code, answer) for code, answer in bind_answers if not _is_not_offered(code, answer)]
    return combined_result(
        "placements",
        [answer for _, answer in offered],
        [code for code, _ in offered],
        tuple(PLACEMENTS),
        language,
    )


def _is_not_offered(code: str, answer: Answer | SyncError) -> bool:
    refused = isinstance(answer, SyncError) and answer.code == _PLACEMENT_NOT_OFFERED
    return code == GROUP_PLACEMENT and refused


def _placement_call(code: str, handler: str, language: str) -> Call:
    params = {
        "PLACEMENT": code,
        "HANDLER": handler,
        "TITLE": TAB_TEXTS.get(language, TAB_TEXTS["en"])["TITLE"],
        "LANG_ALL": TAB_TEXTS,
    }
    return Call("placement.bind", params)


def add_fields(portal: Portal, language: str) -> StepResult:
    """Add the missing task fields.

    https://apidocs.bitrix24.com/api-reference/tasks/user-field/task-item-user-field-add.html
    """
    rows = read_rows(portal, "task.item.userfield.getlist", {"ORDER": {"ID": "asc"}})
    field_names = {str(row.get("FIELD_NAME", "")) for row in rows}
    missing = [name for name in TASK_FIELDS if name not in field_names]
    answers = portal.batch([_field_call(name) for name in missing]) if missing else []
    return combined_result("fields", answers, missing, tuple(TASK_FIELDS), language)


def _field_call(name: str) -> Call:
    labels = TASK_FIELDS[name]
    params = {
        "USER_TYPE_ID": "string",
        "FIELD_NAME": name,
        "XML_ID": name,
        "EDIT_FORM_LABEL": labels,
        "LABEL": labels["en"],
        "MULTIPLE": "N",
        "MANDATORY": "N",
    }
    return Call("task.item.userfield.add", {"PARAMS": params})
