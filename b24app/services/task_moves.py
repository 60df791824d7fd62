"""Where tasks would be brought by other rules, from the step that their work has reached."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from b24app.deps import Deps
from sync.bitrix24.tasks.queries import read_stages
from sync.core.model.commands import Command
from sync.core.model.plans import PlannedCommand
from sync.core.model.task_view import TaskView
from sync.core.model.tasks import KanbanStage
from sync.core.rules.portal import Rules
from sync.core.tasks.transitions import plan_transition
from sync.deadlines import limit_outbound
from sync.engine.load import tasks as load_tasks
from sync.engine.load.scope import Scope
from sync.errors import SyncError
from sync.store.db.database import read
from sync.store.rows import PortalRecord

_BOARD_SECONDS = 10.0
_Boards = dict[int, tuple[KanbanStage, ...]]


@dataclass(frozen=True, slots=True)
class Move:
    """A task that other rules bring elsewhere: why; without a reason it would not be moved."""

    task_id: int
    title: str
    reasons: tuple[str, ...]


def foresee_moves(
    deps: Deps, portal: PortalRecord, task_ids: Collection[int], before: Rules, after: Rules
) -> Iterator[Move]:
    """Yield the tasks that the rules `after` bring elsewhere than those `before`.

    Only columns that are named by title or type are asked of the portal, once a workgroup; where it
    does not answer they count as not there.
    """
    with read(deps.engine) as conn:
        loaded = load_tasks.load(conn, Scope(portal.id, after, deps.clock.now()), task_ids)
    boards: _Boards = {}
    for task_id in task_ids:
        view = loaded.views.get(task_id)
        if view is None or view.task is None or task_id in loaded.missing:
            continue
        planned = [_plan(deps, portal, view, rules, boards) for rules in (before, after)]
        if planned[0].keys() == planned[1].keys():
            continue
        new = tuple(
            each.reason for command, each in planned[1].items() if command not in planned[0]
        )
        yield Move(task_id, view.task.title, new)


def _plan(
    deps: Deps, portal: PortalRecord, view: TaskView, rules: Rules, boards: _Boards
) -> dict[Command, PlannedCommand]:
    """Plan as if nothing had been asked for yet."""
    if view.task is None:
        return {}
    anew = replace(view, step=None, fresh=True)
    part = plan_transition(anew, rules)
    if "stages" in part.needs:
        group_id = view.task.group_id
        if group_id not in boards:
            boards[group_id] = _read_board(deps, portal, group_id)
        part = plan_transition(replace(anew, stages=boards[group_id]), rules)
    return {planned.command: planned for planned in part.commands}


def _read_board(deps: Deps, portal: PortalRecord, group_id: int) -> tuple[KanbanStage, ...]:
    try:
        with limit_outbound(_BOARD_SECONDS):
            return read_stages(deps.clients.portal(portal.id), group_id)
    except SyncError:
        return ()
