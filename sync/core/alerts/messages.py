"""An alert in words: its message, its notification, and the task that is opened for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sync.core.alert_names import AlertKey
from sync.core.alerts.model import GONE, Alert, AlertState, request_of, shown_ref, tag_of
from sync.core.i18n import durations
from sync.core.i18n.translate import say, tell
from sync.core.messages import urls as messages_urls
from sync.core.messages.message import Telling
from sync.core.messages.parts import MOST_NAME, link, project_link
from sync.core.model.common import Job, Person, Pipeline, Project
from sync.core.model.kinds import Kind
from sync.core.pipelines import messages as pipelines_messages
from sync.core.written import written
from sync.text.bidi import upright_text
from sync.text.clip import clipped
from sync.text.plain import Line, run_of
from sync.text.tree import Document, Inline, Paragraph, Text, UserMention

MOST_TASK_TITLE = 250  # characters


@dataclass(frozen=True, slots=True)
class Somebody:
    """A name, with the portal user behind it where that is known."""

    name: str
    user: int | None = None


@dataclass(frozen=True, slots=True)
class AlertNews:
    """An alert with everything that its message names.

    `failed`: the newest pipeline that failed, with its failed `jobs` where they were read.
    `task`: what was opened for it, its number and address. `zone`: of the times that are told.
    """

    project: Project
    key: AlertKey
    alert: Alert
    zone: ZoneInfo
    failed: Pipeline | None = None
    jobs: tuple[Job, ...] = ()
    fixed_by: Somebody | None = None
    seen_by: str = ""
    assigned: Somebody | None = None
    task: tuple[int, str] | None = None

    @property
    def kind(self) -> Kind:
        return Kind.ALERT

    @property
    def ref(self) -> str:
        return self.key.line.ref

    @property
    def name(self) -> str:
        """The ref as people read it."""
        return shown_ref(self.ref)

    @property
    def actor(self) -> Person | None:
        """Nobody makes an alert."""
        return None


def telling(one: AlertNews, language: str) -> Telling:
    headline = _headline(one, language)
    lines = [*_failure(one, language), *_people(one, language)]
    alert = one.alert
    lasted = (alert.ended_at or alert.failed_at) - alert.opened_at
    places: dict[str, Line] = {
        "project": (project_link(one.project),),
        "link": (_pipeline(one),),
        "url": (Text(_address(one)),),
        "state": tell(language, f"word {alert.state}"),
        "branch": _where(one, language),
        "stage": (Text(clipped(alert.stage, MOST_NAME)),),
        "count": (Text(str(alert.failures)),),
        "duration": (Text(durations.lasted(lasted, language)),),
    }
    return Telling(headline, tuple(lines), places=places)


def ended(one: AlertNews, language: str) -> str:
    """What the task that was opened for it is told when it is over, as BBCode."""
    return written(Document((Paragraph(_headline(one, language)),)))


def assigned_to_you(one: AlertNews, language: str) -> str:
    sentence = tell(language, "alert yours", what=_headline(one, language))
    return written(Document((Paragraph(sentence),)))


def task_title(one: AlertNews, language: str) -> str:
    """It names the pipeline: no two alerts have the same."""
    ref = f"{one.name} ({one.alert.stage})" if one.alert.stage else one.name
    number = f"#{one.alert.opened_by}"
    title = say(language, "alert task title", pipeline=number, branch=ref, project=one.project.path)
    return clipped(" ".join(upright_text(title).split()), MOST_TASK_TITLE)


def task_text(one: AlertNews, language: str) -> str:
    """It depends on how the alert began alone: said again it is the same. BBCode."""
    opened_by = one.alert.opened_by
    page = link(messages_urls.pipeline(one.project, opened_by), f"#{opened_by}")
    lines = [
        tell(language, "alert task pipeline", pipeline=page, since=_moment(one, language)),
        tell(
            language,
            "alert task branch",
            branch=_where(one, language),
            project=project_link(one.project),
        ),
    ]
    return written(Document((Paragraph(run_of(lines)),)))


def _headline(one: AlertNews, language: str) -> Line:
    alert = one.alert
    return tell(
        language,
        _phrase(one),
        branch=_where(one, language),
        project=project_link(one.project),
        pipeline=_pipeline(one),
        ordinal=ordinal(alert.failures, language),
        since=_since(one, language),
        duration=durations.lasted((alert.ended_at or alert.failed_at) - alert.opened_at, language),
        who=_mention(one.fixed_by) if one.fixed_by else Text(""),
    )


def _phrase(one: AlertNews) -> str:
    alert = one.alert
    match alert.state:
        case AlertState.UNSTABLE:
            return "alert unstable"
        case AlertState.RESOLVED:
            return "alert resolved by" if one.fixed_by else "alert resolved"
        case AlertState.CLOSED:
            gone = any(ending.status == GONE for ending in alert.endings)
            return "alert gone" if gone else "alert closed"
    if alert.failures == 1:
        return f"alert {alert.status}"
    return "alert again failed" if alert.status == "failed" else "alert again"


def _where(one: AlertNews, language: str) -> Line:
    """The branch; one that is gone is no link."""
    name = clipped(one.name, MOST_NAME)
    url = "" if _phrase(one) == "alert gone" else _page(one)
    node = link(url, name)
    if not one.alert.stage:
        return (node,)
    return tell(language, "alert stage", branch=node, stage=clipped(one.alert.stage, MOST_NAME))


def _page(one: AlertNews) -> str:
    if iid := request_of(one.ref):
        return messages_urls.merge_request(one.project, iid)
    tag = tag_of(one.ref)
    return (
        messages_urls.tag(one.project, tag) if tag else messages_urls.branch(one.project, one.ref)
    )


def _failure(one: AlertNews, language: str) -> list[Line]:
    """The newest pipeline that failed and its jobs; of an unstable line they change too often."""
    if one.alert.state is not AlertState.OPEN:
        return []
    line = tell(language, "ci pipeline", link=_pipeline(one))
    line = (*line, *pipelines_messages.commit(one.failed.commit if one.failed else None, language))
    mine = [job for job in one.jobs if not job.allowed and one.alert.stage in ("", job.stage)]
    named = tell(language, "alert jobs", jobs=pipelines_messages.jobs_of(mine, language))
    return [line, named] if mine else [line]


def _people(one: AlertNews, language: str) -> list[Line]:
    lines: list[Line] = []
    if one.seen_by:
        lines.append(tell(language, "alert seen", who=clipped(one.seen_by, MOST_NAME)))
    if one.assigned:
        lines.append(tell(language, "alert assigned", who=_mention(one.assigned)))
    if one.task:
        number, url = one.task
        lines.append(tell(language, "alert task", task=link(url, str(number))))
    return lines


def _mention(one: Somebody) -> Inline:
    return UserMention(clipped(one.name, MOST_NAME), portal_user=one.user)


def _pipeline(one: AlertNews) -> Inline:
    return link(_address(one), f"#{one.alert.failed_by}")


def _address(one: AlertNews) -> str:
    return (
        one.failed.url if one.failed else messages_urls.pipeline(one.project, one.alert.failed_by)
    )


def _since(one: AlertNews, language: str) -> str:
    """The time alone where the newest failure is of the same day."""
    began, newest = (at.astimezone(one.zone) for at in (one.alert.opened_at, one.alert.failed_at))
    return f"{began:%H:%M}" if began.date() == newest.date() else _moment(one, language)


def _moment(one: AlertNews, language: str) -> str:
    return moment(one.alert.opened_at, one.zone, language)


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    local = at.astimezone(zone)
    places = {"year": f"{local:%Y}", "month": f"{local:%m}", "day": f"{local:%d}"}
    return say(language, "moment", time=f"{local:%H:%M}", **places)


def ordinal(number: int, language: str) -> str:
    """3rd, 11th; 3-й."""
    teen = 10 < number % 100 < 14
    ending = "th" if teen else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return say(language, f"ordinal {ending}", number=number)
