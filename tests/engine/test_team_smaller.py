"""Smaller matters in lives of teams: moves, robots, one second, releases; kinds 6 and 12."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequestKey
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read
from sync.store.tables import host_user, project
from tests.emulators.gitlab.entities import MergeRequest
from tests.engine.notified_world import plain, to_chat
from tests.engine.sampled_world import sample
from tests.engine.team_lives import (
    ANN,
    COMPLETED,
    EVERY_HOOK,
    IN_PROGRESS,
    WAITING,
    Life,
    only_groups,
    play,
)
from tests.engine.test_meaning_smaller import arrive
from tests.engine.world import World


@pytest.fixture(autouse=True)
def _people(world: World) -> None:
    world.b24.state.add_user("Anna", email="ann@acme.example", id=ANN)
    only_groups(world)


def turned(life: Life, *acts: object) -> None:
    """Do the acts in one second; their hooks arrive one by one, the last first."""
    world = life.world
    world.settle()
    before = len(world.inbox_order)
    world.hold_deliveries = True
    for act in acts:
        act()
    world.hold_deliveries = False
    for delivery in reversed(world.inbox_order[before:]):
        world.store([delivery])
        world.work()
    world.settle()


def stored(life: Life, mr: MergeRequest) -> object:
    key = MergeRequestKey(life.world.connection_id, mr.project_id, mr.iid)
    with read(life.world.database) as conn:
        return store_merge_requests.without_pipelines(conn, [key])[key]


def card(life: Life) -> str:
    [text] = plain(life.world.cards(life.task))
    return text


# --- two events of one second


def a_merge_and_a_title_of_one_second(life: Life) -> Iterator[None]:
    git = life.world.gitlab
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    turned(life, lambda: git.update_mr(mr, "ann", title="Last"), lambda: git.merge(mr, "bob"))
    yield
    assert life.statuses() == (COMPLETED, WAITING)
    assert "Last" in card(life)


def an_approval_given_and_taken_in_one_second(life: Life) -> Iterator[None]:
    git = life.world.gitlab
    mr = life.request("pay", f"B24-{life.task} pay", reviewers=["bob"])
    yield
    turned(life, lambda: git.approve(mr, "bob"), lambda: git.unapprove(mr, "bob"))
    yield
    assert "approved by" not in card(life).lower()


def a_push_and_a_merge_of_one_second(life: Life) -> Iterator[None]:
    git = life.world.gitlab
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    turned(
        life,
        lambda: git.push(life.shop, mr.source_branch, [f"B24-{life.other} more"], "ann"),
        lambda: git.merge(mr, "bob"),
    )
    yield
    assert life.statuses() == (COMPLETED, COMPLETED)


def a_close_and_a_new_request_of_one_second(life: Life) -> Iterator[None]:
    git = life.world.gitlab
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    again = []
    turned(
        life,
        lambda: git.close(mr, "ann"),
        lambda: again.append(git.open_mr(life.shop, mr.source_branch, "Again", "ann")),
    )
    yield
    assert life.statuses() == (IN_PROGRESS, WAITING)
    life.merge(again[0])
    yield
    assert life.statuses() == (COMPLETED, WAITING)


# --- moves


def a_project_moved_into_a_subgroup_keeps_its_requests(life: Life) -> Iterator[None]:
    world = life.world
    mr = life.request("pay", f"B24-{life.task} pay")
    yield
    at = world.clock.now().isoformat()
    usual, life.shop.path = life.shop.path, "acme/tools/shop"
    body = {
        "event_name": "project_transfer", "name": "Shop", "path": "shop",
        "path_with_namespace": "acme/tools/shop", "project_id": life.shop.id,
        "old_path_with_namespace": "acme/shop", "owners": [], "owner_name": "Tools",
        "project_visibility": "private", "created_at": at, "updated_at": at,
    }  # fmt: skip
    arrive(world, "Project Hook", body)
    life.merge(mr)
    yield
    with read(world.database) as conn:
        paths = [*conn.scalars(select(project.c.path).where(project.c.project_id == life.shop.id))]
        yield
    life.shop.path = usual
    assert paths == ["acme/tools/shop"]
    assert life.statuses() == (COMPLETED, WAITING)
    assert len(world.cards(life.task)) == 1


# --- robots and people without an address


def a_project_tokens_bot_opens_and_merges(life: Life) -> Iterator[None]:
    world = life.world
    name = f"project_{life.shop.id}_bot_{life.task}"
    world.gitlab.state.add_user(name, "ci").bot = True
    life.shop.members[world.gitlab.state.user(name).id] = 40
    world.gitlab.push(life.shop, "bump", [f"B24-{life.task} bump"], name)
    mr = world.gitlab.open_mr(life.shop, "bump", "Bump", name)
    yield
    assert life.statuses() == (IN_PROGRESS, WAITING)
    world.gitlab.merge(mr, name)
    yield
    assert life.statuses() == (COMPLETED, WAITING)
    with read(world.database) as conn:
        emails = dict(conn.execute(select(host_user.c.username, host_user.c.email)).all())
    assert "noreply" not in (emails.get(name) or "")


def an_author_without_a_public_address_is_named(life: Life) -> Iterator[None]:
    world = life.world
    world.gitlab.state.add_user(f"eve{life.task}", "Eve", public=False)
    name = f"eve{life.task}"
    life.shop.members[world.gitlab.state.user(name).id] = 40
    world.gitlab.push(life.shop, "pay", [f"B24-{life.task} pay"], name)
    world.gitlab.open_mr(life.shop, "pay", "Pay", name)
    yield
    assert "Eve" in card(life)
    assert "REDACTED" not in card(life)


# --- releases


def released(life: Life, **options: object) -> object:
    life.rules(to_chat(Kind.RELEASE))
    life.world.gitlab.tag(life.shop, f"v{life.task}", "ann")
    made = life.world.gitlab.shipping.publish(life.shop, f"v{life.task}", "ann", **options)
    life.world.settle()
    return made


def evidence_collected_later_tells_nothing_anew(life: Life) -> Iterator[None]:
    """GitLab updates the release when its evidence is there: a hook that changes no word."""
    made = released(life, description="Notes")
    yield
    for _ in range(2):
        life.world.gitlab.shipping.update_release(life.shop, made)
        yield
    [text] = life.texts()
    assert text.endswith("Notes")


def a_release_edited_twice_is_one_message(life: Life) -> Iterator[None]:
    made = released(life, name="Spring")
    yield
    for name in ("Summer", "Autumn"):
        life.world.gitlab.shipping.update_release(life.shop, made, name=name)
        yield
    [text] = life.texts()
    assert "Autumn" in text


def an_upcoming_release_made_real_by_hand(life: Life) -> Iterator[None]:
    made = released(life, released_at=life.world.clock.now() + timedelta(days=9))
    yield
    assert life.texts() == []
    life.world.gitlab.shipping.update_release(
        life.shop, made, released_at=life.world.clock.now(), description="Out now"
    )
    yield
    [text] = life.texts()
    assert "Out now" in text


@pytest.mark.deep
def test_smaller_matters_in_lives_of_teams(world: World) -> None:
    play(
        world,
        a_merge_and_a_title_of_one_second,
        an_approval_given_and_taken_in_one_second,
        a_push_and_a_merge_of_one_second,
        a_close_and_a_new_request_of_one_second,
        a_project_moved_into_a_subgroup_keeps_its_requests,
        a_project_tokens_bot_opens_and_merges,
        an_author_without_a_public_address_is_named,
        evidence_collected_later_tells_nothing_anew,
        a_release_edited_twice_is_one_message,
        an_upcoming_release_made_real_by_hand,
        flags=EVERY_HOOK,
    )


# --- 6: a sample of what was never heard of


@pytest.mark.parametrize(("commits", "minutes"), [(1, 0), (3, 3), (5, 60 * 24 * 40)])
def test_a_push_never_heard_of_and_sampled_moves_nothing(
    world: World, commits: int, minutes: int
) -> None:
    """Our own repair of a hook asks GitLab for such a sample; nobody has pressed a button."""
    world.hold_deliveries = True
    texts = [f"Closes B24-2103 #time {n + 1}h #comment Part {n}" for n in range(commits)]
    world.gitlab.push(world.shop, "main", texts, "ann")
    world.gitlab.tag(world.shop, "v1", "ann")
    world.hold_deliveries = False
    world.tick(60.0 * minutes)
    for trigger in ("push_events", "tag_push_events"):
        sample(world, trigger)
    assert (world.status(), world.cards(), world.told()) == (WAITING, [], [])
    assert world.b24.state.elapsed == {}


def test_a_push_after_such_a_sample_counts(world: World) -> None:
    world.hold_deliveries = True
    world.gitlab.push(world.shop, "main", ["Old B24-2103 #time 1h"], "ann")
    world.hold_deliveries = False
    sample(world, "push_events")
    world.gitlab.push(world.shop, "main", ["Closes B24-2103 #time 2h"], "ann")
    world.settle()
    assert world.status() == COMPLETED
    assert [entry.seconds for entry in world.b24.state.elapsed.values()] == [7200]
