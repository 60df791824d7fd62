"""Links and parents cross where both items are linked, and wait, unheard, where one is not."""

from __future__ import annotations

from sync.core.issue_sync.item_links import links_translation, parent_translation
from sync.core.issue_sync.link import ValuePair
from sync.core.issue_sync.merge import Verdict, decide
from sync.core.issue_sync.model import BLOCKED, BLOCKS, LINKS, PARENT, RELATES, SideName, Value
from sync.core.issue_sync.rules import FieldRule
from sync.core.issue_sync.writes import SetChange

TRACKER, PORTAL = SideName.TRACKER, SideName.PORTAL
ISSUES = {"5": "50", "6": "60"}  # by task


def counterpart(to: SideName, item: str) -> str | None:
    if to is TRACKER:
        return ISSUES.get(item)
    return {issue: task for task, issue in ISSUES.items()}.get(item)


LINKED = links_translation(counterpart, frozenset({BLOCKED}))
PARENTS = parent_translation(counterpart)


def links(*names: str) -> dict[str, Value]:
    return {LINKS: frozenset(names)}


def test_a_link_crosses_with_its_kind() -> None:
    now = ValuePair(links(), links(f"{BLOCKED}:5"))
    decision = decide(FieldRule(), LINKED, ValuePair(), now, newest=PORTAL)
    assert decision.verdict is Verdict.PUSH
    assert decision.writes[TRACKER].changes == {LINKS: SetChange(frozenset({f"{BLOCKED}:50"}))}


def test_a_link_to_an_item_that_is_not_linked_waits_without_a_problem() -> None:
    now = ValuePair(links(), links(f"{BLOCKED}:5", f"{BLOCKED}:9"))
    decision = decide(FieldRule(), LINKED, ValuePair(), now, newest=PORTAL)
    carried = decision.writes[TRACKER]
    assert carried.changes == {LINKS: SetChange(frozenset({f"{BLOCKED}:50"}))}
    assert carried.source == links(f"{BLOCKED}:5")
    assert (decision.problems, decision.awaits) == ((), {PORTAL: ("9",)})
    waiting = ValuePair(links(f"{BLOCKED}:50"), now.portal)
    later = decide(FieldRule(), LINKED, ValuePair(links(f"{BLOCKED}:50"), carried.source), waiting,
                   newest=PORTAL)  # fmt: skip
    assert (later.verdict, later.awaits) == (Verdict.ADOPT, {PORTAL: ("9",)})


def test_what_one_side_cannot_say_stays_where_it_is() -> None:
    """An issue that blocks another shows there as one that waits; `relates` has no word."""
    base = ValuePair(links(), links())
    now = ValuePair(links(f"{BLOCKS}:50", f"{RELATES}:60"), links())
    assert decide(FieldRule(), LINKED, base, now, newest=TRACKER).verdict is Verdict.KEEP
    gone = ValuePair(links(f"{RELATES}:60"), links())
    assert decide(FieldRule(), LINKED, base, gone, newest=TRACKER).verdict is Verdict.KEEP


def test_links_of_both_sides_stand_together() -> None:
    base = ValuePair(links(f"{BLOCKED}:50"), links(f"{BLOCKED}:5"))
    now = ValuePair(links(), links(f"{BLOCKED}:5", f"{BLOCKED}:6"))
    decision = decide(FieldRule(), LINKED, base, now, newest=TRACKER)
    assert decision.verdict is Verdict.MERGE
    assert decision.writes[TRACKER].changes == {LINKS: SetChange(frozenset({f"{BLOCKED}:60"}))}
    assert decision.writes[PORTAL].changes == {LINKS: SetChange(remove=frozenset({f"{BLOCKED}:5"}))}


def test_a_parent_that_is_not_linked_is_waited_for() -> None:
    now = ValuePair({PARENT: None}, {PARENT: "9"})
    decision = decide(FieldRule(), PARENTS, None, now, newest=PORTAL)
    assert (decision.verdict, decision.problems) == (Verdict.ADOPT, ())
    assert decision.awaits == {PORTAL: ("9",)}
    linked = ValuePair({PARENT: None}, {PARENT: "5"})
    assert decide(FieldRule(), PARENTS, None, linked, newest=PORTAL).writes[TRACKER].changes == {
        PARENT: "50"
    }
