"""What a project tells of itself beside merge requests, pipelines and deployments. Pure.

Each is kept as it was last told, under a key of its own for good; people are told of it by rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sync.core.model.common import Commit, Person, Project
from sync.core.model.kinds import Kind
from sync.core.model.pipelines import JobRun


@dataclass(frozen=True, slots=True)
class Push:
    """Commits that came to a branch, or a branch that was made (`created`) or deleted.

    `commits`: those that were told, the oldest first; `total`: how many there were. `before`,
    `after`: zeros for no commit. `protected`: the branch is, None where that was not told.
    `at`: None where the host tells no time, as with most hooks.
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
        return Kind.BRANCH if self.created or self.deleted else Kind.PUSH

    @property
    def key(self) -> str:
        """A branch is one thing through its life; a push is what it brought there."""
        return self.branch if self.kind is Kind.BRANCH else f"{self.after}:{self.branch}"


@dataclass(frozen=True, slots=True)
class TagPush:
    """A tag that was made, moved or deleted. `sha`: what it is on, or was. `message`: of an
    annotated one."""

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
        return Kind.TAG

    @property
    def key(self) -> str:
        return self.tag


@dataclass(frozen=True, slots=True)
class CommentTarget:
    """What a comment is about. `kind`: merge_request, commit, issue or snippet; `key`: its number
    or its commit id."""

    kind: str
    key: str
    title: str
    url: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment. `system`: the host's own words; `internal`: for members only; `place`: the file
    and line that it is about, "" for none."""

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
        return Kind.COMMENT

    @property
    def key(self) -> str:
        return str(self.id)

    @property
    def at(self) -> datetime:
        return self.updated_at


@dataclass(frozen=True, slots=True)
class Release:
    """`text`: the release notes in the host's own dialect. `updated`: edited after it was made."""

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

    @property
    def kind(self) -> Kind:
        return Kind.RELEASE

    @property
    def key(self) -> str:
        return self.tag


@dataclass(frozen=True, slots=True)
class Resource:
    """Anything else: an issue, a milestone, a wiki page, a member, a token that expires.

    `project`: of a group's own things it has the id 0. `key`: the host's own. `state`: as it is
    now; `action`: what was done last. `expires_at`: of a token.
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

    @property
    def key(self) -> str:
        return self.id


ActivityItem = Push | TagPush | Comment | Release | JobRun | Resource
