"""Smart-commit commands, and whether another commit had given one already. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from sync.core.model.common import Commit, Person, Project

_KEY = re.compile(r"(\d{1,18})/(\d{1,18}):(\w{1,64}):(\d{1,9})", re.ASCII)
_BULLETS = " \t*-+#"
# `git cherry-pick -x` and the host's own button write this line.
# https://docs.gitlab.com/user/project/merge_requests/cherry_pick_changes/
_PICKED = re.compile(r"\(cherry[ -]picked from commit ([0-9a-f]{7,64})\)", re.IGNORECASE)
# https://docs.gitlab.com/user/project/merge_requests/commit_templates/
_MERGING = re.compile(r"\s*merged?\b", re.IGNORECASE)
_MERGE_COMMIT = re.compile(
    r"\A\s*Merge (?:(?:remote-tracking )?branch|tag|commit|merge request|pull request)\b"
    r"|^See merge request \S*!\d+\s*$|^Apply \d+ suggestion",
    re.MULTILINE,
)
# What squash and merge templates, drafts, backports and bots put around a title.
_BEFORE_TITLE = re.compile(
    r"(?:[\s\-*+•]+|(?:draft|wip|backport|cherry-?pick(?:ed)?|fixup|squash|amend)\s?[:!]\s*|"
    r"\[[^\]\n]{1,40}\]\s*|\((?:draft|wip)\)\s*|\d{1,3}[.)]\s+|:\w{1,40}:\s*|"
    r"[^\w\s\x00-\x7f«“„]+\s*)+",
    re.IGNORECASE,
)
_AFTER_TITLE = re.compile(r"(?:\s*\((?:[\w./-]{0,200}[!#]\d{1,9}|backport)\))+\s*\Z", re.IGNORECASE)
_SHARED_BRANCH = re.compile(
    r"main|master|trunk|develop(?:ment)?|dev|next|staging|production|release[-/].+|stable.*|"
    r"hotfix/\d.*|v?\d+[.-].+|\d+-\d+-stable.*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, order=True)
class CommandKey:
    """The identity of a command: its commit and its number in it."""

    connection_id: int
    project_id: int
    sha: str
    number: int

    def __str__(self) -> str:
        return f"{self.connection_id}/{self.project_id}:{self.sha}:{self.number}"

    @classmethod
    def parse(cls, text: str) -> CommandKey | None:
        """Return the key whose string form is `text`, or None."""
        match = _KEY.fullmatch(text)
        return cls(int(match[1]), int(match[2]), match[3], int(match[4])) if match else None


class SmartCommitState(StrEnum):
    """Whether a command was carried out."""

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
    """A command with its commit, whose message is reduced to the title.

    `branch` is where `actor` pushed it. `position` orders commands that arrive together. `repeats`
    is the commit that gave the same command before, "" for none. `as_app`: the portal did not
    accept the time as the author's own. `retryable`: refused for a reason that somebody may remove.
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
    """A command that waits; `author_id` is the commit's author as a portal user."""

    key: CommandKey
    smart_commit: SmartCommit
    author_id: int | None = None


def find_repeated(
    message: str, speech: SmartCommit, sha: str, earlier: Iterable[tuple[str, SmartCommit]]
) -> str:
    """Return which of the `earlier` commits, by id, this one only repeats; "" for none.

    `message` is the whole one. The same command, given to the same task in the same project, is a
    repetition if the same author's title stands in the new message (rebased, amended, squashed), or
    if another author's commit is recognisably copied: by a merge commit, a cherry-pick, or a squash
    on a shared branch. Closing a task again is never a repetition: it may have been reopened.
    """
    same = [(old, other) for old, other in earlier if _is_same_command(other, speech)]
    if not same:
        return ""
    lines = {_bare_title(line) for line in message.splitlines()}
    picked = tuple(_PICKED.findall(message))
    copied = is_copy(message)
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
                    _bare_title(other.commit.message) in lines
                    and (
                        is_of_same_author(other, speech)
                        or _is_squash(other, speech)
                        or _MERGING.match(message)
                    )
                )
            )
        )
    ]
    pairs = (old for old in repeated if old.startswith(picked))
    return next(pairs, repeated[0] if repeated else "")


def is_copy(message: str) -> bool:
    """Tell whether a message itself says that it repeats: of a merge, or of a picked commit."""
    return _PICKED.search(message) is not None or _MERGE_COMMIT.search(message) is not None


def _is_same_command(old: SmartCommit, new: SmartCommit) -> bool:
    """Tell whether both ask for the same, apart from what a template put behind the title."""
    first, second = (
        replace(speech.command, text=_AFTER_TITLE.sub("", speech.command.text))
        for speech in (old, new)
    )
    return first == second


def _bare_title(line: str) -> str:
    """Return a title without bullets, marks of drafts and backports, and references."""
    bare = _AFTER_TITLE.sub("", line.strip())
    match = _BEFORE_TITLE.match(bare)
    return bare[match.end() if match else 0 :].strip(_BULLETS)


def find_squashed(speech: SmartCommit, earlier: Iterable[tuple[str, SmartCommit]]) -> str:
    """Return which commit of the squashed ones gave the same time or comment, "" for none.

    `earlier`: the commits of the merge request, whatever title the squash has.
    """
    same = (
        old
        for old, other in earlier
        if speech.command.verb in (Verb.TIME, Verb.COMMENT)
        and _is_same_command(other, speech)
        and _project_key(other) == _project_key(speech)
    )
    return next(same, "")


def _is_squash(old: SmartCommit, new: SmartCommit) -> bool:
    """Tell whether a commit may be a squash of a topic branch onto a shared branch.

    The host writes it in the name of the merge request's author.
    https://docs.gitlab.com/user/project/merge_requests/squash_and_merge/
    """
    shared = new.branch == new.project.default_branch or is_shared_name(new.branch)
    return old.branch != new.branch and shared


def is_shared_name(branch: str) -> bool:
    """Tell whether branches of that name usually hold everybody's work."""
    return _SHARED_BRANCH.fullmatch(branch) is not None


def _project_key(speech: SmartCommit) -> tuple[int, int]:
    return speech.project.connection_id, speech.project.id


def is_of_same_author(old: SmartCommit, new: SmartCommit) -> bool:
    """Tell whether one person wrote both, by address, or by name where there is none."""
    first, second = (
        (speech.commit.author_email or speech.commit.author_name) for speech in (old, new)
    )
    return first.casefold() == second.casefold()


class Verb(StrEnum):
    """The action that a command asks for."""

    CLOSE = "close"  # the closing words
    REVERT = "revert"  # a title that takes the work of the task back
    DONE = "done"
    START = "start"
    COMMENT = "comment"
    TIME = "time"


DEFAULT_BRANCH_VERBS = frozenset({Verb.CLOSE, Verb.REVERT})  # on the default branch alone


class Flaw(StrEnum):
    """The reason why a command cannot be carried out."""

    DURATION = "duration"  # `text` is none
    LONG = "long"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class SmartCommitCommand:
    """A command for one task.

    `text` is the comment, or what the `seconds` were spent on.
    """

    task_id: int
    verb: Verb
    seconds: int = 0
    text: str = ""
    flaw: Flaw | None = None
