import pytest

from sync.core.model.kinds import Kind
from sync.gitlab.api.hook_events import FLAGS, event_flags

ALWAYS = {
    "deployment_events",
    "merge_requests_events",
    "note_events",
    "pipeline_events",
    "push_events",
    "releases_events",
    "resource_access_token_events",
    "resource_deploy_token_events",
    "tag_push_events",
}
RARE = {
    "confidential_issues_events",
    "confidential_note_events",
    "emoji_events",
    "feature_flag_events",
    "issues_events",
    "job_events",
    "milestone_events",
    "vulnerability_events",
    "wiki_page_events",
}
OF_GROUPS = {"member_events", "project_events", "subgroup_events"}


def on(owner, *kinds, internal=False):
    return {name for name, on in event_flags(owner, kinds, internal=internal).items() if on}


def test_without_rules_a_hook_is_sent_what_tasks_live_on_and_nothing_else():
    assert on("project") == on("group") == ALWAYS
    assert event_flags("project", ()).keys() == ALWAYS | RARE
    assert event_flags("group", ()).keys() == ALWAYS | RARE | OF_GROUPS


@pytest.mark.parametrize(
    ("kind", "added"),
    [
        (Kind.PUSH, set()),
        (Kind.BRANCH, set()),
        (Kind.TAG, set()),
        (Kind.MERGE_REQUEST, set()),
        (Kind.PIPELINE, set()),
        (Kind.JOB, {"job_events"}),
        (Kind.COMMENT, set()),
        (Kind.RELEASE, set()),
        (Kind.DEPLOYMENT, set()),
        (Kind.ALERT, set()),
        (Kind.ISSUE, {"issues_events"}),
        (Kind.WORK_ITEM, {"issues_events"}),
        (Kind.MILESTONE, {"milestone_events"}),
        (Kind.WIKI_PAGE, {"wiki_page_events"}),
        (Kind.FEATURE_FLAG, {"feature_flag_events"}),
        (Kind.EMOJI, {"emoji_events"}),
        (Kind.MEMBER, {"member_events"}),
        (Kind.PROJECT, {"project_events", "subgroup_events"}),
        (Kind.ACCESS_TOKEN, set()),
        (Kind.VULNERABILITY, {"vulnerability_events"}),
    ],
)
def test_a_kind_adds_its_events(kind, added):
    assert on("group", kind) == ALWAYS | added
    assert on("project", kind) == ALWAYS | (added - OF_GROUPS)


def test_every_kind_has_its_events():
    assert FLAGS.keys() == set(Kind)


def test_what_only_members_may_read_is_on_where_it_is_asked_for_and_its_kind_is_heard():
    assert on("project", internal=True) == ALWAYS | {"confidential_note_events"}
    assert on("project", Kind.WORK_ITEM, internal=True) == ALWAYS | {
        "confidential_note_events",
        "issues_events",
        "confidential_issues_events",
    }
