"""The whole room against an emulated GitLab: hooks as they are sent, items as they are read."""

from datetime import timedelta

import pytest

from sync.core.model.activity import Push
from sync.core.model.events import MergeRequestEvent, PipelineEvent, UnrecognisedEvent
from sync.core.model.merge_requests import MergeRequestState
from sync.core.model.pipelines import PipelineStatus
from sync.gitlab.api import merge_requests as api_merge_requests
from sync.gitlab.api.account import problems, read_account
from sync.gitlab.api.hooks import HookTarget, ensure_hook
from sync.gitlab.webhooks.parse import parse_events
from sync.gitlab.webhooks.verify import UnverifiedDelivery, dedupe_key, event_name, verify_delivery

SIGNING_TOKEN = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
BRANCH = "feature/B24-2103-payment-gateway"
SHOP = HookTarget("project", "web/shop")


@pytest.fixture
def heard(gitlab, connect, receiver, clock):
    """What the receiver has been told since it was last asked, verified and parsed."""
    url = f"{receiver.url}/hooks/gitlab/k3y"
    ensure_hook(connect(), SHOP, url=url, token="t0ken", signing_token=SIGNING_TOKEN)

    def take():
        told = []
        for headers, body in receiver.heard:
            given = {"token": "t0ken", "signing_token": SIGNING_TOKEN, "now": clock.now()}
            verify_delivery(headers, body, **given)
            told += parse_events(event_name(headers), body, connection_id=3)
        receiver.heard.clear()
        return told

    return take


def opened(gitlab, **options):
    gitlab.push("web/shop", BRANCH, ["Add the gateway"], "alice")
    return gitlab.open_mr("web/shop", BRANCH, "B24-2103 Pay", "alice", **options)


def test_a_merge_requests_life_is_heard_in_typed_events(gitlab, heard):
    mr = opened(gitlab, reviewers=["boris"])
    gitlab.approve(mr, "boris")
    gitlab.unapprove(mr, "boris")
    gitlab.close(mr, "boris")
    gitlab.reopen(mr, "alice")
    gitlab.merge(mr, "alice")
    pushed, *told = heard()
    assert (type(pushed), pushed.branch, pushed.created) == (Push, BRANCH, True)
    assert all(type(event) in (MergeRequestEvent, Push) for event in told)
    requests = [event for event in told if isinstance(event, MergeRequestEvent)]
    assert [(one.action, one.merge_request.state.value) for one in requests] == [
        ("open", "opened"),
        ("approved", "opened"),
        ("unapproved", "opened"),
        ("close", "closed"),
        ("reopen", "opened"),
        ("merge", "merged"),
    ]
    assert [(event.actor_approved, event.approval_rules_met) for event in requests[1:3]] == [
        (True, True),
        (False, False),
    ]
    assert requests[3].merge_request.actor.username == "boris"


def test_a_pipeline_is_heard_until_its_end(gitlab, heard):
    mr = opened(gitlab)
    heard()
    run = gitlab.run_pipeline(mr)
    run.set_status("running")
    run.set_status("failed")
    events = [event for event in heard() if isinstance(event, PipelineEvent)]
    assert [one.pipeline.status for one in events][-2:] == [
        PipelineStatus.RUNNING,
        PipelineStatus.FAILED,
    ]
    assert {one.pipeline.merge_request_iid for one in events} == {mr.iid}
    times = [one.pipeline.updated_at for one in events]
    assert times == sorted(times)


def test_a_push_that_takes_approvals_back_is_heard_so(gitlab, heard):
    gitlab.state.project("web/shop").reset_approvals_on_push = True
    mr = opened(gitlab)
    gitlab.approve(mr, "boris")
    heard()
    gitlab.push("web/shop", BRANCH, ["More"], "alice")
    requests = [event for event in heard() if isinstance(event, MergeRequestEvent)]
    assert True in [one.approvals_reset for one in requests]
    assert [event.actor_approved for event in requests] == [None] * len(requests)


def test_a_delivery_sent_again_has_the_same_key_and_another_body_does_not(
    gitlab, connect, receiver, clock
):
    made = ensure_hook(connect(), SHOP, url=f"{receiver.url}/hooks/gitlab/k", token="t").hook_id
    opened(gitlab)
    hook = gitlab.state.hooks[made]
    connect().post(f"/projects/1/hooks/{made}/events/{hook.log[0].id}/resend", {})
    first, second, again = (
        dedupe_key(headers, body, clock.now()) for headers, body in receiver.heard
    )
    assert again == first
    assert second != first


