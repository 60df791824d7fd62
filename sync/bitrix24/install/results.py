"""What came of a step of the installation, and of its calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.bitrix24.install.texts import translate
from sync.bitrix24.rest.batch import Answer
from sync.bitrix24.rest.client import Portal
from sync.errors import Later, SyncError


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


def read_rows(portal: Portal, method: str, params: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a list of the portal holds. Raises SyncError."""
    result = portal.call(method, params, write=False)["result"]
    rows = result.values() if isinstance(result, dict) else result or ()
    return [row for row in rows if isinstance(row, dict)]


def combined_result(
    name: str,
    answers: Sequence[Answer | SyncError],
    written: Sequence[str],
    names: Sequence[str],
    language: str,
) -> StepResult:
    """Return the result of a step by the answers to what it wrote of `names`."""
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
