"""Deliveries that are lost, doubled, late or out of order; bodies made by a template."""

import pytest

from tests.emulators.gitlab.acme import Acme
from tests.emulators.gitlab.deliveries import INTERNAL_ERROR
from tests.emulators.gitlab.receiver import Receiver
from tests.emulators.gitlab.server import Weather


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


def actions(receiver):
    return [one.action for one in receiver.heard]


def listening(acme, receiver, *events):
    return acme.gitlab.add_hook(acme.shop, receiver.url, *events)


def test_lost_deliveries_never_arrive(acme, receiver):
    acme.gitlab.deliveries.weather = Weather(lose=1.0)
    listening(acme, receiver)
    acme.open_mr()
    assert (receiver.heard, len(acme.gitlab.deliveries.lost)) == ([], 1)


def test_a_duplicate_has_the_same_key(acme, receiver):
    acme.gitlab.deliveries.weather = Weather(duplicate=1.0)
    listening(acme, receiver)
    acme.open_mr()
    first, second = receiver.heard
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.body == second.body


def test_delayed_deliveries_go_when_their_time_has_come(acme, receiver):
    acme.gitlab.deliveries.weather = Weather(delay_seconds=30)
    listening(acme, receiver)
    acme.open_mr()
    assert (acme.gitlab.release(), receiver.heard) == (0, [])
    acme.clock.move(30)
    assert (acme.gitlab.release(), actions(receiver)) == (1, ["open"])


def _shuffled(seed):
    with Acme() as acme, Receiver() as receiver:
        acme.gitlab.deliveries.weather = Weather(hold=True, shuffle=True, seed=seed)
        listening(acme, receiver)
        mr = acme.open_mr()
        for number in range(6):
            acme.gitlab.update_mr(mr, "bob", title=f"Title {number}")
        acme.gitlab.release()
        return [one.payload["object_attributes"]["title"] for one in receiver.heard]


def test_reordering_is_the_same_for_the_same_seed():
    assert _shuffled(5) == _shuffled(5)
    assert sorted(_shuffled(5)) == sorted(_shuffled(6))
    assert _shuffled(5) != _shuffled(6)


def test_a_hook_removed_meanwhile_is_not_posted_to(acme, receiver):
    acme.gitlab.deliveries.weather = Weather(hold=True)
    listening(acme, receiver)
    acme.open_mr()
    acme.call("DELETE", "/projects/1/hooks/1")
    acme.gitlab.release()
    assert receiver.heard == []


def test_a_custom_template_replaces_the_body(acme, receiver):
    hook = listening(acme, receiver)
    hook.custom_webhook_template = '{"what":"{{object_kind}}","who":{{user.id}}}'
    acme.open_mr()
    assert receiver.heard[0].body == b'{"what":"merge_request","who":2}'


def test_a_template_that_makes_no_json_is_a_failure(acme, receiver):
    hook = listening(acme, receiver)
    hook.custom_webhook_template = "{{object_kind}}"
    acme.open_mr()
    assert (receiver.heard, hook.log[0].response_status) == ([], INTERNAL_ERROR)
