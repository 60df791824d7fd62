"""Every sentence that people read in Bitrix24, in English and Russian. Pure."""

from __future__ import annotations

import re

Phrase = tuple[str, str]  # English, Russian. What the app says too is said in its words.
REQUEST: dict[str, Phrase] = {
    "state": ("Merge request: {state}", "Запрос на слияние: {state}"),
    "branches": ("{source} → {target} in {project}", "{source} → {target} в {project}"),
    "author": ("Author: {person}", "Автор: {person}"),
    "ref": ("Commits in {project}", "Коммиты в {project}"),
    "draft": ("draft", "черновик"),
    "opened": ("under review", "на проверке"),
    "locked": ("being merged", "сливается"),
    "merged": ("merged", "слит"),
    "closed": ("closed without merging", "закрыт без слияния"),
}
# What a merge request says of a task, where it does not end it.
SENSE: dict[str, Phrase] = {
    "mention": ("Mentions this task.", "Упоминает эту задачу."),
    "deny": ("Says that it does not end this task.", "Сказано, что эту задачу он не завершает."),
    "part": (
        "Works on this task and does not end it.", "Часть работы по этой задаче: её не завершает."
    ),
    "revert": ("Takes back the work of this task.", "Отменяет сделанное по этой задаче."),
    "reverted": ("The work of this task was taken back.", "Сделанное по этой задаче отменено."),
}  # fmt: skip
PIPELINE: dict[str, Phrase] = {
    "running": ("running", "выполняется"),
    "success": ("passed", "успешно"),
    "failed": ("failed", "ошибка"),
    "canceled": ("canceled", "отменён"),
    "skipped": ("skipped", "пропущен"),
    "manual": ("waiting for a manual action", "ждёт ручного запуска"),
    "unknown": ("unknown", "неизвестно"),
}
DEPLOYMENT: dict[str, Phrase] = {
    "success": ("Deployed to {environment}", "Развёрнуто: {environment}"),
    "failed": ("Deployment to {environment} failed", "Ошибка развёртывания: {environment}"),
    "canceled": (
        "Deployment to {environment} is canceled", "Развёртывание отменено: {environment}",
    ),
    "running": ("Being deployed to {environment}", "Развёртывается: {environment}"),
    "blocked": (
        "Deployment to {environment} waits for approval",
        "Развёртывание ждёт одобрения: {environment}",
    ),
    "unknown": (
        "Deployment to {environment}: the result is not known",
        "Развёртывание, результат неизвестен: {environment}",
    ),
}  # fmt: skip
MORE: Phrase = ("{count} more", "ещё {count}")
TASKS: Phrase = ("Tasks: {tasks}", "Задачи: {tasks}")
FAILED: Phrase = (
    "The pipeline {pipeline} of {ref} failed{jobs}",
    "Пайплайн {pipeline} ({ref}) завершился с ошибкой{jobs}",
)

PLACE = r"\{(\w+)\}"


def say(language: str, phrase: Phrase, **values: object) -> str:
    """Return the sentence with its places filled; an unknown language is English."""
    text = phrase[language == "ru"]
    return re.sub(PLACE, lambda place: str(values[place[1]]), text)
