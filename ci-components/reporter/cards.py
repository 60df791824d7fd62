"""What people read of a report: the card in a task's discussion, the chat, the author. Pure.

A card's first line links what it is about, and one of its lines begins with "CI: ": by these two
an earlier card of the reporter is known again, and told from a card of the app.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from reporter.bbcode import clipped, escaped, link, live_url
from reporter.model import Deployment, Job, MergeRequest, NamedTask, Report
from reporter.phrases import say
from reporter.references import MENTION
from reporter.settings import DEPLOYMENT

# What UF_CI_STATUS says of a pipeline, in the app's words; of an unknown one it says nothing new.
FIELD_VALUES = {
    "running": "running", "success": "passed", "failed": "failed", "canceled": "canceled",
    "skipped": "skipped", "manual": "manual",
}  # fmt: skip
SHOWN_JOBS = 5
SHOWN_DEPLOYMENTS = 10
MOST_TITLE = 255  # characters, what the code host allows
CI_LINE = re.compile(r"^CI: ", re.MULTILINE)


def card(report: Report, task: NamedTask, language: str) -> str:
    """The message in the task's discussion, as BBCode."""
    mr = report.merge_request_of(task)
    if report.mode == DEPLOYMENT:
        return deployment_card(report, mr, language)
    about = request_lines(report, mr, language) if mr else ref_lines(report, language)
    if task.kind == MENTION:
        about.append(say(language, "link mention"))
    return "\n".join([*about, ci_line(report, language), *deployment_lines(report, language)])


def deployment_card(report: Report, mr: MergeRequest | None, language: str) -> str:
    about = request_link(mr, language) if mr else link(ref_url(report), report.ref)
    one = report.deployments[0]
    head = f"[b]{link(environment_url(report, one), one.environment)}[/b]"
    result = deployment_line(one, language)
    pipeline = link(report.pipeline_url, f"#{report.pipeline_id}")
    return "\n".join([head, about, f"CI: {pipeline} {result}"])


def key_of(report: Report, task: NamedTask) -> str:
    """The address in the first line of the task's card: the same for every run."""
    if report.mode == DEPLOYMENT:
        return live_url(environment_url(report, report.deployments[0]))
    mr = report.merge_request_of(task)
    return live_url(mr.url if mr else ref_url(report))


def ref_url(report: Report) -> str:
    kind = "tags" if report.tag else "tree"
    return f"{report.project_url}/-/{kind}/{quote(report.ref, safe='/')}"


def environment_url(report: Report, deployment: Deployment) -> str:
    """A page that exists for every environment without knowing its number."""
    return f"{report.project_url}/-/environments?search={quote(deployment.environment, safe='')}"


def has_head(text: str, key: str) -> bool:
    """Whether a message is a card about `key`; people do not begin theirs in this way."""
    return bool(key) and text.lower().startswith(f"[b][url={key}]".lower())


def is_ours(text: str) -> bool:
    return CI_LINE.search(text) is not None


def is_of_app(text: str, report: Report) -> bool:
    """Whether the app tells of this project here: its card of a request, or its pipeline message.

    Who has both hears everything once, and the app knows more.
    """
    project = re.escape(live_url(report.project_url))
    card_head = rf"\[url={project}/-/merge_requests/[0-9]+\]!"
    pipeline = rf"[^\n]*\[/b\]\n[^\n]*\[url={project}/-/pipelines/"
    head = re.match(rf"\[b\](?:{card_head}|{pipeline})", text, re.IGNORECASE)
    return bool(project and head) and not is_ours(text)


def state_line(mr: MergeRequest, language: str) -> str:
    return say(language, "state", state=say(language, mr.shown_state))


def request_link(mr: MergeRequest, language: str) -> str:
    title = say(language, "title", iid=mr.iid, title=clipped(mr.title, MOST_TITLE))
    return link(mr.url, title)


def request_lines(report: Report, mr: MergeRequest, language: str) -> list[str]:
    project = link(report.project_url, report.project_path)
    source, target = escaped(mr.source_branch, line_start=True), escaped(mr.target_branch)
    lines = [
        f"[b]{request_link(mr, language)}[/b]",
        state_line(mr, language),
        say(language, "branches", source=source, target=target, project=project),
    ]
    return [*lines, say(language, "author", person=escaped(mr.author))] if mr.author else lines


def ref_lines(report: Report, language: str) -> list[str]:
    project = link(report.project_url, report.project_path)
    return [
        f"[b]{link(ref_url(report), report.ref)}[/b]",
        say(language, "ref", project=project),
    ]


def ci_line(report: Report, language: str) -> str:
    status = f" {say(language, f'pipeline {report.status}')}" if report.status else ""
    jobs = job_list(report.failed_jobs, language)
    return f"CI: {link(report.pipeline_url, f'#{report.pipeline_id}{status}')}" + (
        f" ({jobs})" if jobs else ""
    )


def job_list(jobs: tuple[Job, ...], language: str) -> str:
    shown = [link(job.url, clipped(job.name, 80)) for job in jobs[:SHOWN_JOBS]]
    if len(jobs) > SHOWN_JOBS:
        shown.append(say(language, "more", count=len(jobs) - SHOWN_JOBS))
    return ", ".join(shown)


def deployment_lines(report: Report, language: str) -> list[str]:
    lines = [deployment_line(one, language) for one in report.deployments[:SHOWN_DEPLOYMENTS]]
    if rest := len(report.deployments) - len(lines):
        lines.append(say(language, "more", count=rest))
    return lines


def deployment_line(one: Deployment, language: str) -> str:
    name = link(one.url, one.environment) if one.url else escaped(one.environment)
    tier = f" ({one.tier})" if one.tier and one.tier != one.environment else ""
    return say(language, f"deployment {one.status}", environment=name) + escaped(tier)


def told_author(report: Report, language: str) -> str:
    jobs = job_list(report.failed_jobs, language)
    pipeline = link(report.pipeline_url, f"#{report.pipeline_id}")
    return say(
        language,
        "told failed",
        pipeline=pipeline,
        ref=link(ref_url(report), report.ref),
        jobs=f": {jobs}" if jobs else "",
    )


def chat_text(report: Report, tasks: Iterable[tuple[str, str]], language: str) -> str:
    """`tasks`: address and title of each."""
    head = link(report.pipeline_url, f"{report.project_path} #{report.pipeline_id}")
    about = [request_link(mr, language) for mr in report.merge_requests[:SHOWN_JOBS]]
    listed = ", ".join(link(url, title) for url, title in tasks)
    lines = [f"[b]{head}[/b]", *(about or [link(ref_url(report), report.ref)])]
    lines += [ci_line(report, language), *deployment_lines(report, language)]
    return "\n".join([*lines, say(language, "tasks", tasks=listed)] if listed else lines)
