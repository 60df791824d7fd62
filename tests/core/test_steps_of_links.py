"""Which merge requests decide a task's step, by how they name it."""

from __future__ import annotations

import pytest

from sync.core.model.tasks import LinkKind
from tests.core.factories import link


@pytest.mark.parametrize(
    ("kind", "state", "decides", "work"),
    [
        (LinkKind.MENTION, "open", False, False),
        (LinkKind.DENY, "open", False, False),
        (LinkKind.REVERT, "open", False, False),
        (LinkKind.REVERT, "merged", False, False),
        (LinkKind.PART, "open", True, True),
        (LinkKind.PART, "merged", False, True),
        (LinkKind.PART, "closed", False, True),
        (LinkKind.MOVE, "open", True, True),
        (LinkKind.MOVE, "merged", True, True),
        (LinkKind.CLOSE, "merged", True, True),
    ],
)
def test_a_part_of_the_work_decides_while_it_goes_on(
    kind: LinkKind, state: str, decides: bool, work: bool
) -> None:
    named = link(state, kind=kind)
    assert (named.decides_step, named.moves_task) == (decides, work)


def test_what_names_the_task_no_longer_decides_nothing() -> None:
    assert not link("open", kind=LinkKind.PART, live=False).decides_step
