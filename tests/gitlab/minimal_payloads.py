"""The least that a hook of each kind says, for tests of one field at a time."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from sync.core.model.common import Person, Project
from sync.gitlab.webhooks.parse import parse_events
from tests.gitlab.payloads import body, put

SHOP_URL = "https://git.acme.test/web/shop"
SHOP = Project(3, 7, "web/shop", SHOP_URL, "Shop", "main")
EVA = Person(43, "eva", "Eva Linden")
SHA = "4f1c9e" + "0a" * 17
ZEROS = "0" * 40
MORNING = datetime(2026, 3, 2, 10, 0, 3, tzinfo=UTC)
NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)

_PROJECT = {
    "id": 7,
    "name": "Shop",
    "web_url": SHOP_URL,
    "path_with_namespace": "web/shop",
    "default_branch": "main",
}
_USER = {"id": 43, "username": "eva", "name": "Eva Linden", "email": "[REDACTED]"}
_OF_SHOP = {"project": _PROJECT, "user": _USER}
_TIMES = {"created_at": "2026-03-02 10:00:03 UTC", "updated_at": "2026-03-02 12:00:00 UTC"}
_PUSHER = {"user_id": 43, "user_username": "eva", "user_name": "Eva Linden", "user_email": ""}
_GROUP = {"group_id": 5, "group_name": "Web", "group_path": "web", "full_path": "acme/web"}
_FOUND = {
    "id": 31,
    "iid": 4,
    "title": "Slow checkout",
    "description": "It takes **9 s**.",
    "url": f"{SHOP_URL}/-/issues/4",
    "state": "opened",
    **_TIMES,
}
_NOTE = {
    "id": 88,
    "note": "Looks good",
    "noteable_type": "MergeRequest",
    "author_id": 43,
    "action": "create",
    "system": False,
    "url": f"{SHOP_URL}/-/merge_requests/12#note_88",
    **_TIMES,
}
_REQUEST = {
    "iid": 12,
    "title": "Payments",
    "description": "Takes cards.",
    "url": f"{SHOP_URL}/-/merge_requests/12",
}
_TOKEN = {"id": 25, "name": "deploy bot", "user_id": 90, "expires_at": "2026-04-01"}
_ISSUE = {"object_kind": "issue", "event_type": "issue", **_OF_SHOP} | {
    "object_attributes": _FOUND | {"action": "open", "type": "Issue", "confidential": False},
    "labels": [{"title": "bug"}],
}
_COMMENT = {"object_kind": "note", "event_type": "note", "project_id": 7, **_OF_SHOP} | {
    "object_attributes": _NOTE,
    "merge_request": _REQUEST,
}

SMALL: dict[str, dict[str, Any]] = {
    "Push Hook": {
        "object_kind": "push",
        "before": ZEROS,
        "after": SHA,
        "ref": "refs/heads/main",
        "ref_protected": True,
        "project": _PROJECT,
        "commits": [{"id": SHA, "message": "Add", "author": {"name": "Eva", "email": "e@x.test"}}],
        "total_commits_count": 1,
        **_PUSHER,
    },
    "Tag Push Hook": {
        "object_kind": "tag_push",
        "before": ZEROS,
        "after": "7" * 40,
        "checkout_sha": SHA,
        "ref": "refs/tags/v1.0",
        "message": "The first",
        "project": _PROJECT,
        **_PUSHER,
    },
    "Merge Request Hook": {
        "object_kind": "merge_request",
        **_OF_SHOP,
        "object_attributes": _REQUEST | _TIMES | {"state": "opened", "action": "open"},
    },
    "Pipeline Hook": {
        "object_kind": "pipeline",
        **_OF_SHOP,
        "object_attributes": {"id": 77, "status": "failed", "ref": "main", "sha": SHA, **_TIMES},
    },
    "Job Hook": {
        "object_kind": "build",
        **_OF_SHOP,
        "ref": "main",
        "tag": False,
        "sha": SHA,
        "build_id": 900,
        "build_name": "unit",
        "build_stage": "test",
        "build_status": "failed",
        "build_created_at": "2026-03-02 10:00:03 UTC",
        "build_started_at": None,
        "build_finished_at_iso": "2026-03-02T12:00:00.500Z",
        "build_duration": 61.7,
        "build_allow_failure": False,
        "build_failure_reason": "script_failure",
        "retries_count": 2,
        "pipeline_id": 77,
        "commit": {"id": 77, "sha": SHA},
        "environment": {"name": "production"},
    },
    "Deployment Hook": {
        "object_kind": "deployment",
        **_OF_SHOP,
        "status": "blocked",
        "status_changed_at": "2026-03-02 12:00:00 +0000",
        "deployment_id": 15,
        "environment": "production",
        "environment_tier": "production",
        "short_sha": SHA[:8],
    },
    "Note Hook": _COMMENT,
    "Confidential Note Hook": _COMMENT,
    "Release Hook": {
        "object_kind": "release",
        "project": _PROJECT,
        "tag": "v1.0",
        "name": "Spring",
        "description": "## New\n\n- cards",
        "url": f"{SHOP_URL}/-/releases/v1.0",
        "action": "create",
        "created_at": "2026-03-02 10:00:03 UTC",
        "released_at": "2026-03-02 12:00:00 UTC",
    },
    "Issue Hook": _ISSUE,
    "Confidential Issue Hook": _ISSUE,
    "Milestone Hook": {
        "object_kind": "milestone",
        "project": _PROJECT,
        "object_attributes": _FOUND | {"state": "active", "title": "v1.0"},
        "action": "create",
    },
    "Wiki Page Hook": {
        "object_kind": "wiki_page",
        **_OF_SHOP,
        "object_attributes": {
            "slug": "how-to/ship",
            "title": "ship",
            "content": "Push the button",
            "message": "Write it down",
            "url": f"{SHOP_URL}/-/wikis/how-to/ship",
            "action": "create",
        },
    },
    "Feature Flag Hook": {
        "object_kind": "feature_flag",
        **_OF_SHOP,
        "object_attributes": {"id": 6, "name": "cards", "description": "Pay", "active": True},
    },
    "Emoji Hook": {
        "object_kind": "emoji",
        "event_type": "award",
        "project_id": 7,
        **_OF_SHOP,
        "object_attributes": {
            "id": 3,
            "name": "thumbsup",
            "action": "award",
            "awardable_type": "Note",
            "awarded_on_url": f"{SHOP_URL}/-/merge_requests/12#note_88",
            **_TIMES,
        },
        "note": _NOTE,
        "merge_request": _REQUEST,
    },
    "Vulnerability Hook": {
        "object_kind": "vulnerability",
        "object_attributes": {
            "url": f"{SHOP_URL}/-/security/vulnerabilities/9",
            "title": "Pay: overflow",
            "state": "confirmed",
            "project_id": 7,
            "severity": "high",
            "location": {"file": "poetry.lock"},
            "identifiers": [{"name": "ACME-9"}],
            "updated_at": "2026-03-02T12:00:00.413Z",
        },
    },
    "Resource Access Token Hook": {
        "object_kind": "access_token",
        "project": _PROJECT,
        "object_attributes": _TOKEN,
        "event_name": "expiring_access_token",
    },
    "Resource Deploy Token Hook": {
        "object_kind": "deploy_token",
        "group": _GROUP,
        "object_attributes": {"id": 25, "name": "registry", "revoked": False}
        | {"expires_at": "2026-04-01 07:57:25 UTC"},
        "event_name": "expiring_deploy_token",
    },
    "Member Hook": {
        "event_name": "user_add_to_group",
        **_TIMES,
        **_PUSHER,
        "group_id": 5,
        "group_name": "Web",
        "group_path": "web",
        "group_access": "Developer",
        "expires_at": "2026-12-14T00:00:00Z",
    },
    "Project Hook": {
        "event_name": "project_create",
        **_TIMES,
        "name": "Shop",
        "path": "shop",
        "path_with_namespace": "web/shop",
        "project_id": 7,
        "owners": [{"name": "Eva", "email": "eva@x.test"}],
        "project_visibility": "private",
    },
    "Subgroup Hook": {
        "event_name": "subgroup_create",
        **_TIMES,
        "name": "Web",
        "path": "web",
        "full_path": "acme/web",
        "group_id": 5,
        "parent_full_path": "acme",
    },
}


def small(event: str, **changes: Any) -> dict[str, Any]:
    """`object_attributes__title="x"` sets that field, LEFT_OUT removes it."""
    payload = copy.deepcopy(SMALL[event])
    for path, value in changes.items():
        put(payload, path.split("__"), value)
    return payload


def told(event: str, **changes: Any) -> Any:
    """What the small hook says, with something changed."""
    first, *others = parse_events(event, body(small(event, **changes)), connection_id=3)
    assert "Note" in event or not others
    return first
