"""Every kind of thing in every state that people read of, by name."""

from __future__ import annotations

from sync.core.model.deployments import DeploymentStatus, Tier
from sync.core.model.merge_requests import Reviewer
from sync.core.model.pipelines import PipelineStatus
from sync.core.notifications.keys import NotificationSubject
from tests.core.factories import ANN, BOB, CAROL, NOW, mr
from tests.core.messages.items import (
    HOME,
    commit,
    deployment,
    job,
    note,
    pipeline,
    push,
    release,
    tag,
    thing,
    token,
)

_APPROVED = mr(
    "approved",
    approved_by=(BOB,),
    reviewers=(Reviewer(CAROL, "requested_changes"),),
    pipeline=pipeline(),
)
_FAILED = pipeline("failed", commit=commit(1), duration_seconds=185, merge_request_iid=12)
_FAILED_JOB = job(
    failure_reason="script_failure", allow_failure=True, duration_seconds=61, retries=2
)
_SHIPPED = deployment(url="https://shop.test", commit_title="Pay", job_url=f"{HOME}/-/jobs/5")
_REVIEWED = deployment("approved", environment="review/ü 1", ref="refs/merge-requests/12/head")
_SEVERE = ("high", "CVE-1", "CWE-2")
_OTHER_STATUSES = tuple(one for one in PipelineStatus if one not in ("failed", "manual"))
_ACCESS = "user_access_request"

CASES: dict[str, NotificationSubject] = {
    "push of two commits": push(),
    "push of one commit": push(1),
    "push of seven commits, to a branch of odd letters": push(7, branch="feature/ü x#1"),
    "push of no commits": push(0),
    "push of twenty-five commits, of which twenty are told": push(12, total=25),
    "push of somebody else's work": push(1, actor=ANN),
    "push by nobody": push(1, actor=None),
    "branch created": push(1, created=True),
    "branch deleted": push(0, deleted=True),
    "tag created": tag(),
    "tag with a message": tag(message="Version 1.5\n\nwith *cards*"),
    "tag moved": tag(moved=True),
    "tag deleted": tag(deleted=True, message="Version 1.5"),
    "merge request draft": mr("draft"),
    "merge request opened": mr(),
    "merge request approved": _APPROVED,
    "merge request locked": mr("locked"),
    "merge request merged": mr("merged"),
    "merge request closed by nobody": mr("closed", actor=None),
    **{f"pipeline {status}": pipeline(status) for status in PipelineStatus if status != "failed"},
    "pipeline failed": _FAILED,
    "pipeline of a merge request's own ref": pipeline(ref="refs/merge-requests/12/head"),
    "job failed": _FAILED_JOB,
    "job failed for a new reason": job(failure_reason="new_reason", environment="prod", stage=""),
    "job manual": job("manual", failure_reason="script_failure", pipeline_id=0),
    **{f"job {status}": job(status) for status in _OTHER_STATUSES},
    "job in a new status": job("haunted"),
    "note on a merge request": note(file_position="pay.py:7"),
    "note on a commit": note("commit"),
    "note on an issue": note("issue"),
    "note on a snippet": note("snippet"),
    "note on anything else": note("vulnerability"),
    "note for members": note(internal=True),
    "note deleted": note(deleted=True),
    "release created": release(),
    "release updated": release(updated=True),
    "release deleted": release(deleted=True),
    "release without a name": release(name="", text="", actor=BOB),
    **{f"deployment {status}": deployment(status) for status in DeploymentStatus},
    "deployment with all there is": _SHIPPED,
    "deployment blocked, with an address": deployment("blocked", url="https://shop.test"),
    "deployment to an environment for anything": deployment("failed", tier=Tier.OTHER),
    "deployment to an environment of odd letters": _REVIEWED,
    "issue opened": thing("issue", "open", labels=("bug", "ui"), text="It is **slow**"),
    "issue changed": thing("issue", "update", text="It is slow"),
    "issue closed": thing("issue", "close"),
    "issue reopened": thing("issue", "reopen"),
    "issue for members, in a new state": thing("issue", "haunt", confidential=True),
    "work item opened": thing("work_item", "open"),
    "work item changed": thing("work_item", "update"),
    "work item closed": thing("work_item", "close"),
    "work item reopened": thing("work_item", "reopen"),
    "milestone created": thing("milestone", "create", text="Until May"),
    "milestone changed": thing("milestone", "update"),
    "milestone closed": thing("milestone", "close"),
    "milestone reopened": thing("milestone", "activate"),
    "milestone deleted": thing("milestone", "delete", text="Until May"),
    "wiki page created": thing("wiki_page", "create"),
    "wiki page changed": thing("wiki_page", "update", text="Fix a *typo*"),
    "wiki page deleted": thing("wiki_page", "delete", text="Fix a *typo*"),
    "feature flag on": thing("feature_flag", state="active"),
    "feature flag off": thing("feature_flag", state="inactive"),
    "feature flag in no state": thing("feature_flag"),
    "emoji awarded": thing("emoji", "award", title="eyes", text="Pay\nmore"),
    "emoji revoked": thing("emoji", "revoke", title="eyes"),
    "member added": thing("member", "user_add_to_group", state="Developer", expires_at=NOW),
    "member changed": thing("member", "user_update_for_group", state="Maintainer"),
    "member removed": thing("member", "user_remove_from_group", state="Developer", expires_at=NOW),
    "member requested": thing("member", f"{_ACCESS}_to_group"),
    "member denied": thing("member", f"{_ACCESS}_denied_for_group"),
    "member withdrawn": thing("member", f"{_ACCESS}_revoked_for_group"),
    "project created": thing("project", "project_create"),
    "project changed": thing("project", "project_update"),
    "project renamed": thing("project", "project_rename", text="acme/old"),
    "project transferred": thing("project", "project_transfer", text="old/shop"),
    "project deleted": thing("project", "project_destroy"),
    "group created": thing("project", "subgroup_create", id="group/4"),
    "group changed": thing("project", "group_update", id="group/4"),
    "group renamed": thing("project", "group_rename", id="group/4", text="acme"),
    "group deleted": thing("project", "subgroup_destroy", id="group/4"),
    "access token expires": token(),
    "access token expires on a day that is not told": token(None, url=""),
    "access token revoked": token(state="revoked"),
    "deploy token expires": token(id="deploy/4"),
    "deploy token revoked": token(id="deploy/4", state="revoked"),
    "vulnerability detected": thing("vulnerability", state="detected", labels=_SEVERE, text="a.py"),
    "vulnerability confirmed": thing("vulnerability", state="confirmed", labels=("low",)),
    "vulnerability dismissed": thing("vulnerability", state="dismissed"),
    "vulnerability resolved": thing("vulnerability", state="resolved"),
    "vulnerability in no state, severe in a new way": thing("vulnerability", labels=("odd",)),
}
