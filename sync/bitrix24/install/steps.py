"""Steps that set up a portal: rights, scopes, events, placements, task fields, features.

Bitrix24 forgets handlers when the application's version changes. So every step checks what is there
and writes only what is missing; it can be repeated at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from sync.bitrix24.install.texts import translate
from sync.bitrix24.rest.batch import Answer, Call, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.rest.error_texts_ru import translate_error
from sync.bitrix24.rest.features import detect_features
from sync.errors import Later, SyncError

# https://apidocs.bitrix24.com/api-reference/scopes/permissions.html
SCOPES = ("task", "tasks", "im", "user_basic", "placement")
OPTIONAL_SCOPES = frozenset({"tasks"})
# A wider right that includes the one asked for.
_IMPLIED_BY = {"user_basic": frozenset({"user"})}

STEP_NAMES = (
    "rights", "secret", "address", "scopes", "events", "placements", "fields", "features",
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class StepResult:
    """One line of the install page.

    `portal_data`: what the step learned, to be stored with the portal. `retryable`: what failed may
    work later by itself.
    """

    name: str
    ok: bool
    text: str
    change: str = ""
    portal_data: Mapping[str, Any] = field(default_factory=dict)
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class AddressProblem:
    """What is wrong with the public address, and what to change: keys of the texts, and values."""

    key: str
    values: Mapping[str, str]
    fatal: bool = True
    change: str = "correct_address"


def run_steps(
    portal: Portal,
    public_url: str,
    language: str,
    step_names: Container[str] | None = None,
    check_address: Callable[[], AddressProblem | None] = lambda: None,
) -> Iterator[StepResult]:
    """Run every step, or those in `step_names`; yield each result as it ends.

    `check_address` returns what is wrong with `public_url`, None where nothing is. A step that
    fails says why and what to change, and the others go on. Raises nothing but bugs: on a portal
    that is not available each step fails.
    """
    base = public_url.rstrip("/")
    steps: Sequence[tuple[str, Callable[[], StepResult]]] = (
        ("rights", lambda: _check_rights(portal, language)),
        ("secret", lambda: _check_secret(portal, language)),
        ("address", lambda: _check_address(check_address(), language)),
        ("scopes", lambda: _check_scopes(portal, language)),
        ("events", lambda: _bind_events(portal, f"{base}/b24/events", language)),
        ("placements", lambda: _bind_placements(portal, base, language)),
        ("fields", lambda: _add_fields(portal, language)),
        ("features", lambda: _detect_features(portal, language)),
    )
    for name, step in steps:
        if step_names is not None and name not in step_names:
            continue
        result = _run_step(name, step)
        text, change = (
            translate_error(language, result.text),
            translate_error(language, result.change),
        )
        yield replace(result, text=text, change=change)


def _run_step(name: str, step: Callable[[], StepResult]) -> StepResult:
    """Run a step; a failure shows its cause first, then the portal's own message."""
    try:
        return step()
    except SyncError as error:
        text = f"{error.cause} ({error.message})" if error.cause else error.message
        return StepResult(name, False, text, error.change, retryable=isinstance(error, Later))


def _check_rights(portal: Portal, language: str) -> StepResult:
    """Check that the user is an administrator.

    https://apidocs.bitrix24.com/api-reference/common/users/profile.html
    """
    body = portal.call("profile", {}, write=False)
    profile = as_mapping(body["result"])
    admin = profile.get("ADMIN") in (True, "Y", "1", 1)
    name = " ".join(str(profile.get(key) or "") for key in ("NAME", "LAST_NAME")).strip()
    if admin:
        return StepResult("rights", True, translate(language, "admin", name=name))
    return StepResult(
        "rights",
        False,
        translate(language, "not_admin", name=name),
        translate(language, "become_admin"),
    )


def _check_secret(portal: Portal, language: str) -> StepResult:
    """Renew the tokens once: a wrong secret would show only an hour later."""
    if not portal.credentials.refresh_token:
        return StepResult("secret", True, translate(language, "secret_untried"))
    portal.renew_tokens()
    return StepResult("secret", True, translate(language, "secret_right"))


