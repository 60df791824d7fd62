"""What the application sets up in a portal: step by step, every time anew, each step by itself.

Bitrix24 forgets handlers when a version is updated, so that all of it is checked each time and
only what is missing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from sync.bitrix24.install.texts import say
from sync.bitrix24.rest.batch import Answer, Call, mapping
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.error_texts_ru import explained
from sync.bitrix24.rest.features import detect
from sync.errors import Later, SyncError

# https://apidocs.bitrix24.com/api-reference/scopes/permissions.html
SCOPES = ("task", "tasks", "im", "user_basic", "placement")
OPTIONAL_SCOPES = frozenset({"tasks"})
# A wider right that includes the one asked for.
_INCLUDES = {"user_basic": frozenset({"user"})}

EVENTS = (
    "ONTASKADD", "ONTASKUPDATE", "ONTASKDELETE", "ONTASKCOMMENTADD",
    "ONAPPUPDATE", "ONAPPUNINSTALL", "ONAPPPAYMENT",
)  # fmt: skip
PLACEMENT = "TASK_VIEW_TAB"  # in the new card all task placements are rows of one block
FIELDS = {
    "UF_CI_STATUS": {"en": "CI status", "ru": "Статус CI"},
    "UF_SPRINT": {"en": "Sprint", "ru": "Спринт"},
    "UF_TRACKER_URL": {"en": "Tracker link", "ru": "Ссылка на трекер"},
}
TAB = {
    "en": {"TITLE": "Development", "DESCRIPTION": "Merge requests, pipelines and releases"},
    "ru": {"TITLE": "Разработка", "DESCRIPTION": "Merge requests, сборки и релизы"},
}


@dataclass(frozen=True, slots=True)
class StepResult:
    """One line of the install page. `found`: what the step learned, to be kept with the portal.

    `later`: what failed may work by itself after a while.
    """

    name: str
    ok: bool
    text: str
    change: str = ""
    found: Mapping[str, Any] = field(default_factory=dict)
    later: bool = False


def run(
    portal: Portal, public_url: str, language: str, only: Container[str] | None = None
) -> Iterator[StepResult]:
    """Do every step, or those in `only`; one that fails says why and what to change, and the
    others go on.

    Yields as it goes: rights, scopes, events, placements, fields, features. Raises nothing but
    bugs: a portal that is not available fails each step.
    """
    base = public_url.rstrip("/")
    steps: Sequence[tuple[str, Callable[[], StepResult]]] = (
        ("rights", lambda: _rights(portal, language)),
        ("scopes", lambda: _scopes(portal, language)),
        ("events", lambda: _events(portal, f"{base}/b24/events", language)),
        ("placements", lambda: _placements(portal, f"{base}/b24/task", language)),
        ("fields", lambda: _fields(portal, language)),
        ("features", lambda: _features(portal, language)),
    )
    for name, step in steps:
        if only is not None and name not in only:
            continue
        result = _tried(name, step)
        text, change = explained(language, result.text), explained(language, result.change)
        yield replace(result, text=text, change=change)


def _tried(name: str, step: Callable[[], StepResult]) -> StepResult:
    """What people can use first, the portal's own words behind it."""
    try:
        return step()
    except SyncError as error:
        text = f"{error.why} ({error.what})" if error.why else error.what
        return StepResult(name, False, text, error.change, later=isinstance(error, Later))


def _rights(portal: Portal, language: str) -> StepResult:
    """https://apidocs.bitrix24.com/api-reference/common/users/profile.html"""
    body = portal.call("profile", {}, write=False)
    profile = mapping(body["result"])
    admin = profile.get("ADMIN") in (True, "Y", "1", 1)
    name = " ".join(str(profile.get(key) or "") for key in ("NAME", "LAST_NAME")).strip()
    if admin:
        return StepResult("rights", True, say(language, "admin", name=name))
    return StepResult(
        "rights", False, say(language, "not_admin", name=name), say(language, "become_admin")
    )


def _scopes(portal: Portal, language: str) -> StepResult:
    given = {str(scope) for scope in portal.call("scope", {}, write=False)["result"] or ()}
    missing = [scope for scope in SCOPES if not given & {scope, *_INCLUDES.get(scope, ())}]
    found = {"scopes": sorted(given)}
    needed = [scope for scope in missing if scope not in OPTIONAL_SCOPES]
    if needed:
        said = say(language, "scopes_missing", scopes=", ".join(needed))
        return StepResult("scopes", False, said, say(language, "add_scopes"), found)
    key = "scopes_partly" if missing else "scopes_given"
    return StepResult("scopes", True, say(language, key, scopes=", ".join(missing)), "", found)


