"""What an alert asks for beside its messages: a task, its end told there, and who is told. Pure.

Invariants. One task an alert; applying the effects and deciding again gives none. Who is assigned
is told once. A task is never closed by us: people end it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sync.core.alerts.messages import AlertNews, assigned_to_you, ended, task_text, task_title
from sync.core.alerts.model import AlertState
from sync.core.i18n.translate import say
from sync.core.merge_requests.plan import EDIT_WINDOW
from sync.core.model.commands import Due, Notify, OpenTask, PutMessage
from sync.core.model.common import Task
from sync.core.model.task_view import Said
from sync.core.rules.portal import Rules

NOTHING = Said()


@dataclass(frozen=True, slots=True)
class Concern:
    """An alert and what was agreed of it.

    `author`: of the commit that broke the line. `task_id`: opened for the alert, `task`: as last
    read, `said`: in it. `told`: who was told last of being assigned.
    """

    news: AlertNews
    author: int | None = None
    administrator: int | None = None
    task_id: int | None = None
    task: Task | None = None
    said: Said = NOTHING
    told: str | None = None

    @property
    def about(self) -> str:
        return self.news.key.about


def assignment(about: str) -> str:
    """The name of the news that somebody is assigned."""
    return f"{about}>assigned"


def end(about: str) -> str:
    """The name of the message that tells an alert's task of its end."""
    return f"{about}>end"


def decide(one: Concern, rules: Rules, now: datetime) -> tuple[Due, ...]:
    return (*_task(one, rules), *_assigned(one, rules), *_end(one, rules, now))


def _task(one: Concern, rules: Rules) -> Iterator[Due]:
    news, group_id = one.news, rules.group_of(one.news.project.path)
    wanted = rules.alerts_of(news.project.path).open_task
    assigned = news.assigned.user if news.assigned else None
    responsible = assigned or one.author or one.administrator
    if one.task_id is not None or news.alert.state.over or not responsible:
        return
    if not 0 < wanted <= news.alert.in_a_row:
        return
    effect = OpenTask(
        one.about,
        marker(one.about),
        task_title(news, rules.language),
        task_text(news, rules.language),
        responsible,
        group_id,
    )
    reason = say(rules.language, "alert task opened", branch=news.name, count=news.alert.in_a_row)
    yield f"task:{one.about}", effect, reason


def marker(about: str) -> str:
    """Plain ASCII of a fixed length, whatever branches are called."""
    return f"b24bridge-{sha256(about.encode()).hexdigest()[:40]}"


def _assigned(one: Concern, rules: Rules) -> Iterator[Due]:
    news = one.news
    if not news.assigned or not news.assigned.user or news.alert.state.over:
        return
    user = news.assigned.user
    if one.told == str(user):
        return
    about = assignment(one.about)
    text = assigned_to_you(news, rules.language)
    effect = Notify(0, user, text, tag=f"b24bridge:{marker(about)}")
    yield f"tell:{user}:{about}>{user}", effect, say(rules.language, "alert assignment told")


def _end(one: Concern, rules: Rules, now: datetime) -> Iterator[Due]:
    """Said once it is resolved; one that fails again after all was never over."""
    news, said = one.news, one.said
    if one.task is None or news.alert.state is not AlertState.RESOLVED:
        return
    text = ended(news, rules.language)
    editable = said.at is not None and said.message_id and now - said.at < EDIT_WINDOW
    if said.text == text or (said.at is not None and not editable):
        return
    number = said.message_id if editable else None
    reason = say(rules.language, "alert task told", task=one.task.id, branch=news.name)
    yield f"end:{one.about}", PutMessage(one.task.id, end(one.about), text, number), reason
