"""What commits have told a task to do, and why it is done or not. Pure.

A command is followed once and then ended, so a person's own move afterwards is left alone; it
records no step, so a merge request moves the task when its own step changes and not before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sync.core.i18n import durations
from sync.core.i18n.translate import say, tell
from sync.core.messages.parts import MOST_NAME
from sync.core.model.commands import Due, LogTime, MoveTask, Notify, PutMessage
from sync.core.model.common import SHORT_SHA, Task, TaskStatus
from sync.core.model.smart_commits import Heard, Speech, SpeechKey, State
from sync.core.model.task_view import TaskView
from sync.core.rules.portal import CommitRules, Rules
from sync.core.smart_commits.parse import MOST_SECONDS, Verb
from sync.core.tasks.transitions import Moving, reached
from sync.core.written import written
from sync.text.clip import clipped
from sync.text.tree import Document, LineBreak, Link, Paragraph, Strong, Text

_TARGETS: Mapping[Verb, TaskStatus] = {
    Verb.CLOSE: TaskStatus.COMPLETED,
    Verb.DONE: TaskStatus.COMPLETED,
    Verb.START: TaskStatus.IN_PROGRESS,
}
# As people write them.
SHOWN: Mapping[Verb, str] = {
    Verb.CLOSE: "Closes",
    Verb.DONE: "#done",
    Verb.START: "#in-progress",
    Verb.COMMENT: "#comment",
    Verb.TIME: "#time",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended that nothing is written for. `mendable`: somebody may change why."""

    state: State
    reason: str
    mendable: bool = False


@dataclass(frozen=True, slots=True)
class Speaking:
    """The effects, each of a key that names its command; the commands that end without any.

    `instead`: keys of the effects of the task's step that these take the place of.
    """

    effects: tuple[Due, ...] = ()
    ended: Mapping[SpeechKey, Ended] = field(default_factory=dict)
    instead: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()


def decide(view: TaskView, rules: Rules, moving: Moving) -> Speaking:
    """`moving`: what the merge requests ask for in the same moment."""
    if not view.spoken:
        return Speaking()
    if view.current is None:
        return Speaking(needs=frozenset({"task"}))
    task, language = view.current, rules.language
    wants = rules.for_group(task.group_id).commits
    ended = {one.key: why for one in view.spoken if (why := _refusal(one, wants, language))}
    taken = [one for one in view.spoken if one.key not in ended]
    # Who can be told ends with being told; the reason is recorded then.
    told = [one for one in view.spoken if one.key in ended and _is_told(one, wants)]
    answers = [_answer(task, one, ended.pop(one.key), language) for one in told]
    movers = [one for one in taken if one.speech.command.verb in _TARGETS]
    moved = _move(task, movers, moving, language)
    written = (_write(task, one, language) for one in taken if one not in movers)
    effects = (*moved.effects, *written, *answers)
    return Speaking(effects, {**ended, **moved.ended}, moved.instead)


def refused(one: Heard, language: str, key: str, *, mendable: bool = False, **why: object) -> Ended:
    """The end of a command that is not followed, for the reason of that key."""
    word = SHOWN[one.speech.command.verb]
    told = say(language, f"unspoken {key}", **why)
    commit = _commit(one.speech, language)
    reason = say(language, "spoken refused", word=word, commit=commit, why=told)
    return Ended(State.REFUSED, reason, mendable)


def _refusal(one: Heard, wants: CommitRules, language: str) -> Ended | None:
    speech = one.speech
    command, closing = speech.command, speech.command.verb is Verb.CLOSE
    if not (wants.close if closing else wants.commands):
        return refused(one, language, "off")
    if speech.again:
        return refused(one, language, "again", sha=speech.again[:SHORT_SHA])
    if command.flaw:
        return refused(one, language, command.flaw.value, **_named(speech))
    if one.user is None:
        return refused(one, language, "user", mendable=True, author=_author(speech))
    return None


