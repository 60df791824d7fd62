"""Project activity other than merge requests, pipelines and deployments. Pure.

Each item is stored as last reported, under a permanent key; rules decide whom to notify of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.core.model.common import Commit, Person, Project
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import JobRun
from sync.core.model.replaced import Replaced


@dataclass(frozen=True, slots=True)
class Push:
    """Commits pushed to a branch, or a branch that was created or deleted.

    `commits` holds the reported ones, oldest first, and `total` counts all. `before` and `after`
    are zeros for no commit. `protected` tells whether the branch is; None where not reported. `at`
    is None where the host sends no time, as in most hooks.
    """

    project: Project
    branch: str
    commits: tuple[Commit, ...]
    actor: Person | None
    after: str
    before: str = ""
    total: int = 0
    created: bool = False
    deleted: bool = False
    protected: bool | None = None
    at: datetime | None = None

    @property
    def kind(self) -> Kind:
        """Return BRANCH where the branch was created or deleted, else PUSH."""
        return Kind.BRANCH if self.created or self.deleted else Kind.PUSH

    @property
    def key(self) -> str:
        """Return the branch's name for a branch event, else the new commit with the branch."""
        return self.branch if self.kind is Kind.BRANCH else f"{self.after}:{self.branch}"


@dataclass(frozen=True, slots=True)
class TagPush:
    """A tag that was created, moved or deleted.

    `sha` is the commit it points, or pointed, to; `message` belongs to an annotated tag.
    """

    project: Project
    tag: str
    sha: str
    actor: Person | None
    message: str = ""
    deleted: bool = False
    at: datetime | None = None
    moved: bool = False

    @property
    def kind(self) -> Kind:
        """Return TAG."""
        return Kind.TAG

    @property
    def key(self) -> str:
        """Return the tag's name."""
        return self.tag


@dataclass(frozen=True, slots=True)
class CommentTarget:
    """The object that a comment is about.

    `kind` is merge_request, commit, issue or snippet; `key` is its number or its commit id.
    """

    kind: str
    key: str
    title: str
    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment on the code host.

    `system`: written by the host itself; `internal`: for members only; `file_position`: the file
    and line that it is about, "" for none.
    """

    project: Project
    id: int
    target: CommentTarget
    text: str
    author: Person | None
    url: str
    created_at: datetime
    updated_at: datetime
    system: bool = False
    internal: bool = False
    deleted: bool = False
    file_position: str = ""

    @property
    def kind(self) -> Kind:
        """Return COMMENT."""
        return Kind.COMMENT

    @property
    def key(self) -> str:
        """Return the comment's id."""
        return str(self.id)

    @property
    def subject_key(self) -> str:
        """Return the key of all that is written about the comment, for good."""
        return f"{self.kind}:{self.project.connection_id}/{self.project.id}:{self.key}"

    @property
    def at(self) -> datetime:
        """Return when the comment was last edited."""
        return self.updated_at


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a project.

    `text` holds the release notes in the host's dialect; `updated`: edited after it was created;
    `assets`: name and address of what was attached.
    """

    project: Project
    tag: str
    name: str
    text: str
    url: str
    released_at: datetime | None = None
    actor: Person | None = None
    deleted: bool = False
    at: datetime | None = None
    updated: bool = False
    assets: tuple[tuple[str, str], ...] = ()

    @property
    def kind(self) -> Kind:
        """Return RELEASE."""
        return Kind.RELEASE

    @property
    def key(self) -> str:
        """Return the release's tag."""
        return self.tag


@dataclass(frozen=True, slots=True)
class Resource:
    """Any other object: an issue, a milestone, a wiki page, a member, an expiring token.

    `project` has the id 0 for what belongs to a group; `id` is the host's own. `state` is the
    present one, `action` the last thing done. `expires_at` is set for tokens. `replaced`: the
    former values of what the last event changed; `missed`: those that were never heard of.
    """

    project: Project
    kind: Kind
    id: str
    title: str
    url: str
    state: str = ""
    action: str = ""
    actor: Person | None = None
    at: datetime | None = None
    labels: tuple[str, ...] = ()
    text: str = ""
    confidential: bool = False
    expires_at: datetime | None = None
    replaced: Replaced = ()
    missed: Replaced = ()

    @property
    def key(self) -> str:
        """Return the host's id of the object."""
        return self.id


ActivityItem = Push | TagPush | Comment | Release | JobRun | Resource
