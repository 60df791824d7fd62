"""Values for tests of decisions: a merge request, a link, a view, with the rest filled in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.core.model.common import Person, Project
from sync.core.model.merge_requests import MergeRequest, MergeRequestState
from sync.core.model.tasks import KanbanStage, LinkKind, Task, TaskStatus
from sync.core.plan import LinkView, TaskView

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SHOP = Project(1, 7, "acme/shop", "https://gitlab.test/acme/shop")
ANN = Person(1, "ann", "Ann")
BOB = Person(2, "bob", "Bob")
CAROL = Person(3, "carol")
STAGES = (
    KanbanStage(10, "New", "NEW", 100),
    KanbanStage(11, "Doing", "WORK", 200),
    KanbanStage(12, "Review", "REVIEW", 300),
    KanbanStage(13, "Done", "FINISH", 400),
)
STATES = {
    "draft": {"draft": True},
    "draft approved": {"draft": True, "approved": True},
    "open": {},
    "approved": {"approved": True},
    "locked": {"state": MergeRequestState.LOCKED},
    "merged": {"state": MergeRequestState.MERGED},
    "merged approved": {"state": MergeRequestState.MERGED, "approved": True},
    "closed": {"state": MergeRequestState.CLOSED},
}


def mr(kind: str = "open", iid: int = 12, **values: Any) -> MergeRequest:
    """A merge request of the shop in one of STATES."""
    usual = MergeRequest(
        SHOP,
        iid,
        title="Payment gateway",
        description="",
        url=f"https://gitlab.test/acme/shop/-/merge_requests/{iid}",
        state=MergeRequestState.OPENED,
        draft=False,
        source_branch="feature/B24-2103-payment-gateway",
        target_branch="main",
        author=ANN,
        updated_at=NOW + timedelta(minutes=iid),
        actor=ANN,
    )
    return replace(usual, **{**STATES[kind], **values})


def link(state: str = "open", iid: int = 12, *, mr_values: dict[str, Any] | None = None,
         **values: Any) -> LinkView:  # fmt: skip
    return LinkView(mr(state, iid, **(mr_values or {})), **{"kind": LinkKind.MOVE, **values})


def task(**values: Any) -> Task:
    usual = Task(2103, "Checkout", TaskStatus.WAITING, responsible_id=5, chat_id=900)
    return replace(usual, **values)


def view(*links: LinkView, **values: Any) -> TaskView:
    usual = TaskView(task(), fresh=True, step=None, stages=STAGES, links=links, users={})
    return replace(usual, **values)
