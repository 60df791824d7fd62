"""The client: tokens, address, limits, batches, errors, the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl

import pytest
import requests
import responses
from hypothesis import given
from hypothesis import strategies as st

from sync.bitrix24.events.php_form import parse_form
from sync.bitrix24.rest.batch import encode_call
from sync.bitrix24.rest.client import Answer, Call, Portal
from sync.bitrix24.rest.throttle import Throttle
from sync.core.audit import CallLog
from sync.errors import Denied, Later, Refused

REST = "https://portal.example/rest/"
MOVED = "https://new.example/rest/"
INFO_URL = "https://oauth.bitrix.info/rest/app.info"
TOKEN_URL = "https://oauth.bitrix.info/oauth/token/"
EXPIRED = {"error": "expired_token", "error_description": "The access token has expired"}
OK = {"result": {"ID": "7"}, "time": {"operating": 0}}


def batched(result=None, error=None, times=None):
    """An answer to a batch; PHP writes empty maps as lists."""
    return {
        "result": {
            "result": result or [], "result_error": error or [], "result_total": [],
            "result_next": [], "result_time": times or [],
        }
    }  # fmt: skip


def test_a_call_carries_the_token_in_its_body_and_not_in_its_address(desk):
    desk.answers("profile", OK)
    assert desk.portal.call("profile", {"x": 1}, write=False)["result"] == {"ID": "7"}
    assert desk.http.calls[0].request.url == REST + "profile"
    assert desk.sent() == [{"x": 1, "auth": "access-1"}]
    assert desk.portal.requests == 1


def test_rest_three_has_its_own_path(desk):
    desk.answers("api/tasks.task.list", {"result": {"items": []}})
    assert desk.portal.call_v3("tasks.task.list", {})["result"] == {"items": []}


def test_an_on_premise_portal_keeps_its_port_and_path(desk):
    own = "http://10.0.0.5:8080/office/rest/"
    desk.portal._credentials = replace(desk.portal.credentials, client_endpoint=own)
    desk.answers("profile", OK, rest=own)
    desk.portal.call("profile", {}, write=False)
    assert desk.http.calls[0].request.url == own + "profile"


# --- tokens


def test_an_expired_token_is_renewed_once_and_the_call_repeated(desk):
    desk.answers("profile", EXPIRED, 401)
    desk.renews()
    desk.answers("profile", OK)
    assert desk.portal.call("profile", {}, write=False)["result"] == {"ID": "7"}
    assert [body["auth"] for body in desk.sent()] == ["access-1", "access-2"]
    assert desk.tokens.stored.refresh_token == "refresh-2"
    assert desk.tokens.leases == 1


def test_a_token_known_to_have_ended_is_renewed_before_it_is_used(desk):
    desk.clock.sleep(3600)
    desk.renews()
    desk.answers("profile", OK)
    desk.portal.call("profile", {}, write=False)
    assert [body["auth"] for body in desk.sent()] == ["access-2"]
    assert desk.tokens.stored.expires_at == desk.clock.now() + timedelta(hours=1)


def test_the_token_another_worker_renewed_meanwhile_is_taken_over(desk):
    def other_worker() -> None:
        desk.tokens.stored = replace(
            desk.tokens.stored, access_token="access-of-another", refresh_token="refresh-9"
        )

    desk.tokens.on_lease = other_worker
    desk.answers("profile", EXPIRED, 401)
    desk.answers("profile", OK)
    desk.portal.call("profile", {}, write=False)
    assert [body["auth"] for body in desk.sent()] == ["access-1", "access-of-another"]
    assert not desk.http.calls or all(TOKEN_URL not in c.request.url for c in desk.http.calls)


def test_a_renewed_token_that_is_expired_again_is_not_renewed_for_ever(desk):
    desk.answers("profile", EXPIRED, 401)
    desk.renews()
    with pytest.raises(Later) as later:
        desk.portal.call("profile", {}, write=False)
    assert later.value.code == "EXPIRED_TOKEN"
    assert desk.portal.requests == 2


@pytest.mark.parametrize("code", ["invalid_grant", "NOT_INSTALLED", "PAYMENT_REQUIRED"])
def test_a_dead_grant_denies_and_keeps_the_stored_tokens(desk, code):
    desk.answers("profile", EXPIRED, 401)
    desk.http.add(responses.GET, TOKEN_URL, json={"error": code}, status=400)
    with pytest.raises(Denied) as denied:
        desk.portal.call("profile", {}, write=False)
    assert denied.value.code == code.upper()
    assert desk.tokens.stored.access_token == "access-1"


def test_insufficient_scope_does_not_renew_anything(desk):
    desk.answers("im.message.add", {"error": "insufficient_scope"}, 401)
    with pytest.raises(Denied):
        desk.portal.call("im.message.add", {}, write=True)
    assert desk.tokens.leases == 0


def test_the_tokens_of_another_portal_are_never_saved(desk):
    desk.answers("profile", EXPIRED, 401)
    desk.renews(member_id="somebody-else")
    with pytest.raises(Denied) as denied:
        desk.portal.call("profile", {}, write=False)
    assert denied.value.code == "foreign_portal"
    assert desk.tokens.stored.refresh_token == "refresh-1"


# --- a portal that moves


def moves(desk, to=MOVED, info=MOVED, status=302):
    desk.http.add(
        responses.POST, REST + "im.message.add", status=status, headers={"Location": to}, body="x"
    )
    install = {"member_id": "member-1", "client_endpoint": info, "status": "L"}
    told = {"client_id": "local.6f1", "user_id": 7, "install": install}
    desk.http.add(responses.GET, INFO_URL, json={"result": told})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_moved_portal_gets_the_body_again_at_its_proven_address(desk, status):
    moves(desk, status=status)
    desk.answers("im.message.add", {"result": 5}, rest=MOVED)
    answer = desk.portal.call("im.message.add", {"MESSAGE": "hi"}, write=True)
    assert answer["result"] == 5
    assert desk.sent() == [{"MESSAGE": "hi", "auth": "access-1"}] * 2
    assert desk.tokens.stored.client_endpoint == MOVED


def test_a_redirect_to_a_stranger_gets_nothing(desk):
    moves(desk, to="https://evil.example/rest/", info=REST)
    with pytest.raises(Later) as later:
        desk.portal.call("im.message.add", {"MESSAGE": "hi"}, write=True)
    assert later.value.code == "redirect"
    assert not later.value.sent
    assert later.value.after is None  # seconds at first, then longer and longer
    assert all("evil" not in call.request.url for call in desk.http.calls)
    assert desk.tokens.stored.client_endpoint == REST
    assert desk.portal.requests == 1


def test_the_address_of_another_portal_is_not_taken_for_ours(desk):
    desk.http.add(responses.POST, REST + "profile", status=302, headers={"Location": MOVED})
    install = {"member_id": "another", "client_endpoint": "https://foreign.example/rest/"}
    told = {"client_id": "local.6f1", "install": install}
    desk.http.add(responses.GET, INFO_URL, json={"result": told})
    desk.renews(client_endpoint=MOVED)
    desk.answers("profile", OK, rest=MOVED)
    desk.portal.call("profile", {}, write=False)
    assert desk.tokens.stored.client_endpoint == MOVED


def test_with_an_expired_token_the_renewal_tells_the_new_address(desk):
    desk.http.add(responses.POST, REST + "profile", status=302, headers={"Location": MOVED})
    desk.http.add(responses.GET, INFO_URL, json={"error": "expired_token"}, status=401)
    desk.renews(client_endpoint=MOVED)
    desk.answers("profile", OK, rest=MOVED)
    desk.portal.call("profile", {}, write=False)
    assert desk.tokens.stored.client_endpoint == MOVED
    assert desk.sent()[-1] == {"auth": "access-2"}


def test_the_address_another_worker_found_is_taken_over(desk):
    desk.http.add(responses.POST, REST + "profile", status=302, headers={"Location": MOVED})
    desk.tokens.domain_moved(MOVED)
    desk.answers("profile", OK, rest=MOVED)
    desk.portal.call("profile", {}, write=False)
    assert desk.portal.requests == 2


def test_a_portal_that_sends_us_in_circles_is_left_for_later(desk):
    moves(desk)
    desk.http.add(responses.POST, MOVED + "im.message.add", status=302, headers={"Location": REST})
    with pytest.raises(Later):
        desk.portal.call("im.message.add", {}, write=True)


# --- limits


def test_a_name_that_leads_into_a_private_network_costs_no_write(desk):
    """A DNS server that is wrong for an hour is no reason to give a write up."""
    private = Refused("The address is private", change="Name its network", code="private_address")
    desk.http.add(responses.POST, REST + "tasks.task.update", body=private)
    with pytest.raises(Later) as later:
        desk.portal.call("tasks.task.update", {"taskId": 1}, write=True)
    assert (later.value.code, later.value.sent) == ("private_address", False)
    assert later.value.change == "Name its network"


def test_the_fifty_first_request_waits_its_turn(desk):
    desk.answers("profile", OK)
    for _ in range(51):
        desk.portal.call("profile", {}, write=False)
    assert (desk.clock.now() - desk.portal.credentials.expires_at) == timedelta(
        hours=-1, seconds=0.5
    )


def test_a_queue_that_is_too_long_is_for_later_and_nothing_is_sent(desk):
    desk.answers("profile", OK)
    full = Portal(
        desk.tokens.load(), desk.portal._app, tokens=desk.tokens,
        throttle=Throttle(desk.allowance, desk.clock, burst=0),
        call_log=CallLog(desk.log.append, desk.clock), session=requests.Session(),
    )  # fmt: skip
    with pytest.raises(Later) as later:
        full.call("profile", {}, write=True)
    assert later.value.after == 0.5
    assert not later.value.sent
    assert full.requests == 0


def test_a_full_bucket_reported_by_the_portal_slows_the_next_call(desk):
    desk.answers("profile", {"error": "QUERY_LIMIT_EXCEEDED"}, 503)
    with pytest.raises(Later) as later:
        desk.portal.call("profile", {}, write=False)
    assert later.value.after == 2.0
    assert desk.allowance.stored.level == 50


def test_a_method_near_its_budget_rests_and_others_go_on(desk):
    reset = desk.clock.now().timestamp() + 120
    busy = {"operating": 410.0, "operating_reset_at": reset}
    desk.answers("batch", batched({"c0": {"id": 1}, "c1": True}, times={"c0": busy}))
    desk.answers("batch", batched({"c0": True}))
    calls = [Call("tasks.task.get", {"taskId": 1}, write=False), Call("im.message.add", {})]
    desk.portal.batch(calls)
    first, second = desk.portal.batch(calls)
    assert isinstance(first, Later)
    assert first.after == pytest.approx(120)
    assert second == Answer(True)
    assert desk.sent()[1]["cmd"] == {"c0": "im.message.add"}


def test_a_batch_of_resting_methods_only_is_not_sent(desk):
    busy = {"operating": 410.0, "operating_reset_at": desk.clock.now().timestamp() + 9}
    desk.answers("user.get", {"result": [], "time": busy})
    desk.portal.call("user.get", {}, write=False)
    assert isinstance(desk.portal.batch([Call("user.get")])[0], Later)
    with pytest.raises(Later):
        desk.portal.call("user.get", {}, write=False)
    assert desk.portal.requests == 1


def test_a_refused_operating_time_is_waited_for(desk):
    block = {"operating": 481, "operating_reset_at": desk.clock.now().timestamp() + 77}
    desk.answers("user.get", {"error": "OPERATION_TIME_LIMIT", "time": block}, 429)
    with pytest.raises(Later) as later:
        desk.portal.call("user.get", {}, write=False)
    assert later.value.after == pytest.approx(77)
    desk.clock.sleep(78)
    desk.http.replace(responses.POST, REST + "user.get", json={"result": []})
    assert desk.portal.call("user.get", {}, write=False) == {"result": []}


# --- batches


def test_answers_stand_where_their_calls_stood(desk):
    desk.answers(
        "batch",
        batched({"c1": None, "c0": 5}, {"c2": {"error": "0", "error_description": "not allowed"}}),
    )
    one, two, three, four = desk.portal.batch(
        [Call("a"), Call("b"), Call("tasks.task.start"), Call("d")]
    )
    assert one == Answer(5)
    assert two == Answer(None)
    assert isinstance(three, Refused)
    assert "not allowed" in str(three)
    assert isinstance(four, Later)
    assert four.sent
    assert four.code == "no_answer"
    assert desk.portal.requests == 1


def test_a_whole_batch_that_fails_raises(desk):
    desk.answers("batch", b"<html>maintenance</html>", 502)
    with pytest.raises(Later) as later:
        desk.portal.batch([Call("im.message.add")])
    assert later.value.sent


def test_a_batch_of_reads_leaves_nothing_in_doubt(desk):
    desk.answers("batch", b"<html>maintenance</html>", 502)
    with pytest.raises(Later) as later:
        desk.portal.batch([Call("tasks.task.get", write=False)])
    assert not later.value.sent


def test_more_than_fifty_calls_are_never_sent(desk):
    with pytest.raises(ValueError, match="50"):
        desk.portal.batch([Call("profile")] * 51)
    assert desk.portal.requests == 0


def test_parameters_of_a_command_are_written_as_php_reads_them():
    call = Call("task.commentitem.getlist", {
        "TASKID": 5, "ORDER": {}, "FILTER": {">=POST_DATE": "2026-05-04T09:00:00+00:00"},
        "LIST": ["а", "b&c"],
    })  # fmt: skip
    method, _, query = encode_call(call).partition("?")
    assert method == "task.commentitem.getlist"
    assert parse_qsl(query, keep_blank_values=True) == [
        ("TASKID", "5"), ("ORDER[]", ""), ("FILTER[>=POST_DATE]", "2026-05-04T09:00:00+00:00"),
        ("LIST[0]", "а"), ("LIST[1]", "b&c"),
    ]  # fmt: skip


@given(st.dictionaries(st.sampled_from("ABC"), st.text(max_size=40), min_size=1))
def test_any_text_survives_the_way_into_acommand(params):
    _, _, query = encode_call(Call("m", {"fields": params})).partition("?")
    assert parse_form(query.encode())["fields"] == params


# --- network and log


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (requests.ReadTimeout("slow"), True),
        (requests.ConnectionError("reset"), True),
        (requests.ConnectTimeout("no"), False),
    ],
)
def test_a_lost_answer_leaves_a_write_in_doubt(desk, error, sent):
    desk.http.add(responses.POST, REST + "im.message.add", body=error)
    with pytest.raises(Later) as later:
        desk.portal.call("im.message.add", {"MESSAGE": "hi"}, write=True)
    assert later.value.sent is sent
    assert desk.log[0].status == 0


def test_the_log_keeps_what_was_said_and_no_token(desk):
    desk.answers("profile", {"result": {"access_token": "very-secret"}})
    desk.portal.call("profile", {"x": "ü"}, write=False)
    (entry,) = desk.log
    assert (entry.method, entry.status) == ("profile", 200)
    assert entry.request == '{"x": "ü"}'
    assert entry.answer == '{"result": {"access_token": "***"}}'


def test_no_secret_is_in_any_error_or_its_chain(desk):
    desk.answers("profile", EXPIRED, 401)
    desk.http.add(responses.GET, TOKEN_URL, body=requests.ConnectionError("refresh-1 in the url"))
    with pytest.raises(Later) as later:
        desk.portal.call("profile", {}, write=False)
    told, error = "", later.value
    while error is not None:
        told += repr(error) + str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for secret in ("access-1", "refresh-1", "client-secret"):
        assert secret not in told
    assert "access-1" not in repr(desk.portal.credentials)


def test_the_renewal_asks_the_portals_own_oauth_server(desk):
    desk.answers("profile", EXPIRED, 401)
    desk.renews()
    desk.answers("profile", OK)
    desk.portal.call("profile", {}, write=False)
    (call,) = [c for c in desk.http.calls if c.request.method == "GET"]
    query = parse_qs(call.request.url.partition("?")[2])
    assert call.request.url.startswith(TOKEN_URL)
    assert query["grant_type"] == ["refresh_token"]
    assert query["client_id"] == ["local.6f1"]
