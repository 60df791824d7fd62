from datetime import UTC, datetime

import pytest

from sync.core.model.activity import Resource
from sync.core.model.common import Project
from sync.core.model.events import UnrecognisedEvent
from sync.core.model.kinds import Kind
from tests.gitlab.minimal_payloads import EVA, MORNING, NOON, SHOP, SHOP_URL, told
from tests.gitlab.payloads import LEFT_OUT

EPIC_URL = "https://git.acme.test/groups/acme/web/-/work_items/4"
GROUP = Project(3, 0, "acme/web", "", "Web")
SOON = datetime(2026, 4, 1, tzinfo=UTC)
NO_PROJECT = "the body names no project (id, path and web address)"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (
            "Issue Hook",
            Resource(
                project=SHOP,
                kind=Kind.ISSUE,
                id="4",
                title="Slow checkout",
                url=f"{SHOP_URL}/-/issues/4",
                state="opened",
                action="open",
                actor=EVA,
                at=NOON,
                labels=("bug",),
                text="It takes **9 s**.",
            ),
        ),
        (
            "Milestone Hook",
            Resource(
                project=SHOP,
                kind=Kind.MILESTONE,
                id="4",
                title="v1.0",
                url=f"{SHOP_URL}/-/milestones/4",
                state="active",
                action="create",
                at=NOON,
                text="It takes **9 s**.",
            ),
        ),
        (
            "Wiki Page Hook",
            Resource(
                project=SHOP,
                kind=Kind.WIKI_PAGE,
                id="how-to/ship",
                title="ship",
                url=f"{SHOP_URL}/-/wikis/how-to/ship",
                action="create",
                actor=EVA,
                text="Write it down",
            ),
        ),
        (
            "Feature Flag Hook",
            Resource(
                project=SHOP,
                kind=Kind.FEATURE_FLAG,
                id="6",
                title="cards",
                url=f"{SHOP_URL}/-/feature_flags",
                state="active",
                actor=EVA,
                text="Pay",
            ),
        ),
        (
            "Emoji Hook",
            Resource(
                project=SHOP,
                kind=Kind.EMOJI,
                id="3",
                title="thumbsup",
                url=f"{SHOP_URL}/-/merge_requests/12#note_88",
                action="award",
                actor=EVA,
                at=NOON,
                text="Looks good",
            ),
        ),
        (
            "Vulnerability Hook",
            Resource(
                project=Project(3, 7, "web/shop", SHOP_URL),
                kind=Kind.VULNERABILITY,
                id="9",
                title="Pay: overflow",
                url=f"{SHOP_URL}/-/security/vulnerabilities/9",
                state="confirmed",
                at=NOON,
                labels=("high", "ACME-9"),
                text="poetry.lock",
            ),
        ),
        (
            "Resource Access Token Hook",
            Resource(
                project=SHOP,
                kind=Kind.ACCESS_TOKEN,
                id="25",
                title="deploy bot",
                url=f"{SHOP_URL}/-/settings/access_tokens",
                action="expiring_access_token",
                expires_at=SOON,
            ),
        ),
        (
            "Resource Deploy Token Hook",
            Resource(
                project=GROUP,
                kind=Kind.ACCESS_TOKEN,
                id="deploy/25",
                title="registry",
                url="",
                action="expiring_deploy_token",
                expires_at=datetime(2026, 4, 1, 7, 57, 25, tzinfo=UTC),
            ),
        ),
    ],
)
def test_each_thing_is_read_whole(event, expected):
    assert told(event) == expected


def of(**attributes):
    return {f"object_attributes__{name}": value for name, value in attributes.items()}


