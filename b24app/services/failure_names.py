"""Failures by the names that people know: a task's title, a project's path, a branch, a chat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, select

from b24app.services.overview import Failure
from sync.core.smart_commits.messages import VERB_LABELS
from sync.settings.apply import current_settings
from sync.store import tasks
from sync.store.rows import PortalRecord
from sync.store.tables import connection, project

_ACTIONS = {
    "move_task": "status of {about}",
    "set_stage": "kanban column of {about}",
    "set_fields": "fields of {about}",
    "card": "card in {place} about {about}",
    "message": "message in {place} about {about}",
    "log_time": "time of {about}",
    "chat_message": "message in {place} about {about}",
    "notify": "notification about {about}",
    "create_task": "task for {about}",
    "decide": "decision about {about}",
    "read": "event {about}",
    **{verb.value: f"{word} for {{about}}" for verb, word in VERB_LABELS.items()},
}
# Beginnings of subject keys: `kind:connection/project:key`, or `ci` and `deploy` by their domains.
_SUBJECTS: Mapping[str, Callable[[str, str], str]] = {
    "merge_request": lambda key, path: f"{path}!{key}",
    "ci": lambda key, path: f"pipelines of {key} of {path}",
    "deploy": lambda key, path: f"deployments to {key} of {path}",
    "branch": lambda key, path: f"branch {key.replace(':', ', ')} of {path}",
    "push": lambda key, path: f"push {key} to {path}",
    "pipeline": lambda key, path: f"pipeline {key} of {path}",
    "alert": lambda key, path: f"alert of {key.split(':')[0]} of {path}",
}


@dataclass(frozen=True, slots=True)
class FailureNames:
    """Names of what failures of one portal are about."""

    projects: Mapping[tuple[int, int], str]
    titles: Mapping[str, str]
    chats: Mapping[str, str]

    def describe(self, failure: Failure) -> str:
        """Return what failed, such as `message in the general chat about branch x of acme/shop`."""
        pattern = _ACTIONS.get(failure.action, failure.action + " {about}")
        return pattern.format(about=self._subject(failure), place=self._place(failure.place))

    def _subject(self, failure: Failure) -> str:
        if failure.subject_key:
            return self._keyed(failure.subject_key)
        if failure.of == "task":
            return self._task(failure.about)
        if failure.of == "alerts":
            return f"alerts of {self._keyed(f'ref:{failure.about}')}"
        return self._keyed(failure.about) if failure.of else failure.about

    def _keyed(self, subject_key: str) -> str:
        kind, _, rest = subject_key.partition(":")
        place, _, key = rest.partition(":")
        connection_id, _, project_id = place.partition("/")
        if not (connection_id.isdigit() and project_id.isdigit() and key):
            return subject_key
        path = self.projects.get(
            (int(connection_id), int(project_id)), f"project {project_id} of GitLab"
        )
        words = _SUBJECTS.get(kind)
        if words:
            return words(key, path)
        return f"{key} of {path}" if kind == "ref" else f"{kind.replace('_', ' ')} {key} of {path}"

    def _task(self, number: str) -> str:
        title = self.titles.get(number, "")
        return f"task {number} “{title}”" if title else f"task {number}"

    def _place(self, place: str) -> str:
        kind, _, name = place.partition(":")
        if kind == "task":
            return f"the discussion of {self._task(name)}"
        if name.startswith("sg"):
            return f"the chat of workgroup {name[2:]}"
        return self.chats.get(name, name or "a discussion")


def load_names(
    conn: Connection, portal: PortalRecord, failures: tuple[Failure, ...]
) -> FailureNames:
    """Load the names of these failures."""
    query = (
        select(project.c.connection_id, project.c.project_id, project.c.path)
        .join(connection, connection.c.id == project.c.connection_id)
        .where(connection.c.portal_id == portal.id)
    )
    numbers = {failure.about for failure in failures if failure.of == "task"}
    numbers |= {name for _, _, name in (failure.place.partition(":") for failure in failures)}
    rows = tasks.get(conn, portal.id, {int(number) for number in numbers if number.isdigit()})
    chats = current_settings(conn, portal).chats
    return FailureNames(
        projects={(row[0], row[1]): row[2] for row in conn.execute(query)},
        titles={str(number): row.body.title for number, row in rows.items() if row.body},
        chats={dialog: f"the {name} chat" for name, dialog in chats.model_dump().items() if dialog},
    )
