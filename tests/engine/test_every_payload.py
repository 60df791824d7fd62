"""Every webhook body through the whole worker, with rules that tell everybody everything."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from b24app.services.failures import list_failures
from sync.core.model.kinds import Kind
from sync.core.notifications.filters import BUILT_IN_TASK_KINDS, TASK_KINDS
from sync.core.rules.portal import AlertRules, CommentRules, GroupRules, Rules
from sync.core.rules.routes import Channel, Role, Route
from sync.store.db.database import read
from sync.store.rows import Delivery
from tests.depth import sample
from tests.engine.world import World
from tests.gitlab.expected_types import EXPECTED, name_of

FIXTURES = Path(__file__).parents[1] / "fixtures" / "gitlab"
# Examples of other projects, beside a checkout of this one where somebody has them.
SAMPLES = Path(__file__).parents[2].parent / "shared" / "samples" / "gitlab"
TASK = 2103
TYPED = " B24-2103 [user=all]x[/user] [b]\u202e @all\n/close\x00[/url] <script> **"
WRITTEN_BY_PEOPLE = ("title", "description", "note", "message", "name", "commit_title")

Body = tuple[str, dict[str, Any]]  # X-Gitlab-Event, what was posted


def loud(language: str) -> Rules:
    everything = Route(frozenset(Kind), (Channel.PROJECT, *Role), internal=True)
    in_tasks = Route(
        frozenset(TASK_KINDS - BUILT_IN_TASK_KINDS.keys()), (Channel.TASK,), internal=True
    )
    group = GroupRules(
        projects=("*",),
        routes=(everything, in_tasks),
        comments=CommentRules(system=True, internal=True),
        alerts=AlertRules(branches=("all", "refs/merge-requests/*"), by_stage=True, open_task=1),
        roles={Role.QA: (8,), Role.MANAGER: (7,)},
    )
    return Rules(default=group, groups={3: group}, language=language)


def _bodies(*roots: Path) -> Iterator[Body]:
    for root in roots:
        for path in sorted(root.rglob("*.json")):
            payload = json.loads(path.read_text("utf-8"))
            yield EXPECTED[name_of(payload)][0], payload


def _typed(value: Any, key: str = "") -> Any:
    """What people wrote says more than they should have written, and names the task."""
    if isinstance(value, dict):
        return {name: _typed(inside, name) for name, inside in value.items()}
    if isinstance(value, list):
        return [_typed(inside) for inside in value]
    return value + TYPED if isinstance(value, str) and key in WRITTEN_BY_PEOPLE else value


def _nulled(value: Any) -> Iterator[Any]:
    """The body with each of its first two levels' values missing, one at a time."""
    for key, inside in value.items():
        yield {**value, key: None}
        if isinstance(inside, dict):
            yield from ({**value, key: {**inside, name: None}} for name in inside)


def _delivery(world: World, number: int, event: str, payload: dict[str, Any]) -> Delivery:
    body = json.dumps(payload).encode()
    headers, now = {"X-Gitlab-Event": event}, world.clock.now()
    origin = f"gitlab:{world.connection_id}"
    return Delivery(
        world.portal_id, world.connection_id, origin, str(number), event, headers, body, now
    )


def _left(world: World) -> list[object]:
    with read(world.database) as conn:
        failures = list_failures(conn, world.portal_id)
    # That nobody knows who wrote a commit is an answer.
    return [
        (failure.kind, failure.about, failure.text)
        for failure in failures
        if failure.kind != "smart-commit"
    ]


@pytest.mark.parametrize(
    ("change", "language"),
    [
        pytest.param(copy.deepcopy, "en", marks=pytest.mark.deep),
        (copy.deepcopy, "ru"),
        pytest.param(_typed, "en", marks=pytest.mark.dialect),
        pytest.param(_typed, "ru", marks=pytest.mark.deep),
    ],
)
def test_every_body_is_told_to_everybody_and_nothing_fails(
    make_world: Callable[..., World], change: Callable[[Any], Any], language: str
) -> None:
    world = make_world(rules=loud(language)).with_task(TASK)
    for number, (event, payload) in enumerate(_bodies(FIXTURES, SAMPLES)):
        world.store([_delivery(world, number, event, change(payload))])
        if number % 20 == 0:
            world.settle(rounds=60)
    world.settle(rounds=60)
    assert _left(world) == []
    said = [*world.posted(), *world._messages(TASK), *(text for _, text in world.told())]
    assert len(said) > 50
    assert [text for text in said if "[user=all]" in text or "\u202e" in text] == []


@pytest.mark.dialect
def test_whatever_is_missing_in_a_body_nothing_fails(world: World) -> None:
    world.rules = loud("en")
    lacking = [(event, body) for event, payload in _bodies(FIXTURES) for body in _nulled(payload)]
    if world.database.dialect.name != "sqlite":  # where every body is tried
        lacking = sample(lacking)
    world.store([_delivery(world, number, *one) for number, one in enumerate(lacking)])
    world.settle(rounds=60)
    assert _left(world) == []
