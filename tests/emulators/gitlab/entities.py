"""The things a GitLab instance is made of: people, code, reviews, pipelines. Plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from tests.emulators.gitlab.shipped import Deployment, Environment, Release, Tag
from tests.emulators.gitlab.triggered import Bridge, Source

if TYPE_CHECKING:
    from tests.emulators.gitlab.issues.records import Upload
    from tests.emulators.gitlab.tracked import (
        FeatureFlag,
        Issue,
        Milestone,
        Snippet,
        Vulnerability,
        WikiPage,
    )

GUEST, PLANNER, REPORTER, DEVELOPER, MAINTAINER, OWNER = 10, 15, 20, 30, 40, 50
NULL_SHA = "0" * 40
STATE_IDS = {"opened": 1, "closed": 2, "merged": 3, "locked": 4}


@dataclass
class User:
    """`public_email` "" hides the address: hooks then say [REDACTED]."""

    id: int
    username: str
    name: str
    email: str
    public_email: str = ""
    bot: bool = False


@dataclass
class Token:
    """`kind`: personal (also project and group tokens), oauth, or job (`CI_JOB_TOKEN`).

    `ends_at`: of an OAuth token, which ends at a moment and not with a day. `family`: the id of the
    first of those that were rotated into one another.
    """

    id: int
    value: str
    user_id: int
    scopes: tuple[str, ...]
    name: str = "token"
    expires_at: date | None = None
    revoked: bool = False
    kind: str = "personal"
    created_at: str = "2026-01-01T00:00:00.000Z"
    family: int = 0
    ends_at: datetime | None = None


@dataclass
class Group:
    id: int
    path: str
    name: str
    members: dict[int, int] = field(default_factory=dict)
    visibility: str = "private"
    labels: dict[int, Label] = field(default_factory=dict)


@dataclass
class Commit:
    id: str
    message: str
    author_name: str
    author_email: str
    at: datetime
    parent_ids: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    authored_at: datetime | None = None  # where it was written anew since: a rebase, a pick

    @property
    def title(self) -> str:
        return self.message.split("\n", 1)[0]

    @property
    def authored(self) -> datetime:
        return self.authored_at or self.at


@dataclass
class Branch:
    name: str
    commits: list[str] = field(default_factory=list)  # oldest first
    protected: bool = False

    @property
    def head(self) -> str:
        return self.commits[-1]


@dataclass
class Label:
    id: int
    title: str
    color: str = "#428bca"
    description: str | None = None
    group_id: int | None = None
    archived: bool = False


@dataclass
class Note:
    """`kind`: None, DiscussionNote (a thread) or DiffNote, which alone has a `position`."""

    id: int
    body: str
    author_id: int
    created_at: datetime
    discussion_id: str
    system: bool = False
    internal: bool = False
    updated_at: datetime | None = None
    updated_by_id: int | None = None
    kind: str | None = None
    position: dict | None = None


@dataclass
class MergeRequest:
    id: int
    iid: int
    project_id: int
    title: str
    description: str
    author_id: int
    source_branch: str
    target_branch: str
    base_sha: str
    created_at: datetime
    updated_at: datetime
    state: str = "opened"
    labels: list[Label] = field(default_factory=list)
    assignee_ids: list[int] = field(default_factory=list)
    reviewers: dict[int, str] = field(default_factory=dict)  # user id -> review state
    re_requested: set[int] = field(default_factory=set)
    approvals: dict[int, datetime] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    shas: list[str] = field(default_factory=list)  # commits of the request, oldest first
    head_pipeline_id: int | None = None
    merge_commit_sha: str | None = None
    squash_commit_sha: str | None = None
    merged_sha: str | None = None  # the head of the target just after, whatever the method
    picked_as: list[str] = field(default_factory=list)  # commits of its cherry-picks
    merge_user_id: int | None = None
    merged_at: datetime | None = None
    closed_by_id: int | None = None
    closed_at: datetime | None = None
    last_edited_at: datetime | None = None
    last_edited_by_id: int | None = None
    updated_by_id: int | None = None
    remove_source_branch: bool = True
    diff_head: str = ""
    source_project_id: int = 0  # of a fork; 0: the project itself

    @property
    def draft(self) -> bool:
        return self.title.lower().startswith(("draft:", "[draft]", "(draft)"))

    @property
    def source_id(self) -> int:
        """The project that has the source branch."""
        return self.source_project_id or self.project_id

    @property
    def head_sha(self) -> str:
        return self.diff_head or (self.shas[-1] if self.shas else self.base_sha)


@dataclass
class Job:
    """`environment`: the name of what it deploys to. `user_id`: who played it, if anybody did."""

    id: int
    name: str
    stage: str
    status: str
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    allow_failure: bool = False
    failure_reason: str | None = None
    trace: str = ""
    retried: bool = False
    when: str = "on_success"
    environment: str = ""
    user_id: int | None = None

    @property
    def manual(self) -> bool:
        return self.when == "manual"


@dataclass
class Pipeline:
    id: int
    iid: int
    project_id: int
    ref: str  # the source branch, or the tag
    sha: str
    source: str
    user_id: int
    created_at: datetime
    updated_at: datetime
    status: str = "created"
    tag: bool = False
    before_sha: str = NULL_SHA
    merge_request_iid: int | None = None
    target_id: int = 0  # the merge request's project
    jobs: list[Job] = field(default_factory=list)
    bridges: list[Bridge] = field(default_factory=list)
    name: str | None = None
    started_by: Source | None = None
    variables: dict[str, str] = field(default_factory=dict)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    on_status: Callable[..., None] = field(default=lambda *_: None, repr=False, compare=False)

    def set_status(self, status: str, failed_job: str = "") -> None:
        """Move to `status`; `failed_job` names the job that fails (default: the last one)."""
        self.on_status(self, status, failed_job)


@dataclass(frozen=True)
class PushEvent:
    """A push of one ref, as the project's events remember it."""

    id: int
    author_id: int
    at: datetime
    ref: str  # refs/heads/… or refs/tags/…
    before: str
    after: str
    commits: int
    title: str


@dataclass
class Project:
    """`members`: user id -> access level. `approvals_required` counts on Premium only."""

    id: int
    path: str
    name: str
    group_id: int | None
    created_at: datetime
    default_branch: str = "main"
    description: str = ""
    visibility: str = "private"
    members: dict[int, int] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)
    merge_requests: dict[int, MergeRequest] = field(default_factory=dict)
    pipelines: dict[int, Pipeline] = field(default_factory=dict)
    deployments: list[Deployment] = field(default_factory=list)
    environments: dict[str, Environment] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)  # by tag
    issues: dict[int, Issue] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    uploads: dict[int, Upload] = field(default_factory=dict)
    archived: bool = False
    milestones: dict[int, Milestone] = field(default_factory=dict)
    snippets: dict[int, Snippet] = field(default_factory=dict)
    commit_notes: dict[str, list[Note]] = field(default_factory=dict)
    pushes: list[PushEvent] = field(default_factory=list)
    wiki: dict[str, WikiPage] = field(default_factory=dict)  # by slug
    flags: dict[str, FeatureFlag] = field(default_factory=dict)
    vulnerabilities: list[Vulnerability] = field(default_factory=list)
    issue_tracker: dict[str, str] | None = None
    approvals_required: int = 1
    reset_approvals_on_push: bool = False
    protected_tags: list[str] = field(default_factory=list)  # patterns
    merge_method: str = "merge"  # or ff: no merge commit
    forked_from_id: int | None = None

    @property
    def namespace_path(self) -> str:
        return self.path.rsplit("/", 1)[0]
