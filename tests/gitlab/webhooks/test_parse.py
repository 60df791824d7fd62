import json

import pytest

from sync.core.model.activity import Comment, Push, Release, Resource, TagPush
from sync.core.model.events import (
    DeploymentEvent,
    MergeRequestEvent,
    PipelineEvent,
    UnrecognisedEvent,
)
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import JobRun
from sync.gitlab.webhooks.parse import PARSERS, parse_events
from tests.gitlab.minimal_payloads import SMALL, small
from tests.gitlab.payloads import FAILED, OPENED, PUSHED, body, fixture

TEMPLATE = ": a custom webhook template? Remove the template in the webhook's settings"
NOT_JSON = "the body is not JSON, or is cut off: a custom template?"


def heard(event, raw):
    first, *others = parse_events(event, raw, connection_id=3)
    assert "Note" in event or not others
    return first


@pytest.mark.parametrize(
    ("name", "event", "kind"),
    [
        (OPENED, "Merge Request Hook", MergeRequestEvent),
        (OPENED, "System Hook", MergeRequestEvent),
        (PUSHED, "Push Hook", Push),
        (PUSHED, "System Hook", Push),
        (FAILED, "Pipeline Hook", PipelineEvent),
    ],
)
def test_each_event_we_use_is_typed(name, event, kind):
    assert type(heard(event, body(fixture(name)))) is kind


TYPES = {
    "Push Hook": Push,
    "Tag Push Hook": TagPush,
    "Merge Request Hook": MergeRequestEvent,
    "Pipeline Hook": PipelineEvent,
    "Job Hook": JobRun,
    "Deployment Hook": DeploymentEvent,
    "Note Hook": Comment,
    "Confidential Note Hook": Comment,
    "Release Hook": Release,
    "Issue Hook": Kind.ISSUE,
    "Confidential Issue Hook": Kind.ISSUE,
    "Milestone Hook": Kind.MILESTONE,
    "Wiki Page Hook": Kind.WIKI_PAGE,
    "Feature Flag Hook": Kind.FEATURE_FLAG,
    "Emoji Hook": Kind.EMOJI,
    "Vulnerability Hook": Kind.VULNERABILITY,
    "Resource Access Token Hook": Kind.ACCESS_TOKEN,
    "Resource Deploy Token Hook": Kind.ACCESS_TOKEN,
    "Member Hook": Kind.MEMBER,
    "Project Hook": Kind.PROJECT,
    "Subgroup Hook": Kind.PROJECT,
}


def test_every_event_of_the_table_has_a_type():
    told = {event: heard(event, body(payload)) for event, payload in SMALL.items()}
    assert {e: t.kind if isinstance(t, Resource) else type(t) for e, t in told.items()} == TYPES
    assert TYPES.keys() == PARSERS.keys()


@pytest.mark.parametrize(
    ("event", "names"),
    [
        ("Push Hook", ["push"]),
        ("Tag Push Hook", ["tag_push"]),
        ("Merge Request Hook", ["merge_request"]),
        (
            "Project Hook",
            [
                "project_create",
                "project_destroy",
                "project_rename",
                "project_transfer",
                "project_update",
            ],
        ),
        ("Subgroup Hook", ["group_create", "group_destroy", "group_rename"]),
        (
            "Member Hook",
            [
                "user_add_to_group",
                "user_update_for_group",
                "user_remove_from_group",
                "user_access_request_to_group",
                "user_access_request_denied_for_group",
                "user_access_request_revoked_for_group",
                "user_add_to_team",
                "user_update_for_team",
                "user_remove_from_team",
                "user_access_request_to_project",
                "user_access_request_denied_for_project",
                "user_access_request_revoked_for_project",
            ],
        ),
    ],
)
def test_a_system_hook_says_the_same_under_the_name_in_its_body(event, names):
    for name in names:
        payload = {k: v for k, v in small(event).items() if k != "object_kind"}
        raw = body(payload | {"event_name": name})
        assert heard("System Hook", raw) == heard(event, raw)
        assert not isinstance(heard(event, raw), UnrecognisedEvent)


@pytest.mark.parametrize(
    ("event", "raw", "why"),
    [
        ("Push Hook", b"", NOT_JSON),
        ("Push Hook", body(fixture(PUSHED))[:200], NOT_JSON),
        ("Push Hook", b"text={{project.name}}", NOT_JSON),
        ("Push Hook", b'{"id": ' + b"9" * 5000 + b"}", NOT_JSON),
        ("Push Hook", b"\xff\xfe{}", "the body is not UTF-8"),
        ("Push Hook", b'"push"', "the body is JSON, but not an object"),
        ("Push Hook", b"[]", "the body is JSON, but not an object"),
        ("Push Hook", b"null", "the body is JSON, but not an object"),
        ("Push Hook", b'{"a":' * 100_000, "the body is nested too deeply"),
        ("Push Hook", b"[" * 100_000 + b"]" * 100_000, "the body is nested too deeply"),
        ("Push Hook", b"{}", "object_kind is missing, not push" + TEMPLATE),
        ("Push Hook", b'{"text": "hi"}', "object_kind is missing, not push" + TEMPLATE),
        ("Push Hook", body(fixture(OPENED)), "object_kind is merge_request, not push" + TEMPLATE),
        ("Job Hook", b"{}", "object_kind is missing, not build" + TEMPLATE),
        ("Issue Hook", b"{}", "object_kind is missing, not issue or work_item" + TEMPLATE),
        ("Member Hook", b"{}", "the event is not named"),
        ("Duo Flow Callback", b"{}", "recorded, nothing is done with it yet"),
        ("Note Hook", b"[1]", "the body is JSON, but not an object"),
    ],
)
def test_a_body_that_says_nothing_is_recorded_with_the_reason(event, raw, why):
    assert heard(event, raw) == UnrecognisedEvent(event, why)


@pytest.mark.parametrize(
    ("event", "payload", "kind"),
    [
        ("", {}, "no X-Gitlab-Event"),
        ("Duo Flow Callback", {"object_kind": "duo_workflow"}, "Duo Flow Callback"),
        ("System Hook", {"event_name": "user_create"}, "System Hook: user_create"),
        ("System Hook", {"event_name": ["x"]}, "System Hook: no name"),
        ("System Hook", {"event_name": "key_create"}, "System Hook: key_create"),
        ("System Hook", {"event_name": "repository_update"}, "System Hook: repository_update"),
    ],
)
def test_an_event_we_do_not_use_is_recorded_by_its_name(event, payload, kind):
    expected = UnrecognisedEvent(kind, "recorded, nothing is done with it yet")
    assert heard(event, body(payload)) == expected


def test_a_body_of_megabytes_is_read():
    payload = fixture(OPENED, object_attributes__description="я" * 4_000_000)
    raw = json.dumps(payload, ensure_ascii=False).encode()
    assert len(heard("Merge Request Hook", raw).merge_request.description) == 4_000_000
