"""How hooks are posted: once each, logged, and dropped where a hook is off."""

import pytest

from tests.emulators.gitlab.acme import Acme
from tests.emulators.gitlab.deliveries import INTERNAL_ERROR
from tests.emulators.gitlab.receiver import Receiver


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


def comment(acme, mr, times=1):
    for _ in range(times):
        acme.gitlab.comment(mr, "Hm", "bob")


def listening(acme, receiver, *events):
    return acme.gitlab.add_hook(acme.shop, receiver.url, *events)


def test_a_failure_is_logged_and_never_tried_again(acme, receiver):
    receiver.status = 500
    hook = listening(acme, receiver)
    acme.open_mr()
    assert acme.gitlab.release() == 0
    assert [one.response_status for one in hook.log] == ["500"]
    assert len(receiver.heard) == 1


@pytest.mark.parametrize("status", [200, 201, 204, 302])
def test_a_2xx_or_3xx_is_a_success(acme, receiver, status):
    receiver.status = status
    hook = listening(acme, receiver)
    acme.open_mr()
    assert (hook.recent_failures, hook.log[0].response_status) == (0, str(status))


def test_no_answer_in_time_is_a_failure(acme, receiver):
    receiver.silent = True
    acme.gitlab.deliveries.timeout = 0.2
    hook = listening(acme, receiver)
    acme.open_mr()
    assert (hook.log[0].response_status, hook.recent_failures) == (INTERNAL_ERROR, 1)


def test_nobody_there_is_a_failure(acme):
    hook = acme.gitlab.add_hook(acme.shop, "http://127.0.0.1:9/none")
    acme.open_mr()
    assert hook.log[0].response_status == INTERNAL_ERROR


def _alert(acme):
    hook = acme.call("GET", "/projects/1/hooks/1").json()
    return hook["alert_status"], hook["disabled_until"]


def test_four_failures_disable_a_hook_and_events_are_dropped(acme, receiver):
    receiver.status = 401
    listening(acme, receiver, "note_events")
    mr = acme.open_mr()
    comment(acme, mr, 3)
    assert _alert(acme) == ("executable", None)
    comment(acme, mr, 3)
    assert _alert(acme) == ("temporarily_disabled", "2026-03-02T09:01:00.000Z")
    assert len(receiver.heard) == 4
    assert [one.why for one in acme.gitlab.deliveries.dropped] == ["hook disabled"] * 2


def test_the_pause_doubles_and_one_success_ends_it(acme, receiver):
    receiver.status = 500
    hook = listening(acme, receiver, "note_events")
    mr = acme.open_mr()
    comment(acme, mr, 4)
    pauses = []
    for _ in range(3):
        pauses.append((hook.disabled_until - acme.clock.now()).total_seconds())
        acme.clock.move(pauses[-1] + 1)
        comment(acme, mr)
    assert pauses == [60, 120, 240]
    receiver.status = 200
    acme.clock.move(481)
    comment(acme, mr)
    assert (hook.recent_failures, _alert(acme)) == (0, ("executable", None))


def test_the_fortieth_failure_is_for_good_until_a_test_succeeds(acme, receiver):
    receiver.status = 500
    hook = listening(acme, receiver, "note_events")
    mr = acme.open_mr()
    for _ in range(41):
        comment(acme, mr)
        acme.clock.move(86401)
    assert (hook.recent_failures, len(receiver.heard), _alert(acme)[0]) == (40, 40, "disabled")
    receiver.status = 200
    acme.call("POST", "/projects/1/hooks/1/test/push_events")
    assert _alert(acme) == ("executable", None)


def test_an_instance_may_not_disable_hooks(acme, receiver):
    acme.gitlab.state.auto_disable_hooks = False
    receiver.status = 500
    listening(acme, receiver, "note_events")
    comment(acme, acme.open_mr(), 6)
    assert (len(receiver.heard), _alert(acme)) == (6, ("executable", None))


def _note(acme, headers=None):
    path = "/projects/1/merge_requests/1/notes"
    sent = {"PRIVATE-TOKEN": acme.bob} | (headers or {})
    return acme.call("POST", path, headers=sent, json={"body": "From the API"})


def test_a_hook_does_not_fire_for_what_its_own_delivery_caused(acme, receiver):
    listening(acme, receiver, "merge_requests_events", "note_events")
    acme.open_mr()
    chain = {"X-Gitlab-Event-UUID": receiver.heard[0].headers["x-gitlab-event-uuid"]}
    assert _note(acme, chain).status_code == 201
    assert [one.why for one in acme.gitlab.deliveries.dropped] == ["recursive webhook"]
    assert len(receiver.heard) == 1
    _note(acme)
    assert len(receiver.heard) == 2


def test_another_hook_fires_under_the_same_chain(acme, receiver):
    listening(acme, receiver)
    acme.open_mr()
    uuid = receiver.heard[0].headers["x-gitlab-event-uuid"]
    listening(acme, receiver, "note_events")
    _note(acme, {"X-Gitlab-Event-UUID": uuid})
    assert receiver.heard[1].headers["x-gitlab-event-uuid"] == uuid


def test_a_chain_is_forgotten_after_thirty_minutes(acme, receiver):
    listening(acme, receiver, "merge_requests_events", "note_events")
    acme.open_mr()
    uuid = receiver.heard[0].headers["x-gitlab-event-uuid"]
    acme.clock.move(1800)
    _note(acme, {"X-Gitlab-Event-UUID": uuid})
    assert len(receiver.heard) == 2


def test_more_calls_than_a_namespaces_limit_are_dropped(acme, receiver):
    acme.gitlab.deliveries.per_minute = 2
    listening(acme, receiver, "note_events")
    comment(acme, acme.open_mr(), 3)
    assert len(receiver.heard) == 2
    assert [one.why for one in acme.gitlab.deliveries.dropped] == ["rate limited"]


def test_a_delivery_names_the_instance_and_version(acme, receiver):
    listening(acme, receiver)
    acme.open_mr()
    headers = receiver.heard[0].headers
    assert (headers["x-gitlab-instance"], headers["user-agent"]) == (
        acme.gitlab.url,
        "GitLab/19.2.1-ee",
    )
    assert headers["webhook-id"] == headers["idempotency-key"]
    assert headers["webhook-timestamp"] == "1772442000"
