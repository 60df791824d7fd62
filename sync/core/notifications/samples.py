"""Sample subjects, one a kind, for previews of messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sync.core.alerts.messages import AlertContext
from sync.core.alerts.model import Alert, AlertKey, AlertState, RefKey
from sync.core.model.activity import Comment, CommentTarget, Push, Release, Resource, TagPush
from sync.core.model.common import Commit, Person, Project
from sync.core.model.deployments import Deployment, DeploymentStatus, Tier
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequest, MergeRequestState
from sync.core.model.pipelines import JobRun, Pipeline, PipelineStatus
from sync.core.notifications.keys import NotificationSubject
from sync.core.rules.portal import UTC, Severity

_AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
_SITE = "https://gitlab.example.com/acme/shop"
_SHOP = Project(1, 7, "acme/shop", _SITE, "Shop", "main")
_ANN = Person(1, "ann", "Ann Lee")
_SHA, _BEFORE = "4f2a9c61" * 5, "b8d03e75" * 5
_BRANCH = "feature/B24-12-cart"


def _commit(sha: str, message: str) -> Commit:
    return Commit(sha, message, "Ann Lee", "ann@acme.example", f"{_SITE}/-/commit/{sha}", _AT)


_COMMITS = (
    _commit(_BEFORE, "B24-12 Keep the cart between visits"),
    _commit(_SHA, "B24-12 Count the goods [once]"),
)


def _resource(
    of: Kind,
    title: str,
    page: str,
    *,
    id: str = "3",
    action: str = "",
    state: str = "",
    text: str = "",
    labels: tuple[str, ...] = (),
    expires_at: datetime | None = None,
) -> Resource:
    return Resource(
        _SHOP, of, id, title, f"{_SITE}/-/{page}", state, action, _ANN, _AT, labels, text,
        expires_at=expires_at,
    )  # fmt: skip


_K = Kind
_RESOURCES = (
    _resource(_K.ISSUE, "The cart forgets goods", "issues/3", action="open", state="opened",
           text="After a **reload** the cart is empty.", labels=("bug",)),
    _resource(_K.WORK_ITEM, "Write the tests", "work_items/3", action="close", state="closed"),
    _resource(_K.MILESTONE, "Spring", "milestones/3", action="create", state="active"),
    _resource(_K.WIKI_PAGE, "How to pay", "wikis/how-to-pay", id="how-to-pay", action="update",
           text="Cards of two more banks"),
    _resource(_K.FEATURE_FLAG, "new_cart", "feature_flags", state="active"),
    _resource(_K.EMOJI, "thumbsup", "issues/3", action="award", text="The cart forgets goods"),
    _resource(_K.MEMBER, "Boris", "project_members", action="user_add_to_team", state="Developer"),
    _resource(_K.PROJECT, "Shop", "", id="7", action="project_rename", text="acme/store"),
    _resource(_K.ACCESS_TOKEN, "b24bridge", "settings/access_tokens",
           action="expiring_access_token", expires_at=datetime(2026, 3, 9, tzinfo=UTC)),
    _resource(_K.VULNERABILITY, "A library with a hole", "security/vulnerabilities/3",
           state="detected", labels=("high", "CVE-2026-1"), text="requirements.txt"),
)  # fmt: skip

SAMPLES: Mapping[Kind, NotificationSubject] = {
    _K.PUSH: Push(_SHOP, _BRANCH, _COMMITS, _ANN, _SHA, before="93ce1f04" * 5, total=7),
    _K.BRANCH: Push(_SHOP, _BRANCH, _COMMITS[:1], _ANN, _BEFORE, total=1, created=True),
    _K.TAG: TagPush(_SHOP, "v1.4.0", _SHA, _ANN, "The spring release"),
    _K.MERGE_REQUEST: MergeRequest(
        _SHOP,
        12,
        "B24-12 Cart",
        "Keeps the goods.",
        f"{_SITE}/-/merge_requests/12",
        MergeRequestState.OPENED,
        False,
        _BRANCH,
        "main",
        _ANN,
        _AT,
        head_sha=_SHA,
        actor=_ANN,
    ),
    _K.PIPELINE: Pipeline(
        _SHOP,
        900,
        PipelineStatus.FAILED,
        _BRANCH,
        _SHA,
        f"{_SITE}/-/pipelines/900",
        _AT,
        duration_seconds=252,
        commit=_COMMITS[1],
        actor=_ANN,
    ),
    _K.JOB: JobRun(
        _SHOP,
        5001,
        "deploy",
        "deploy",
        "manual",
        "main",
        _SHA,
        900,
        f"{_SITE}/-/jobs/5001",
        _AT,
        _ANN,
        environment="production",
        duration_seconds=61,
    ),
    _K.COMMENT: Comment(
        _SHOP,
        77,
        CommentTarget("merge_request", "12", "B24-12 Cart", f"{_SITE}/-/merge_requests/12"),
        "Is the cart emptied, too?",
        _ANN,
        f"{_SITE}/-/merge_requests/12#note_77",
        _AT,
        _AT,
    ),
    _K.RELEASE: Release(
        _SHOP,
        "v1.4.0",
        "Spring",
        "- the cart is kept\n- faster search",
        f"{_SITE}/-/releases/v1.4.0",
        _AT,
        _ANN,
    ),
    _K.DEPLOYMENT: Deployment(
        _SHOP,
        40,
        "production",
        Tier.PRODUCTION,
        DeploymentStatus.SUCCESS,
        _SHA,
        "main",
        _AT,
        "https://shop.example.com",
        f"{_SITE}/-/jobs/5001",
        "B24-12 Count the goods [once]",
        _ANN,
    ),
    _K.ALERT: AlertContext(
        _SHOP,
        AlertKey(RefKey(1, 7, "main"), 900, "test"),
        Alert(
            "test",
            900,
            AlertState.OPEN,
            Severity.HIGH,
            "failed",
            3,
            3,
            _AT,
            _AT + timedelta(minutes=42),
            904,
        ),
        UTC,
    ),
    **{resource.kind: resource for resource in _RESOURCES},
}
