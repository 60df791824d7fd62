"""The nouns of the field: people, merge requests, pipelines, tasks and what links them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SHORT_SHA = 8  # characters, as the code host shortens a commit's name


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the code host. `email` is None where the host hides it."""

    id: int
    username: str
    name: str = ""
    email: str | None = None

    @property
    def display_name(self) -> str:
        return self.name or self.username


@dataclass(frozen=True, slots=True)
class Project:
    connection_id: int
    id: int
    path: str
    url: str
    name: str = ""
    default_branch: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    message: str
    author_name: str
    author_email: str | None
    url: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PortalUser:
    id: int
    name: str
    email: str | None = None
    active: bool = True
