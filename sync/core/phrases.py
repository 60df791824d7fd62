"""Every sentence people read on the portal, in English and Russian, with named places. Pure."""

from __future__ import annotations

import re

from sync.text.tree import Inline, Text, joined

LANGUAGES = ("en", "ru")

# key: (English, Russian). Russian avoids forms that depend on gender or number.
PHRASES: dict[str, tuple[str, str]] = {
    # a card
    "title": ("!{iid} {title}", "!{iid} {title}"),
    "state": ("Merge request: {state}", "Запрос на слияние: {state}"),
    "state approvals": (
        "Merge request: {state}; approved by {people}",
        "Запрос на слияние: {state}; одобрено: {people}",
    ),
    "branches": ("{source} → {target} in {project}", "{source} → {target} в {project}"),
    "author": ("Author: {person}", "Автор: {person}"),
    "reviewers": ("Reviewers: {people}", "Рецензенты: {people}"),
    "reviewer": ("{person} ({state})", "{person} ({state})"),
    "more": ("{count} more", "ещё {count}"),
    "pipeline": ("Pipeline: {status}", "Пайплайн: {status}"),
    "removed": (
        "This merge request no longer names this task.",
        "Этот запрос на слияние больше не ссылается на задачу.",
    ),
    "link mention": ("Mentions this task.", "Упоминает эту задачу."),
    # the state of a merge request
    "draft": ("draft", "черновик"),
    "review": ("under review", "на проверке"),
    "approved": ("approved", "одобрен"),
    "merging": ("being merged", "сливается"),
    "merged": ("merged", "слит"),
    "closed": ("closed without merging", "закрыт без слияния"),
    # a reviewer's word
    "reviewer unreviewed": ("not yet", "ещё нет"),
    "reviewer review_started": ("reviewing", "проверяет"),
    "reviewer reviewed": ("reviewed", "проверено"),
    "reviewer requested_changes": ("changes requested", "нужны изменения"),
    "reviewer approved": ("approved", "одобрено"),
    "reviewer unapproved": ("approval withdrawn", "одобрение отозвано"),
    # a pipeline
    "pipeline created": ("created", "создан"),
    "pipeline waiting_for_resource": ("waiting for a resource", "ждёт ресурса"),
    "pipeline preparing": ("preparing", "готовится"),
    "pipeline waiting_for_callback": ("waiting for an answer", "ждёт ответа"),
    "pipeline pending": ("pending", "в очереди"),
    "pipeline running": ("running", "выполняется"),
    "pipeline success": ("passed", "успешно"),
    "pipeline failed": ("failed", "ошибка"),
    "pipeline canceling": ("being canceled", "отменяется"),
    "pipeline canceled": ("canceled", "отменён"),
    "pipeline skipped": ("skipped", "пропущен"),
    "pipeline manual": ("waiting for a manual action", "ждёт ручного запуска"),
    "pipeline blocked": ("blocked", "заблокирован"),
    "pipeline scheduled": ("scheduled", "запланирован"),
    "pipeline unknown": ("unknown", "неизвестно"),
    # a pipeline in the task
    "ci success": (
        "CI/CD passed, commit {sha}, branch {branch}",
        "Пайплайн прошёл успешно, коммит {sha}, ветка {branch}",
    ),
    "ci failed": (
        "CI/CD failed, commit {sha}, branch {branch}",
        "Пайплайн завершился ошибкой, коммит {sha}, ветка {branch}",
    ),
    "ci canceled": (
        "CI/CD canceled, commit {sha}, branch {branch}",
        "Пайплайн отменён, коммит {sha}, ветка {branch}",
    ),
    "ci running": (
        "CI/CD running, commit {sha}, branch {branch}",
        "Пайплайн выполняется, коммит {sha}, ветка {branch}",
    ),
    "ci skipped": (
        "CI/CD skipped, commit {sha}, branch {branch}",
        "Пайплайн пропущен, коммит {sha}, ветка {branch}",
    ),
    "ci manual": (
        "CI/CD waits for a manual action, commit {sha}, branch {branch}",
        "Пайплайн ждёт ручного запуска, коммит {sha}, ветка {branch}",
    ),
    "ci blocked": (
        "CI/CD is blocked, commit {sha}, branch {branch}",
        "Пайплайн заблокирован, коммит {sha}, ветка {branch}",
    ),
    "ci pipeline": ("Pipeline {link}", "Пайплайн {link}"),
    "ci pipeline took": ("Pipeline {link}, {duration}", "Пайплайн {link}, {duration}"),
    "ci commit": (": {link} ({author})", ": {link} ({author})"),
    "ci stage": ("Failed in stage {stage}: {jobs}", "Ошибка на этапе {stage}: {jobs}"),
    "ci allowed": ("Allowed to fail: {jobs}", "Ошибки, которые допускаются: {jobs}"),
    "ci log": ("Last lines of {job}:", "Последние строки {job}:"),
    "ci told failed": (
        "Task “{task}”: pipeline {link} failed: {project}, commit {sha}, branch {branch}",
        "Задача «{task}»: пайплайн {link} завершился ошибкой: "
        "{project}, коммит {sha}, ветка {branch}",
    ),
    "ci told fixed": (
        "Task “{task}”: pipeline {link} passed, it is fixed: "
        "{project}, commit {sha}, branch {branch}",
        "Задача «{task}»: пайплайн {link} снова успешен: {project}, коммит {sha}, ветка {branch}",
    ),
    "hours": ("{hours} h {minutes} min", "{hours} ч {minutes} мин"),
    "minutes": ("{minutes} min {seconds} s", "{minutes} мин {seconds} с"),
    "seconds": ("{seconds} s", "{seconds} с"),
    # news
    "news said": ("said in {place}", "сказано в {place}"),
    "news edited": ("edited in {place}", "исправлено в {place}"),
    "news told": ("told personally", "сообщено лично"),
    "news held": ("quiet hours until {until}", "тихие часы до {until}"),
    "news unwanted": ("no rule wants it", "ни одно правило этого не просит"),
    "push pushed": (
        "{actor} pushed to {branch} in {project}",
        "{actor}: новое в ветке {branch}, {project}",
    ),
    "push created": (
        "{actor} created the branch {branch} in {project}",
        "{actor}: новая ветка {branch}, {project}",
    ),
    "push deleted": (
        "{actor} deleted the branch {branch} in {project}",
        "{actor}: удалена ветка {branch}, {project}",
    ),
    "push compare": ("Compare", "Сравнить"),
    "somebody": ("Somebody", "Кто-то"),
    # notifications
    "notify opened": (
        "Task “{task}”: merge request {link} is ready for review",
        "Задача «{task}»: запрос на слияние {link} готов к проверке",
    ),
    "notify approved": (
        "Task “{task}”: merge request {link} is approved",
        "Задача «{task}»: запрос на слияние {link} одобрен",
    ),
    "notify merged": (
        "Task “{task}”: merge request {link} is merged",
        "Задача «{task}»: запрос на слияние {link} слит",
    ),
    "notify closed": (
        "Task “{task}”: merge request {link} is closed without merging",
        "Задача «{task}»: запрос на слияние {link} закрыт без слияния",
    ),
    "notify reopened": (
        "Task “{task}”: merge request {link} is open again",
        "Задача «{task}»: запрос на слияние {link} снова открыт",
    ),
    "by": (" ({actor})", " ({actor})"),
    # a deployment
    "deployment success": ("Deployed to {environment}", "Развёрнуто: {environment}"),
    "deployment success url": (
        "Deployed to {environment}, URL: {url}",
        "Развёрнуто: {environment}, адрес: {url}",
    ),
    "deployment failed": (
        "Deployment to {environment} failed",
        "Ошибка развёртывания: {environment}",
    ),
    "deployment canceled": (
        "Deployment to {environment} is canceled",
        "Развёртывание отменено: {environment}",
    ),
    "deployment blocked": (
        "Deployment to {environment} waits for approval",
        "Развёртывание ждёт одобрения: {environment}",
    ),
    "deployment rejected": (
        "Deployment to {environment} is rejected",
        "Развёртывание отклонено: {environment}",
    ),
    "deployment undone": (
        "Rolled back in {environment}: an older version is there again",
        "Откат, снова прежняя версия: {environment}",
    ),
    "deployment commit": ("Commit {sha}", "Коммит {sha}"),
    "deployment job": ("job", "задание"),
    "deployment in": ("in: {places}", "где: {places}"),
    "deployment said": (
        "message about the deployment to {environment}",
        "сообщение о развёртывании: {environment}",
    ),
    "deployment edited": (
        "message edited: deployments to {environment}",
        "сообщение обновлено, развёртывания: {environment}",
    ),
    # task statuses
    "status waiting": ("waiting", "ждёт выполнения"),
    "status in_progress": ("in progress", "выполняется"),
    "status awaiting_control": ("awaiting control", "ждёт контроля"),
    "status completed": ("completed", "завершена"),
    "status deferred": ("deferred", "отложена"),
    # why a step holds
    "why development": ("{mr} is a draft", "{mr}: черновик"),
    "why review": ("{mr} is open for review", "{mr} на проверке"),
    "why approved": (
        "{mr} is approved, and so is every other open one",
        "{mr} одобрен, как и все прочие открытые",
    ),
    "why merged": ("{mr} is merged and none is open", "{mr} слит, открытых нет"),
    "why closed": (
        "{mr} is closed without merging and none is open",
        "{mr} закрыт без слияния, открытых нет",
    ),
    "mr": ("!{iid} “{title}”", "!{iid} «{title}»"),
    # reasons and decisions
    "moved": ("moved to “{status}”: {why}", "переведена в статус «{status}»: {why}"),
    "moved control": (
        "completed, which for this task means awaiting its creator's control: {why}",
        "завершена; эта задача требует контроля постановщика и ждёт его: {why}",
    ),
    "placed": ("placed into stage “{stage}”: {why}", "перенесена в стадию «{stage}»: {why}"),
    "unknown stage": (
        "workgroup {group} has no stage “{stage}”: the task stays in its stage; "
        "correct the stage in the settings",
        "в группе {group} нет стадии «{stage}»: задача остаётся в своей стадии; "
        "исправьте стадию в настройках",
    ),
    "no group": (
        "the task is in no workgroup, so it has no stage “{stage}”",
        "задача не в группе, поэтому стадии «{stage}» у неё нет",
    ),
    "already": ("already where it belongs: {why}", "уже там, где нужно: {why}"),
    "recorded": (
        "noted without moving the task (known from before the connection): {why}",
        "учтено без перевода задачи (было до подключения): {why}",
    ),
    "stays": ("no rule moves the task here: {why}", "правила здесь не переводят задачу: {why}"),
    "left": (
        "no merge request moves this task any more",
        "ни один запрос на слияние больше не переводит эту задачу",
    ),
    "card new": ("card for {mr}", "карточка для {mr}"),
    "card edit": ("card edited: {mr} changed", "карточка обновлена: изменился {mr}"),
    "card again": (
        "new card: {mr} changed and the old card can no longer be edited",
        "новая карточка: {mr} изменился, а прежнюю уже нельзя обновить",
    ),
    "card removed": (
        "card edited: {mr} no longer names this task",
        "карточка обновлена: {mr} больше не ссылается на задачу",
    ),
    "told": ("told the responsible person: {mr}", "сообщено ответственному: {mr}"),
    "ci field": (
        "{field} is {value}: pipeline {pipeline}",
        "{field}: {value}, пайплайн {pipeline}",
    ),
    "ci said": (
        "message about pipeline {pipeline} of {branch}",
        "сообщение о пайплайне {pipeline} ветки {branch}",
    ),
    "ci edited": (
        "message edited: pipeline {pipeline} of {branch}",
        "сообщение обновлено: пайплайн {pipeline} ветки {branch}",
    ),
    "ci told": (
        "told the commit's author: pipeline {pipeline} of {branch}",
        "сообщено автору коммита: пайплайн {pipeline} ветки {branch}",
    ),
    "nothing": ("nothing to do", "делать нечего"),
    "needs": ("must be read first: {what}", "сначала нужно прочитать: {what}"),
}

_PLACE = re.compile(r"\{(\w+)\}")


def phrase(language: str, key: str) -> str:
    """The sentence with its places; an unknown language is English. Raises KeyError for a key."""
    return PHRASES[key][language == "ru"]


def say(language: str, key: str, **values: object) -> str:
    """The sentence as plain text. The values are data: braces in them stay as they are."""
    return _PLACE.sub(lambda place: str(values[place[1]]), phrase(language, key))


def tell(
    language: str, key: str, **values: str | Inline | tuple[Inline, ...]
) -> tuple[Inline, ...]:
    """The sentence as nodes of the tree, with text or nodes in its places."""
    out: list[Inline] = []
    for number, part in enumerate(_PLACE.split(phrase(language, key))):
        value = values[part] if number % 2 else part
        match value:
            case str():
                out.append(Text(value))
            case tuple():
                out.extend(value)
            case _:
                out.append(value)
    return joined(tuple(out))
