"""Every sentence that people read in Bitrix24, in English and Russian. Pure."""

from __future__ import annotations

import re

# key: (English, Russian). What the app says too is said in its words.
PHRASES: dict[str, tuple[str, str]] = {
    "title": ("!{iid} {title}", "!{iid} {title}"),
    "state": ("Merge request: {state}", "Запрос на слияние: {state}"),
    "branches": ("{source} → {target} in {project}", "{source} → {target} в {project}"),
    "author": ("Author: {person}", "Автор: {person}"),
    "card mention": ("Mentions this task.", "Упоминает эту задачу."),
    "card deny": (
        "Says that it does not end this task.", "Сказано, что эту задачу он не завершает."
    ),
    "card part": (
        "Works on this task and does not end it.", "Часть работы по этой задаче: её не завершает."
    ),
    "card revert": ("Takes back the work of this task.", "Отменяет сделанное по этой задаче."),
    "card reverted": (
        "The work of this task was taken back.", "Сделанное по этой задаче отменено."
    ),
    "ref": ("Commits in {project}", "Коммиты в {project}"),
    "draft": ("draft", "черновик"),
    "opened": ("under review", "на проверке"),
    "locked": ("being merged", "сливается"),
    "merged": ("merged", "слит"),
    "closed": ("closed without merging", "закрыт без слияния"),
    # a pipeline
    "pipeline running": ("running", "выполняется"),
    "pipeline success": ("passed", "успешно"),
    "pipeline failed": ("failed", "ошибка"),
    "pipeline canceled": ("canceled", "отменён"),
    "pipeline skipped": ("skipped", "пропущен"),
    "pipeline manual": ("waiting for a manual action", "ждёт ручного запуска"),
    "pipeline unknown": ("unknown", "неизвестно"),
    "more": ("{count} more", "ещё {count}"),
    # deployments
    "deployment success": ("Deployed to {environment}", "Развёрнуто: {environment}"),
    "deployment failed": (
        "Deployment to {environment} failed", "Ошибка развёртывания: {environment}",
    ),
    "deployment canceled": (
        "Deployment to {environment} is canceled", "Развёртывание отменено: {environment}",
    ),
    "deployment running": (
        "Being deployed to {environment}", "Развёртывается: {environment}",
    ),
    "deployment blocked": (
        "Deployment to {environment} waits for approval",
        "Развёртывание ждёт одобрения: {environment}",
    ),
    "deployment unknown": (
        "Deployment to {environment}: the result is not known",
        "Развёртывание, результат неизвестен: {environment}",
    ),
    # people and chats
    "told failed": (
        "The pipeline {pipeline} of {ref} failed{jobs}",
        "Пайплайн {pipeline} ({ref}) завершился с ошибкой{jobs}",
    ),
    "tasks": ("Tasks: {tasks}", "Задачи: {tasks}"),
}  # fmt: skip

PLACE = r"\{(\w+)\}"


def say(language: str, key: str, **values: object) -> str:
    """Return the sentence with its places filled; an unknown language is English."""
    text = PHRASES[key][language == "ru"]
    return re.sub(PLACE, lambda place: str(values[place[1]]), text)
