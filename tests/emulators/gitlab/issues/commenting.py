"""Comments on issues as GitLab's services write, edit and delete them, quick actions included.

app/services/notes/{create,update,destroy}_service.rb
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.emulators.gitlab import talk_payloads
from tests.emulators.gitlab.entities import Note, User
from tests.emulators.gitlab.issues import actions, references
from tests.emulators.gitlab.issues.service import Issues
from tests.emulators.gitlab.tracked import Issue
from tests.emulators.gitlab.web import ApiError

LONGEST = 1_000_000
MOST = 5_000  # comments of an issue


@dataclass(frozen=True)
class Commanded:
    """A comment of commands alone: no note is kept."""

    changes: dict[str, object]
    summary: list[str]


def create(
    issues: Issues,
    issue: Issue,
    actor: User,
    body: str,
    *,
    internal: bool = False,
    thread: Note | None = None,
    starts_thread: bool = False,
    created_at: datetime | None = None,
    chain: str = "",
) -> Note | Commanded:
    """`thread`: the first note of what is answered, whose privacy the answer has."""
    state = issues.state
    text, commands = actions.extract(body)
    _check(text, bare=not commands)
    if sum(not note.system for note in issue.notes) >= MOST:
        raise ApiError(400, {"message": {"noteable": ["Maximum number of comments exceeded"]}})
    if commands and not text:
        return _commanded(issues, issue, actor, commands)
    issues.obstacles.check_note_spam()
    now = created_at or state.now()
    note = Note(
        id=state.next_id("note"),
        body=text,
        author_id=actor.id,
        created_at=now,
        discussion_id=thread.discussion_id if thread else state.next_sha(),
        internal=thread.internal if thread else internal,
        kind="DiscussionNote" if thread or starts_thread else None,
    )
    if thread and thread.kind is None:
        thread.kind = "DiscussionNote"
    issue.notes.append(note)
    issue.updated_at = state.now()
    references.follow(issues, issue, actor, text)
    fire(issues, issue, note, actor, "create", chain)
    if commands:
        issues.run(issue, actor, commands)
    return note


def _commanded(
    issues: Issues, issue: Issue, actor: User, commands: list[actions.Action]
) -> Commanded:
    failed = issues.run(issue, actor, commands)
    if len(failed) == len(commands):
        raise ApiError(400, {"message": "400 Bad request - " + " ".join(failed)})
    ran = {action.name: action.argument or True for action in commands}
    return Commanded(ran, [f"Applied {action.name}." for action in commands])


def update(issues: Issues, issue: Issue, note: Note, actor: User, body: str, chain: str) -> None:
    """A hook only where the text changed; it names the author, whoever edited. A text of nothing
    but commands deletes the note, without a hook."""
    text, commands = actions.extract(body, frozenset(actions.extract(note.body)[1]))
    _check(text, bare=not commands)
    if commands and not text:
        issue.notes.remove(note)
    elif text != note.body:
        issues.obstacles.check_note_spam()
        note.body, note.updated_at = text, issues.state.now()
        note.updated_by_id = actor.id
        issue.updated_at = note.updated_at
        author = issues.state.users[note.author_id]
        if issues.state.at_least(*talk_payloads.ACTION_SINCE):
            fire(issues, issue, note, author, "update", chain)
    if commands:
        issues.run(issue, actor, commands)


def delete(issue: Issue, note: Note) -> None:
    """Nothing tells of it: no hook, and the issue is not touched."""
    issue.notes.remove(note)


def fire(
    issues: Issues, issue: Issue, note: Note, actor: User, action: str, chain: str = ""
) -> None:
    place = issues.state.projects[issue.project_id]
    body = talk_payloads.note(issues.state, place, issue, note, actor, action)
    hidden = talk_payloads.is_hidden(issue, note)
    flag = "confidential_note_events" if hidden else "note_events"
    issues.send(place, flag, body, chain)


def _check(text: str, *, bare: bool) -> None:
    if bare and not text.strip():
        raise ApiError(400, {"message": "400 Bad request - Note can't be blank"})
    if len(text) > LONGEST:
        problem = f"is too long (maximum is {LONGEST} characters)"
        raise ApiError(400, {"message": {"note": [problem]}})
