"""Steps that set up a portal: rights, scopes, registrations, features.

Bitrix24 forgets handlers when the application's version changes. So every step checks what is there
and writes only what is missing; it can be repeated at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.bitrix24.install.registrations import add_fields, bind_events, bind_placements
from sync.bitrix24.install.results import StepResult
from sync.bitrix24.install.texts import translate
from sync.bitrix24.rest.batch import as_mapping
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
        ("events", lambda: bind_events(portal, f"{base}/b24/events", language)),
        ("placements", lambda: bind_placements(portal, base, language)),
        ("fields", lambda: add_fields(portal, language)),
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


def _detect_features(portal: Portal, language: str) -> StepResult:
    features = detect_features(portal)
    names = ", ".join(
        translate(language, f"has_{name}") for name, available in features.items() if available
    )
    text = translate(language, "features", features=names or translate(language, "no_features"))
    return StepResult("features", True, text, portal_data={"features": features})
