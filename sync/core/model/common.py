"""People, projects and commits, which every domain shares. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

SHORT_SHA = 8  # characters, as the code host shortens a commit's name


@dataclass(frozen=True, slots=True)
class Person:
    """A person on the code host; `email` is None where the host hides it."""

    id: int
    username: str
    name: str = ""
    email: str | None = None

    @property
    def display_name(self) -> str:
        """Return the name, or the username where there is none."""
        return self.name or self.username


@dataclass(frozen=True, slots=True)
class Project:
    """A project of a code host."""

    connection_id: int
    id: int
    path: str
    url: str
    name: str = ""
    default_branch: str = ""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit."""

    sha: str
    message: str
    author_name: str
    author_email: str | None
    url: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PortalUser:
    """A user of the portal."""

    id: int
    name: str
    email: str | None = None
    active: bool = True