def test_before_19_the_token_alone_decides(gitlab, heard, receiver):
    gitlab.state.version = "16.11.0-ee"
    opened(gitlab)
    assert "webhook-id" not in {name.lower() for name in receiver.heard[0][0]}
    assert [type(event) for event in heard()] == [Push, MergeRequestEvent]


def test_a_replayed_delivery_is_not_authentic_after_five_minutes(gitlab, heard, clock):
    opened(gitlab)
    clock.sleep(301)
    with pytest.raises(UnverifiedDelivery, match="replay or wrong clock"):
        heard()


def test_a_custom_template_is_recorded_with_what_to_do(gitlab, heard):
    (hook,) = gitlab.state.hooks.values()
    hook.custom_webhook_template = '{"text": "{{object_kind}}"}'
    gitlab.push("web/shop", BRANCH, ["x"], "alice")
    (told,) = heard()
    assert isinstance(told, UnrecognisedEvent)
    assert told.reason.endswith("Remove the template in the webhook's settings")


def test_what_is_read_is_what_was_heard_and_more(gitlab, connect, heard):
    mr = opened(gitlab, reviewers=["boris"], labels=["backend"], description="Takes cards.")
    told = heard()[-1].merge_request
    read = api_merge_requests.read_merge_request(connect(), 1, mr.iid)
    for name in ("project", "iid", "title", "description", "url", "state", "draft", "labels"):
        assert getattr(read, name) == getattr(told, name), name
    for name in ("source_branch", "target_branch", "updated_at", "reviewers", "head_sha"):
        assert getattr(read, name) == getattr(told, name), name
    assert read.author.username == told.author.username == "alice"


def test_a_merge_request_is_read_with_its_approvals_and_pipeline(gitlab, connect):
    mr = opened(gitlab, reviewers=["boris"])
    gitlab.run_pipeline(mr).set_status("success")
    gitlab.approve(mr, "boris")
    gitlab.merge(mr, "alice")
    read = api_merge_requests.read_merge_request(connect(), 1, mr.iid)
    assert (read.state, read.approved) == (MergeRequestState.MERGED, True)
    assert [one.username for one in read.approved_by] == ["boris"]
    assert [(one.person.username, one.state) for one in read.reviewers] == [("boris", "approved")]
    assert (read.pipeline.status, read.actor.username) == (PipelineStatus.SUCCESS, "alice")


def test_what_changed_since_a_moment_is_found(gitlab, connect, clock):
    first = opened(gitlab)
    clock.sleep(3600)
    gitlab.push("web/shop", "B24-7", ["x"], "alice")
    second = gitlab.open_mr("web/shop", "B24-7", "Two", "alice")
    client = connect()
    found = [
        event.iid for event in api_merge_requests.read_merge_requests_since(client, 1, clock.now())
    ]
    assert found == [second.iid]
    earlier = clock.now() - timedelta(hours=2)
    found = [
        event.iid for event in api_merge_requests.read_merge_requests_since(client, 1, earlier)
    ]
    assert found == [first.iid, second.iid]


def test_the_projects_are_read_over_all_pages(gitlab, connect):
    for number in range(105):
        gitlab.state.add_project(f"web/p{number}")
    client = connect()
    assert len(api_merge_requests.read_projects(client, {})) == 106
    assert len(api_merge_requests.read_projects(client, {"groups": ["web"]})) == 106
    assert [
        event.path
        for event in api_merge_requests.read_projects(client, {"projects": ["web/shop", 1]})
    ] == ["web/shop"]


def test_the_account_of_a_token_is_read(gitlab, connect, clock):
    account = read_account(connect(scopes=("read_api",)))
    assert (account.username, account.scopes, account.can_sign) == ("alice", ("read_api",), True)
    assert problems(account, clock.now()) == (
        "The access token lacks the scope `api` (it has: read_api). Issue a token that has it.",
    )


def test_a_write_that_names_its_cause_is_not_echoed(gitlab, connect, receiver):
    client = connect()
    made = ensure_hook(client, SHOP, url=f"{receiver.url}/hooks/gitlab/k", token="t").hook_id
    gitlab.state.hooks[made].events["note_events"] = True
    mr = opened(gitlab)
    cause = receiver.heard[-1][0]["X-Gitlab-Event-UUID"]
    receiver.heard.clear()
    client.post(f"/projects/1/merge_requests/{mr.iid}/notes", {"body": "x"}, event_uuid=cause)
    assert receiver.heard == []
    client.post(f"/projects/1/merge_requests/{mr.iid}/notes", {"body": "y"})
    assert len(receiver.heard) > 0