def _named(speech: Speech) -> dict[str, object]:
    """What the reasons for flaws name."""
    return {"text": speech.command.text, "hours": MOST_SECONDS // 3600}


def missing(one: Heard, language: str) -> Due | None:
    """What the author is told of a task that is not there; None where nobody knows them."""
    if one.user is None:
        return None
    task_id = one.speech.command.task_id
    ended = refused(one, language, "missing", task=task_id)
    key = f"un{_key(one)}"
    text = written(Document((Paragraph((Text(ended.reason),)),)))
    return key, Notify(0, one.user, text, tag=f"b24bridge:{key}"[:200]), ended.reason


def _is_told(one: Heard, wants: CommitRules) -> bool:
    """Whether the author hears why: of a slip of the pen, whom nobody else would tell."""
    speech = one.speech
    return (
        one.user is not None and bool(speech.command.flaw) and wants.commands and not speech.again
    )


def _answer(task: Task, one: Heard, ended: Ended, language: str) -> Due:
    speech = one.speech
    sentence = tell(
        language,
        "spoken answer",
        task=clipped(task.title, MOST_NAME),
        word=SHOWN[speech.command.verb],
        sha=_sha(speech),
        why=say(language, f"unspoken {speech.command.flaw}", **_named(speech)),
    )
    text = written(Document((Paragraph(sentence),)))
    effect = Notify(task.id, one.user or 0, text, tag=f"b24bridge:{_key(one)}"[:200])
    return _key(one), effect, ended.reason


def _move(task: Task, asked: Sequence[Heard], moving: Moving, language: str) -> Speaking:
    """Only the last one moves. To be done outweighs the step that changes in the same moment."""
    if not asked:
        return Speaking()
    *earlier, last = asked
    ended = {one.key: _overtaken(one, language) for one in earlier}
    wanted = _TARGETS[last.speech.command.verb]
    finishes = wanted is TaskStatus.COMPLETED
    instead = frozenset({"status"}) if finishes else frozenset[str]()
    commit = _commit(last.speech, language)
    if not finishes and any(key == "status" for key, _, _ in moving.effects):
        ended[last.key] = _overtaken(last, language)
        return Speaking((), ended)
    if wanted in reached(task):
        ended[last.key] = Ended(State.DONE, say(language, "already", why=commit))
        return Speaking((), ended, instead)
    controlled = finishes and task.needs_control
    key = "control" if controlled else last.speech.command.verb.value
    reason = say(language, f"spoken {key}", commit=commit)
    return Speaking(((_key(last), MoveTask(task.id, wanted), reason),), ended, instead)


def _overtaken(one: Heard, language: str) -> Ended:
    commit = _commit(one.speech, language)
    return Ended(State.DONE, say(language, "spoken overtaken", commit=commit))


def _write(task: Task, one: Heard, language: str) -> Due:
    return _WRITTEN[one.speech.command.verb](task, one, language)


def _comment(task: Task, one: Heard, language: str) -> Due:
    about = f"commit:{one.key.sha}:{one.key.number}"
    effect = PutMessage(task.id, about, comment(one.speech, language))
    commit = _commit(one.speech, language)
    return _key(one), effect, say(language, "spoken comment", commit=commit)


def _time(task: Task, one: Heard, language: str) -> Due:
    """As the author, or, where the portal did not allow that, in our own name."""
    speech = one.speech
    user = 0 if speech.in_our_name else one.user or 0
    seconds = speech.command.seconds
    effect = LogTime(task.id, user, seconds, time_text(speech, language))
    time, commit = durations.shown(seconds, language), _commit(speech, language)
    return _key(one), effect, say(language, "spoken time", time=time, commit=commit)


_WRITTEN = {Verb.COMMENT: _comment, Verb.TIME: _time}


def comment(speech: Speech, language: str) -> str:
    """The message as the portal shows it."""
    head = tell(language, "spoken said", author=Strong((Text(_author(speech)),)), sha=_sha(speech))
    paragraph = Paragraph((*head, LineBreak(), Text(speech.command.text)))
    return written(Document((paragraph,)))


def time_text(speech: Speech, language: str) -> str:
    """What the time was spent on. It names the commit, by which it is found again."""
    sha, words = speech.commit.sha[:SHORT_SHA], speech.command.text
    said = say(language, "spoken time text", text=words, sha=sha) if words else ""
    said = said or say(language, "spoken time bare", sha=sha)
    if speech.in_our_name:
        said = say(language, "spoken time of", author=_author(speech), text=said)
    return written(Document((Paragraph((Text(said),)),)))


def _sha(speech: Speech) -> Link | Text:
    sha = speech.commit.sha[:SHORT_SHA]
    return Link(speech.commit.url, (Text(sha),)) if speech.commit.url else Text(sha)


def _key(one: Heard) -> str:
    return f"spoken:{one.key}"


def _commit(speech: Speech, language: str) -> str:
    sha, branch = speech.commit.sha[:SHORT_SHA], speech.branch
    return say(language, "spoken commit", sha=sha, author=_author(speech), branch=branch)


def _author(speech: Speech) -> str:
    return clipped(speech.commit.author_name, MOST_NAME) or "?"
