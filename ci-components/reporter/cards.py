"""What people read of a report: the card in a task's discussion, the chat, the author. Pure.

A card's first line links what it is about, and one of its lines begins with "CI: ": by these two
an earlier card of the reporter is known again, and told from a card of the app.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reporter.bbcode import clipped, escaped, link, live_url, quoted
from reporter.model import Deployment, MergeRequest, NamedTask, Report
from reporter.phrases import say
from reporter.references import ENDING

SHOWN_JOBS = 5
SHOWN_DEPLOYMENTS = 10
MOST_TITLE = 255  # characters, what the code host allows


def card(report: Report, task: NamedTask) -> str:
    """Return the message in the task's discussion, as BBCode."""
    language, mr = report.settings.language, report.merge_request_of(task)
    project = link(report.project_url, report.ci["CI_PROJECT_PATH"])
    if mr:
        source, target = escaped(mr.source_branch, line_start=True), escaped(mr.target_branch)
        lines = [
            f"[b]{request_link(mr, language)}[/b]",
            state_line(mr, language),
            say(language, "branches", source=source, target=target, project=project),
        ]
        lines += [say(language, "author", person=escaped(mr.author))] if mr.author else []
    else:
        head = f"[b]{link(ref_url(report), report.ref)}[/b]"
        lines = [head, say(language, "ref", project=project)]
    if task.kind not in ENDING:
        done = task.kind == "revert" and mr and mr.state == "merged"
        lines.append(say(language, "card reverted" if done else f"card {task.kind}"))
    return "\n".join([*lines, ci_line(report), *deployment_lines(report)])


def card_url(report: Report, task: NamedTask) -> str:
    """Return the address in the first line of the task's card: the same for every run."""
    mr = report.merge_request_of(task)
    return mr.url if mr else ref_url(report)


def deployment_card(report: Report, task: NamedTask) -> str:
    mr, deployment = report.merge_request_of(task), report.deployments[0]
    work = link(ref_url(report), report.ref)
    about = request_link(mr, report.settings.language) if mr else work
    pipeline = link(report.pipeline_url, f"#{report.pipeline}")
    head = link(environment_url(report, task), deployment.environment)
    return f"[b]{head}[/b]\n{about}\nCI: {pipeline} {deployment_line(report, deployment)}"


def environment_url(report: Report, _: NamedTask) -> str:
    """Return a page that exists for every environment without knowing its number."""
    name = quoted(report.deployments[0].environment)
    return f"{report.project_url}/-/environments?search={name}"


def ref_url(report: Report) -> str:
    kind = "tags" if report.tag else "tree"
    return f"{report.project_url}/-/{kind}/{quoted(report.ref, b'/')}"


def is_about(text: str, url: str) -> bool:
    """Tell whether a message is a card about an address; people do not begin theirs in this way."""
    key = live_url(url)
    return bool(key) and text.lower().startswith(f"[b][url={key}]".lower())


def is_ours(text: str) -> bool:
    return re.search("(?m)^CI: ", text) is not None


def shown_pipeline(text: str) -> int:
    """Return the number of the pipeline that a card shows, 0 for a child pipeline."""
    shown = re.search(r"(?m)^CI: \[url=[^\]\n]*/pipelines/([0-9]+)\]", text)
    return int(shown[1]) if shown else 0


def is_of_app(text: str, report: Report) -> bool:
    """Tell whether the app tells of this project here: by a request's card or a pipeline message.

    Who has both hears everything once, and the app knows more.
    """
    project = re.escape(live_url(report.project_url))
    card_head = rf"\[url={project}/-/merge_requests/[0-9]+\]!"
    pipeline = rf"[^\n]*\[/b\]\n[^\n]*\[url={project}/-/pipelines/"
    head = re.match(rf"(?i)\[b\](?:{card_head}|{pipeline})", text)
    return bool(project and head) and not is_ours(text)


def state_line(mr: MergeRequest, language: str) -> str:
    state = "draft" if mr.draft and mr.state == "opened" else mr.state
    return say(language, "state", state=say(language, state))


def request_link(mr: MergeRequest, language: str) -> str:
    title = say(language, "title", iid=mr.iid, title=clipped(mr.title, MOST_TITLE))
    return link(mr.url, title)


def ci_line(report: Report) -> str:
    head, jobs = f"#{report.pipeline}", job_list(report)
    if report.status:
        head += f" {say(report.settings.language, f'pipeline {report.status}')}"
    # A child links its jobs: its parent has a lower number, and yet the last word.
    child = report.ci["CI_PIPELINE_SOURCE"] == "parent_pipeline"
    line = f"CI: {link(report.pipeline_url + ('/builds' if child else ''), head)}"
    return f"{line} ({jobs})" if jobs else line


def job_list(report: Report) -> str:
    jobs = report.failed_jobs()
    shown = [link(job.url, clipped(job.name, 80)) for job in jobs[:SHOWN_JOBS]]
    return ", ".join([*shown, *more(report, len(jobs) - SHOWN_JOBS)])


def more(report: Report, count: int) -> list[str]:
    return [say(report.settings.language, "more", count=count)] if count > 0 else []


def deployment_lines(report: Report) -> list[str]:
    shown = report.deployments[:SHOWN_DEPLOYMENTS]
    lines = [deployment_line(report, deployment) for deployment in shown]
    return lines + more(report, len(report.deployments) - SHOWN_DEPLOYMENTS)


def deployment_line(report: Report, deployment: Deployment) -> str:
    name, tier = deployment.environment, deployment.tier
    shown = link(deployment.url, name) if deployment.url else escaped(name)
    line = say(report.settings.language, f"deployment {deployment.status}", environment=shown)
    return line + escaped(f" ({tier})" if tier and tier != name else "")


def notification(report: Report) -> str:
    """Return what the author of a failed pipeline reads."""
    jobs = job_list(report)
    return say(
        report.settings.language,
        "told failed",
        pipeline=link(report.pipeline_url, f"#{report.pipeline}"),
        ref=link(ref_url(report), report.ref),
        jobs=f": {jobs}" if jobs else "",
    )


def chat_text(report: Report, tasks: Iterable[tuple[str, str]]) -> str:
    """Return the chat's message; `tasks`: title and address of each."""
    language, path = report.settings.language, report.ci["CI_PROJECT_PATH"]
    about = [request_link(mr, language) for mr in report.merge_requests[:SHOWN_JOBS]]
    named = ", ".join(link(url, title) for title, url in tasks)
    lines = [f"[b]{link(report.pipeline_url, f'{path} #{report.pipeline}')}[/b]"]
    lines += about or [link(ref_url(report), report.ref)]
    lines += [ci_line(report), *deployment_lines(report)]
    return "\n".join([*lines, say(language, "tasks", tasks=named)] if named else lines)
