"""The component's inputs, as the job's environment hands them over. Pure."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping
from typing import Any, NamedTuple

NOTHING = "-"  # what an input has in place of an empty default, which GitLab ≤ 18.0 refuses
# All but a schedule, whose failures are told when a pipeline that passed begins to fail.
NOTIFY_SOURCES = (
    "push", "merge_request_event", "web", "webide", "api", "trigger", "pipeline", "parent_pipeline",
    "chat",
)  # fmt: skip


class Settings(NamedTuple):
    """What the team asked for. Secrets are not here: only the names of their variables."""

    webhook_variable: str = "B24_WEBHOOK_URL"
    token_variable: str = "B24_GITLAB_TOKEN"  # noqa: S105  a name
    task_prefix: str = "B24"
    language: str = "en"
    report: tuple[str, ...] = ("pipeline", "merge-request", "deployments", "commits")
    refs: tuple[str, ...] = ("*",)
    statuses: tuple[str, ...] = ("success", "failed", "canceled", "manual", "skipped")
    tiers: tuple[str, ...] = ("*",)
    notify_sources: tuple[str, ...] = NOTIFY_SOURCES
    chat: str = ""
    chat_when: str = "failed"
    field: str = "UF_CI_STATUS"
    on_open: str = "start"
    on_merge: str = "complete"
    stage_open: str = ""
    stage_merge: str = ""
    tell_author: bool = True
    deploy_job: str = ""
    environment: str = ""
    environment_url: str = ""
    environment_tier: str = ""
    task: str = ""
    dry_run: bool = False


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Return B24_TASK_PREFIX as task_prefix and so on; what is odd stays as it is by default."""
    given: dict[str, Any] = {}
    for name, default in Settings()._asdict().items():
        value = environ.get(f"B24_{name.upper()}")
        if value is not None and (value.strip() or isinstance(default, str)):
            given[name] = typed(value.strip(), default)
    return Settings(**given)


def typed(value: str, default: object) -> object:
    """Return the value in the type of its default, the sentinel as nothing."""
    if isinstance(default, bool):
        return value.lower() in ("true", "1", "yes")
    if value == NOTHING:
        return type(default)()
    return listed_words(value) if isinstance(default, tuple) else value


def listed_words(text: str) -> tuple[str, ...]:
    """Return the parts between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def fits(value: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a name is one of the wanted; patterns as in a shell: `release/*`."""
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)


def read_secret(environ: Mapping[str, str], name: str) -> str:
    """Return the variable of that name; of a file variable (`file: true`) what is in it."""
    value = environ.get(name, "").strip()
    if value.startswith("/") and os.path.isfile(value):
        with open(value, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    return value
