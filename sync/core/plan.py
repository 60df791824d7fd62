"""What is to be written for one task, and why: the decision of the main flow. Pure.

Invariants. The task is moved only when the step computed from the set of its merge requests
differs from the step recorded, so a person's own move is left alone. Applying a plan's effects to
the view and planning again gives no effects. The order of the links means nothing. What happened
before the connection (silent links) is counted, never shown and never acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core import notices
from sync.core.comments import plan as comments_plan
from sync.core.deployments import plan as deployments_plan
from sync.core.i18n.translate import say
from sync.core.merge_requests import plan as merge_requests_plan
from sync.core.model.commands import Due
from sync.core.model.common import MergeRequestKey, Milestone, Step
from sync.core.model.smart_commits import SpeechKey
from sync.core.model.task_view import LinkView, TaskView
from sync.core.pipelines import plan as pipelines_plan
from sync.core.rules.portal import Rules
from sync.core.smart_commits import plan as smart_commits_plan
from sync.core.smart_commits.plan import Ended
from sync.core.tasks import transitions as tasks_transitions

__all__ = ["LinkView", "Plan", "TaskView", "plan_task"]


@dataclass(frozen=True, slots=True)
class Plan:
    """`effects`: (key, effect, reason), in the order they are to be written.

    `step` and `milestones` are what is to be recorded: together with the effects that carry them
    (keys `status`, `stage`; `notify:{merge request}:{milestone}:{user}`) when those are done, at
    once where there is no such effect. `milestones` holds only the links whose milestone changes.
    `told`: what people are told now of things (by what they are about), recorded in the same way,
    with the notification of key `tell:{user}:{about}>{state}`.
    `spoken`: commands of commits that end now, without an effect; the others end with the effect
    of key `spoken:{command}`.
    `needs`: what must be read (`task`, `stages`, `jobs`) before anything can be decided; then
    there are no effects and nothing is to be recorded. `problems` are settings that cannot be
    followed, for people to see.
    """

    effects: tuple[Due, ...]
    decision: str
    step: Step | None
    needs: frozenset[str] = frozenset()
    milestones: Mapping[MergeRequestKey, Milestone] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    spoken: Mapping[SpeechKey, Ended] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def plan_task(view: TaskView, rules: Rules, now: datetime) -> Plan:
    """Desired minus applied. `now`: aware UTC, for the portal's window for edits."""
    moving = tasks_transitions.decide(view, rules)
    if view.task is None and moving.needs:
        return _unread(view, rules, moving.needs)  # the others could ask for nothing else
    speaking = smart_commits_plan.decide(view, rules, moving)
    notifying = notices.decide(view, rules)
    showing = merge_requests_plan.decide(view, rules, now)
    reporting = pipelines_plan.decide(view, rules, now)
    deployed = deployments_plan.decide(view, rules, now)
    commented = comments_plan.decide(view, rules, now)
    parts = moving, speaking, showing, notifying, reporting, deployed, commented
    if needs := frozenset[str]().union(*(part.needs for part in parts)):
        return _unread(view, rules, needs)
    moved = (effect for effect in moving.effects if effect[0] not in speaking.instead)
    effects = (*moved, *(effect for part in parts[1:] for effect in part.effects))
    ended = (one.reason for one in speaking.ended.values())
    return Plan(
        effects=effects,
        decision=_decision(rules, (*moving.said, *ended), effects),
        step=moving.step,
        milestones=notifying.milestones,
        told=reporting.told,
        spoken=speaking.ended,
        problems=moving.problems,
    )


def _unread(view: TaskView, rules: Rules, needs: frozenset[str]) -> Plan:
    decision = say(rules.language, "needs", what=", ".join(sorted(needs)))
    return Plan(effects=(), decision=decision, step=view.step, needs=needs)


def _decision(rules: Rules, said: Iterable[str], effects: Iterable[Due]) -> str:
    reasons = (reason for _, _, reason in effects)
    return "; ".join((*said, *reasons)) or say(rules.language, "nothing")
