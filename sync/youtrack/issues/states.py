"""Fields under a state machine, moved by events, several hops where that is needed.

The API tells the events of the present state, and not where they lead: the settings say it, or
what happened before, or the name of the event. Nothing else is tried, as each event really happens.
https://www.jetbrains.com/help/youtrack/devportal/api-entity-StateMachineIssueCustomField.html
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from sync.core.issue_sync.model import Value
from sync.errors import Later, Refused, SyncError
from sync.sentences import sentence
from sync.youtrack.api.client import encode_segment
from sync.youtrack.issues.fields import FieldFacts
from sync.youtrack.issues.outcomes import as_sent
from sync.youtrack.issues.reading import IssueReader
from sync.youtrack.issues.rows import FIELD
from sync.youtrack.json_fields import mapping, mappings, text

MOST_HOPS = 8
MOVED = "moved"  # the code of the error for a field that a person moved just now
_SHORTEST_STEM = 3


def move(
    reader: IssueReader, issue_id: str, field: FieldFacts, target: str, before: Value = None
) -> tuple[str, str]:
    """Fire events until the field holds the target; return why it does not, "" where it does.

    The second is where our events have led, "" where none was fired. `before`: what it held when
    the move was decided; None where nobody knows. Raises SyncError: Later where a person has moved
    it since, and nothing else is written over that.
    """
    path = f"/issues/{encode_segment(issue_id)}"
    row = mapping(reader.client.get(path, fields=f"customFields({FIELD})"))
    reached, hops = _now(row, field)[0], 0
    if before is not None and reached.casefold() not in (_name(before), target.casefold()):
        raise _moved_meanwhile(reached)
    while hops < MOST_HOPS:
        current, events = _now(row, field)
        if current.casefold() == target.casefold():
            return "", current
        event = _next_event(reader, field, current, target, events)
        if not event:
            offered = ", ".join(f'"{name}"' for name, _ in events or ()) or "none"
            return sentence(
                'No event is known to lead from "{current}" to "{target}" (the state machine '
                "offers: {offered}); name the transitions in the settings",
                current=current,
                target=target,
                offered=offered,
            ), current if hops else ""
        sent = {"id": field.id, "name": field.name, "$type": field.issue_type,
                "event": {"id": event, "$type": "Event"}}  # fmt: skip
        try:
            row = mapping(
                reader.client.post(path, {"customFields": [sent]}, fields=f"customFields({FIELD})")
            )
        except SyncError as error:
            if isinstance(error, Refused):
                row = mapping(reader.client.get(path, fields=f"customFields({FIELD})"))
                moved_to = _now(row, field)[0]
                if moved_to.casefold() == target.casefold():
                    continue  # a person was quicker
                if moved_to != current:
                    error = _moved_meanwhile(moved_to)
                elif hops:  # it stays where the events before have led
                    return error.message, current
            raise as_sent(error) if hops else error from None
        reached, hops = _now(row, field)[0], hops + 1
        reader.instance.memory.learned[field.id, current, event] = reached
        if reached == current:
            return sentence(
                'The event "{event}" left the field at "{current}"', event=event, current=current
            ), current if hops > 1 else ""
    return sentence(
        '"{target}" was not reached in {most_hops} events', target=target, most_hops=MOST_HOPS
    ), reached


def _name(value: Value) -> str:
    """Return the name of a state, which may be held as a set of one."""
    return (
        min(value, default="").casefold() if isinstance(value, frozenset) else str(value).casefold()
    )


def _moved_meanwhile(state: str) -> Later:
    return Later(
        sentence('A person moved the field to "{state}" meanwhile', state=state), code=MOVED
    )


def _now(row: Mapping[str, Any], field: FieldFacts) -> tuple[str, list[tuple[str, str]] | None]:
    """Return the present value, and the events with their labels; None where it tells none."""
    for row_field in mappings(row.get("customFields")):
        if text(row_field.get("id")) == field.id:
            value = text(mapping(row_field.get("value")).get("name"))
            if "possibleEvents" not in row_field:
                return value, None
            events = mappings(row_field["possibleEvents"])
            return value, [(text(e.get("id")), text(e.get("presentation"))) for e in events]
    return "", []


def _next_event(
    reader: IssueReader,
    field: FieldFacts,
    current: str,
    target: str,
    events: Sequence[tuple[str, str]] | None,
) -> str:
    """Return the event that leads to the target, or a step towards it; "" where none is known.

    A server that does not tell its events gets those of the settings.
    """
    offered = {name for name, _ in events or ()}
    edges = {(t.start, t.event): t.end for t in reader.options.transitions}
    learned = reader.instance.memory.learned
    edges |= {
        (start, event): end for (owner, start, event), end in learned.items() if owner == field.id
    }
    first = _first_step(edges, current, target)
    if events is None or first in offered:
        return first
    chosen = [name for name, label in events if _leads_to(name, target) or _leads_to(label, target)]
    chosen = [name for name in chosen if edges.get((current, name), target) == target]
    return chosen[0] if chosen else ""


def _first_step(edges: Mapping[tuple[str, str], str], current: str, target: str) -> str:
    """Return the first event of a shortest way; "" where there is none."""
    waiting, passed = deque([(current, "")]), {current}
    while waiting:
        state, first = waiting.popleft()
        for (start, event), end in edges.items():
            if start != state or end in passed:
                continue
            if end.casefold() == target.casefold():
                return first or event
            passed.add(end)
            waiting.append((end, first or event))
    return ""


def _leads_to(event: str, state: str) -> bool:
    """Tell whether an event is named as a state: `fix` as Fixed, `to verify` as To Verify."""
    stem, name = (re.sub(r"[^\w]", "", label).casefold() for label in (event, state))
    return len(stem) >= _SHORTEST_STEM and (stem == name or name in (f"{stem}d", f"{stem}ed"))
