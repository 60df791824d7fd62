"""Which hooks hear an event, what GitLab calls it, and where it goes. Pure.

https://docs.gitlab.com/user/project/integrations/webhooks/#filter-push-events-by-branch
"""

from __future__ import annotations

import fnmatch
import re

from tests.emulators.gitlab.entities import Group, Project
from tests.emulators.gitlab.state import Hook, State

# Hook flag -> trigger name in the delivery log.
TRIGGERS = {
    "push_events": "push_hooks",
    "tag_push_events": "tag_push_hooks",
    "issues_events": "issue_hooks",
    "confidential_issues_events": "confidential_issue_hooks",
    "note_events": "note_hooks",
    "confidential_note_events": "confidential_note_hooks",
    "merge_requests_events": "merge_request_hooks",
    "pipeline_events": "pipeline_hooks",
    "job_events": "job_hooks",
    "deployment_events": "deployment_hooks",
    "releases_events": "release_hooks",
    "feature_flag_events": "feature_flag_hooks",
    "milestone_events": "milestone_hooks",
    "emoji_events": "emoji_hooks",
    "wiki_page_events": "wiki_page_hooks",
    "resource_access_token_events": "resource_access_token_hooks",
    "resource_deploy_token_events": "resource_deploy_token_hooks",
    "vulnerability_events": "vulnerability_hooks",
    "member_events": "member_hooks",
    "subgroup_events": "subgroup_hooks",
    "project_events": "project_hooks",
}


def event_header(trigger: str) -> str:
    """`merge_request_hooks` -> `Merge Request Hook`."""
    return trigger.removesuffix("s").replace("_", " ").title()


def listeners(state: State, place: Project | Group, flag: str, payload: dict) -> list[Hook]:
    """Hooks of the project or group and of the groups above it that take this event."""
    return [
        hook
        for hook in state.hooks.values()
        if hook.events.get(flag) and _owns(state, hook, place) and _takes(hook, flag, payload)
    ]


def _owns(state: State, hook: Hook, place: Project | Group) -> bool:
    if hook.owner == "project":
        return isinstance(place, Project) and hook.owner_id == place.id
    group = state.groups.get(hook.owner_id)
    return bool(state.premium and group and f"{place.path}/".startswith(f"{group.path}/"))


def _takes(hook: Hook, flag: str, payload: dict) -> bool:
    """The branch filter: for push events only."""
    wanted = hook.push_events_branch_filter
    if flag != "push_events" or not wanted or hook.branch_filter_strategy == "all_branches":
        return True
    branch = payload["ref"].removeprefix("refs/heads/")
    if hook.branch_filter_strategy == "regex":
        return re.search(wanted, branch) is not None
    return fnmatch.fnmatchcase(branch, wanted)


def target(hook: Hook) -> str:
    """The hook's address with its `{variables}` filled in."""
    url = hook.url
    for name, value in hook.url_variables.items():
        url = url.replace("{" + name + "}", value)
    return url
