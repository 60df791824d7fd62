"""Who is told of what has newly happened to a task's merge requests. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sync.core.i18n.translate import say
from sync.core.merge_requests.messages import notification, rendered
from sync.core.merge_requests.milestones import milestone_of, news
from sync.core.model.commands import Due, Notify
from sync.core.model.common import LinkKind, MergeRequestKey, Milestone, Task
from sync.core.model.task_view import LinkView, TaskView
from sync.core.rules.portal import Rules
from sync.core.tasks.transitions import named


@dataclass(frozen=True, slots=True)
class Notifying:
    """The notifications, the milestones that change, and what must be read first."""

    effects: tuple[Due, ...] = ()
    milestones: Mapping[MergeRequestKey, Milestone] = field(default_factory=dict)
    needs: frozenset[str] = frozenset()


def decide(view: TaskView, rules: Rules) -> Notifying:
    """The responsible person is told of milestones; never of mentions, never of their own doing."""
    changed = [(link, now) for link in view.ordered() if (now := _changed(link))]
    told = [(link, new) for link, now in changed if (new := _told(link, now))]
    milestones = {link.merge_request.key: now for link, now in changed}
    if not told:
        return Notifying(milestones=milestones)
    if view.current is None:
        return Notifying(needs=frozenset({"task"}))
    effects = (_notify(view, view.current, rules, link=link, new=new) for link, new in told)
    return Notifying(tuple(effect for effect in effects if effect), milestones)


def _changed(link: LinkView) -> Milestone | None:
    """The milestone to record, None where it stays. A dead link keeps what it had."""
    now = milestone_of(link.merge_request, link.milestone) if link.live else link.milestone
    return now if now is not link.milestone else None


def _told(link: LinkView, now: Milestone) -> Milestone | None:
    if not link.loud or link.kind is LinkKind.MENTION:
        return None
    return news(link.milestone, now)


def _notify(
    view: TaskView, task: Task, rules: Rules, *, link: LinkView, new: Milestone
) -> Due | None:
    user, merge_request = task.responsible_id, link.merge_request
    actor = merge_request.actor
    if not user or new not in rules.for_group(task.group_id).notify:
        return None
    users = view.users_of(merge_request.project)
    if actor and users.get(actor.id) == user:
        return None
    document = notification(new, merge_request, task, language=rules.language, users=users)
    effect = Notify(
        task.id, user, rendered(document), tag=f"b24bridge:{task.id}:{merge_request.key}"
    )
    reason = say(rules.language, "told", mr=named(merge_request, rules.language))
    return f"notify:{merge_request.key}:{new}:{user}", effect, reason
