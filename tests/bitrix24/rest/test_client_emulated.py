"""The client against an emulated portal, over real HTTP: tokens, moves, limits, lost answers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from sync.bitrix24.rest import errors, limits
from sync.bitrix24.rest.client import Answer, Call, Portal
from sync.bitrix24.rest.credentials import AppKeys, Credentials
from sync.bitrix24.rest.features import detect_features
from sync.bitrix24.rest.install_proof import prove_install
from sync.bitrix24.rest.throttle import Throttle
from sync.bitrix24.tasks import queries as tasks_queries
from sync.bitrix24.tasks.commands import calls_for
from sync.bitrix24.tasks.outcomes import read_outcome
from sync.core.audit import CallLog
from sync.core.clock import ManualClock
from sync.core.model.commands import (
    Place,
    PutMessage,
    task_id_of,
)
from sync.errors import Denied, Later
from sync.net import guarded_session
from tests.bitrix24.conftest import MemoryAllowance, MemoryTokens
from tests.emulators.bitrix24 import BitrixEmulator

KEY = "merge_request:1/2:3"
PUBLIC = "https://bridge.example"


@dataclass
class World:
    """An emulated portal and clients of it that share one clock."""

    b24: BitrixEmulator
    clock: ManualClock
    app: AppKeys
    tokens: MemoryTokens
    allowance: MemoryAllowance
    portal: Portal
    log: list = field(default_factory=list)

    def another_worker(self) -> Portal:
        return Portal(
            self.tokens.load(), self.app, tokens=self.tokens,
            throttle=Throttle(self.allowance, self.clock),
            call_log=CallLog(self.log.append, self.clock),
            session=guarded_session(("127.0.0.0/8",)),
        )  # fmt: skip

    def carry_out(self, effect):
        (task,) = tasks_queries.read_tasks(self.portal, [task_id_of(effect)]).values()
        calls = calls_for(effect, task, self.portal.user_id)
        return read_outcome(effect, self.portal.batch(calls) if calls else [], task)

    def refreshes(self) -> int:
        return self.b24.oauth.requests["refresh_token"]


def world(**options):
    clock = ManualClock()
    b24 = BitrixEmulator(clock, **options).start()
    b24.finish_install()
    b24.app.present = True
    b24.state.add_user("Boris", id=7, email="boris@portal.test")
    b24.state.add_group("Site", id=3, members=[1, 7])
    token = b24.token(1)
    app = AppKeys(b24.app.client_id, b24.app.client_secret, [b24.oauth_url])
    credentials = Credentials(
        b24.state.member_id, f"{b24.portal_url}/rest/", f"{b24.oauth_url}/rest/", token.access,
        token.refresh, expires_at=clock.now() + timedelta(hours=1), user_id=1,
    )  # fmt: skip
    tokens, allowance, log = MemoryTokens(credentials), MemoryAllowance(clock.now()), []
    portal = Portal(
        credentials, app, tokens=tokens, throttle=Throttle(allowance, clock),
        call_log=CallLog(log.append, clock), session=guarded_session(("127.0.0.0/8",)),
    )  # fmt: skip
    return World(b24, clock, app, tokens, allowance, portal, log)


@pytest.fixture
def w():
    made = world()
    yield made
    made.b24.stop()


@pytest.fixture(params=["new", "old"])
def either(request):
    made = world(card=request.param)
    yield made
    made.b24.stop()


def test_the_new_card_is_seen_by_the_one_field_that_is_documented(either):
    """Only tasks.task.get is said to show CHAT_ID; that a list does, too, counts for nothing."""
    b24 = either.b24
    b24.state.quirks.list_has_chat = False
    b24.state.create_task("Fix", id=21, created_by=1, responsible_id=7)
    assert detect_features(either.portal).get("new_card", False) is (b24.state.card == "new")
    assert {call.method for call in either.log} <= {"batch", "tasks.task.get", "tasks.task.list"}


def test_a_portal_without_tasks_is_not_taken_for_an_old_one(either):
    assert "new_card" not in detect_features(either.portal)


# --- tokens


def test_a_token_that_ended_is_renewed_once_for_two_workers(w):
    other = w.another_worker()
    w.clock.sleep(3700)
    w.portal.call("profile", {}, write=False)
    other.call("profile", {}, write=False)
    assert w.refreshes() == 1


def test_a_token_the_portal_calls_expired_is_renewed_and_the_write_happens_once(w):
    w.b24.state.create_task("Fix", id=21, created_by=1, responsible_id=7)
    w.portal._credentials = replace(w.portal.credentials, expires_at=None)
    w.clock.sleep(3700)
    done = w.carry_out(PutMessage(Place(21), KEY, "hello"))
    assert done.message_id
    assert w.b24.writes["im.message.add"] == 1
    assert w.refreshes() == 1


def test_revoked_tokens_deny(w):
    w.b24.revoke_tokens()
    with pytest.raises(Denied):
        w.portal.call("profile", {}, write=False)


def test_the_renewal_of_another_worker_makes_the_old_token_invalid_and_is_found(w):
    other = w.another_worker()
    w.clock.sleep(3700)
    other.call("profile", {}, write=False)
    w.portal._credentials = replace(w.portal.credentials, expires_at=None)
    w.portal.call("profile", {}, write=False)
    assert w.refreshes() == 1


def test_an_ended_subscription_denies(w):
    w.b24.require_payment()
    with pytest.raises(Denied) as denied:
        w.portal.call("profile", {}, write=False)
    assert denied.value.code == "PAYMENT_REQUIRED"


@pytest.mark.parametrize("shape", ["sdk", "portal"])
def test_an_install_is_proven_by_either_shape_of_app_info(w, shape):
    w.b24.oauth.info_shape = shape
    session = guarded_session(("127.0.0.0/8",))
    proven = prove_install(w.tokens.load(), w.app, session=session, now=w.clock.now())
    assert (proven.member_id, proven.user_id) == (w.b24.state.member_id, 1)
    foreign = replace(proven, member_id="0" * 32)
    with pytest.raises(Denied):
        prove_install(foreign, w.app, session=session, now=w.clock.now())


# --- domain move


@pytest.mark.parametrize("hours", [0, 2])
def test_a_moved_portal_is_followed_with_the_body_and_remembered(w, hours):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    w.b24.move_domain()
    w.clock.sleep(hours * 3600)
    effect = PutMessage(Place(21), KEY, "hello")
    done = read_outcome(effect, w.portal.batch(calls_for(effect, task, 1)), task)
    assert w.b24.state.messages[done.message_id].text == "hello"
    assert w.tokens.stored.client_endpoint == f"{w.b24.portal_url}/rest/"


# --- limits and failures


def test_two_hundred_calls_never_overflow_the_portals_bucket(w):
    for _ in range(200):
        w.portal.call("profile", {}, write=False)
    assert w.b24.state.limits.refused == 0
    assert (w.clock.now() - ManualClock().now()).total_seconds() == pytest.approx(75, abs=1)


def test_a_bucket_shared_with_a_stranger_is_for_later_and_then_works(w):
    w.b24.state.limits.level, w.b24.state.limits.at = 50.0, w.clock.now().timestamp()
    with pytest.raises(Later) as later:
        w.portal.call("profile", {}, write=False)
    w.clock.sleep(later.value.after)
    assert w.portal.call("profile", {}, write=False)["result"]["ID"] == "1"


def test_a_method_that_used_up_its_time_rests_alone(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    w.b24.state.limits.costs["tasks.task.get"] = 410.0
    calls = [Call("tasks.task.get", {"taskId": 21}, write=False), Call("profile", write=False)]
    assert all(isinstance(answer, Answer) for answer in w.portal.batch(calls))
    first, second = w.portal.batch(calls)
    assert isinstance(first, Later)
    assert first.after > 500
    assert isinstance(second, Answer)
    w.clock.sleep(first.after + 1)
    assert isinstance(w.portal.batch(calls)[0], Answer)


def test_operating_time_used_by_others_is_learned_from_the_refusal(w):
    limits_of = w.b24.state.limits
    limits_of.costs["profile"] = 500.0
    limits_of.operate("profile", w.clock.now().timestamp())
    with pytest.raises(Later) as later:
        w.portal.call("profile", {}, write=False)
    assert later.value.code == errors.OPERATING_LIMIT
    assert limits.blocked_until(w.allowance.stored, "profile", w.clock.now())


@pytest.mark.parametrize("how", ["refused", "html"])
def test_a_portal_that_is_down_is_for_later(w, how):
    w.b24.offline(how)
    with pytest.raises(Later) as later:
        w.portal.batch([Call("im.message.add", {"DIALOG_ID": "chat1", "MESSAGE": "x"})])
    assert later.value.sent is (how == "html")
    w.b24.online()
    assert w.portal.call("profile", {}, write=False)["result"]["ID"] == "1"


def test_a_lost_answer_leaves_a_write_in_doubt_and_the_message_is_found(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    since = w.clock.now() - timedelta(minutes=5)
    w.b24.lose_answer(method="im.message.add")
    effect = PutMessage(Place(21), KEY, "  [b]!7[/b] hello ")
    with pytest.raises(Later) as later:
        w.portal.batch(calls_for(effect, task, 1))
    assert later.value.sent
    message_id = tasks_queries.find_task_message(w.portal, task, effect.text, since)
    assert message_id is not None
    assert w.b24.state.messages[message_id].text == effect.text.strip()


def test_no_token_is_in_the_log(w):
    w.portal.call("profile", {}, write=False)
    w.portal.batch([Call("event.get", write=False)])
    told = "".join(entry.request + entry.answer for entry in w.log)
    for token in (w.tokens.stored.access_token, w.tokens.stored.refresh_token):
        assert token not in told
