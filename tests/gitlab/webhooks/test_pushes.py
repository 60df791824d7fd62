import pytest

from sync.core.model.activity import Push, TagPush
from sync.core.model.common import Commit
from sync.core.model.events import UnrecognisedEvent
from sync.core.model.kinds import Kind
from tests.gitlab.minimal_payloads import EVA, SHA, SHOP, ZEROS, told
from tests.gitlab.payloads import LEFT_OUT

TAG_OBJECT = "7" * 40


def test_a_push_is_read_whole():
    assert told("Push Hook", before="1" * 40) == Push(
        project=SHOP,
        branch="main",
        commits=(Commit(SHA, "Add", "Eva", "e@x.test"),),
        actor=EVA,
        after=SHA,
        before="1" * 40,
        total=1,
        protected=True,
    )


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"before": ZEROS}, "created", True),
        ({"before": ZEROS}, "before", ZEROS),
        ({"before": ZEROS}, "kind", Kind.BRANCH),
        ({"before": "7" * 40}, "created", False),
        ({"before": "7" * 40}, "kind", Kind.PUSH),
        ({"after": ZEROS}, "deleted", True),
        ({"after": ZEROS}, "after", ZEROS),
        ({"after": "0" * 64}, "deleted", True),
        ({"before": None, "after": None}, "kind", Kind.PUSH),
        ({"ref_protected": False}, "protected", False),
        ({"ref_protected": LEFT_OUT}, "protected", None),
        ({"ref_protected": "yes"}, "protected", None),
        ({"total_commits_count": 41}, "total", 41),
        ({"total_commits_count": None}, "total", 1),
        ({"total_commits_count": 2**63}, "total", 1),
        ({"total_commits_count": 0, "commits": []}, "total", 0),
        ({"ref": "refs/heads/ветка/[b]"}, "branch", "ветка/[b]"),
        ({"user_id": None}, "actor", None),
    ],
)
def test_a_pushs_field_is_read_however_it_is_told(changes, field, expected):
    assert getattr(told("Push Hook", **changes), field) == expected


@pytest.mark.parametrize(
    ("address", "read"), [("e@x.test", "e@x.test"), ("[REDACTED]", None), ("", None), (None, None)]
)
def test_an_address_that_is_hidden_is_none(address, read):
    author = {"name": "Eva", "email": address}
    one = told("Push Hook", commits=[{"id": SHA, "author": author}], user_email=address)
    assert (one.commits[0].author_email, one.actor.email) == (read, read)


def test_a_made_tag_is_read_with_the_commit_it_is_on():
    assert told("Tag Push Hook") == TagPush(SHOP, "v1.0", SHA, EVA, "The first")


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"checkout_sha": LEFT_OUT}, "sha", TAG_OBJECT),
        ({"message": None}, "message", ""),
        ({"ref": "refs/tags/2026/03"}, "tag", "2026/03"),
        ({"after": ZEROS, "before": SHA, "checkout_sha": None}, "deleted", True),
        ({"after": ZEROS, "before": SHA, "checkout_sha": None}, "sha", SHA),
        ({"after": ZEROS, "before": SHA, "checkout_sha": None}, "moved", False),
        ({"before": ZEROS}, "moved", False),
        ({"before": LEFT_OUT}, "moved", False),
        ({"before": SHA}, "moved", True),
        ({"object_kind": LEFT_OUT, "event_name": "tag_push"}, "tag", "v1.0"),
    ],
)
def test_a_tags_field_is_read_however_it_is_told(changes, field, expected):
    assert getattr(told("Tag Push Hook", **changes), field) == expected


@pytest.mark.parametrize(
    ("event", "ref", "why"),
    [
        ("Push Hook", "refs/tags/v1", "the push is to refs/tags/v1, not to a branch"),
        ("Push Hook", "refs/heads/", "the push is to refs/heads/, not to a branch"),
        ("Tag Push Hook", "refs/heads/main", "the push is to refs/heads/main, not to a tag"),
        ("Tag Push Hook", None, "the push is to no ref, not to a tag"),
    ],
)
def test_a_push_to_something_else_is_recorded_only(event, ref, why):
    assert told(event, ref=ref) == UnrecognisedEvent(event, why)
