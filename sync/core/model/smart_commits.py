"""A command as a commit spoke it, and whether another commit had spoken it already. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.core.model.common import Commit, Person, Project

_KEY = re.compile(r"(\d{1,18})/(\d{1,18}):(\w{1,64}):(\d{1,9})", re.ASCII)
_BULLETS = " \t*-+#"


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
        """The key of which `text` is the name."""
        found = _KEY.fullmatch(text)
        return cls(int(found[1]), int(found[2]), found[3], int(found[4])) if found else None


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
    """`commit`: its message is only its title. `branch`: where it was heard, by whose push
    (`actor`). `place`: in the order of what came together.

    `again`: the commit that had said the same, "" for none. `in_our_name`: time that the portal
    did not take as the author's own. `mendable`: it was refused for what somebody may change.
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
    """A command that waits to be followed. `user`: the commit's author as a portal user."""

    key: CommandKey
    smart_commit: SmartCommit
    author_id: int | None = None


def find_repeated(
    message: str, speech: SmartCommit, sha: str, earlier: Iterable[tuple[str, SmartCommit]]
) -> str:
    """Of the `earlier` commits, by id, the one that this one only repeats; "" for none.

    A commit that is rebased, amended, picked or squashed is another commit with the same words:
    the same command of the same author in the same project, and the old commit's title stands in
    the new message. One that comes to several projects speaks in one of them. To close a task
    again does no harm: it may have been opened again.
    """
    same = [(old, other) for old, other in earlier if other.command == speech.command]
    if not same:
        return ""
    lines = {line.strip(_BULLETS) for line in message.splitlines()}
    repeated = (
        old
        for old, other in same
        if old == sha
        or (
            speech.command.verb is not Verb.CLOSE
            and _author_key(other) == _author_key(speech)
            and other.commit.message.strip(_BULLETS) in lines
        )
    )
    return next(repeated, "")


def _author_key(speech: SmartCommit) -> tuple[int, int, str]:
    author = speech.commit.author_email or speech.commit.author_name
    return speech.project.connection_id, speech.project.id, author.casefold()


class Verb(StrEnum):
    CLOSE = "close"  # the closing words
    DONE = "done"
    START = "start"
    COMMENT = "comment"
    TIME = "time"


class Flaw(StrEnum):
    """Why a command cannot be followed."""

    DURATION = "duration"  # `text` is none
    LONG = "long"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class SmartCommitCommand:
    """`seconds`, `text`: of a time; `text`: of a comment. `flaw`: what is wrong with it."""

    task_id: int
    verb: Verb
    seconds: int = 0
    text: str = ""
    flaw: Flaw | None = None