def _check_address(problem: AddressProblem | None, language: str) -> StepResult:
    if problem is None:
        return StepResult("address", True, translate(language, "address_right"))
    text = translate(language, problem.key, **problem.values)
    change = translate(language, problem.change) if problem.fatal else ""
    return StepResult("address", not problem.fatal, text, change)


def _check_scopes(portal: Portal, language: str) -> StepResult:
    granted = {str(scope) for scope in portal.call("scope", {}, write=False)["result"] or ()}
    missing = [scope for scope in SCOPES if not granted & {scope, *_IMPLIED_BY.get(scope, ())}]
    portal_data = {"scopes": sorted(granted)}
    needed = [scope for scope in missing if scope not in OPTIONAL_SCOPES]
    if needed:
        text = translate(language, "scopes_missing", scopes=", ".join(needed))
        return StepResult("scopes", False, text, translate(language, "add_scopes"), portal_data)
    key = "scopes_partly" if missing else "scopes_given"
    return StepResult(
        "scopes", True, translate(language, key, scopes=", ".join(missing)), "", portal_data
    )


def _bind_events(portal: Portal, handler: str, language: str) -> StepResult:
    """Bind the missing events and unbind those of older versions.

    https://apidocs.bitrix24.com/api-reference/events/event-bind.html
    """
    bound = [row for row in _read_rows(portal, "event.get", {}) if _is_online(row)]
    stale = [row for row in bound if is_stale(str(row.get("handler", "")), handler)]
    bound_events = {
        str(row.get("event", "")).upper() for row in bound if row.get("handler") == handler
    }
    missing = [event for event in EVENTS if event not in bound_events]
    calls = [*_unbind_all(stale), *(_bind_call(event, handler) for event in missing)]
    answers = portal.batch(calls) if calls else []
    return _combined_result(
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


def _bind_placements(portal: Portal, base: str, language: str) -> StepResult:
    """Bind the tabs of tasks and workgroups, and unbind those of older versions.

    A portal that offers no tabs of workgroups to the application is ready without.
    https://apidocs.bitrix24.com/api-reference/widgets/placement-bind.html
    """
    rows = _read_rows(portal, "placement.get", {})
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
    return _combined_result(
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


def _add_fields(portal: Portal, language: str) -> StepResult:
    """Add the missing task fields.

    https://apidocs.bitrix24.com/api-reference/tasks/user-field/task-item-user-field-add.html
    """
    rows = _read_rows(portal, "task.item.userfield.getlist", {"ORDER": {"ID": "asc"}})
    field_names = {str(row.get("FIELD_NAME", "")) for row in rows}
    missing = [name for name in TASK_FIELDS if name not in field_names]
    answers = portal.batch([_field_call(name) for name in missing]) if missing else []
    return _combined_result("fields", answers, missing, tuple(TASK_FIELDS), language)


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


def _detect_features(portal: Portal, language: str) -> StepResult:
    features = detect_features(portal)
    names = ", ".join(
        translate(language, f"has_{name}") for name, available in features.items() if available
    )
    text = translate(language, "features", features=names or translate(language, "no_features"))
    return StepResult("features", True, text, portal_data={"features": features})


def _read_rows(portal: Portal, method: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    result = portal.call(method, params, write=False)["result"]
    rows = result.values() if isinstance(result, dict) else result or ()
    return [row for row in rows if isinstance(row, dict)]


def _combined_result(
    name: str,
    answers: Sequence[Answer | SyncError],
    written: Sequence[str],
    names: Sequence[str],
    language: str,
) -> StepResult:
    failed = {
        item: answer
        for item, answer in zip(written, answers, strict=True)
        if isinstance(answer, SyncError) and not _already_exists(answer)
    }
    if not failed:
        key = f"{name}_made" if written else f"{name}_kept"
        return StepResult(name, True, translate(language, key, count=len(written) or len(names)))
    reasons = "; ".join(f"{item}: {error.message}" for item, error in failed.items())
    change = next((error.change for error in failed.values() if error.change), "")
    later = any(isinstance(error, Later) for error in failed.values())
    text = translate(language, f"{name}_failed", reasons=reasons)
    return StepResult(name, False, text, change, retryable=later)


def _already_exists(error: SyncError) -> bool:
    """Return whether it exists by now. The portal has no code for that, only these words."""
    description = error.message.lower()
    return (
        "already bind" in description
        or "already exist" in description
        or "already use" in description
    )
