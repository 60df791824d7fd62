"""What one look at a portal's dirty subjects works with, and what each kind of them gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from sync.bitrix24.rest.client import Portal
from sync.engine.deps import Deps
from sync.engine.lanes import Lane
from sync.engine.load.scope import Scope
from sync.store.rows import SubjectRow


@dataclass(frozen=True, slots=True)
class ReconcileTurn:
    """The lane that is held, the portal and the bounds of the look."""

    deps: Deps
    lane: Lane
    scope: Scope
    portal: Portal


Recorder = Callable[[Connection], None]  # stores what was planned, in the transaction given
Reconciler = Callable[[ReconcileTurn, Sequence[SubjectRow]], Recorder]  # loads, asks and plans
