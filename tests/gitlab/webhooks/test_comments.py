import pytest

from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import Project
from sync.core.model.events import UnrecognisedEvent
from tests.gitlab.minimal_payloads import EVA, MORNING, NOON, SHA, SHOP, SHOP_URL, told
from tests.gitlab.payloads import LEFT_OUT

REQUEST_URL = f"{SHOP_URL}/-/merge_requests/12"


def test_a_comment_on_a_merge_request_is_read_whole():
    assert told("Note Hook") == Comment(
        project=SHOP,
        id=88,
        target=CommentTarget("merge_request", "12", "Payments", REQUEST_URL, "Takes cards."),
        text="Looks good",
        author=EVA,
        url=f"{REQUEST_URL}#note_88",
        created_at=MORNING,
        updated_at=NOON,
    )


@pytest.mark.parametrize(
    ("kind", "where", "thing", "expected"),
    [
        (
            "Commit",
            "commit",
            {"id": SHA, "message": "Add cards\n\nAnd more", "url": f"{SHOP_URL}/-/commit/{SHA}"},
            CommentTarget(
                "commit", SHA, "Add cards", f"{SHOP_URL}/-/commit/{SHA}", "Add cards\n\nAnd more"
            ),
        ),
        (
            "Commit",
            "commit",
            {"id": SHA, "title": "Add…", "message": "Add cards"},
            CommentTarget("commit", SHA, "Add…", f"{SHOP_URL}/-/commit/{SHA}", "Add cards"),
        ),
        (
            "Issue",
            "issue",
            {"id": 31, "iid": 4, "title": "Slow", "description": "9 s"},
            CommentTarget("issue", "4", "Slow", f"{SHOP_URL}/-/issues/4", "9 s"),
        ),
        (
            "WorkItem",
            "work_item",
            {"id": 31, "iid": 4, "title": "Slow", "description": None},
            CommentTarget("issue", "4", "Slow", f"{SHOP_URL}/-/work_items/4"),
        ),
        (
            "Snippet",
            "snippet",
            {"id": 53, "title": "Script", "content": "rm", "description": "Cleans"},
            CommentTarget("snippet", "53", "Script", f"{SHOP_URL}/-/snippets/53", "Cleans"),
        ),
    ],
)
def test_a_comment_says_what_it_is_on(kind, where, thing, expected):
    changes = {"object_attributes__noteable_type": kind, where: thing}
    assert told("Note Hook", **changes).target == expected


TEXT = {"position_type": "text", "new_path": "pay/card.py", "old_path": "pay.py"}


@pytest.mark.parametrize(
    ("changes", "field", "expected"),
    [
        ({"object_attributes__action": "update"}, "author", EVA),
        (
            {"object_attributes__action": "update", "object_attributes__author_id": 44},
            "author",
            None,
        ),
        (
            {"object_attributes__action": LEFT_OUT, "object_attributes__author_id": 44},
            "author",
            EVA,
        ),
        ({"user": None}, "author", None),
        ({"object_attributes__action": LEFT_OUT}, "text", "Looks good"),
        ({"object_attributes__action": "of tomorrow"}, "deleted", False),
        ({"object_attributes__action": "delete"}, "deleted", True),
        ({"object_attributes__system": True}, "system", True),
        ({"object_attributes__internal": True}, "internal", True),
        ({"object_attributes__confidential": True}, "internal", True),
        ({"event_type": "confidential_note"}, "internal", True),
        ({"issue": {"confidential": True}}, "internal", True),
        ({"object_attributes__updated_at": None}, "updated_at", MORNING),
        ({"object_attributes__url": "javascript:1"}, "url", f"{REQUEST_URL}#note_88"),
        ({"object_attributes__note": "[user=1]\u202eевА\x00"}, "text", "[user=1]\u202eевА"),
        (
            {"object_attributes__position": {**TEXT, "new_line": 12}},
            "file_position",
            "pay/card.py:12",
        ),
        (
            {"object_attributes__position": {**TEXT, "new_line": None, "old_line": 3}},
            "file_position",
            "pay/card.py:3",
        ),
        ({"object_attributes__position": TEXT}, "file_position", "pay/card.py"),
        ({"object_attributes__position": {"old_path": "a.png"}}, "file_position", "a.png"),
        ({"object_attributes__position": "pay.py"}, "file_position", ""),
        ({"object_attributes__st_diff": {"new_path": "six"}}, "file_position", "six"),
    ],
)
def test_a_comments_field_is_read_however_it_is_told(changes, field, expected):
    assert getattr(told("Note Hook", **changes), field) == expected


def test_a_comment_in_a_confidential_hook_is_internal_whatever_its_body_says():
    assert told("Confidential Note Hook").internal is True


def test_a_comment_on_a_groups_own_item_belongs_to_the_group():
    page = "https://git.acme.test/groups/acme/web/-/work_items/4"
    one = told(
        "Note Hook",
        project=None,
        project_id=None,
        object_attributes__noteable_type="WorkItem",
        object_attributes__url=f"{page}#note_88",
        work_item={"iid": 4, "title": "Plan", "url": page},
    )
    assert one.project == Project(3, 0, "acme/web", "https://git.acme.test/groups/acme/web")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"object_attributes__id": "88"}, "the comment has no id"),
        ({"object_attributes__created_at": "soon"}, "the comment has no date"),
        ({"object_attributes__noteable_type": "Epic"}, "the comment is on Epic"),
        ({"object_attributes__noteable_type": None}, "the comment is on nothing that is told"),
        ({"merge_request": None}, "the merge request that the comment is on is not told"),
        ({"project": None}, "the body names no project (id, path and web address)"),
    ],
)
def test_without_what_it_stands_on_a_comment_is_recorded_only(changes, why):
    assert told("Note Hook", **changes) == UnrecognisedEvent("Note Hook", why)
