"""What a handler of events is given, and what it gives back: the columns of `apply.HANDLERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, cast

from sqlalchemy import Connection

from sync.core.model.activity import Push, TagPush
from sync.core.model.merge_requests import MergeRequest
from sync.core.model.pipelines import Pipeline
from sync.core.notifications.keys import NotificationSubject
from sync.core.rules.portal import Rules
from sync.engine.ingest.lateness import Lateness
from sync.store.subjects import Mark

E = TypeVar("E")
T = TypeVar("T")

AlertCause = Pipeline | Push | TagPush | MergeRequest  # what may open or end alerts of a ref
Fetch = Literal["branches", "commits", "deployments"]  # what the code host is to be asked for


@dataclass(frozen=True)
class Batch:
    """The events of some deliveries, by type in the order received, in one transaction.

    `late` knows what happened too long ago to notify anybody of it.
    """

    conn: Connection
    portal_id: int
    rules: Rules
    now: datetime
    events: Mapping[type, Sequence[Any]]
    late: Lateness
    _results: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    def of(self, event_type: type[E]) -> Sequence[E]:
        """Return the batch's events of a type."""
        return self.events.get(event_type, ())

    def once(self, work: Callable[[Batch], T]) -> T:
        """Return what `work` gives for this batch; it is done when it is first asked for.

        So that handlers share what concerns events of several types.
        """
        if work not in self._results:
            self._results[work] = work(self)
        return cast(T, self._results[work])


@dataclass(frozen=True)
class Handled(Generic[E]):
    """What came of the events of a handler.

    `describe`: the outcome of one of them, in words for the administrator. `marks`: subjects that
    may have to be looked at. `subjects`: what people may be notified of. `alert_causes`: what may
    change alerts. `fetches`: what the code host is to be asked for.
    """

    describe: Callable[[E], str]
    marks: Sequence[Mark] = ()
    subjects: Sequence[NotificationSubject] = ()
    alert_causes: Sequence[AlertCause] = ()
    fetches: frozenset[Fetch] = frozenset()


def _save_nothing(batch: Batch, events: Sequence[Any]) -> None:
    """Leave the mirror as it is."""


def _no_subject(event: Any) -> None:
    """Tell that the event is about nothing of a code host."""


@dataclass(frozen=True)
class Handler(Generic[E]):
    """How events are taken in; several types may share one handler.

    `subject` names what an event is about: its project is stored, and its time says whether it is
    late. `save` folds a batch's events into the mirror; every handler has done so before the first
    `relate` finds the subjects that they touch. Both are given all events of their types at once.
    """

    relate: Callable[[Batch, Sequence[E]], Handled[E]]
    save: Callable[[Batch, Sequence[E]], None] = _save_nothing
    subject: Callable[[E], NotificationSubject | None] = _no_subject
