"""The client, the peer and the installer against an emulated portal, over real HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from sync.bitrix24.install import registrations
from sync.bitrix24.install import steps as install_steps
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
    LogTime,
    MoveTask,
    Notify,
    Place,
    PutMessage,
    SetFields,
    SetStage,
    task_id_of,
)
from sync.core.model.tasks import TaskStatus
from sync.errors import Denied, Later, Refused
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


# --- reading


def test_fifty_tasks_cost_one_request_and_what_is_missing_is_none(either):
    for number in range(1, 50):
        either.b24.state.create_task(f"Task {number}", id=number, group_id=3, responsible_id=7)
    before = either.portal.requests
    tasks = tasks_queries.read_tasks(either.portal, range(1, 51))
    assert either.portal.requests - before == 1
    assert tasks[50] is None
    assert tasks[7].title == "Task 7"
    assert tasks[7].group_id == 3
    assert (tasks[7].chat_id is None) is (either.b24.state.card == "old")
    assert "start" in tasks[7].actions


@pytest.mark.parametrize(("v3", "requests"), [(True, 2), (False, 21)])
def test_a_thousand_tasks_cost_two_requests_where_the_portal_has_rest_three(v3, requests):
    made = world(v3=v3)
    try:
        for number in range(1, 1001):
            made.b24.state.create_task(f"T{number}", id=number, responsible_id=7, auditors=[1])
        made.portal.features = {"v3": v3}
        tasks = tasks_queries.read_tasks(made.portal, range(1, 1002))
        assert made.portal.requests == requests
        assert tasks[1001] is None
        assert sum(task is not None for task in tasks.values()) == 1000
        made.portal.features = {}
        assert tasks_queries.read_tasks(made.portal, [5])[5] == tasks[5]
    finally:
        made.b24.stop()


def test_a_portal_that_only_claims_rest_three_is_read_all_the_same():
    made = world(v3=False)
    try:
        for number in range(1, 61):
            made.b24.state.create_task(f"T{number}", id=number, responsible_id=7)
        made.portal.features = {"v3": True}
        tasks = tasks_queries.read_tasks(made.portal, range(1, 61))
        assert all(task is not None for task in tasks.values())
    finally:
        made.b24.stop()


def test_stages_in_the_boards_order_and_refused_where_hidden(w):
    stages = tasks_queries.read_stages(w.portal, 3)
    assert [(stage.title, stage.system_type) for stage in stages] == [
        ("New", "NEW"), ("In progress", "PROGRESS"), ("Done", "FINISH"),
    ]  # fmt: skip
    with pytest.raises(Refused):
        tasks_queries.read_stages(w.portal, 99)


def test_all_users_are_read_in_few_requests(w):
    for number in range(100, 260):
        w.b24.state.add_user(f"U{number}", id=number, email=f"u{number}@portal.test")
    users = tasks_queries.read_users(w.portal)
    assert len(users) == 162
    assert w.portal.requests == 2
    assert {user.email for user in users} >= {"boris@portal.test", "u259@portal.test"}


# --- writing


def test_a_task_goes_through_its_life(either):
    w, state = either, either.b24.state
    state.create_task("Fix", id=21, group_id=3, responsible_id=7, created_by=7)
    for target in (
        TaskStatus.IN_PROGRESS, TaskStatus.COMPLETED, TaskStatus.IN_PROGRESS, TaskStatus.WAITING,
        TaskStatus.DEFERRED, TaskStatus.IN_PROGRESS, TaskStatus.AWAITING_CONTROL,
        TaskStatus.WAITING,
    ):  # fmt: skip
        done = w.carry_out(MoveTask(21, target))
        assert done.task.status is target, target
        assert tasks_queries.read_tasks(w.portal, [21])[21] == done.task
    assert w.carry_out(MoveTask(21, TaskStatus.WAITING)).note == ""


def test_a_controlled_task_stays_with_its_creator(w):
    state = w.b24.state
    state.create_task("Fix", id=21, responsible_id=7, created_by=7, task_control=True)
    done = w.carry_out(MoveTask(21, TaskStatus.COMPLETED))
    assert done.task.status is TaskStatus.AWAITING_CONTROL
    assert done.note == "its creator reviews the task: it is pending review now"


def test_a_card_is_posted_and_edited_in_either_discussion(either):
    w, state = either, either.b24.state
    state.create_task("Fix", id=21, group_id=3, responsible_id=7, created_by=7)
    posted = w.carry_out(PutMessage(Place(21), KEY, "first"))
    edited = w.carry_out(PutMessage(Place(21), KEY, "second", message_id=posted.message_id))
    assert edited.message_id == posted.message_id
    assert [message.text for message in state.discussion(21)] == ["second"]
    since = w.clock.now() - timedelta(minutes=5)
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    assert tasks_queries.find_task_message(w.portal, task, "second", since) == posted.message_id
    assert tasks_queries.find_task_message(w.portal, task, "first", since) is None
    assert (
        tasks_queries.find_task_message(w.portal, task, "second", w.clock.now() + timedelta(1))
        is None
    )


def test_a_text_of_somebody_else_is_not_taken_for_ours(either):
    w, state = either, either.b24.state
    state.create_task("Fix", id=21, responsible_id=7, auditors=[1])
    state.user_comments(7, 21, "same text")
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    since = w.clock.now() - timedelta(minutes=5)
    assert tasks_queries.find_task_message(w.portal, task, "same text", since) is None


def test_a_message_is_found_behind_three_hundred_others(w):
    state = w.b24.state
    state.create_task("Fix", id=21, responsible_id=7, auditors=[1])
    done = w.carry_out(PutMessage(Place(21), KEY, "the card"))
    for number in range(300):
        state.user_comments(7, 21, f"talk {number}")
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    since = w.clock.now() - timedelta(minutes=5)
    assert tasks_queries.find_task_message(w.portal, task, "the card", since) == done.message_id


def test_a_very_long_card_is_found_as_the_portal_cut_it(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7, auditors=[1])
    text = "ж" * 20_500
    done = w.carry_out(PutMessage(Place(21), KEY, text))
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    since = w.clock.now() - timedelta(minutes=5)
    assert tasks_queries.find_task_message(w.portal, task, text, since) == done.message_id


@pytest.mark.parametrize("user_id", [0, 7])
def test_time_that_was_logged_is_found_by_whose_how_much_and_which_commit(w, user_id):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    logged = LogTime(21, user_id, 60, "a & b (commit c0ffee00)")
    assert tasks_queries.find_time_entry(w.portal, logged) is None
    w.carry_out(logged)
    w.b24.state.user_logs_time(7, 21, 60)
    (number,) = (one.id for one in w.b24.state.elapsed.values() if one.text == logged.text)
    assert tasks_queries.find_time_entry(w.portal, logged) == number
    w.b24.state.elapsed[number].text = "a &amp; b (commit c0ffee00)"  # as some portals tell it
    assert tasks_queries.find_time_entry(w.portal, logged) == number
    for other in ({"user_id": 8}, {"seconds": 61}, {"text": "a & b (commit c0ffee01)"}):
        assert tasks_queries.find_time_entry(w.portal, replace(logged, **other)) is None


def test_a_discussion_we_are_not_in_is_refused(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7, created_by=7)
    (task,) = tasks_queries.read_tasks(w.portal, [21]).values()
    with pytest.raises(Refused) as refused:
        tasks_queries.find_task_message(w.portal, task, "x", w.clock.now())
    assert refused.value.code == "ACCESS_ERROR"


def test_a_card_older_than_three_days_is_closed_to_edits(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    posted = w.carry_out(PutMessage(Place(21), KEY, "first"))
    w.clock.sleep(4 * 86400)
    closed = w.carry_out(PutMessage(Place(21), KEY, "second", message_id=posted.message_id))
    assert isinstance(closed, Refused)
    assert closed.code == errors.EDIT_CLOSED


def test_columns_fields_and_notifications(w):
    state = w.b24.state
    state.create_task("Fix", id=21, group_id=3, responsible_id=7)
    list(install_steps.run_steps(w.portal, PUBLIC, "en", {"fields"}))
    column = tasks_queries.read_stages(w.portal, 3)[1].id
    assert w.carry_out(SetStage(21, column)).task.stage_id == column
    w.carry_out(SetFields(21, {"UF_CI_STATUS": "passed & ready"}))
    assert state.tasks[21].uf == {"UF_CI_STATUS": "passed & ready"}
    for text in ("opened", "merged"):
        assert w.carry_out(Notify(21, 7, text, "b24bridge|1")).note == ""
    assert [shown.text for shown in state.notifications.values()] == ["merged"]


# --- installing


def run(w, language="en", **options):
    return {
        step.name: step for step in install_steps.run_steps(w.portal, PUBLIC, language, **options)
    }


def test_an_installation_sets_up_everything_and_a_second_one_changes_nothing(w):
    w.b24.state.create_task("Fix", id=21, responsible_id=7)
    first = run(w)
    assert {name: step.ok for name, step in first.items()} == {
        "rights": True, "secret": True, "address": True, "scopes": True, "events": True,
        "placements": True, "fields": True, "features": True,
    }  # fmt: skip
    assert first["events"].text == "Subscribed to events: 7"
    assert first["features"].portal_data["features"] == {
        "v3": True, "new_card": True, "offline_events": first["features"].portal_data["features"][
            "offline_events"],
    }  # fmt: skip
    state = w.b24.state
    writes = sum(w.b24.writes.values())
    assert {binding.event for binding in state.bindings} == set(registrations.EVENTS)
    assert {binding.handler for binding in state.bindings} == {f"{PUBLIC}/b24/events"}
    assert [(p.code, p.handler) for p in state.placements] == [
        ("TASK_VIEW_TAB", f"{PUBLIC}/b24/task"),
        ("SONET_GROUP_DETAIL_TAB", f"{PUBLIC}/b24/group"),
    ]
    assert {row.name for row in state.user_fields.values()} >= set(registrations.TASK_FIELDS)
    second = run(w, "ru")
    assert second["events"].text == "Все подписки на события на месте: 7"
    assert sum(w.b24.writes.values()) == writes
    assert w.portal.requests <= 22


def test_handlers_of_an_earlier_version_are_replaced_and_strangers_are_not(w):
    for handler in (f"{PUBLIC}/old/events", "https://other.example/hook"):
        w.portal.call("event.bind", {"event": "ONTASKUPDATE", "handler": handler}, write=True)
    w.portal.call(
        "placement.bind",
        {"PLACEMENT": "TASK_VIEW_TAB", "HANDLER": f"{PUBLIC}/old/tab", "TITLE": "Old"},
        write=True,
    )
    run(w)
    handlers = {b.handler for b in w.b24.state.bindings if b.event == "ONTASKUPDATE"}
    assert handlers == {f"{PUBLIC}/b24/events", "https://other.example/hook"}
    handlers = [p.handler for p in w.b24.state.placements]
    assert handlers == [f"{PUBLIC}/b24/task", f"{PUBLIC}/b24/group"]


def test_after_an_update_that_forgot_the_handlers_all_are_there_again(w):
    run(w)
    w.b24.lifecycle.update(2)
    again = run(w)
    assert again["events"].ok
    assert again["placements"].ok
    assert len(w.b24.state.bindings) == 7


def test_an_employee_without_rights_is_told_what_to_change():
    made = world()
    try:
        token = made.b24.token(7)
        mine = replace(
            made.portal.credentials,
            access_token=token.access,
            refresh_token=token.refresh,
            user_id=7,
        )
        made.portal._tokens.save(mine)
        made.portal._credentials = mine
        steps = run(made)
        assert not steps["rights"].ok
        assert not steps["fields"].ok
        assert not steps["placements"].ok
        assert steps["rights"].text == "Boris is not an administrator of this portal"
        assert steps["rights"].change.startswith("Install the application as an administrator")
        assert steps["events"].ok
    finally:
        made.b24.stop()


def test_missing_scopes_are_named_and_the_rest_goes_on():
    made = world(scopes=("task", "im"))
    try:
        steps = run(made)
        assert steps["scopes"].text == (
            "The application was not given these rights: user_basic, placement"
        )
        assert not steps["scopes"].ok
        assert not steps["placements"].ok
        assert steps["events"].ok
        assert steps["fields"].ok
        assert steps["features"].ok
        assert steps["features"].portal_data["features"]["v3"] is False
    finally:
        made.b24.stop()


def test_an_old_box_portal_is_installed_too():
    made = world(card="old", v3=False)
    try:
        made.b24.state.create_task("Fix", id=21, responsible_id=7)
        steps = run(made)
        assert all(step.ok for step in steps.values())
        assert "new_card" not in steps["features"].portal_data["features"]
    finally:
        made.b24.stop()


def test_a_portal_that_is_down_fails_each_step_and_none_blows_up(w):
    w.b24.offline()
    steps = run(w)
    assert [name for name, step in steps.items() if step.ok] == ["secret", "address"]
    assert len(steps) == len(install_steps.STEP_NAMES)


def test_only_some_steps_may_be_repeated(w):
    assert list(run(w, step_names={"events"})) == ["events"]
