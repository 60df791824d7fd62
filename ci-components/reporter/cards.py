"""What people read of a report: the card in a task's discussion, the chat, the author. Pure.

A card's first line links what it is about, and one of its lines begins with "CI: ": by these two
an earlier card of the reporter is known again, and told from a card of the app.
"""

from __future__ import annotations

import re

from reporter.bbcode import at_line_start, clipped, escaped, link, live_url, quoted
from reporter.model import Deployment, MergeRequest, NamedTask, Report
from reporter.phrases import DEPLOYMENT, MORE, PIPELINE, REQUEST, SENSE, say
from reporter.references import ENDING

SHOWN_JOBS = 5
SHOWN_DEPLOYMENTS = 10
MOST_TITLE = 255  # characters, what the code host allows


def card(report: Report, task: NamedTask) -> str:
    """Return the message in the task's discussion, as BBCode."""
    language, mr = report.settings.language, report.merge_request_of(task)
    project = link(report.project_url, report.ci["CI_PROJECT_PATH"])
    if mr:
        source, target = at_line_start(mr.source_branch), escaped(mr.target_branch)
        lines = [
            f"[b]{request_link(mr)}[/b]",
            state_line(mr, language),
            say(language, REQUEST["branches"], source, target, project),
        ]
        lines += [say(language, REQUEST["author"], escaped(mr.author))] if mr.author else []
    else:
        head = f"[b]{link(ref_url(report), report.ref)}[/b]"
        lines = [head, say(language, REQUEST["ref"], project)]
    if task.kind not in ENDING:
        done = task.kind == "revert" and mr and mr.state == "merged"
        lines.append(say(language, SENSE["reverted" if done else task.kind]))
    return "\n".join([*lines, ci_line(report), *deployment_lines(report)])


def card_url(report: Report, task: NamedTask) -> str:
    """Return the address in the first line of the task's card: the same for every run."""
    mr = report.merge_request_of(task)
    return mr.url if mr else ref_url(report)


def deployment_card(report: Report, task: NamedTask) -> str:
    mr, deployment = report.merge_request_of(task), report.deployments[0]
    about = request_link(mr) if mr else link(ref_url(report), report.ref)
    head = link(environment_url(report, task), deployment.environment)
    return f"[b]{head}[/b]\n{about}\n{pipeline_line(report)} {deployment_line(report, deployment)}"


def pipeline_line(report: Report) -> str:
    return f"CI: {link(report.pipeline_url, f'#{report.pipeline}')}"


def environment_url(report: Report, _: NamedTask) -> str:
    """Return a page that exists for every environment without knowing its number."""
    name = quoted(report.deployments[0].environment)
    return f"{report.project_url}/-/environments?search={name}"


def ref_url(report: Report) -> str:
    kind = "tags" if report.tag else "tree"
    return f"{report.project_url}/-/{kind}/{quoted(report.ref, '/')}"


def is_about(text: str, url: str) -> bool:
    """Tell whether a message is a card about an address; people do not begin theirs in this way."""
    key = live_url(url)
    return bool(key) and text.lower().startswith(f"[b][url={key}]".lower())


def is_ours(text: str) -> bool:
    return re.search("(?m)^CI: ", text) is not None


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
    draft = mr.title.lower().startswith(("draft:", "[draft]", "(draft)"))
    state = "draft" if draft and mr.state == "opened" else mr.state
    return say(language, REQUEST["state"], say(language, REQUEST[state]))


def request_link(mr: MergeRequest) -> str:
    return link(mr.url, f"!{mr.iid} {clipped(mr.title, MOST_TITLE)}")


def ci_line(report: Report) -> str:
    head, jobs = f"#{report.pipeline}", job_list(report)
    if report.status:
        head += f" {say(report.settings.language, PIPELINE[report.status])}"
    # A child whose parent is not told links its jobs: the parent has the last word.
    alone = str(report.pipeline) == report.ci["CI_PIPELINE_ID"]
    child = alone and report.ci["CI_PIPELINE_SOURCE"] == "parent_pipeline"
    line = f"CI: {link(report.pipeline_url + ('/builds' if child else ''), head)}"
    return f"{line} ({jobs})" if jobs else line


def job_list(report: Report) -> str:
    jobs = [job for job in report.jobs or () if job.status == "failed" and not job.allow_failure]
    shown = [link(job.url, clipped(job.name, 80)) for job in jobs[:SHOWN_JOBS]]
    return ", ".join([*shown, *more(report, len(jobs) - SHOWN_JOBS)])


def more(report: Report, count: int) -> list[str]:
    return [say(report.settings.language, MORE, count)] if count > 0 else []


def deployment_lines(report: Report) -> list[str]:
    shown = report.deployments[:SHOWN_DEPLOYMENTS]
    lines = [deployment_line(report, deployment) for deployment in shown]
    return lines + more(report, len(report.deployments) - SHOWN_DEPLOYMENTS)


def deployment_line(report: Report, deployment: Deployment) -> str:
    name, tier = deployment.environment, deployment.tier
    shown = link(deployment.url, name) if deployment.url else escaped(name)
    line = say(report.settings.language, DEPLOYMENT[deployment.status], shown)
    return line + escaped(f" ({tier})" if tier and tier != name else "")
