"""What one look at a portal's dirty subjects works with, and what each kind of them gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.core.model.plans import PlannedCommand, Records
from sync.core.model.smart_commits import CommandKey, SmartCommitResult
from sync.engine.deps import Deps
from sync.engine.lanes import Lane
from sync.engine.load.scope import Scope
from sync.store.rows import SubjectRow

T = TypeVar("T")
Rows = Sequence[SubjectRow]
CommandsByKey = Mapping[str, Sequence[PlannedCommand]]


@dataclass(frozen=True, slots=True)
class ReconcileTurn:
    """The lane that is held, the portal and the bounds of the look."""

    deps: Deps
    lane: Lane
    scope: Scope
    portal: Portal


@dataclass(frozen=True, slots=True)
class SubjectPlan:
    """What was decided about one subject.

    `commands` take the place of those of the subject that still wait; what the portal refused
    before is left out of them. `reasons`: each becomes a line of the subject's decisions.
    `records`: recorded when a command that carries the same ends, at once where none does.
    `finished_smart_commits`: commands of commits that end now, without a command. `wait_until`:
    the subject stays dirty and is decided anew then. `error`: a bug's traceback; then nothing else
    counts, and the subject is tried again after a while.
    """

    commands: Sequence[PlannedCommand] = ()
    reasons: Sequence[str] = ()
    records: Sequence[Records] = ()
    finished_smart_commits: Mapping[CommandKey, SmartCommitResult] = field(default_factory=dict)
    wait_until: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class KindPlan:
    """What was decided about the subjects of one kind, by subject key.

    A subject without a plan is clean and keeps the commands it has. `save` stores what was read or
    derived for the plans, before anything else; `save_rest` what only this kind stores, when the
    commands are in the outbox: it is given those of each subject. Both in the transaction that
    records the plans.
    """

    subjects: Mapping[str, SubjectPlan]
    save: Callable[[Connection], None] = lambda conn: None
    save_rest: Callable[[Connection, CommandsByKey], None] = lambda conn, commands: None


@dataclass(frozen=True, slots=True)
class Reconciler(Generic[T]):
    """How subjects of a kind are decided about: a row of `loop.RECONCILERS`.

    `load(conn, turn, rows)` reads what their plans see, in bulk. `plan(turn, rows, loaded)` asks
    other systems for what lacks, outside any transaction, plans purely and writes nothing: the
    loop records what it gives (`record.record`). It may raise Later and Denied where another
    system cannot be asked; then the subjects stay as they are.
    """

    load: Callable[[Connection, ReconcileTurn, Rows], T]
    plan: Callable[[ReconcileTurn, Rows, T], KindPlan]
