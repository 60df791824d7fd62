from datetime import UTC, datetime

import pytest

from sync.core.model.activity import Resource
from sync.core.model.common import Project
from sync.core.model.events import UnrecognisedEvent
from sync.core.model.kinds import Kind
from tests.gitlab.minimal_payloads import NOON, told
from tests.gitlab.payloads import LEFT_OUT

TEAM = {"group_id": LEFT_OUT, "group_path": LEFT_OUT, "group_name": LEFT_OUT} | {
    "group_access": LEFT_OUT,
    "access_level": "Maintainer",
    "project_id": 7,
    "project_name": "Shop",
    "project_path_with_namespace": "web/shop",
}


def test_a_member_of_a_group_is_read_whole():
    assert told("Member Hook") == Resource(
        project=Project(3, 0, "web", "", "Web"),
        kind=Kind.MEMBER,
        id="group/5/43",
        title="Eva Linden",
        url="",
        state="Developer",
        action="user_add_to_group",
        at=NOON,
        expires_at=datetime(2026, 12, 14, tzinfo=UTC),
    )


def test_a_member_of_a_project_is_read_whole():
    assert told("Member Hook", event_name="user_add_to_team", **TEAM) == Resource(
        project=Project(3, 7, "web/shop", "", "Shop"),
        kind=Kind.MEMBER,
        id="43",
        title="Eva Linden",
        url="",
        state="Maintainer",
        action="user_add_to_team",
        at=NOON,
        expires_at=datetime(2026, 12, 14, tzinfo=UTC),
    )


def test_a_project_that_was_renamed_tells_its_path_of_before():
    changes = {"event_name": "project_rename", "old_path_with_namespace": "web/store"}
    assert told("Project Hook", **changes) == Resource(
        project=Project(3, 7, "web/shop", "", "Shop"),
        kind=Kind.PROJECT,
        id="7",
        title="Shop",
        url="",
        state="private",
        action="project_rename",
        at=NOON,
        text="web/store",
    )


def test_a_subgroup_is_read_whole():
    assert told("Subgroup Hook") == Resource(
        project=Project(3, 0, "acme/web", "", "Web"),
        kind=Kind.PROJECT,
        id="group/5",
        title="Web",
        url="",
        action="subgroup_create",
        at=NOON,
    )


@pytest.mark.parametrize(
    ("event", "changes", "field", "expected"),
    [
        ("Member Hook", {"event_name": "user_of_tomorrow"}, "action", "user_of_tomorrow"),
        ("Member Hook", {"user_name": None}, "title", "eva"),
        ("Member Hook", {"expires_at": None}, "expires_at", None),
        ("Project Hook", {"project_visibility": "visibilitylevel|internal"}, "state", "internal"),
        ("Project Hook", {"name": None}, "title", "web/shop"),
        (
            "Project Hook",
            {"path_with_namespace": None},
            "project",
            Project(3, 7, "shop", "", "Shop"),
        ),
        ("Subgroup Hook", {"full_path": None}, "project", Project(3, 0, "web", "", "Web")),
        (
            "Subgroup Hook",
            {"event_name": "group_rename", "old_full_path": "acme/w"},
            "text",
            "acme/w",
        ),
    ],
)
def test_a_field_is_read_however_it_is_told(event, changes, field, expected):
    assert getattr(told(event, **changes), field) == expected


@pytest.mark.parametrize(
    ("event", "changes", "why"),
    [
        ("Member Hook", {"event_name": "project_create"}, "the event is project_create"),
        ("Member Hook", {"user_id": None}, "the member has no id"),
        ("Member Hook", {"group_id": None}, "the body names no project"),
        ("Member Hook", {"group_path": None}, "the body names no project and no group"),
        ("Project Hook", {"project_id": None}, "the body names no project"),
        ("Project Hook", {"event_name": None}, "the event is not named"),
        ("Subgroup Hook", {"group_id": "5"}, "the group has no id"),
    ],
)
def test_without_what_it_stands_on_it_is_recorded_only(event, changes, why):
    assert told(event, **changes) == UnrecognisedEvent(event, why)
