"""A command as a commit spoke it, and whether another commit had spoken it already. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.core.model.common import Commit, Person, Project

_KEY = re.compile(r"(\d{1,18})/(\d{1,18}):(\w{1,64}):(\d{1,9})", re.ASCII)
_BULLETS = " \t*-+#"
# `git cherry-pick -x` and the host's own button write this line.
# https://docs.gitlab.com/user/project/merge_requests/cherry_pick_changes/
_PICKED = re.compile(r"\(cherry[ -]picked from commit ([0-9a-f]{7,64})\)", re.IGNORECASE)
# https://docs.gitlab.com/user/project/merge_requests/commit_templates/
_MERGE_COMMIT = re.compile(
    r"\A\s*Merge (?:(?:remote-tracking )?branch|tag|commit|merge request|pull request)\b"
    r"|^See merge request \S*!\d+\s*$",
    re.MULTILINE,
)
_SHARED_BRANCH = re.compile(
    r"main|master|trunk|develop(?:ment)?|dev|next|staging|production|release[-/].+|stable.*|"
    r"hotfix/\d.*|v?\d+[.-].+|\d+-\d+-stable.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class CommandKey:
    """The commit and the number of the command in it."""

    connection_id: int
    project_id: int
    sha: str
    number: int

    def __str__(self) -> str:
        return f"{self.connection_id}/{self.project_id}:{self.sha}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> CommandKey | None:
        """Return the key of which `text` is the name, or None."""
        match = _KEY.fullmatch(text)
        return cls(int(match[1]), int(match[2]), match[3], int(match[4])) if match else None


class SmartCommitState(StrEnum):
    NEW = "new"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class SmartCommitResult:
    """How a command ended that nothing is written for. `retryable`: somebody may change why."""

    state: SmartCommitState
    reason: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class SmartCommit:
    """A command with its commit, of whose message only the title is kept.

    `branch`: where it was pushed to, by `actor`. `position`: in the order of what came together.
    `repeats`: the commit that had said the same, "" for none. `as_app`: time that the portal did
    not take as the author's own. `retryable`: it was refused for what somebody may change.
    """

    command: SmartCommitCommand
    project: Project
    branch: str
    commit: Commit
    actor: Person | None = None
    position: int = 0
    repeats: str = ""
    as_app: bool = False
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class PendingSmartCommit:
    """A command that waits. `author_id`: the commit's author as a portal user."""

    key: CommandKey
    smart_commit: SmartCommit
    author_id: int | None = None


def find_repeated(
    message: str, speech: SmartCommit, sha: str, earlier: Iterable[tuple[str, SmartCommit]]
) -> str:
    """Return which of the `earlier` commits, by id, this one only repeats; "" for none.

    `message`: the whole one. The same command, given to the same task in the same project, is a
    repetition if the same author's title stands in the new message (rebased, amended, squashed),
    or if another author's commit is a copy by what it is: a merge commit, a picked one, a squash
    on a shared branch. To close a task again does no harm: it may have been opened again.
    """
    same = [(old, other) for old, other in earlier if other.command == speech.command]
    if not same:
        return ""
    lines = {line.strip(_BULLETS) for line in message.splitlines()}
    picked = tuple(_PICKED.findall(message))
    copied = bool(picked) or _MERGE_COMMIT.search(message) is not None
    repeated = [
        old
        for old, other in same
        if old == sha
        or (
            speech.command.verb is not Verb.CLOSE
            and _project_key(other) == _project_key(speech)
            and (
                copied
                or (
                    other.commit.message.strip(_BULLETS) in lines
                    and (is_of_same_author(other, speech) or _is_squash(other, speech))
                )
            )
        )
    ]
    named = (old for old in repeated if old.startswith(picked))
    return next(named, repeated[0] if repeated else "")


def _is_squash(old: SmartCommit, new: SmartCommit) -> bool:
    """Tell whether a commit may be a squash: what a topic branch said comes to a shared one.

    The host writes it in the name of the merge request's author.
    https://docs.gitlab.com/user/project/merge_requests/squash_and_merge/
    """
    shared = new.branch == new.project.default_branch or _SHARED_BRANCH.fullmatch(new.branch)
    return old.branch != new.branch and bool(shared)


def _project_key(speech: SmartCommit) -> tuple[int, int]:
    return speech.project.connection_id, speech.project.id


def is_of_same_author(old: SmartCommit, new: SmartCommit) -> bool:
    """Return whether one person wrote both, by address, or by name where there is none."""
    first, second = (
        (speech.commit.author_email or speech.commit.author_name) for speech in (old, new)
    )
    return first.casefold() == second.casefold()


class Verb(StrEnum):
    CLOSE = "close"  # the closing words
    REVERT = "revert"  # a title that takes the work of the task back
    DONE = "done"
    START = "start"
    COMMENT = "comment"
    TIME = "time"


DEFAULT_BRANCH_VERBS = frozenset({Verb.CLOSE, Verb.REVERT})  # what happens once it is there


class Flaw(StrEnum):
    """Why a command cannot be followed."""

    DURATION = "duration"  # `text` is none
    LONG = "long"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class SmartCommitCommand:
    """What a task is told. `text`: of a comment, or what the `seconds` were spent on."""

    task_id: int
    verb: Verb
    seconds: int = 0
    text: str = ""
    flaw: Flaw | None = None
