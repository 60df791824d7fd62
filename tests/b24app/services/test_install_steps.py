"""Portals that nobody looks at while they are set up: the worker's part of an installation."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest

from b24app import assets
from b24app.services import install_steps, portals
from b24app.services.install_steps import ABANDONED_AFTER, InstallWorker
from sync.bitrix24.install.registrations import EVENTS
from sync.bitrix24.install.results import StepResult
from sync.store import leases
from sync.store.db.database import write
from tests.b24app.pages import installed, post


@pytest.fixture(autouse=True)
def built_pages(monkeypatch):
    """The pages as if the frontend had been built: without them the page itself sets up."""
    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def waiting(beside, emulator):
    """A portal installed by an event, which waits for a worker."""
    url = beside.deps.config.public_url
    emulator.lifecycle.install_silently(handler=f"{url}/b24/events")
    emulator.flush_events()
    return beside


def state(world, emulator):
    found = world.portal(emulator.state.member_id)
    return found.state, found.state_reason


def test_the_event_is_answered_before_anything_is_set_up(waiting, emulator):
    assert state(waiting, emulator) == ("installing", "The portal is being set up")
    assert emulator.writes["event.bind"] == 0


def test_a_worker_sets_up_what_waits_and_nothing_twice(waiting, emulator):
    worker = InstallWorker(waiting.deps.clients)
    assert [worker.run_once(), worker.run_once()] == [1, 0]
    assert state(waiting, emulator) == ("active", "")
    assert len(emulator.state.bindings) == len(EVENTS)


def test_a_portal_that_does_not_answer_is_tried_again_later(waiting, emulator, clock):
    worker = InstallWorker(waiting.deps.clients)
    emulator.offline()
    assert worker.run_once() == 1
    told, reason = state(waiting, emulator)
    assert told == "installing"
    assert reason.startswith("The portal could not be set up yet, it is tried again by itself: ")
    assert worker.run_once() == 0
    emulator.online()
    clock.sleep(3)
    assert worker.run_once() == 1
    assert state(waiting, emulator) == ("active", "")


def test_what_a_portal_refuses_is_shown_and_the_rest_is_done(waiting, emulator):
    emulator.fail_next(403, "ACCESS_DENIED", method="placement.get")
    InstallWorker(waiting.deps.clients).run_once()
    assert state(waiting, emulator) == (
        "active",
        "Not everything worked at the installation: placements",
    )
    assert len(emulator.state.bindings) == len(EVENTS)


def test_one_worker_of_several_does_it(waiting, emulator):
    rooms = waiting.deps.clients
    portal_id = waiting.portal(emulator.state.member_id).id
    with write(rooms.engine) as conn:
        name, now = f"setup:{portal_id}", rooms.clock.now()
        leases.acquire(conn, name, "another", now=now, ttl=timedelta(minutes=10))
    assert InstallWorker(rooms).run_once() == 0
    assert state(waiting, emulator)[0] == "installing"
    rooms.clock.sleep(601)
    assert InstallWorker(replace(rooms, owner="third")).run_once() == 1


def test_a_page_that_is_open_is_left_alone_and_one_that_was_closed_is_ended(
    beside, emulator, clock
):
    post(beside, emulator.install_page())
    worker = InstallWorker(beside.deps.clients)
    assert worker.run_once() == 0
    clock.sleep(ABANDONED_AFTER.total_seconds())
    assert worker.run_once() == 1
    assert state(beside, emulator) == ("active", "")


@pytest.mark.parametrize(
    ("heard", "then"),
    [
        (lambda portal: portal.lifecycle.update(3), ("installing", "The portal is being set up")),
        (
            lambda portal: portal.lifecycle.uninstall(clean=False),
            ("removed", "The application was uninstalled"),
        ),
    ],
    ids=["updated", "removed"],
)
def test_what_is_heard_while_a_portal_is_set_up_is_not_overlooked(
    beside, emulator, monkeypatch, heard, then
):
    installed(beside, emulator)
    portals.schedule_install(beside.deps, beside.portal(emulator.state.member_id).id)

    def meanwhile(rooms, portal):
        heard(emulator)
        emulator.flush_events()
        yield StepResult("features", True, "")

    monkeypatch.setattr(install_steps, "run_steps", meanwhile)
    assert InstallWorker(beside.deps.clients).run_once() == 1
    assert state(beside, emulator) == then


def test_an_update_while_the_subscription_is_over_leaves_the_pause(beside, emulator):
    installed(beside, emulator)
    emulator.require_payment()
    emulator.lifecycle.pay(expired="Y")
    emulator.flush_events()
    emulator.lifecycle.update(2)
    emulator.flush_events()
    assert InstallWorker(beside.deps.clients).run_once() == 0
    assert state(beside, emulator)[0] == "paused"


def test_a_worker_looks_until_it_is_stopped(waiting, emulator):
    stop = Event()
    running = Thread(target=InstallWorker(waiting.deps.clients).run_forever, args=(stop,))
    running.start()
    try:
        for _ in range(200):
            if state(waiting, emulator)[0] == "active":
                break
            stop.wait(0.05)
    finally:
        stop.set()
        running.join(10)
    assert state(waiting, emulator) == ("active", "")
    assert not running.is_alive()