def _events(portal: Portal, handler: str, language: str) -> StepResult:
    """https://apidocs.bitrix24.com/api-reference/events/event-bind.html"""
    bound = [row for row in _rows(portal, "event.get", {}) if _is_online(row)]
    stale = [row for row in bound if is_stale(str(row.get("handler", "")), handler)]
    there = {str(row.get("event", "")).upper() for row in bound if row.get("handler") == handler}
    missing = [event for event in EVENTS if event not in there]
    calls = [*_unbind_all(stale), *(_bind(event, handler) for event in missing)]
    answers = portal.batch(calls) if calls else []
    return _summed("events", answers[len(calls) - len(missing) :], missing, EVENTS, language)


def _unbind_all(rows: Sequence[Mapping[str, Any]]) -> list[Call]:
    named = dict.fromkeys((str(row["event"]), str(row["handler"])) for row in rows)
    return [Call("event.unbind", {"event": event, "handler": old}) for event, old in named]


def _bind(event: str, handler: str) -> Call:
    return Call("event.bind", {"event": event, "handler": handler})


def _is_online(row: Mapping[str, Any]) -> bool:
    return str(row.get("offline", 0)) in ("0", "", "None", "False")


def is_stale(bound: str, wanted: str) -> bool:
    """A handler of ours at a path of an earlier version: same host, another address. Pure."""
    try:
        return bound != wanted and urlsplit(bound).netloc == urlsplit(wanted).netloc
    except ValueError:
        return False


def _placements(portal: Portal, handler: str, language: str) -> StepResult:
    """https://apidocs.bitrix24.com/api-reference/widgets/placement-bind.html"""
    rows = [row for row in _rows(portal, "placement.get", {}) if row.get("placement") == PLACEMENT]
    handlers = {str(row.get("handler", "")) for row in rows}
    calls = [
        Call("placement.unbind", {"PLACEMENT": PLACEMENT, "HANDLER": old})
        for old in sorted(handlers)
        if is_stale(old, handler)
    ]
    missing = [] if handler in handlers else [PLACEMENT]
    calls += [_place(handler, language)] if missing else []
    answers = portal.batch(calls) if calls else []
    return _summed(
        "placements", answers[len(calls) - len(missing) :], missing, (PLACEMENT,), language
    )


def _place(handler: str, language: str) -> Call:
    params = {
        "PLACEMENT": PLACEMENT,
        "HANDLER": handler,
        "TITLE": TAB.get(language, TAB["en"])["TITLE"],
        "LANG_ALL": TAB,
    }
    return Call("placement.bind", params)


def _fields(portal: Portal, language: str) -> StepResult:
    """https://apidocs.bitrix24.com/api-reference/tasks/user-field/task-item-user-field-add.html"""
    rows = _rows(portal, "task.item.userfield.getlist", {"ORDER": {"ID": "asc"}})
    there = {str(row.get("FIELD_NAME", "")) for row in rows}
    missing = [name for name in FIELDS if name not in there]
    answers = portal.batch([_field(name) for name in missing]) if missing else []
    return _summed("fields", answers, missing, tuple(FIELDS), language)


def _field(name: str) -> Call:
    labels = FIELDS[name]
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


def _features(portal: Portal, language: str) -> StepResult:
    found = detect(portal)
    named = ", ".join(say(language, f"has_{name}") for name, there in found.items() if there)
    said = say(language, "features", features=named or say(language, "no_features"))
    return StepResult("features", True, said, found={"features": found})


def _rows(portal: Portal, method: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    result = portal.call(method, params, write=False)["result"]
    rows = result.values() if isinstance(result, dict) else result or ()
    return [row for row in rows if isinstance(row, dict)]


def _summed(
    name: str,
    answers: Sequence[Answer | SyncError],
    written: Sequence[str],
    wanted: Sequence[str],
    language: str,
) -> StepResult:
    failed = {
        item: answer
        for item, answer in zip(written, answers, strict=True)
        if isinstance(answer, SyncError) and not _is_there(answer)
    }
    if not failed:
        key = f"{name}_made" if written else f"{name}_kept"
        return StepResult(name, True, say(language, key, count=len(written) or len(wanted)))
    reasons = "; ".join(f"{item}: {error.what}" for item, error in failed.items())
    change = next((error.change for error in failed.values() if error.change), "")
    later = any(isinstance(error, Later) for error in failed.values())
    said = say(language, f"{name}_failed", reasons=reasons)
    return StepResult(name, False, said, change, later=later)


def _is_there(error: SyncError) -> bool:
    """Somebody was faster. The portal has no code of its own for it, only these words."""
    told = error.what.lower()
    return "already bind" in told or "already exist" in told or "already use" in told
