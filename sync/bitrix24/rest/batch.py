"""Calls and answers as a batch carries them: `cmd` lines, and maps as PHP writes them. Pure.

https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from b24pysdk.utils.encoding import encode_params

from sync.bitrix24.rest import errors
from sync.errors import Later, SyncError
from sync.sentences import as_sentence, sentence
from sync.text.chars import JOINER

BATCH_SIZE = 50  # calls in a batch
_REFERENCE = re.compile(r"\$(?=result\[)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Call:
    """One method and its parameters, in the order in which the portal must see them.

    `name`: what a Reference calls it; unique in its batch.
    """

    method: str
    params: Mapping[str, Any] = field(default_factory=dict)
    write: bool = True
    name: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """A part of what an earlier call of the batch answers, with `before` in front of it.

    Where that call failed the portal puts nothing in its place.
    """

    name: str
    path: tuple[str, ...] = ()
    before: str = ""

    def __str__(self) -> str:
        inner = "".join(f"[{part}]" for part in (self.name, *self.path))
        return f"{self.before}$result{inner}"


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a method; `next` and `total` for lists only."""

    result: Any
    next: int | None = None
    total: int | None = None


def encode_calls(calls: Sequence[Call]) -> dict[str, str]:
    """Return the `cmd` of a batch: `method?query` by key, in order."""
    return {call_key(index, call): encode_call(call) for index, call in enumerate(calls)}


def call_key(index: int, call: Call | None = None) -> str:
    """Return the key of a call. A bare number would make PHP turn the answers into a list."""
    return call.name if call and call.name else f"c{index}"


def encode_call(call: Call) -> str:
    """Encode a call as `method?query`, with `$result[...]` in texts made harmless.

    A batch would replace it by what another call answered; that is for a Reference alone.
    """
    query = encode_params(_escape_references(dict(call.params)))
    return f"{call.method}?{query}" if query else call.method


def _escape_references(value: Any) -> Any:
    match value:
        case Reference():
            return str(value)
        case str():
            return _REFERENCE.sub("$" + JOINER, value)
        case dict():
            return {name: _escape_references(inner) for name, inner in value.items()}
        case list() | tuple():
            return [_escape_references(inner) for inner in value]
    return value


def decode_answers(calls: Sequence[Call], result: Mapping[str, Any]) -> list[Answer | SyncError]:
    """Return what a batch's `result` says of each call, in their order."""
    return [_decode_answer(call, call_key(index, call), result) for index, call in enumerate(calls)]


def _decode_answer(call: Call, name: str, result: Mapping[str, Any]) -> Answer | SyncError:
    failed = as_mapping(result.get("result_error"))
    if name in failed:
        error = failed[name]
        error_object = error if isinstance(error, dict) else {"error": error}
        return errors.classify(400, error_object, method=call.method, write=call.write)
    results = as_mapping(result.get("result"))
    if name not in results:
        return Later(
            sentence(
                "{method}: the portal did not answer this part of the request", method=call.method
            )
            + (
                sentence("; {outcome}", outcome=as_sentence(errors.UNKNOWN_OUTCOME))
                if call.write
                else ""
            ),
            cause="It ran out of time",
            sent=call.write,
            code="no_answer",
        )
    following = as_mapping(result.get("result_next")).get(name)
    return Answer(results[name], following, as_mapping(result.get("result_total")).get(name))


def describe_refusals(body: Any) -> str:
    """Return how many calls of a batch were refused and why, in short; "" for anything else."""
    result = as_mapping(as_mapping(body).get("result"))
    failed = as_mapping(result.get("result_error"))
    codes = [str(as_mapping(error).get("error", error))[:60] for error in failed.values()]
    listed_codes = ", ".join(sorted(set(codes))[:5])
    return f"{len(codes)} of its calls refused: {listed_codes}" if codes else ""


def as_mapping(value: Any) -> Mapping[str, Any]:
    """Return `value` if it is a map, else an empty one: PHP writes an empty map as []."""
    return value if isinstance(value, dict) else {}


def time_block(body: Any) -> Mapping[str, Any]:
    """Return the `time` block, which stands beside `result` or (status methods) inside it."""
    outer = as_mapping(body)
    return as_mapping(outer.get("time")) or as_mapping(as_mapping(outer.get("result")).get("time"))


def as_int(value: Any) -> int:
    """Return `value` as a number; 0 where it is none."""
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):  # `Infinity` is read as a number
        return 0
