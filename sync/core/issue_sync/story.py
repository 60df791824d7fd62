"""The readable story of a link: why something was written, and what cannot cross. Pure.

Kinds of lines: written, dropped, refused, later, unknown (ends of writes), conflict, parked,
problem, solved, kept, entry, moved, waits, deleted, paused, resumed, decided, linked, unlinked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sync.core.issue_sync.link import (
    Conflict,
    EntryState,
    LinkState,
    StoryLine,
    ValuePair,
    Values,
    field_word,
)
from sync.core.issue_sync.model import SideName, Value
from sync.sentences import as_sentence, join_sentences, sentence

_SHOWN = 80  # characters of a value


def conflict_line(conflict: Conflict) -> StoryLine:
    """Say what both sides held and who won."""
    values = _both(conflict.values, conflict.names)
    if conflict.winner is None:
        text = sentence(
            "both sides changed {field} ({values}). It waits for a decision",
            field=field_word(conflict.field),
            values=values,
        )
        return StoryLine(conflict.at, "parked", text, conflict.field)
    text = sentence(
        "both sides changed {field} ({values}). The {winner}'s stands",
        field=field_word(conflict.field),
        values=values,
        winner=conflict.winner,
    )
    return StoryLine(conflict.at, "conflict", text, conflict.field, conflict.winner)


def problem_lines(
    before: Mapping[str, str], after: Mapping[str, str], now: datetime
) -> list[StoryLine]:
    """Say which problems are new, and which are over."""
    new = [
        StoryLine(
            now,
            "problem",
            sentence(
                "the field {name} does not cross: {text}",
                name=field_word(name),
                text=as_sentence(text),
            ),
            name,
        )
        for name, text in after.items()
        if before.get(name) != text
    ]
    over = [
        StoryLine(
            now, "solved", sentence("the field {name} crosses again", name=field_word(name)), name
        )
        for name in before
        if name not in after
    ]
    return new + over


def _both(pair: ValuePair, names: Mapping[str, str]) -> str:
    """Return what each side holds."""
    return join_sentences(
        ", ",
        [
            sentence("{side}: {held}", side=side, held=shown(pair.of(side), side, names))
            for side in SideName
        ],
    )


def shown(values: Values, side: SideName, names: Mapping[str, str]) -> str:
    """Return a side's values for people, cut; `names` as in a link."""
    texts = [
        _shown(value, f"{side}/{field}/", names)
        for field, value in values.items()
        if value not in (None, "", frozenset())
    ]
    return join_sentences(", ", texts) or as_sentence("nothing")


def _shown(value: Value, prefix: str, names: Mapping[str, str]) -> str:
    """Return a value as people call it; what they wrote themselves is said as they wrote it."""
    match value:
        case None | "":
            return as_sentence("nothing")
        case frozenset():
            called = sorted(names.get(prefix + part, part) for part in value)
            if not called:
                return as_sentence("nothing")
            return sentence("{value}", value=_cut(" ".join(called)))
        case _ if (name := names.get(f"{prefix}{value}")) is not None:
            return sentence("{choice}", choice=_cut(name))
    return sentence("{value}", value=_cut(str(value)))


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def state_lines(link: LinkState) -> list[str]:
    """Return what stands now: whether it works, what waits, what is asked."""
    lines: list[str] = []
    if link.ended:
        why = as_sentence(link.ended)
        lines += [why if link.ended.startswith("ended ") else sentence("ended: {text}", text=why)]
    lines += (
        [
            sentence(
                "paused ({reason}): {text}",
                reason=link.pause.reason,
                text=as_sentence(link.pause.text),
            )
        ]
        if link.pause
        else []
    )
    lines += [sentence("waits: {text}", text=as_sentence(text)) for text in link.waiting.values()]
    lines += [
        sentence(
            "the field {name} does not cross: {text}",
            name=field_word(name),
            text=as_sentence(text),
        )
        for name, text in link.problems.items()
    ]
    lines += [
        sentence("a {kind} does not cross: {text}", kind=entry.kind, text=as_sentence(entry.reason))
        for entry in link.entries
        if entry.state is EntryState.REFUSED
    ]
    lines += [
        sentence(
            "{name} is disputed: {values}", name=field_word(name), values=_both(pair, link.names)
        )
        for name, pair in link.clashes.items()
    ]
    lines += [
        sentence("sent, without an answer yet: {key}", key=planned.write.key)
        for planned in link.pending
    ]
    return lines
