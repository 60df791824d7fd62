"""What administrators are told of a connection's token: refused, or near its end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.core.i18n.translate import translate, translate_inline
from sync.core.messages.parts import format_date
from sync.core.messages.revise import notification_tag
from sync.core.model.commands import Notify
from sync.core.model.plans import NotifiedState, PlannedCommand, Records
from sync.text.bbcode import write
from sync.text.tree import Document, Inline, Paragraph, Text

WARNING_DAYS = (1, 7, 30)  # before the end, the nearest first


@dataclass(frozen=True, slots=True)
class AccessView:
    """A connection's token as an administrator may be told of it.

    `tracker`: the system's name. `refused_since`: None while it is accepted. `is_lost`: GitLab gave
    a new token whose answer never came. `rotation`: why the last rotation failed. `notified`: the
    state each person was told of last.
    """

    connection_id: int
    name: str
    url: str
    tracker: str
    refused_since: datetime | None = None
    is_lost: bool = False
    expires_at: datetime | None = None
    rotation: str = ""
    notified: Mapping[int, str] = field(default_factory=dict)

    @property
    def subject_key(self) -> str:
        """The name of the subject for good."""
        return access_subject(self.connection_id)


def access_subject(connection_id: int) -> str:
    """Return the subject key of a connection's token."""
    return f"access:{connection_id}"


def access_state(refused_since: datetime | None, expires_at: datetime | None, now: datetime) -> str:
    """Return what an administrator is to be told of, each state once; "" for nothing.

    A token that is refused, accepted and refused again within a day is told of once.
    """
    if refused_since is not None:
        return f"refused:{refused_since:%Y-%m-%d}"
    days = days_before_end(expires_at, now)
    nearest = next((limit for limit in WARNING_DAYS if days is not None and days <= limit), None)
    return f"expires:{expires_at:%Y-%m-%d}:{nearest}" if expires_at and nearest else ""


def days_before_end(expires_at: datetime | None, now: datetime) -> int | None:
    """Return the whole days that are left, 0 at least; None where there is no end."""
    return None if expires_at is None else max(0, -((now - expires_at) // timedelta(days=1)))


def plan_access(
    view: AccessView, administrator_id: int | None, language: str, now: datetime
) -> tuple[PlannedCommand, ...]:
    """Plan the notification of the administrator; nothing where they were told already."""
    state = access_state(view.refused_since, view.expires_at, now)
    if not state or administrator_id is None or view.notified.get(administrator_id) == state:
        return ()
    text = write(Document((Paragraph(_sentence(view, language, now)),)), chat=True)
    command = Notify(0, administrator_id, text, tag=notification_tag(view.subject_key))
    records = Records(notified=NotifiedState(view.subject_key, state, administrator_id))
    return (
        PlannedCommand(
            f"notify:{administrator_id}:{view.subject_key}",
            command,
            translate(language, "person notified"),
            records,
        ),
    )


def _sentence(view: AccessView, language: str, now: datetime) -> tuple[Inline, ...]:
    values = {"name": view.name, "url": view.url, "tracker": view.tracker}
    if view.refused_since is not None:
        key = "access rotation lost" if view.is_lost else "access refused"
        return translate_inline(language, key, **values)
    days = days_before_end(view.expires_at, now) or 0
    ends = format_date(view.expires_at, language) if view.expires_at else ""
    sentence = translate_inline(language, "access expires", count=days, date=ends, **values)
    if not view.rotation:
        return sentence
    problem = translate_inline(language, "access rotation failed", why=view.rotation)
    return (*sentence, Text(" "), *problem)
