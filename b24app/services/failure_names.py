"""Failures by the names that people know: a task's title, a project's path, a branch, a chat."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from b24app.services.failures import Failure
from sync.core.smart_commits.messages import VERB_LABELS
from sync.settings.apply import current_settings
from sync.settings.model import Settings
from sync.store import tasks, workgroup_names
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


# The same in Russian, in an order that needs no cases.
_ACTIONS_RU = {
    "move_task": "Статус: {about}",
    "set_stage": "Колонка канбана: {about}",
    "set_fields": "Поля: {about}",
    "card": "Карточка ({place}): {about}",
    "message": "Сообщение ({place}): {about}",
    "log_time": "Учёт времени: {about}",
    "chat_message": "Сообщение ({place}): {about}",
    "notify": "Уведомление: {about}",
    "create_task": "Новая задача: {about}",
    "decide": "Решение: {about}",
    "read": "Событие {about}",
    **{verb.value: f"{word}: {{about}}" for verb, word in VERB_LABELS.items()},
    "close": "Коммит закрывает: {about}",
}
_SUBJECTS_RU: Mapping[str, Callable[[str, str], str]] = {
    "merge_request": lambda key, path: f"{path}!{key}",
    "ci": lambda key, path: f"пайплайны {key} в {path}",
    "deploy": lambda key, path: f"развёртывания на {key} из {path}",
    "branch": lambda key, path: f"ветка {key.replace(':deleted', ', удалена')} в {path}",
    "push": lambda key, path: f"отправка {key} в {path}",
    "pipeline": lambda key, path: f"пайплайн {key} в {path}",
    "alert": lambda key, path: f"оповещение о {key.split(':')[0]} в {path}",
}
# What a kind is called in Russian where it has no phrase above; in English it is its own name.
_KINDS_RU: Mapping[str, str] = {
    "tag": "тег", "job": "задание CI", "comment": "комментарий", "release": "релиз",
    "deployment": "развёртывание", "issue": "issue", "work_item": "рабочий элемент",
    "milestone": "этап", "wiki_page": "страница вики", "feature_flag": "флаг функции",
    "emoji": "эмодзи", "member": "участник", "project": "проект", "access_token": "токен доступа",
    "vulnerability": "уязвимость",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Phrases:
    """The words of a language that names are made of."""

    actions: Mapping[str, str]
    subjects: Mapping[str, Callable[[str, str], str]]
    kinds: Mapping[str, str]
    task: str = "task {}"
    project: str = "project {} of GitLab"
    of: str = "{} of {}"
    alerts: str = "alerts of {}"
    discussion: str = "the discussion of {}"
    workgroup: str = "the chat of workgroup {}"
    chat: str = "the {} chat"
    chats: Mapping[str, str] = field(default_factory=dict)  # those that are called otherwise
    somewhere: str = "a discussion"
    quoted: str = "“{}”"


_PHRASES = {
    "en": _Phrases(_ACTIONS, _SUBJECTS, {}),
    "ru": _Phrases(
        _ACTIONS_RU, _SUBJECTS_RU, _KINDS_RU,
        "задача {}", "проект {} в GitLab", "{} в {}", "оповещения {}",
        "обсуждение, {}", "чат группы {}", "чат {}",
        {"general": "общий чат", "releases": "чат релизов"}, "обсуждение",
        "«{}»",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FailureNames:
    """Names of what failures of one portal are about."""

    projects: Mapping[tuple[int, int], str]
    titles: Mapping[str, str]
    chats: Mapping[str, str]
    workgroups: Mapping[int, str] = field(default_factory=dict)

    def describe(self, failure: Failure, language: str = "en") -> str:
        """Return what failed, such as `message in the general chat about branch x of acme/shop`."""
        phrases = _PHRASES[language]
        pattern = phrases.actions.get(failure.action, failure.action + " {about}")
        return pattern.format(
            about=self._subject(failure, phrases), place=self._place(failure.place, phrases)
        )

    def name_place(self, place: str, language: str = "en") -> str:
        """Return what a chat is called, by `chat:` and its dialog, or a task by `task:`."""
        return self._place(place, _PHRASES[language])

    def _subject(self, failure: Failure, phrases: _Phrases) -> str:
        if failure.subject_key:
            return self._keyed(failure.subject_key, phrases)
        if failure.of == "task":
            return self._task(failure.about, phrases)
        if failure.of == "alerts":
            return phrases.alerts.format(self._keyed(f"ref:{failure.about}", phrases))
        return self._keyed(failure.about, phrases) if failure.of else failure.about

    def _keyed(self, subject_key: str, phrases: _Phrases) -> str:
        kind, _, rest = subject_key.partition(":")
        place, _, key = rest.partition(":")
        connection_id, _, project_id = place.partition("/")
        if not (connection_id.isdigit() and project_id.isdigit() and key):
            return subject_key
        number = (int(connection_id), int(project_id))
        path = self.projects.get(number, phrases.project.format(project_id))
        words = phrases.subjects.get(kind)
        if words:
            return words(key, path)
        word = phrases.kinds.get(kind, kind.replace("_", " "))
        label = key if kind == "ref" else f"{word} {key}"
        return phrases.of.format(label, path)

    def _task(self, number: str, phrases: _Phrases) -> str:
        title, name = self.titles.get(number, ""), phrases.task.format(number)
        return f"{name} {phrases.quoted.format(title)}" if title else name

    def _place(self, place: str, phrases: _Phrases) -> str:
        kind, _, name = place.partition(":")
        if kind == "task":
            return phrases.discussion.format(self._task(name, phrases))
        if name.startswith("sg"):
            title = self.workgroups.get(int(name[2:]), "") if name[2:].isdigit() else ""
            return phrases.workgroup.format(title or name[2:])
        if name in self.chats:
            chat = self.chats[name]
            return phrases.chats.get(chat) or phrases.chat.format(chat)
        return name or phrases.somewhere


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
    places = {failure.place.partition(":")[2] for failure in failures}
    numbers |= places
    rows = tasks.get(conn, portal.id, {int(number) for number in numbers if number.isdigit()})
    return replace(
        load_chat_names(conn, portal.id, current_settings(conn, portal), places),
        projects={(row[0], row[1]): row[2] for row in conn.execute(query)},
        titles={str(number): row.body.title for number, row in rows.items() if row.body},
    )


def load_chat_names(
    conn: Connection, portal_id: int, settings: Settings, dialogs: Collection[str]
) -> FailureNames:
    """Load the names of chats: those that the settings name, and those of workgroups."""
    groups = {dialog.removeprefix("sg") for dialog in dialogs}
    return FailureNames(
        projects={},
        titles={},
        chats={dialog: name for name, dialog in settings.chats.model_dump().items() if dialog},
        workgroups=workgroup_names.load(
            conn, portal_id, {int(group) for group in groups if group.isdigit()}
        ),
    )
