"""A task linked with a YouTrack issue and a GitLab issue: everything once, everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from sync.core.clock import ManualClock
from sync.core.issue_sync.link import LinkState
from sync.core.issue_sync.mapping import DEFAULT_FIELDS
from sync.core.issue_sync.model import STATUS, ItemAddress
from sync.core.issue_sync.rules import Direction, FieldRule, LinkRules
from tests.contract import bitrix24_room
from tests.contract.bitrix24_room import ANN, BOB
from tests.contract.writing import ON
from tests.emulators.bitrix24.server import BitrixEmulator
from tests.emulators.gitlab.server import GitLabEmulator
from tests.emulators.youtrack.server import YouTrackEmulator
from tests.engine.issue_sync.test_two_rooms import PORTAL, TRACKER, Pair
from tests.engine.issue_sync.test_youtrack_pair import YouTrackPair, set_state


class OfYouTrack(YouTrackPair):
    def rules(self, link: LinkState) -> LinkRules:
        return replace(super().rules(link), other_links=frozenset({OfGitLab.key}))


class OfGitLab(Pair):
    def rules(self, link: LinkState) -> LinkRules:
        return replace(super().rules(link), other_links=frozenset({OfYouTrack.key}))


@dataclass
class Triangle:
    """YouTrack is the master of the status: GitLab's issue only follows."""

    youtrack: OfYouTrack
    gitlab: OfGitLab
    task: ItemAddress

    def rest(self) -> None:
        """Work on both links until none writes any more."""
        for _ in range(8):
            results = [pair.cycle() for pair in (self.youtrack, self.gitlab)]
            assert [result.error for result in results] == [None, None]
            if not any(result.writes or result.again for result in results):
                return
        raise AssertionError(self.youtrack.links.story + self.gitlab.links.story)

    def address(self, pair: Pair) -> ItemAddress:
        return pair.links.state().addresses[TRACKER]

    def ends(self) -> list[tuple[Pair, ItemAddress]]:
        return [(pair, self.address(pair)) for pair in (self.youtrack, self.gitlab)]


@pytest.fixture
def triangle() -> Iterator[Triangle]:
    clock = ManualClock(bitrix24_room.START)
    with ExitStack() as stack:
        b24 = stack.enter_context(BitrixEmulator(clock, scopes=bitrix24_room.SCOPES))
        b24.state.limits.on = False
        youtrack = OfYouTrack(b24, stack.enter_context(YouTrackEmulator(clock)), clock)
        gitlab = OfGitLab(
            b24, stack.enter_context(GitLabEmulator(clock)), clock, portal=youtrack.portal
        )
        follows = {**DEFAULT_FIELDS, STATUS: FieldRule(Direction.TO_TRACKER)}
        gitlab.pair = replace(gitlab.pair, fields=follows)
        task = b24.state.create_task("Till", group_id=10, created_by=BOB, responsible_id=ANN)
        address = ItemAddress(str(task.id), "10", str(task.id))
        youtrack.begin(PORTAL, address)
        gitlab.begin(PORTAL, address)
        made = Triangle(youtrack, gitlab, address)
        made.rest()
        yield made


def test_a_comment_from_anywhere_is_shown_once_everywhere(triangle: Triangle) -> None:
    triangle.youtrack.portal.comment(triangle.task, "from the task")
    triangle.youtrack.tracker.comment(triangle.address(triangle.youtrack), "from YouTrack")
    triangle.gitlab.tracker.comment(triangle.address(triangle.gitlab), "from GitLab")
    triangle.rest()
    shown = [pair.tracker.texts(address) for pair, address in triangle.ends()]
    shown.append(triangle.youtrack.portal.texts(triangle.task))
    for texts in shown:
        for words in ("from the task", "from YouTrack", "from GitLab"):
            assert [words in text for text in texts].count(True) == 1, (words, texts)
        assert len(texts) == 3
    in_gitlab = next(text for text in shown[1] if "from YouTrack" in text)
    assert "Bob (YouTrack)" in in_gitlab
    assert "Bitrix24" not in in_gitlab


def test_time_from_anywhere_is_counted_once_everywhere(triangle: Triangle) -> None:
    triangle.youtrack.portal.log(triangle.task, 60, ON, "a")
    triangle.youtrack.tracker.log(triangle.address(triangle.youtrack), 120, ON, "b")
    triangle.gitlab.tracker.log(triangle.address(triangle.gitlab), 240, ON, "c")
    triangle.rest()
    sums = [pair.tracker.seconds(address) for pair, address in triangle.ends()]
    assert [*sums, triangle.youtrack.portal.seconds(triangle.task)] == [420, 420, 420]


def test_an_edit_and_a_deletion_reach_the_far_corner(triangle: Triangle) -> None:
    address = triangle.address(triangle.youtrack)
    tracker = triangle.youtrack.tracker
    edited, deleted = tracker.comment(address, "first"), tracker.comment(address, "second")
    triangle.rest()
    tracker.edit_comment(address, edited, "third")
    tracker.delete_comment(address, deleted)
    triangle.rest()
    (text,) = triangle.gitlab.tracker.texts(triangle.address(triangle.gitlab))
    assert "third" in text


def test_the_status_has_the_master_of_the_settings(triangle: Triangle) -> None:
    task = triangle.youtrack.b24.state.tasks[int(triangle.task.id)]
    set_state(triangle.youtrack, "Fixed")
    triangle.rest()
    assert (task.status, triangle.gitlab.issue.state) == (5, "closed")
    triangle.gitlab.issue.manager.update(triangle.gitlab.issue.iid, {"state_event": "reopen"})
    triangle.rest()
    assert (task.status, triangle.youtrack.issue.values["State"].name) == (5, "Fixed")


@pytest.mark.deep
def test_a_title_goes_round_once(triangle: Triangle) -> None:
    triangle.gitlab.tracker.set_title(triangle.address(triangle.gitlab), "Till drawer")
    triangle.rest()
    assert triangle.youtrack.issue.summary == "Till drawer"
    assert [pair.links.conflicts for pair in (triangle.youtrack, triangle.gitlab)] == [[], []]


def test_another_master_in_the_midst_takes_over_and_gives_back(triangle: Triangle) -> None:
    youtrack, gitlab = triangle.youtrack, triangle.gitlab
    task = youtrack.b24.state.tasks[int(triangle.task.id)]

    def states() -> tuple[int, str, str]:
        triangle.rest()
        return task.status, youtrack.issue.values["State"].name, gitlab.issue.state

    leads, follows = youtrack.pair.fields, gitlab.pair.fields
    set_state(youtrack, "In Progress")
    assert states() == (3, "In Progress", "opened")
    gitlab.pair, youtrack.pair = (
        replace(gitlab.pair, fields=leads),
        replace(youtrack.pair, fields=follows),
    )
    assert states() == (3, "In Progress", "opened")
    gitlab.issue.manager.update(gitlab.issue.iid, {"state_event": "close"})
    assert states() == (5, "Fixed", "closed")
    gitlab.pair, youtrack.pair = (
        replace(gitlab.pair, fields=follows),
        replace(youtrack.pair, fields=leads),
    )
    set_state(youtrack, "Open")
    assert states() == (2, "Open", "opened")
    assert [pair.links.conflicts for pair in (youtrack, gitlab)] == [[], []]
