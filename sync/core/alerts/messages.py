"""Build the messages about alerts: notifications, and the task that is opened. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sync.core.alerts.model import (
    BRANCH_DELETED,
    Alert,
    AlertKey,
    AlertState,
    display_ref,
    parse_merge_request_ref,
    parse_tag_ref,
)
from sync.core.i18n import durations
from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Message, render
from sync.core.messages.parts import MAX_NAME_LENGTH, link, project_link
from sync.core.model.common import Person, Project
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import FailedJob, Pipeline
from sync.core.pipelines import messages as pipelines_messages
from sync.text.bidi import upright_text
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Inline, Paragraph, Text, UserMention

MAX_TASK_TITLE_LENGTH = 250  # characters of a task's title


@dataclass(frozen=True, slots=True)
class NamedUser:
    """A name, with the portal user behind it where known."""

    name: str
    portal_user_id: int | None = None


@dataclass(frozen=True, slots=True)
class AlertContext:
    """An alert with everything that its messages name.

    `failed_pipeline` is the newest failed one, with its `failed_jobs` where they were fetched.
    `task_link` is the number and address of the task opened for it. `zone` is that of displayed
    times.
    """

    project: Project
    key: AlertKey
    alert: Alert
    zone: ZoneInfo
    failed_pipeline: Pipeline | None = None
    failed_jobs: tuple[FailedJob, ...] = ()
    fixed_by: NamedUser | None = None
    acknowledged_by: str = ""
    assignee: NamedUser | None = None
    task_link: tuple[int, str] | None = None

    @property
    def kind(self) -> Kind:
        """Return ALERT."""
        return Kind.ALERT

    @property
    def ref(self) -> str:
        """Return the full name of the alert's ref."""
        return self.key.ref_key.ref

    @property
    def display_ref(self) -> str:
        """Return the ref as people read it."""
        return display_ref(self.ref)

    @property
    def actor(self) -> Person | None:
        """Return None: nobody causes an alert."""
        return None


def build_alert_message(context: AlertContext, language: str) -> Message:
    """Build the notification of an alert."""
    headline = _headline(context, language)
    lines = [*_failure_details(context, language), *_people_details(context, language)]
    alert = context.alert
    lasted = (alert.ended_at or alert.failed_at) - alert.opened_at
    places: dict[str, Line] = {
        "project": (project_link(context.project),),
        "link": (_pipeline_link(context),),
        "url": (Text(_pipeline_url(context)),),
        "state": translate_inline(language, f"state {alert.state}"),
        "branch": _branch_line(context, language),
        "stage": (Text(clipped(alert.stage, MAX_NAME_LENGTH)),),
        "count": (Text(str(alert.failures)),),
        "duration": (Text(durations.format_span(lasted, language)),),
    }
    return Message(headline, tuple(lines), values=places)


def render_end_message(context: AlertContext, language: str) -> str:
    """Write, as BBCode, the message in the alert's task that the alert is over."""
    return render(Document((Paragraph(_headline(context, language)),)))


def render_assignment(context: AlertContext, language: str) -> str:
    """Write, as BBCode, the notification of the person whom the alert is assigned to."""
    sentence = translate_inline(
        language, "alert assigned to you", what=_headline(context, language)
    )
    return render(Document((Paragraph(sentence),)))


def build_task_title(context: AlertContext, language: str) -> str:
    """Return the title of the alert's task.

    It names the first pipeline, so no two alerts share it.
    """
    ref = (
        f"{context.display_ref} ({context.alert.stage})"
        if context.alert.stage
        else context.display_ref
    )
    number = f"#{context.alert.first_pipeline_id}"
    title = translate(
        language, "alert task title", pipeline=number, branch=ref, project=context.project.path
    )
    return clipped(" ".join(upright_text(title).split()), MAX_TASK_TITLE_LENGTH)


def render_task_text(context: AlertContext, language: str) -> str:
    """Write the description of the alert's task as BBCode.

    It depends only on how the alert began, so writing it again changes nothing.
    """
    first_pipeline_id = context.alert.first_pipeline_id
    page = link(messages_urls.pipeline(context.project, first_pipeline_id), f"#{first_pipeline_id}")
    lines = [
        translate_inline(
            language,
            "alert task pipeline",
            pipeline=page,
            since=_format_opened_at(context, language),
        ),
        translate_inline(
            language,
            "alert task branch",
            branch=_branch_line(context, language),
            project=project_link(context.project),
        ),
    ]
    return render(Document((Paragraph(run_of(lines)),)))


