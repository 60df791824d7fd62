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

from sync.core.comments import plan as comments_plan
from sync.core.deployments import plan as deployments_plan
from sync.core.i18n.translate import translate
from sync.core.merge_requests import plan as merge_requests_plan
from sync.core.merge_requests.plan import plan_review_notifications
from sync.core.model.commands import PlannedCommand
from sync.core.model.merge_requests import MergeRequestKey, ReviewEvent
from sync.core.model.smart_commits import CommandKey
from sync.core.model.task_view import LinkView, TaskView
from sync.core.model.tasks import Step
from sync.core.pipelines import plan as pipelines_plan
from sync.core.rules.portal import Rules
from sync.core.smart_commits import plan as smart_commits_plan
from sync.core.smart_commits.plan import SmartCommitResult
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
    of key `smart_commit:{command}`.
    `needs`: what must be read (`task`, `stages`, `jobs`) before anything can be decided; then
    there are no effects and nothing is to be recorded. `problems` are settings that cannot be
    followed, for people to see.
    """

    commands: tuple[PlannedCommand, ...]
    decision: str
    step: Step | None
    needs: frozenset[str] = frozenset()
    review_events: Mapping[MergeRequestKey, ReviewEvent] = field(default_factory=dict)
    notified_states: Mapping[str, str] = field(default_factory=dict)
    finished_smart_commits: Mapping[CommandKey, SmartCommitResult] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def plan_task(view: TaskView, rules: Rules, now: datetime) -> Plan:
    """Desired minus applied. `now`: aware UTC, for the portal's window for edits."""
    moving = tasks_transitions.plan_transition(view, rules)
    if view.task is None and moving.needs:
        return _wait_for_reads(view, rules, moving.needs)  # the others could ask for nothing else
    speaking = smart_commits_plan.plan_smart_commits(view, rules, moving)
    notifying = plan_review_notifications(view, rules)
    showing = merge_requests_plan.plan_cards(view, rules, now)
    reporting = pipelines_plan.plan_pipelines(view, rules, now)
    deployed = deployments_plan.plan_deployments(view, rules, now)
    commented = comments_plan.plan_comments(view, rules, now)
    parts = moving, speaking, showing, notifying, reporting, deployed, commented
    if needs := frozenset[str]().union(*(part.needs for part in parts)):
        return _wait_for_reads(view, rules, needs)
    moved = (effect for effect in moving.commands if effect[0] not in speaking.replaced_keys)
    effects = (*moved, *(effect for part in parts[1:] for effect in part.commands))
    ended = (one.reason for one in speaking.finished.values())
    return Plan(
        commands=effects,
        decision=_join_reasons(rules, (*moving.remarks, *ended), effects),
        step=moving.step,
        review_events=notifying.review_events,
        notified_states=reporting.notified_states,
        finished_smart_commits=speaking.finished,
        problems=moving.problems,
    )


def _wait_for_reads(view: TaskView, rules: Rules, needs: frozenset[str]) -> Plan:
    decision = translate(rules.language, "must be read first", what=", ".join(sorted(needs)))
    return Plan(commands=(), decision=decision, step=view.step, needs=needs)


def _join_reasons(rules: Rules, remarks: Iterable[str], effects: Iterable[PlannedCommand]) -> str:
    reasons = (reason for _, _, reason in effects)
    return "; ".join((*remarks, *reasons)) or translate(rules.language, "nothing to do")
