"""The component's inputs, as a job's variables hand them over. Pure."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Mapping
from dataclasses import dataclass

REPORT, DEPLOYMENT, EARLY, DOCTOR = "report", "deployment", "merge-request", "doctor"


NOTHING = "-"  # an input that is left out: GitLab up to 18.0 takes no pattern with an empty default


@dataclass(frozen=True)
class Settings:
    """What the team asked for. Secrets are not here: only the names of their variables."""

    mode: str = REPORT
    deliver: str = "direct"
    app_url: str = ""
    webhook_variable: str = "B24_WEBHOOK_URL"
    token_variable: str = "B24_GITLAB_TOKEN"  # noqa: S105  a name
    task_prefix: str = "B24"
    language: str = "en"
    report: tuple[str, ...] = ("pipeline", "merge-request", "deployments", "commits")
    refs: tuple[str, ...] = ("*",)
    statuses: tuple[str, ...] = ("success", "failed", "canceled", "manual", "skipped")
    tiers: tuple[str, ...] = ("*",)
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
    timeout: float = 10.0


def read_settings(environ: Mapping[str, str]) -> Settings:
    """B24_TASK_PREFIX → task_prefix and so on; what is empty or odd stays as it is by default."""
    given = {}
    for name, default in vars(Settings()).items():
        value = environ.get(f"B24_{name.upper()}")
        value = "" if value == NOTHING else value
        if value is not None and (value.strip() or isinstance(default, str)):
            given[name] = typed(value.strip(), default)
    return Settings(**given)


def typed(value: str, default: object) -> object:
    if isinstance(default, bool):
        return value.lower() in ("true", "1", "yes")
    if isinstance(default, float):
        plain = value.isascii() and value.replace(".", "", 1).isdigit()
        return min(max(float(value), 1.0), 60.0) if plain else default
    if isinstance(default, tuple):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def fits(value: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is one of the wanted; patterns as in a shell: `release/*`."""
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in patterns)


def read_secret(environ: Mapping[str, str], name: str) -> str:
    """The variable of that name; of a file variable (`file: true` of `secrets:`) what is in it."""
    value = environ.get(name, "").strip()
    if value.startswith("/") and os.path.isfile(value) and os.access(value, os.R_OK):
        with open(value, encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    return value