def _headline(context: AlertContext, language: str) -> Line:
    alert = context.alert
    return translate_inline(
        language,
        _phrase_key(context),
        branch=_branch_line(context, language),
        project=project_link(context.project),
        pipeline=_pipeline_link(context),
        ordinal=format_ordinal(alert.failures, language),
        since=_format_since(context, language),
        duration=durations.format_span(
            (alert.ended_at or alert.failed_at) - alert.opened_at, language
        ),
        who=_mention(context.fixed_by) if context.fixed_by else Text(""),
    )


def _phrase_key(context: AlertContext) -> str:
    alert = context.alert
    match alert.state:
        case AlertState.UNSTABLE:
            return "alert unstable"
        case AlertState.RESOLVED:
            return "alert resolved by" if context.fixed_by else "alert resolved"
        case AlertState.CLOSED:
            is_deleted = any(ending.status == BRANCH_DELETED for ending in alert.results)
            return "alert branch deleted" if is_deleted else "alert closed"
    if alert.failures == 1:
        return f"alert {alert.status}"
    return "alert failed repeatedly" if alert.status == "failed" else "alert repeated"


def _branch_line(context: AlertContext, language: str) -> Line:
    """Return the branch with the stage; a deleted branch is not linked."""
    name = clipped(context.display_ref, MAX_NAME_LENGTH)
    url = "" if _phrase_key(context) == "alert branch deleted" else _ref_url(context)
    node = link(url, name)
    if not context.alert.stage:
        return (node,)
    return translate_inline(
        language, "alert stage", branch=node, stage=clipped(context.alert.stage, MAX_NAME_LENGTH)
    )


def _ref_url(context: AlertContext) -> str:
    if iid := parse_merge_request_ref(context.ref):
        return messages_urls.merge_request(context.project, iid)
    tag = parse_tag_ref(context.ref)
    return (
        messages_urls.tag(context.project, tag)
        if tag
        else messages_urls.branch(context.project, context.ref)
    )


def _failure_details(context: AlertContext, language: str) -> list[Line]:
    """Return the newest failed pipeline and its jobs; nothing for an unstable alert."""
    if context.alert.state is not AlertState.OPEN:
        return []
    line = translate_inline(language, "pipeline link", link=_pipeline_link(context))
    line = (
        *line,
        *pipelines_messages.commit_details(
            context.failed_pipeline.commit if context.failed_pipeline else None, language
        ),
    )
    failed_jobs = [
        job
        for job in context.failed_jobs
        if not job.allow_failure and context.alert.stage in ("", job.stage)
    ]
    inlines = translate_inline(
        language, "alert jobs", jobs=pipelines_messages.job_links(failed_jobs, language)
    )
    return [line, inlines] if failed_jobs else [line]


def _people_details(context: AlertContext, language: str) -> list[Line]:
    lines: list[Line] = []
    if context.acknowledged_by:
        lines.append(
            translate_inline(
                language,
                "alert acknowledged",
                who=clipped(context.acknowledged_by, MAX_NAME_LENGTH),
            )
        )
    if context.assignee:
        lines.append(translate_inline(language, "alert assigned", who=_mention(context.assignee)))
    if context.task_link:
        number, url = context.task_link
        lines.append(translate_inline(language, "alert task", task=link(url, str(number))))
    return lines


def _mention(user: NamedUser) -> Inline:
    return UserMention(clipped(user.name, MAX_NAME_LENGTH), portal_user=user.portal_user_id)


def _pipeline_link(context: AlertContext) -> Inline:
    return link(_pipeline_url(context), f"#{context.alert.last_failed_pipeline_id}")


def _pipeline_url(context: AlertContext) -> str:
    return (
        context.failed_pipeline.url
        if context.failed_pipeline
        else messages_urls.pipeline(context.project, context.alert.last_failed_pipeline_id)
    )


def _format_since(context: AlertContext, language: str) -> str:
    """Format when the alert opened: the time alone if the newest failure is of that day."""
    began, newest = (
        at.astimezone(context.zone) for at in (context.alert.opened_at, context.alert.failed_at)
    )
    return (
        f"{began:%H:%M}" if began.date() == newest.date() else _format_opened_at(context, language)
    )


def _format_opened_at(context: AlertContext, language: str) -> str:
    return format_moment(context.alert.opened_at, context.zone, language)


def format_moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Format date and time in a zone."""
    local = at.astimezone(zone)
    places = {"year": f"{local:%Y}", "month": f"{local:%m}", "day": f"{local:%d}"}
    return translate(language, "moment", time=f"{local:%H:%M}", **places)


def format_ordinal(number: int, language: str) -> str:
    """Format an ordinal number: 3rd, 11th; 3-й."""
    teen = 10 < number % 100 < 14
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return translate(language, f"ordinal {ending}", number=number)
