"""Issues and comments in the name of who wrote them in Bitrix24, through our app for YouTrack.

REST creates everything in the name of the token's user. The app's handlers, where a project has
them, take another author; where they refuse, nothing was written, and the account writes itself.
https://www.jetbrains.com/help/youtrack/devportal/apps-reference-http-handlers.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sync.core.clock import Clock, is_due
from sync.core.issue_sync.model import Author
from sync.errors import Refused
from sync.text.markdown.dialect import YOUTRACK
from sync.text.sides import tracker
from sync.text.tree import Document, Paragraph, Text
from sync.youtrack.api.client import YouTrack, encode_segment
from sync.youtrack.issues.projects import AppFacts, Instance
from sync.youtrack.json_fields import mapping, text

PATH = "extensionEndpoints/b24bridge/bridge"
KEEP = timedelta(hours=1)  # whether a project has the app is asked again after that
_MARKDOWN = tracker(YOUTRACK)  # writes names as words: no mention, no markup


def ask_app(client: YouTrack, project_id: str, now: datetime) -> AppFacts:
    """Ask a project for our app; without an answer of its own it is not there. Raises SyncError."""
    try:
        about = mapping(client.get(f"/admin/projects/{encode_segment(project_id)}/{PATH}/about"))
    except Refused as refused:
        return AppFacts(now, problem=refused.message)
    version = text(about.get("app"))
    if not version:
        return AppFacts(now, problem="What answers for the app is not the app")
    return AppFacts(now, version, text(about.get("account")))


def named(author: Author | None) -> str:
    """Return the name of who wrote an issue, as words of Markdown; "" where nobody is named."""
    name = " ".join(author.name.split()) if author else ""
    return _MARKDOWN.write(Document((Paragraph((Text(name),)),))) if name else ""


def is_older(version: str, than: str) -> bool:
    """Tell whether an app is older than the bridge: by the numbers of both versions."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.partition("+")[0].split(".")
    return tuple(int(part) if part.isdigit() else 0 for part in parts)


@dataclass(frozen=True, slots=True)
class TrueAuthors:
    """Writes in people's names. Every method returns None where our account has to write."""

    client: YouTrack
    instance: Instance
    clock: Clock

    def create(
        self, project_id: str, author_id: str, key: str, plain: Mapping[str, Any]
    ) -> str | None:
        """Create an issue once for its key; return its readable id. Raises SyncError."""
        sent = {"key": key, "summary": plain["summary"], "description": plain.get("description")}
        path = f"/admin/projects/{encode_segment(project_id)}/{PATH}/issue"
        return text((self._post(project_id, author_id, path, sent) or {}).get("id")) or None

    def comment(
        self, project_id: str, author_id: str, issue_id: str, words: str, *, internal: bool = False
    ) -> bool | None:
        """Write a comment; one among us by a handler that apps of before lack. Raises SyncError."""
        handler = "internal" if internal else "comment"
        path = f"/issues/{encode_segment(issue_id)}/{PATH}/{handler}"
        answer = self._post(project_id, author_id, path, {"text": words}, may_lack=internal)
        return None if answer is None else True

    def _post(
        self,
        project_id: str,
        author_id: str,
        path: str,
        sent: dict[str, Any],
        *,
        may_lack: bool = False,
    ) -> dict[str, Any] | None:
        """Send a write to the app; None where nobody of that id, or no app, could do it.

        `may_lack`: an older app has no such handler, and does the rest.
        """
        login = self.instance.login(author_id) if author_id and self.has_app(project_id) else ""
        if not login:
            return None
        try:
            return mapping(self.client.post(path, {**sent, "author": login}))
        except Refused as refused:
            if refused.code == "404" and not may_lack:
                apps = self.instance.memory.apps
                apps[project_id] = AppFacts(self.clock.now(), problem=refused.message)
            return None

    def has_app(self, project_id: str) -> bool:
        """Tell whether the project has our app, made for our account; asked once an hour."""
        apps, now = self.instance.memory.apps, self.clock.now()
        facts = apps.get(project_id)
        if facts is None or is_due(facts.asked_at, KEEP, now):
            facts = apps[project_id] = ask_app(self.client, project_id, now)
        return bool(facts.version)
