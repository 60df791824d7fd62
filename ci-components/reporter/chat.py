"""The message in the chat of the input `chat`. Pure."""

from __future__ import annotations

from reporter.bbcode import link
from reporter.cards import SHOWN_JOBS, ref_url, request_link
from reporter.model import Report
from reporter.phrases import TASKS, say
from reporter.plan import copies_of, keep
from reporter.portal_batch import Call, Card
from reporter.portal_json import Portal, read_messages
from reporter.portal_queries import discussion, task_link


def chat_question(report: Report, _: Portal) -> dict[str, Call]:
    return {"chat": discussion(report.settings.chat)} if tells_chat(report) else {}


def tells_chat(report: Report) -> bool:
    """Tell whether the input chat-when wants this report."""
    settings = report.settings
    rules = {
        "always": True,
        "failed": report.status == "failed",
        "deployments": bool(report.deployments),
    }
    return bool(settings.chat) and rules.get(settings.chat_when, False)


def chat_call(report: Report, portal: Portal, news: list[str]) -> list[Call]:
    """One message a pipeline, edited when the job runs again."""
    if not tells_chat(report):
        return []
    tasks = [task_link(portal, task) for task in portal.tasks.values()]
    text, messages = chat_text(report, tasks, news), read_messages(portal.results.get("chat"))
    card = Card("message in the chat", 0, report.settings.chat, report.pipeline_url, text)
    return keep(card, copies_of(card, messages, portal.me))


def chat_text(report: Report, tasks: list[tuple[str, str]], news: list[str]) -> str:
    """Return the chat's message; `tasks`: title and address of each; `news`: lines of it."""
    language, path = report.settings.language, report.ci["CI_PROJECT_PATH"]
    about = [request_link(mr) for mr in report.merge_requests[:SHOWN_JOBS]]
    named = ", ".join(link(url, title) for title, url in tasks)
    lines = [f"[b]{link(report.pipeline_url, f'{path} #{report.pipeline}')}[/b]"]
    lines += [*(about or [link(ref_url(report), report.ref)]), *news]
    return "\n".join([*lines, say(language, TASKS, named)] if named else lines)
