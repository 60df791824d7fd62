"""Deliveries that failed while we were away are made up for from GitLab's own log, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.core.model.kinds import Kind
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import DEFAULT_ROUTES
from sync.engine.upkeep import gap as module
from sync.engine.upkeep.gap import SAME_GAP, is_owed, make_up_for_gaps
from sync.engine.upkeep.sweep import HOSTS_EVERY, Sweep
from sync.gitlab.api import hook_log as hook_log_api
from sync.store import connections, hook_logs
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow
from sync.store.rows import ConnectionDraft, ConnectionSecrets
from tests.emulators.gitlab import deliveries
from tests.engine.notified_world import to_chat
from tests.engine.world import HOST, World

PATH = "/hooks/gitlab/"


class Outage:
    """Our receiver: what it answers, and that it stores what it answers 200 to."""

    def __init__(self, world: World) -> None:
        self.world, self.status, self.stores = world, "200", True
        self.calls = 0
        world.patch(deliveries, "_exchange", self.exchange)
        del world.gitlab.deliveries.send
        for hook in world.gitlab.state.hooks.values():
            hook.url = f"http://bridge.test{PATH}hook-{world.member}"

    def exchange(
        self, url: str, body: bytes, head: dict[str, str], timeout: float
    ) -> tuple[str, dict[str, str], str]:
        self.calls += 1
        if self.status == "200" or (self.status == deliveries.INTERNAL_ERROR and self.stores):
            world = self.world
            world._arrive(
                f"gitlab:{world.connection_id}",
                world.connection_id,
                module.dedupe_key(head, body, world.clock.now()),
                module.event_name(head),
                head,
                body,
            )
        return self.status, {}, "" if self.status == "200" else "<html>away</html>"

    def away(self, status: str = deliveries.INTERNAL_ERROR, *, stores: bool = False) -> None:
        self.status, self.stores = status, stores

    def back(self) -> None:
        self.status = "200"


@pytest.fixture
def outage(world: World) -> Outage:
    options = {"projects": ["acme/shop"]}
    secrets = ConnectionSecrets(f"hook-{world.member}")
    draft = ConnectionDraft("gitlab", "gitlab", HOST, secrets, options)
    with write(world.database) as conn:
        connections.upsert(conn, world.vault, world.portal_id, draft, world.clock.now())
    return Outage(world)


def look(world: World) -> int:
    with read(world.database) as conn:
        (connection,) = connections.by_portal(conn, world.portal_id)
    return make_up_for_gaps(world.deps(), connection)


def row(world: World) -> HookLogRow:
    with read(world.database) as conn:
        (only,) = hook_logs.of_portal(conn, world.portal_id)
    return only


@pytest.mark.parametrize("status", [deliveries.INTERNAL_ERROR, "502", "404", "401"])
def test_what_failed_while_we_were_away_is_told_as_its_hook_would(
    world: World, outage: Outage, status: str
) -> None:
    outage.away(status)
    world.opened()
    assert world.cards() == []
    outage.back()
    assert look(world) == 2
    world.settle()
    assert len(world.cards()) == 1
    before = row(world)
    assert (before.failed, before.made_up, before.problem) == (2, 2, "")
    assert before.refused == (
        status if status == "internal error" else f"{status}: <html>away</html>"
    )
    assert before.gap_at == before.refused_at is not None


def test_nothing_is_told_twice(world: World, outage: Outage) -> None:
    """Not even what had arrived, though GitLab waited in vain for our answer."""
    outage.away(stores=True)
    world.opened()
    world.settle()
    before = (world.cards(), world.reports(), world.posted(), world.told())
    outage.back()
    look(world)
    look(world)
    world.settle()
    assert (world.cards(), world.reports(), world.posted(), world.told()) == before
    assert (row(world).failed, row(world).made_up) == (2, 2)


def test_what_was_sent_again_by_hand_is_no_gap(world: World, outage: Outage) -> None:
    outage.away("503")
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["Add payment"], "ann")
    outage.back()
    (hook,) = world.gitlab.state.hooks.values()
    (entry,) = hook.log
    again = deliveries.Waiting(
        hook,
        entry.trigger,
        entry.request_data,
        entry.request_headers["Idempotency-Key"],
        world.clock.now(),
    )
    world.gitlab.deliveries.send(again, forced=True)
    assert look(world) == 0
    assert row(world).failed == 0


def test_only_what_is_new_in_the_log_is_read(world: World, outage: Outage) -> None:
    outage.away("503")
    world.opened()
    outage.back()
    assert look(world) == 2
    assert look(world) == 0
    world.tick()
    outage.away("503")
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["More"], "ann")
    outage.back()
    assert look(world) > 0


def test_failures_of_one_gap_are_counted_together(world: World, outage: Outage) -> None:
    for pause, failed in ((0.0, 1), (60.0, 2), (SAME_GAP.total_seconds() + 1, 1)):
        world.tick(pause)
        outage.away("503")
        world.gitlab.push(world.shop, "some-branch", ["More"], "ann")
        outage.back()
        world.gitlab.push(world.shop, "other-branch", ["Heard"], "ann")
        look(world)
        assert (row(world).failed, row(world).made_up) == (failed, failed)


def test_a_worker_looks_at_its_start_and_every_ten_minutes(world: World, outage: Outage) -> None:
    sweep = Sweep(world.deps())
    sweep.run(world.clock.now())
    outage.away("503")
    world.gitlab.push(world.shop, "some-branch", ["More"], "ann")
    outage.back()
    sweep.run(world.clock.now())
    assert row(world).failed == 0
    world.tick(HOSTS_EVERY.total_seconds())
    sweep.run(world.clock.now())
    assert row(world).failed == 1
    outage.away("503")
    world.gitlab.push(world.shop, "some-branch", ["Again"], "ann")
    outage.back()
    Sweep(world.deps()).run(world.clock.now())  # of another worker, which has just started
    assert row(world).failed == 2


def test_an_older_gitlab_says_that_it_has_no_log(world: World, outage: Outage) -> None:
    world.gitlab.state.version = "17.2.0"
    assert look(world) == 0
    assert row(world).problem == "this GitLab keeps no list of deliveries (17.3 and later do)"


def test_a_removed_hook_is_said(world: World, outage: Outage) -> None:
    world.gitlab.state.hooks.clear()
    assert look(world) == 0
    assert row(world).problem == "our webhook is not there: `b24bridge gitlab hooks` makes it"


def test_a_repaired_hook_is_not_red_and_its_absence_is_still_read(
    world: World, outage: Outage
) -> None:
    hooks = dict(world.gitlab.state.hooks)
    world.gitlab.state.hooks.clear()
    look(world)
    world.gitlab.state.hooks.update(hooks)
    world.tick(60)
    with write(world.database) as conn:
        number = row(world).connection_id
        hook_logs.note_repaired(conn, number, ["project acme/shop"], world.clock.now())
    assert (row(world).problem, is_owed(row(world))) == ("", True)
    world.settle()
    look(world)
    repaired_at = row(world).gap_at
    world.tick(60)
    with write(world.database) as conn:  # what is right is left alone
        hook_logs.note_repaired(conn, number, ["project acme/shop"], world.clock.now())
    assert (row(world).gap_at, is_owed(row(world))) == (repaired_at, False)


def test_a_hook_that_gitlab_switched_off_is_said(world: World, outage: Outage) -> None:
    outage.away("503")
    for number in range(4):
        world.gitlab.push(world.shop, f"branch-{number}", ["More"], "ann")
    assert look(world) == 4
    assert row(world).problem == (
        "GitLab has switched the webhook off: `b24bridge gitlab hooks` repairs it"
    )


def test_requests_are_bounded(
    world: World, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_log_api, "PAGE", 2)
    monkeypatch.setattr(hook_log_api, "MOST_PAGES", 3)
    for number in range(12):
        world.gitlab.push(world.shop, f"branch-{number}", ["Heard"], "ann")
    look(world)
    for number in range(12):
        world.gitlab.push(world.shop, f"other-{number}", ["Heard"], "ann")
    before = len(world.gitlab.requests)
    look(world)
    asked = world.gitlab.requests[before:]
    assert len([path for _, path in asked if path.endswith("/events")]) == 3
    assert row(world).problem == (
        "the log is longer than can be read: only the newest deliveries were made up for"
    )


def test_a_gap_of_many_pages_is_made_up_for_whole(
    world: World, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_log_api, "PAGE", 3)
    world.gitlab.state.auto_disable_hooks = False
    outage.away("503")
    for number in range(10):
        world.gitlab.push(world.shop, f"branch-{number}", ["Missed"], "ann")
    outage.back()
    assert look(world) == 10
    assert (row(world).failed, row(world).made_up, row(world).problem) == (10, 10, "")


def test_a_process_that_ends_before_it_notes_the_gap_tells_nothing_twice(
    world: World, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage.away("503")
    world.opened()
    outage.back()
    with monkeypatch.context() as killed:
        killed.setattr(module.hook_logs, "save", lambda conn, row: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            look(world)
    world.settle()
    before = (world.cards(), world.reports(), world.posted(), world.told())
    assert len(before[0]) == 1
    assert look(world) == 2
    world.settle()
    assert (world.cards(), world.reports(), world.posted(), world.told()) == before


def test_a_delivery_whose_body_no_log_holds_is_read_from_lists(
    world: World, outage: Outage
) -> None:
    """GitLab logs no body beyond a size; what it would have told is read elsewhere."""
    outage.away("503")
    world.opened()
    for hook in world.gitlab.state.hooks.values():
        hook.log[:] = [replace(entry, request_data={"oversize": True}) for entry in hook.log]
    outage.back()
    assert look(world) >= 2
    assert row(world).failed >= 2
    Sweep(world.deps()).run(world.clock.now())
    world.settle()
    assert len(world.cards()) == 1


def test_a_project_whose_log_is_refused_hides_no_other(world: World, outage: Outage) -> None:
    """The account lost its role in one project: the others are made up for."""
    world.gitlab.state.add_project("acme/aaa", members={"ann": 20})
    with write(world.database) as conn:
        secrets = ConnectionSecrets(f"hook-{world.member}")
        options = {"projects": ["acme/aaa", "acme/shop"]}
        draft = ConnectionDraft("gitlab", "gitlab", HOST, secrets, options)
        connections.upsert(conn, world.vault, world.portal_id, draft, world.clock.now())
    outage.away("503")
    world.opened()
    outage.back()
    assert look(world) >= 2
    with read(world.database) as conn:
        rows = {each.target: each for each in hook_logs.of_portal(conn, world.portal_id)}
    assert rows["project acme/shop"].made_up >= 2
    assert rows["project acme/aaa"].problem


def test_what_is_a_week_old_is_mirrored_in_silence(world: World, outage: Outage) -> None:
    outage.away("503")
    world.gitlab.push(world.shop, "feature/B24-2103-pay", ["Add payment"], "ann")
    outage.back()
    world.tick(timedelta(days=2).total_seconds())
    assert look(world) == 1
    world.settle()
    assert world.posted() == []


class TestWithoutALog:
    """A GitLab that keeps no log: what happened since is read, and told as by a hook."""

    @pytest.fixture(autouse=True)
    def old(self, world: World, outage: Outage) -> None:
        world.gitlab.state.version = "17.2.0"
        group = GroupRules(projects=("acme/*",), routes=(to_chat(Kind.PUSH),))
        world.rules = Rules(groups={3: group}, routes=DEFAULT_ROUTES)
        look(world)
        world.tick(60)

    def test_pushes_and_pipelines_are_told_once(self, world: World, outage: Outage) -> None:
        mr = world.opened()
        world.gitlab.push(world.shop, "releases", ["Begun"], "ann")
        world.settle()
        outage.away()
        world.gitlab.push(world.shop, "releases", ["Missed words"], "ann")
        world.gitlab.run_pipeline(mr).set_status("failed")
        outage.back()
        world.tick(HOSTS_EVERY.total_seconds())
        look(world)
        world.settle()
        messages = (world.posted(), world.reports(), world.cards())
        assert [text for text in messages[0] if "Missed words" in text]
        assert [text for text in messages[1] if "failed" in text]
        world.tick(HOSTS_EVERY.total_seconds())
        look(world)
        world.settle()
        assert (world.posted(), world.reports(), world.cards()) == messages

    def test_what_still_waits_is_digested_first(self, world: World, outage: Outage) -> None:
        world.gitlab.push(world.shop, "releases", ["Heard"], "ann")
        read_at = row(world).read_at
        world.tick(HOSTS_EVERY.total_seconds())
        look(world)
        assert row(world).read_at == read_at
        world.settle()
        look(world)
        assert row(world).read_at == world.clock.now()

    def test_what_hooks_have_told_stays_as_it_is(self, world: World, outage: Outage) -> None:
        mr = world.opened()
        world.gitlab.run_pipeline(mr).set_status("failed")
        world.settle()
        before = (world.cards(), world.reports(), world.posted(), world.told())
        world.tick(HOSTS_EVERY.total_seconds())
        assert look(world) == 0
        world.settle()
        assert (world.cards(), world.reports(), world.posted(), world.told()) == before
