"""What one look at a portal's dirty subjects works with, and what each kind of them gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.engine.deps import Deps
from sync.engine.lanes import Lane
from sync.engine.load.scope import Scope
from sync.store.rows import SubjectRow

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReconcileTurn:
    """The lane that is held, the portal and the bounds of the look."""

    deps: Deps
    lane: Lane
    scope: Scope
    portal: Portal


Recorder = Callable[[Connection], None]  # stores what was planned, in the transaction given
Rows = Sequence[SubjectRow]


@dataclass(frozen=True, slots=True)
class Reconciler(Generic[T]):
    """How subjects of a kind are decided about.

    `load` reads what their plans see; `plan` asks other systems for what lacks, outside any
    transaction, plans purely, and gives what records the plans.
    """

    load: Callable[[Connection, ReconcileTurn, Rows], T]
    plan: Callable[[ReconcileTurn, Rows, T], Recorder]
