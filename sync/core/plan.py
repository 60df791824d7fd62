"""Plans what is to be written for one task, and why: the decision of the main flow. Pure.

Invariants. The task is moved only when the step computed from the set of its merge requests
differs from the step recorded, so a person's own move is left alone. Applying a plan's commands to
the view and planning again gives no commands. The order of the links means nothing. What happened
before the connection (silent links) is counted, never shown and never acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.comments.plan import plan_comments
from sync.core.deployments.plan import plan_deployments
from sync.core.i18n.translate import translate
from sync.core.merge_requests.plan import plan_cards, plan_review_notifications
from sync.core.model.commands import MoveTask
from sync.core.model.plans import PlannedCommand, Records
from sync.core.model.smart_commits import CommandKey, SmartCommitResult
from sync.core.model.task_view import LinkView, TaskView
from sync.core.model.tasks import Step
from sync.core.pipelines.plan import plan_pipelines
from sync.core.rules.portal import Rules
from sync.core.smart_commits.plan import plan_smart_commits
from sync.core.tasks.transitions import plan_transition
from sync.sentences import join_sentences

__all__ = ["LinkView", "Plan", "TaskView", "plan_task"]


@dataclass(frozen=True, slots=True)
class Plan:
    """`commands` in the order they are to be written, and why in `decision`.

    `step` and `records` are what is to be recorded: together with the commands that carry the
    same when those end, at once where there is no such command. `finished_smart_commits`: commands
    of commits that end now, without a command.
    `needs`: what must be read (`task`, `stages`, `jobs`) before anything can be planned; then
    there are no commands and nothing is to be recorded. `problems` are settings that cannot be
    followed, for people to see.
    """

    commands: tuple[PlannedCommand, ...]
    decision: str
    step: Step | None
    needs: frozenset[str] = frozenset()
    records: tuple[Records, ...] = ()
    finished_smart_commits: Mapping[CommandKey, SmartCommitResult] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def plan_task(view: TaskView, rules: Rules, now: datetime) -> Plan:
    """Plan desired minus applied. `now`: aware UTC, for the portal's window for edits."""
    transition = plan_transition(view, rules)
    if view.task is None and transition.needs:
        return _wait_for_reads(view, rules, transition.needs)  # the others could need no more
    smart_commits = plan_smart_commits(view, rules, transition)
    parts = (
        smart_commits,
        plan_cards(view, rules, now),
        plan_review_notifications(view, rules),
        plan_pipelines(view, rules, now),
        plan_deployments(view, rules, now),
        plan_comments(view, rules, now),
    )
    if needs := transition.needs.union(*(part.needs for part in parts)):
        return _wait_for_reads(view, rules, needs)
    moves = (
        planned
        for planned in transition.commands
        if not (smart_commits.replaces_move and isinstance(planned.command, MoveTask))
    )
    commands = (*moves, *(planned for part in parts for planned in part.commands))
    endings = (result.reason for result in smart_commits.finished.values())
    return Plan(
        commands=commands,
        decision=_join_reasons(rules, (*transition.remarks, *endings), commands),
        step=transition.step,
        records=tuple(records for part in parts for records in part.records),
        finished_smart_commits=smart_commits.finished,
        problems=transition.problems,
    )


def _wait_for_reads(view: TaskView, rules: Rules, needs: frozenset[str]) -> Plan:
    decision = translate(rules.language, "must be read first", what=", ".join(sorted(needs)))
    return Plan(commands=(), decision=decision, step=view.step, needs=needs)


def _join_reasons(rules: Rules, remarks: Iterable[str], commands: Iterable[PlannedCommand]) -> str:
    reasons = (planned.reason for planned in commands)
    return join_sentences("; ", (*remarks, *reasons)) or translate(rules.language, "nothing to do")
