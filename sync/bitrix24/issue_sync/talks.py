"""Exchanges with a portal as generators, packed together into as few batches as can be.

A talk yields the calls of its next step and is sent their answers; what it returns is its result.
The calls of a step stay together in one batch, so that they may refer to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from sync.bitrix24.issue_sync.sharing import is_shared, shared_calls, sharing_key
from sync.bitrix24.rest.batch import BATCH_SIZE, Answer, Call, Reference
from sync.bitrix24.rest.client import Portal
from sync.errors import Later, SyncError

ALONE = frozenset({"disk.folder.uploadfile"})  # a batch takes neither uploads nor downloads
T = TypeVar("T")
Answers = list[Answer | SyncError]
Talk = Generator[list[Call], Answers, T]
Send = Callable[[Sequence[Call]], Answers]


def hold_talks(talks: Sequence[Talk[T]], send: Send) -> list[T]:
    """Hold talks side by side, earlier ones first, and return their results in order.

    A talk begins when there is room for it in a batch. `send` carries out at most 50 calls, or one
    that no batch takes; what it raises ends all talks.
    """
    results: dict[int, T] = {}
    steps: dict[int, list[Call]] = {}
    waiting = list(range(len(talks)))
    while waiting:
        pack: list[int] = []
        for number in waiting:
            if number not in steps and not _go_on(talks[number], None, number, steps, results):
                continue
            alone = any(call.method in ALONE for call in steps[number])
            grown = _size([*pack, number], steps)
            if grown > BATCH_SIZE or (pack and alone):
                break
            pack.append(number)
            if alone:
                break
        for number, answers in _exchange(pack, steps, send).items():
            _go_on(talks[number], answers, number, steps, results)
        waiting = [number for number in waiting if number not in results]
    return [results[number] for number in range(len(talks))]


def _size(pack: Sequence[int], steps: dict[int, list[Call]]) -> int:
    """Return how many calls the steps of a pack come to, shared ones counted once."""
    calls = [call for number in pack for call in steps[number]]
    return len(shared_calls(calls)) + sum(not is_shared(call) for call in calls)


def _exchange(pack: Sequence[int], steps: dict[int, list[Call]], send: Send) -> dict[int, Answers]:
    """Send the steps of a pack: their own calls in order, then those that they share."""
    named = {number: steps.pop(number) for number in pack}
    calls = [call for number in pack for call in named[number]]
    own = [call for call in calls if not is_shared(call)]
    shared = shared_calls(calls)
    answers = send([*own, *shared.values()]) if calls else []
    by_own = iter(answers[: len(own)])
    by_shared = dict(zip(shared, answers[len(own) :], strict=True))
    return {
        number: [
            by_shared[sharing_key(call)] if is_shared(call) else next(by_own)
            for call in named[number]
        ]
        for number in pack
    }


def hold_beside(first: Sequence[Talk[None]], talks: Sequence[Talk[T]], send: Send) -> list[T]:
    """Hold talks with others before them that learn what they need; return their results."""

    def learn(talk: Talk[None]) -> Talk[T | None]:
        yield from talk
        return None

    together: list[Talk[T | None]] = [*map(learn, first), *(_widened(talk) for talk in talks)]
    results = hold_talks(together, send)[len(first) :]
    return cast(list[T], results)


def _widened(talk: Talk[T]) -> Talk[T | None]:
    return (yield from talk)


def _go_on(
    talk: Talk[T],
    answers: Answers | None,
    number: int,
    steps: dict[int, list[Call]],
    results: dict[int, T],
) -> bool:
    """Let a talk go on to its next step with calls; whether it has one."""
    try:
        calls = next(talk) if answers is None else talk.send(answers)
        while not calls:
            calls = talk.send([])
    except StopIteration as stop:
        results[number] = stop.value
        return False
    if len(calls) > BATCH_SIZE:
        raise ValueError(f"a step has at most {BATCH_SIZE} calls, not {len(calls)}")
    steps[number] = [_named(call, number) for call in calls]
    return True


def _named(call: Call, number: int) -> Call:
    """Give a call's name, and those it refers to, the number of its talk."""
    prefix = f"t{number}"
    name = prefix + call.name if call.name else ""
    return replace(call, name=name, params=_referring(call.params, prefix))


def _referring(value: Any, prefix: str) -> Any:
    match value:
        case Reference():
            return replace(value, name=prefix + value.name)
        case dict():
            return {name: _referring(inner, prefix) for name, inner in value.items()}
        case list():
            return [_referring(inner, prefix) for inner in value]
    return value


def reading_sender(portal: Portal) -> Send:
    """Return how calls that only read are sent: what fails as a whole, or for now, is raised."""

    def send(calls: Sequence[Call]) -> Answers:
        answers = portal.batch(calls)
        for answer in answers:
            if isinstance(answer, Later):
                raise answer
        return answers

    return send


def writing_sender(portal: Portal) -> Send:
    """Return how writes are sent: what fails is answered to each call of the request.

    Once an answer is lost, or the portal refuses us, nothing more is sent.
    """
    stopped: list[SyncError] = []

    def send(calls: Sequence[Call]) -> Answers:
        if stopped:
            return [_unsent(stopped[0])] * len(calls)
        try:
            return [_call_alone(portal, calls[0])] if _is_alone(calls) else portal.batch(calls)
        except SyncError as error:
            stopped.append(error)
            return [error] * len(calls)

    return send


def _is_alone(calls: Sequence[Call]) -> bool:
    return len(calls) == 1 and calls[0].method in ALONE


def _call_alone(portal: Portal, call: Call) -> Answer | SyncError:
    """Call a method that no batch takes; what is large in its parameters is loaded only now."""
    try:
        loaded = {
            name: value() if callable(value) else value for name, value in call.params.items()
        }
        return Answer(portal.call(call.method, loaded, write=call.write)["result"])
    except SyncError as error:
        return error


def _unsent(error: SyncError) -> SyncError:
    """Return the error of a call that was not sent because of another one's."""
    if not isinstance(error, Later):
        return error
    return Later(error.message, after=error.after, cause=error.cause, code=error.code)
