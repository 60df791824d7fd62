"""What may be chosen in the fields of the settings, in English and Russian. Pure.

A table is named by the field, or by anything above it. One with `!` is of a field whose choices the
model does not list.
"""

from __future__ import annotations

from collections.abc import Mapping

Texts = Mapping[str, tuple[str, str]]

_KINDS: Texts = {
    "push": ("Pushes", "Коммиты (push)"),
    "branch": ("Branches", "Ветки"),
    "tag": ("Tags", "Теги"),
    "merge_request": ("Merge requests", "Запросы на слияние"),
    "pipeline": ("Pipelines", "Пайплайны"),
    "job": ("Jobs", "Задания CI"),
    "comment": ("Comments", "Комментарии"),
    "release": ("Releases", "Релизы"),
    "deployment": ("Deployments", "Развёртывания"),
    "alert": ("Alerts", "Оповещения"),
    "issue": ("Issues", "Issues"),
    "work_item": ("Work items", "Рабочие элементы"),
    "milestone": ("Milestones", "Этапы (milestones)"),
    "wiki_page": ("Wiki pages", "Страницы вики"),
    "feature_flag": ("Feature flags", "Флаги функций"),
    "emoji": ("Emoji", "Эмодзи"),
    "member": ("Members", "Участники"),
    "project": ("Projects", "Проекты"),
    "access_token": ("Access tokens", "Токены доступа"),
    "vulnerability": ("Vulnerabilities", "Уязвимости"),
}
_STATUSES: Texts = {
    "waiting": ("Pending", "Ждёт выполнения"),
    "in_progress": ("In progress", "Выполняется"),
    "awaiting_control": ("Pending review", "Ждёт контроля"),
    "completed": ("Completed", "Завершена"),
    "deferred": ("Deferred", "Отложена"),
}

OPTIONS: Mapping[str, Texts] = {
    "yes": {"true": ("Yes", "Да"), "false": ("No", "Нет")},
    "language": {"en": ("English", "Английский"), "ru": ("Russian", "Русский")},
    "author": {
        "installer": ("Whoever installed the application", "Установивший приложение"),
        "bot": ("A bot", "Бот"),
    },
    "kind": {"gitlab": ("GitLab", "GitLab"), "youtrack": ("YouTrack", "YouTrack")},
    "on": _KINDS,
    "templates": _KINDS,
    "to!": {
        "project": ("Chat of the workgroup", "Чат рабочей группы"),
        "general": ("General chat", "Общий чат"),
        "releases": ("Chat for releases", "Чат релизов"),
        "task": ("Chat of the task", "Чат задачи"),
        "responsible": ("Responsible person", "Исполнитель"),
        "creator": ("Creator of the task", "Постановщик"),
        "accomplices": ("Participants", "Соисполнители"),
        "auditors": ("Observers", "Наблюдатели"),
        "qa": ("QA", "Тестировщики"),
        "manager": ("Managers", "Менеджеры"),
        "author": ("Author", "Автор"),
        "administrator": ("Administrator", "Администратор"),
    },
    "status": _STATUSES,
    "task": _STATUSES,
    "type": {
        "NEW": ("New", "Новые"),
        "PROGRESS": ("In progress", "В работе"),
        "WORK": ("Work", "Работа"),
        "REVIEW": ("Review", "Проверка"),
        "FINISH": ("Finished", "Завершённые"),
    },
    "steps": {
        "development": ("In development", "В разработке"),
        "review": ("Under review", "На ревью"),
        "approved": ("Review passed", "Ревью пройдено"),
        "merged": ("Merged", "Слито"),
        "closed": ("Closed without merging", "Закрыто без слияния"),
    },
    "notify": {
        "opened": ("Review begins", "Начало ревью"),
        "approved": ("Review passed", "Ревью пройдено"),
        "merged": ("Merged", "Слито"),
        "closed": ("Closed without merging", "Закрыто без слияния"),
        "reopened": ("Opened again", "Открыто снова"),
    },
    "<key>": {
        "failed": ("failed", "упал"),
        "canceled": ("was cancelled", "отменён"),
        "skipped": ("was skipped", "пропущен"),
    },
    "roles": {"qa": ("QA", "Тестировщики"), "manager": ("Managers", "Менеджеры")},
    "policy": {
        "newest": ("The newest change", "Последнее изменение"),
        "tracker": ("The tracker", "Трекер"),
        "portal": ("Bitrix24", "Битрикс24"),
        "ask": ("Ask a person", "Спросить человека"),
    },
    "direction!": {
        "both": ("Both ways", "В обе стороны"),
        "to_tracker": ("To the tracker", "В трекер"),
        "to_portal": ("To Bitrix24", "В Битрикс24"),
        "off": ("Not at all", "Не переносить"),
    },
    "fields!": {
        "title": ("Title", "Название"),
        "description": ("Description", "Описание"),
        "people": ("People", "Исполнители"),
        "priority": ("Priority", "Приоритет"),
        "status": ("Status", "Статус"),
        "deadline": ("Deadline", "Срок"),
        "labels": ("Labels", "Метки"),
        "estimate": ("Estimate", "Оценка времени"),
        "checklist": ("Checklist", "Чек-лист"),
        "parent": ("Parent", "Родительская задача"),
        "links": ("Links", "Связи"),
        "sprint": ("Sprint", "Спринт"),
    },
    "create": {
        "issues": ("Tasks create issues", "Задачи создают issue"),
        "tasks": ("Issues create tasks", "Issue создают задачи"),
    },
    "priorities": {
        "low": ("Low", "Низкий"),
        "medium": ("Medium", "Средний"),
        "high": ("High", "Высокий"),
    },
    "severities": {
        "low": ("Low", "Низкая"),
        "medium": ("Medium", "Средняя"),
        "high": ("High", "Высокая"),
    },
}
