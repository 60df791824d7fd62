"""Events that a webhook must send for the kinds that notification rules name. Pure.

https://docs.gitlab.com/api/project_webhooks/ https://docs.gitlab.com/api/group_webhooks/
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Literal

from sync.core.model.kinds import Kind

HookOwner = Literal["project", "group"]

FLAGS: dict[Kind, tuple[str, ...]] = {
    Kind.PUSH: ("push_events",),
    Kind.BRANCH: ("push_events",),
    Kind.TAG: ("tag_push_events",),
    Kind.MERGE_REQUEST: ("merge_requests_events",),
    Kind.PIPELINE: ("pipeline_events",),
    Kind.JOB: ("job_events",),
    Kind.COMMENT: ("note_events",),
    Kind.RELEASE: ("releases_events",),
    Kind.DEPLOYMENT: ("deployment_events",),
    Kind.ALERT: ("pipeline_events",),
    Kind.ISSUE: ("issues_events",),
    Kind.WORK_ITEM: ("issues_events",),
    Kind.MILESTONE: ("milestone_events",),
    Kind.WIKI_PAGE: ("wiki_page_events",),
    Kind.FEATURE_FLAG: ("feature_flag_events",),
    Kind.EMOJI: ("emoji_events",),
    Kind.MEMBER: ("member_events",),
    Kind.PROJECT: ("project_events", "subgroup_events"),
    Kind.ACCESS_TOKEN: ("resource_access_token_events", "resource_deploy_token_events"),
    Kind.VULNERABILITY: ("vulnerability_events",),
}
# Confidential items have flags of their own: on only where rules ask for internal things.
INTERNAL_FLAGS: dict[Kind, tuple[str, ...]] = {
    Kind.COMMENT: ("confidential_note_events",),
    Kind.ISSUE: ("confidential_issues_events",),
    Kind.WORK_ITEM: ("confidential_issues_events",),
}
# Sent whatever the rules say: tasks and the mirror are built from these.
ALWAYS_SENT = frozenset(
    {
        Kind.PUSH,
        Kind.TAG,
        Kind.MERGE_REQUEST,
        Kind.PIPELINE,
        Kind.COMMENT,
        Kind.RELEASE,
        Kind.DEPLOYMENT,
        Kind.ACCESS_TOKEN,
    }
)
_GROUP_FLAGS = ("member_events", "project_events", "subgroup_events")


def event_flags(
    owner: HookOwner, kinds: Collection[Kind], *, internal: bool = False
) -> dict[str, bool]:
    """Return every event flag of such a hook: on for ALWAYS_SENT and for `kinds`.

    Flags that are off are named too: GitLab turns `push_events` on where it is not given, and a
    flag that somebody switched on by hand goes off. A GitLab ignores flags it does not know.
    """
    keys = ALWAYS_SENT.union(kinds)
    tables = (FLAGS, INTERNAL_FLAGS) if internal else (FLAGS,)
    on = {flag for table in tables for kind in keys for flag in table.get(kind, ())}
    every = sorted({*chain(*FLAGS.values(), *INTERNAL_FLAGS.values())})
    return {flag: flag in on for flag in every if owner == "group" or flag not in _GROUP_FLAGS}
