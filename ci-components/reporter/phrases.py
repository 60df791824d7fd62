"""Every sentence that people read in Bitrix24, in English and Russian. Pure."""

from __future__ import annotations

Phrase = tuple[str, str]  # English, Russian. What the app says too is said in its words.
REQUEST: dict[str, Phrase] = {
    "state": ("Merge request: {}", "Запрос на слияние: {}"),
    "branches": ("{} → {} in {}", "{} → {} в {}"),
    "author": ("Author: {}", "Автор: {}"),
    "ref": ("Commits in {}", "Коммиты в {}"),
    "draft": ("draft", "черновик"),
    "opened": ("under review", "на ревью"),
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
    "success": ("Deployed to {}", "Развёрнуто: {}"),
    "failed": ("Deployment to {} failed", "Ошибка развёртывания: {}"),
    "canceled": (
        "Deployment to {} is canceled", "Развёртывание отменено: {}",
    ),
    "running": ("Being deployed to {}", "Развёртывается: {}"),
    "blocked": (
        "Deployment to {} waits for approval",
        "Развёртывание ждёт одобрения: {}",
    ),
    "unknown": (
        "Deployment to {}: the result is not known",
        "Развёртывание, результат неизвестен: {}",
    ),
}  # fmt: skip
MORE: Phrase = ("{} more", "ещё {}")
TASKS: Phrase = ("Tasks: {}", "Задачи: {}")
FAILED: Phrase = (
    "The pipeline {} of {} failed{}",
    "Пайплайн {} ({}) завершился с ошибкой{}",
)


def say(language: str, phrase: Phrase, *values: object) -> str:
    """Return the sentence with its places filled in order; an unknown language is English."""
    return phrase[language == "ru"].format(*values)
