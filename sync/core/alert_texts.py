"""An alert in words: its message, its notification, and the task that is opened for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sync.core.alert_names import AlertKey
from sync.core.alerts import GONE, Alert, AlertState
from sync.core.kinds import Kind
from sync.core.model import Job, Person, Pipeline, Project
from sync.core.news_texts import Line, Telling
from sync.core.phrases import say, tell
from sync.core.written import written
from sync.text.bidi import upright_text
from sync.text.tree import Document, Inline, LineBreak, Link, Paragraph, Text, UserMention

MOST_JOBS = 6  # named; the rest are counted
MOST_NAME = 120  # characters
MOST_TITLE = 250  # characters of a task's title


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
    def actor(self) -> Person | None:
        """Nobody makes an alert."""
        return None


def telling(one: AlertNews, language: str) -> Telling:
    headline = _headline(one, language)
    lines = [*_failure(one, language), *_people(one, language)]
    alert = one.alert
    lasted = (alert.ended_at or alert.failed_at) - alert.opened_at
    places: dict[str, Line] = {
        "project": (_link(one.project.url, one.project.path),),
        "link": (_pipeline(one),),
        "url": (Text(_address(one)),),
        "state": tell(language, f"word {alert.state}"),
        "branch": _where(one, language),
        "stage": (Text(_clipped(alert.stage, MOST_NAME)),),
        "count": (Text(str(alert.failures)),),
        "duration": (Text(duration(lasted, language)),),
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
    ref = f"{one.ref} ({one.alert.stage})" if one.alert.stage else one.ref
    number = f"#{one.alert.opened_by}"
    title = say(language, "alert task title", pipeline=number, branch=ref, project=one.project.path)
    return _clipped(" ".join(upright_text(title).split()), MOST_TITLE)


def task_text(one: AlertNews, language: str) -> str:
    """It depends on how the alert began alone: said again it is the same. BBCode."""
    opened_by = one.alert.opened_by
    link = _link(f"{one.project.url}/-/pipelines/{opened_by}", f"#{opened_by}")
    lines = [
        tell(language, "alert task pipeline", pipeline=link, since=_moment(one, language)),
        tell(
            language,
            "alert task branch",
            branch=_where(one, language),
            project=_link(one.project.url, one.project.path),
        ),
    ]
    nodes = tuple(node for line in lines for node in (LineBreak(), *line))
    return written(Document((Paragraph(nodes[1:]),)))


def _headline(one: AlertNews, language: str) -> Line:
    alert = one.alert
    return tell(
        language,
        _phrase(one),
        branch=_where(one, language),
        project=_link(one.project.url, one.project.path),
        pipeline=_pipeline(one),
        ordinal=ordinal(alert.failures, language),
        since=_since(one, language),
        duration=duration((alert.ended_at or alert.failed_at) - alert.opened_at, language),
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
    name = _clipped(one.ref, MOST_NAME)
    url = f"{one.project.url}/-/tree/{quote(one.ref)}"
    node: Inline = Text(name) if _phrase(one) == "alert gone" else _link(url, name)
    if not one.alert.stage:
        return (node,)
    return tell(language, "alert stage", branch=node, stage=_clipped(one.alert.stage, MOST_NAME))


def _failure(one: AlertNews, language: str) -> list[Line]:
    """The newest pipeline that failed and its jobs; of an unstable line they change too often."""
    if one.alert.state is not AlertState.OPEN:
        return []
    line = tell(language, "ci pipeline", link=_pipeline(one))
    commit = one.failed.commit if one.failed else None
    if commit:
        title = _clipped(commit.message.strip().split("\n")[0], MOST_NAME)
        author = _clipped(commit.author_name, MOST_NAME)
        line = (*line, *tell(language, "ci commit", link=_link(commit.url, title), author=author))
    mine = [job for job in one.jobs if not job.allowed and one.alert.stage in ("", job.stage)]
    return [line, *([tell(language, "alert jobs", jobs=_jobs(mine, language))] if mine else [])]


def _jobs(jobs: Sequence[Job], language: str) -> Line:
    shown: list[Inline] = [
        _link(job.url, _clipped(job.name, MOST_NAME)) for job in jobs[:MOST_JOBS]
    ]
    if rest := len(jobs) - len(shown):
        shown.append(Text(say(language, "more", count=rest)))
    return tuple(node for one in shown for node in (Text(", "), one))[1:]


def _people(one: AlertNews, language: str) -> list[Line]:
    lines: list[Line] = []
    if one.seen_by:
        lines.append(tell(language, "alert seen", who=_clipped(one.seen_by, MOST_NAME)))
    if one.assigned:
        lines.append(tell(language, "alert assigned", who=_mention(one.assigned)))
    if one.task:
        number, url = one.task
        lines.append(tell(language, "alert task", task=_link(url, str(number))))
    return lines


def _mention(one: Somebody) -> Inline:
    return UserMention(_clipped(one.name, MOST_NAME), portal_user=one.user)


def _pipeline(one: AlertNews) -> Inline:
    return _link(_address(one), f"#{one.alert.failed_by}")


def _address(one: AlertNews) -> str:
    made = f"{one.project.url}/-/pipelines/{one.alert.failed_by}"
    return one.failed.url if one.failed else made


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


def duration(took: timedelta, language: str) -> str:
    """To the minute: 42 min, 3 h 5 min, 2 d 4 h."""
    minutes = max(0, int(took.total_seconds()) // 60)
    hours, days = minutes // 60, minutes // 1440
    if not minutes:
        return say(language, "lasted moments")
    if not hours:
        return say(language, "lasted minutes", minutes=minutes)
    if not days:
        return say(language, "lasted hours", hours=hours, minutes=minutes % 60)
    return say(language, "lasted days", days=days, hours=hours % 24)


def _link(url: str, text: str) -> Link:
    return Link(url, (Text(text),))


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