@pytest.mark.parametrize(
    ("event", "changes", "field", "expected"),
    [
        ("Issue Hook", {"object_kind": "work_item"} | of(type="Task"), "kind", Kind.WORK_ITEM),
        (
            "Issue Hook",
            {"object_kind": "work_item"} | of(url=None),
            "url",
            f"{SHOP_URL}/-/work_items/4",
        ),
        ("Issue Hook", of(url=LEFT_OUT), "url", f"{SHOP_URL}/-/issues/4"),
        ("Issue Hook", of(action="of tomorrow"), "action", "of tomorrow"),
        ("Issue Hook", of(state="of tomorrow"), "state", "of tomorrow"),
        ("Issue Hook", of(state=None, state_id=2), "state", "closed"),
        ("Issue Hook", of(updated_at=None), "at", MORNING),
        ("Issue Hook", of(description=None), "text", ""),
        ("Issue Hook", of(confidential=True), "confidential", True),
        ("Issue Hook", {"event_type": "confidential_issue"}, "confidential", True),
        ("Confidential Issue Hook", {}, "confidential", True),
        ("Milestone Hook", {"action": "reopen"}, "action", "reopen"),
        ("Milestone Hook", of(state="closed"), "state", "closed"),
        ("Wiki Page Hook", of(title=None), "title", "how-to/ship"),
        ("Wiki Page Hook", of(action="delete"), "action", "delete"),
        ("Feature Flag Hook", of(active=False), "state", "inactive"),
        ("Feature Flag Hook", of(active="off"), "state", ""),
        ("Emoji Hook", {"event_type": "revoke"} | of(action=None), "action", "revoke"),
        ("Emoji Hook", {"note": LEFT_OUT}, "text", "Payments"),
        ("Emoji Hook", {"note__internal": True}, "confidential", True),
        ("Emoji Hook", {"issue": {"confidential": True}}, "confidential", True),
        ("Vulnerability Hook", of(state="dismissed"), "state", "dismissed"),
        ("Vulnerability Hook", of(severity=None, identifiers=None), "labels", ()),
        ("Resource Access Token Hook", of(expires_at=None), "expires_at", None),
        ("Resource Deploy Token Hook", of(revoked=True), "state", "revoked"),
    ],
)
def test_a_things_field_is_read_however_it_is_told(event, changes, field, expected):
    assert getattr(told(event, **changes), field) == expected


def test_a_groups_own_work_item_is_known_by_its_id_on_the_instance():
    changes = {"object_kind": "work_item", "project": None} | of(url=EPIC_URL, project_id=None)
    one = told("Issue Hook", **changes)
    group = Project(3, 0, "acme/web", "https://git.acme.test/groups/acme/web")
    assert (one.project, one.id, one.url) == (group, "31", EPIC_URL)


def test_a_groups_own_things_say_so():
    group = {"group_id": 5, "group_name": "Web", "group_path": "web", "full_path": "acme/web"}
    for event in ("Milestone Hook", "Resource Access Token Hook", "Wiki Page Hook"):
        one = told(event, project=LEFT_OUT, group=group)
        assert (one.project.id, one.project.path) == (0, "acme/web")
    assert told("Milestone Hook", project=None, group=group).id == "31"
    assert told("Milestone Hook", project=None, group=group).url == ""


@pytest.mark.parametrize(
    ("event", "changes", "why"),
    [
        ("Issue Hook", of(iid=None), "the issue has no number"),
        ("Issue Hook", {"object_kind": "work_item"} | of(iid=0), "the work item has no number"),
        ("Issue Hook", {"project": None}, NO_PROJECT),
        ("Milestone Hook", of(iid="4"), "the milestone has no number"),
        ("Wiki Page Hook", of(slug=None), "the wiki page has no name"),
        ("Feature Flag Hook", of(id=None), "the feature flag has no id"),
        ("Emoji Hook", {"object_attributes": None}, "the emoji has no id"),
        ("Vulnerability Hook", of(url=None), "the vulnerability has no number"),
        ("Vulnerability Hook", of(url="https://x.test/-/٩"), "the vulnerability has no number"),
        ("Vulnerability Hook", of(url="https://x.test/-/9"), NO_PROJECT),
        ("Vulnerability Hook", of(project_id=None), NO_PROJECT),
        ("Resource Access Token Hook", of(id=None), "the token has no id"),
        (
            "Resource Deploy Token Hook",
            {"group": {"x": 1}},
            "the body names no project and no group",
        ),
    ],
)
def test_without_what_it_stands_on_a_thing_is_recorded_only(event, changes, why):
    assert told(event, **changes) == UnrecognisedEvent(event, why)
