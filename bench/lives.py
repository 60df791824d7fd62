"""Merge requests with ten deliveries each, from a branch's first push to the end, told by GitLab.

Each merge request is about a task of its own. Seeded: the same seed tells the same story.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from tests.emulators.gitlab import routing, signing
from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.deliveries import Waiting
from tests.emulators.gitlab.entities import MergeRequest, Project
from tests.emulators.gitlab.parts import raw
from tests.emulators.gitlab.server import GitLabEmulator

FIRST_TASK = 2001
EACH = 10  # deliveries of one merge request
BEFORE = timedelta(minutes=5)  # a life begins that long ago: what is older is taken for a sample
FLAGS = ("merge_requests_events", "push_events", "pipeline_events")
_ENDS = ("merged", "merged", "merged", "closed", "approved")  # three of five are merged

# The portal's status of the task in the end; its card's word for the merge request.
STATUS = {"merged": 5, "closed": 3, "approved": 3}
WORD = {"merged": "merged", "closed": "closed without merging", "approved": "approved"}
ABOUT = "What changes, why it does, and how it was tried out. " * 40  # as long as they are in life
WRITES = 5  # a task's: its move, card, field, pipeline message; its responsible person is told once


@dataclass(frozen=True, slots=True)
class Life:
    """A task and its one merge request. `end`: merged, closed, approved (and still open)."""

    task_id: int
    iid: int
    end: str


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery before it has headers: they carry the time of sending."""

    key: str
    event: str
    body: bytes

    def headers(
        self, at: datetime, *, token: str, signing_token: str, again: str = ""
    ) -> dict[str, str]:
        """`again` makes another delivery of the same content."""
        return signing.headers(
            self.event, self.body, at=at, delivery_id=self.key + again,
            token=token, signing_token=signing_token,
        )  # fmt: skip


def told(count: int, seed: int, each: int = 0) -> tuple[list[Life], list[Told]]:
    """`count` lives and their deliveries as they came about, without a server.

    `each`: so many live in a project of their own at the same time; 0: all in one.
    """
    lives, deliveries = list[Life](), list[Told]()
    for first in range(0, count, each or count):
        clock = StillClock(datetime.now(UTC) - BEFORE)
        gitlab = GitLabEmulator(clock, seed=seed + first)
        gitlab.state.url = "http://gitlab.test"
        gitlab.state.counters["project"] = first  # so that no two projects have one number
        deliveries_of_project = kept(gitlab)
        place = shop(gitlab, f"acme/shop-{first}" if first else "acme/shop")
        some = min(each or count, count - first)
        tick = partial(clock.move, 1)
        played = play(gitlab, place, some, seed + first, tick, first_task=FIRST_TASK + first)
        lives += [life for life, _ in played]
        deliveries += deliveries_of_project
    return lives, deliveries


def kept(gitlab: GitLabEmulator) -> list[Told]:
    """The list that the host's deliveries are put into from now on, instead of being posted."""
    deliveries: list[Told] = []

    def keep(waiting: Waiting, *, forced: bool = False) -> None:
        event = routing.event_header(waiting.trigger)
        deliveries.append(Told(waiting.key, event, raw(waiting.payload)))

    gitlab.deliveries.send = keep
    return deliveries


def shop(gitlab: GitLabEmulator, path: str = "acme/shop") -> Project:
    """A project of ann and bob with a hook for everything we use."""
    for name in ("ann", "bob"):
        gitlab.state.add_user(name, public=True)
    made = gitlab.state.add_project(path, members={"ann": 40, "bob": 40})
    gitlab.add_hook(made, "http://bridge.test/hook", *FLAGS)
    return made


def play(
    gitlab: GitLabEmulator,
    place: Project,
    count: int,
    seed: int,
    tick: Callable[[], object],
    *,
    first_task: int = FIRST_TASK,
) -> list[tuple[Life, MergeRequest]]:
    """All lives side by side, act by act; `tick` lets a second pass between two acts."""
    random, first_iid = Random(seed), len(place.merge_requests) + 1
    lives, running = [], list[Iterator[MergeRequest]]()
    for number in range(count):
        life = Life(first_task + number, first_iid + number, random.choice(_ENDS))
        running.append(_acts(gitlab, place, life))
        lives.append(life)
    last: dict[int, MergeRequest] = {}
    while running:
        tick()
        alive = [(acts, next(acts, None)) for acts in running]
        last |= {mr.iid: mr for _, mr in alive if mr}
        running = [acts for acts, mr in alive if mr]
    return [(life, last[life.iid]) for life in lives]


def shown(life: Life, card: str) -> bool:
    """Whether a card says how that merge request and its last pipeline ended."""
    pipeline = "passed" if _passes(life) else "failed"
    return f": {WORD[life.end]}" in card and f"]{pipeline}[" in card


def _passes(life: Life) -> bool:
    return life.iid % 4 > 0


def shuffled(items: Sequence[Told], seed: int) -> list[Told]:
    mixed = list(items)
    Random(seed).shuffle(mixed)
    return mixed


def _acts(gitlab: GitLabEmulator, place: Project, life: Life) -> Iterator[MergeRequest]:
    """Ten deliveries, whatever the end; yields after each act."""
    branch = f"feature/B24-{life.task_id}-part-of-the-shop"
    gitlab.push(place, branch, ["Begin", "Go on"], "ann")  # 1
    mr = gitlab.open_mr(
        place, branch, f"Part {life.iid}", "ann", description=ABOUT, reviewers=["bob"]
    )  # 2
    mr.remove_source_branch = False
    yield mr
    gitlab.push(place, branch, ["Review remarks"], "ann")  # 3 push, 4 update
    yield mr
    run = gitlab.run_pipeline(mr)  # 5 pending
    yield mr
    run.set_status("running")  # 6
    yield mr
    run.set_status("success" if _passes(life) else "failed")  # 7
    yield mr
    gitlab.approve(mr, "bob")  # 8
    yield mr
    match life.end:
        case "merged":
            gitlab.merge(mr, "bob")  # 9 merge, 10 push to main
        case "closed":
            gitlab.update_mr(mr, "ann", description="Not needed any more")  # 9
            yield mr
            gitlab.close(mr, "ann")  # 10
        case _:
            for text in ("Ready", "Ready for the release"):  # 9, 10
                gitlab.update_mr(mr, "ann", description=text)
                yield mr
    yield mr
