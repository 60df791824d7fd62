"""A hook's tests, its log and its resends through the API."""

import pytest

from tests.emulators.gitlab.acme import Acme
from tests.emulators.gitlab.receiver import Receiver
from tests.emulators.gitlab.signing import signature

SIGNING = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
HOOKS = "/projects/1/hooks"


@pytest.fixture
def acme():
    with Acme() as world:
        yield world


@pytest.fixture
def receiver():
    with Receiver() as listening:
        yield listening


def make(acme, url="https://bridge.example/x", **more):
    return acme.call("POST", HOOKS, json={"url": url, **more})


def test_a_hooks_test_posts_a_real_body(acme, receiver):
    acme.open_mr()
    make(acme, receiver.url, push_events=False, token="s3cret", signing_token=SIGNING)
    got = acme.call("POST", f"{HOOKS}/1/test/merge_requests_events")
    assert (got.status_code, got.json()) == (201, {"message": "201 Created"})
    (heard,) = receiver.heard
    assert (heard.headers["x-gitlab-event"], heard.action) == ("Merge Request Hook", "")
    assert heard.headers["x-gitlab-token"] == "s3cret"
    assert heard.headers["webhook-signature"] == signature(
        SIGNING, heard.headers["webhook-id"], heard.headers["webhook-timestamp"], heard.body
    )


@pytest.mark.parametrize(
    ("trigger", "status", "answer"),
    [
        ("nonsense_events", 400, {"error": "trigger does not have a valid value"}),
        (
            "merge_requests_events",
            422,
            {"message": "Ensure the project has merge requests."},
        ),
        ("pipeline_events", 422, {"message": "Ensure the project has CI pipelines."}),
        ("job_events", 422, {"message": "Ensure the project has CI jobs."}),
        ("note_events", 422, {"message": "Ensure the project has notes."}),
        ("push_events", 201, {"message": "201 Created"}),
    ],
)
def test_what_can_be_tested(acme, receiver, trigger, status, answer):
    make(acme, receiver.url)
    got = acme.call("POST", f"{HOOKS}/1/test/{trigger}")
    assert (got.status_code, got.json()) == (status, answer)


def test_five_tests_a_minute(acme, receiver):
    make(acme, receiver.url)
    statuses = [acme.call("POST", f"{HOOKS}/1/test/push_events").status_code for _ in range(6)]
    assert statuses == [201] * 5 + [429]


def test_the_log_tells_what_was_sent_and_answered(acme, receiver):
    make(acme, receiver.url, token="s3cret", push_events=False, merge_requests_events=True)
    acme.open_mr()
    (event,) = acme.call("GET", f"{HOOKS}/1/events").json()
    assert sorted(event) == [
        "execution_duration",
        "id",
        "request_data",
        "request_headers",
        "response_body",
        "response_headers",
        "response_status",
        "trigger",
        "url",
    ]
    assert (event["trigger"], event["response_status"]) == ("merge_request_hooks", "200")
    assert event["request_headers"]["X-Gitlab-Token"] == "[REDACTED]"
    assert event["request_data"] == receiver.heard[0].payload


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["503", "404", "200"]),
        ("?status=successful", ["200"]),
        ("?status=client_failure", ["404"]),
        ("?status=server_failure", ["503"]),
        ("?status=404", ["404"]),
    ],
)
def test_the_log_by_status(acme, receiver, query, found):
    make(acme, receiver.url, push_events=False, merge_requests_events=True)
    for number, status in enumerate((200, 404, 503)):
        receiver.status = status
        acme.open_mr(branch=f"b{number}")
    log = acme.call("GET", f"{HOOKS}/1/events{query}").json()
    assert [one["response_status"] for one in log] == found


def test_the_log_goes_seven_days_back(acme, receiver):
    make(acme, receiver.url, push_events=False, merge_requests_events=True)
    acme.open_mr()
    acme.clock.move(7 * 86400 + 1)
    assert acme.call("GET", f"{HOOKS}/1/events").json() == []


def test_a_resend_keeps_body_and_key(acme, receiver):
    make(acme, receiver.url, push_events=False, merge_requests_events=True)
    acme.open_mr()
    acme.clock.move(60)
    got = acme.call("POST", f"{HOOKS}/1/events/1/resend")
    assert (got.status_code, got.json()) == (201, {"response_status": 200})
    first, again = receiver.heard
    assert (again.body, again.headers["webhook-id"]) == (first.body, first.headers["webhook-id"])
    assert again.headers["webhook-timestamp"] != first.headers["webhook-timestamp"]
    assert again.headers["x-gitlab-webhook-uuid"] != first.headers["x-gitlab-webhook-uuid"]


def test_five_resends_a_minute(acme, receiver):
    make(acme, receiver.url, push_events=False, merge_requests_events=True)
    acme.open_mr()
    path = f"{HOOKS}/1/events/1/resend"
    assert [acme.call("POST", path).status_code for _ in range(6)] == [201] * 5 + [429]


@pytest.mark.parametrize(
    ("version", "events", "resend"),
    [("17.2.0", 404, 404), ("17.3.0", 200, 404), ("17.4.0", 200, 201)],
)
def test_log_and_resend_came_with_versions(acme, receiver, version, events, resend):
    make(acme, receiver.url, push_events=False, merge_requests_events=True)
    acme.open_mr()
    acme.gitlab.state.version = version
    got = [
        acme.call("GET", f"{HOOKS}/1/events").status_code,
        acme.call("POST", f"{HOOKS}/1/events/1/resend").status_code,
    ]
    assert got == [events, resend]


@pytest.mark.parametrize(
    ("trigger", "event"), [("pipeline_events", "Pipeline Hook"), ("job_events", "Job Hook")]
)
def test_the_newest_pipeline_is_what_a_test_posts(acme, receiver, trigger, event):
    acme.gitlab.run_pipeline(acme.open_mr()).set_status("running")
    make(acme, receiver.url, push_events=False)
    assert acme.call("POST", f"{HOOKS}/1/test/{trigger}").status_code == 201
    assert receiver.heard[0].headers["x-gitlab-event"] == event
