"""Deployment hooks as typed events, and the merge requests that the API says they carry."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sync.core.model.common import Person, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.events import DeploymentEvent, UnrecognisedEvent
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.deployments import read_merge_request_iids
from sync.gitlab.webhooks.parse import parse_events
from sync.net import guarded_session
from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.server import GitLabEmulator

FIXTURE = Path(__file__).parents[2] / "fixtures/gitlab/deployment_hook__success.json"
SHOP = "https://gitlab.acme.example/acme/shop"
SHA = "e3b2823ec042b2814fb4c4f73c05fdfa6da11a7e"


def heard(**changes: Any) -> object:
    payload = json.loads(FIXTURE.read_text("utf-8")) | changes
    body = json.dumps({key: value for key, value in payload.items() if value is not ...}).encode()
    (event,) = parse_events("Deployment Hook", body, connection_id=3)
    return event


def test_a_deployment_is_read_whole() -> None:
    project = Project(3, 1, "acme/shop", SHOP, "Shop", "main")
    assert heard() == DeploymentEvent(
        Deployment(
            project=project,
            id=3,
            environment="production",
            tier=Tier.PRODUCTION,
            status=DeploymentStatus.SUCCESS,
            sha=SHA,
            ref="main",
            updated_at=datetime(2026, 3, 2, 9, 28, tzinfo=UTC),
            url="https://production.acme.example",
            job_url=f"{SHOP}/-/jobs/9",
            commit_title="Initial commit",
            actor=Person(1, "ann", "Ann Oak", "ann@acme.example"),
        )
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"status": "running"}, "status", DeploymentStatus.RUNNING),
        ({"status": "failed"}, "status", DeploymentStatus.FAILED),
        ({"status": "canceled"}, "status", DeploymentStatus.CANCELED),
        ({"status": "blocked"}, "status", DeploymentStatus.BLOCKED),
        ({"status": "approved"}, "status", DeploymentStatus.APPROVED),
        ({"status": "rejected"}, "status", DeploymentStatus.REJECTED),
        ({"status": "of tomorrow"}, "status", DeploymentStatus.UNKNOWN),
        ({"status": None}, "status", DeploymentStatus.UNKNOWN),
        ({"environment_tier": ...}, "tier", Tier.PRODUCTION),
        ({"environment_tier": ..., "environment": "тест"}, "tier", Tier.TESTING),
        ({"commit_url": None}, "sha", "e3b2823e"),
        ({"commit_url": "javascript:alert(1)"}, "sha", "e3b2823e"),
        ({"ref": ...}, "ref", ""),
        ({"deployable_url": None}, "job_url", ""),
        ({"environment_external_url": None}, "url", ""),
        ({"environment_external_url": "javascript:alert(1)"}, "url", ""),
        ({"user": None}, "actor", None),
        (
            {"status_changed_at": "2026-03-02T12:28:00.123+03:00"},
            "updated_at",
            datetime(2026, 3, 2, 9, 28, tzinfo=UTC),
        ),
    ],
    ids=str,
)
def test_what_a_hook_may_say(changes: dict[str, Any], field: str, expected: object) -> None:
    event = heard(**changes)
    assert isinstance(event, DeploymentEvent)
    assert getattr(event.deployment, field) == expected


@pytest.mark.parametrize("status", ["approved", "rejected"])
def test_an_approval_is_the_word_of_the_approver_not_of_who_deploys(status: str) -> None:
    approver = {"id": 2, "username": "bob", "name": "Bob Elm", "email": "[REDACTED]"}
    event = heard(status=status, approver=approver, approval={"id": 1, "comment": "Go"})
    assert isinstance(event, DeploymentEvent)
    assert event.deployment.status == status
    assert event.deployment.actor == Person(2, "bob", "Bob Elm")
    blocked = heard(status="blocked", approver=approver)
    assert isinstance(blocked, DeploymentEvent)
    assert blocked.deployment.actor == Person(1, "ann", "Ann Oak", "ann@acme.example")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"environment": None}, "the deployment names no environment"),
        ({"deployment_id": None}, "the deployment has no id"),
        ({"status_changed_at": "yesterday"}, "the deployment has no date"),
        ({"short_sha": None, "commit_url": None}, "the deployment names no commit"),
        ({"project": None}, "the body names no project (id, path and web address)"),
    ],
    ids=str,
)
def test_without_what_it_stands_on_a_deployment_is_recorded_only(
    changes: dict[str, Any], why: str
) -> None:
    assert heard(**changes) == UnrecognisedEvent("Deployment Hook", why)


def test_the_host_says_which_merge_requests_a_deployment_carries() -> None:
    with GitLabEmulator(StillClock()) as gitlab:
        gitlab.state.add_user("ann")
        shop = gitlab.state.add_project("acme/shop", members={"ann": 40})
        token = gitlab.state.add_token("ann").value
        client = GitLab(gitlab.url, token, session=guarded_session(["127.0.0.0/8"]))
        for number in (1, 2):
            gitlab.push(shop, f"work-{number}", [f"Part {number}"], "ann")
            gitlab.merge(gitlab.open_mr(shop, f"work-{number}", f"Part {number}", "ann"), "ann")
        first = gitlab.deploy(gitlab.run_pipeline(shop), "production")
        assert read_merge_request_iids(client, shop.id, first.id) == {1, 2}
        second = gitlab.deploy(gitlab.run_pipeline(shop), "production")
        assert read_merge_request_iids(client, shop.id, second.id) == set()
        with pytest.raises(Refused):
            read_merge_request_iids(client, shop.id, 999)
