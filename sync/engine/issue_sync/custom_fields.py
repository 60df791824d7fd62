"""A field of the portal's own and the tracker's field that it is, or the label that stands for it.

Pure. Both sides say values as people read them: options of a choice by their names.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.core.issue_sync.fields import Scalar, Untranslatable, is_less, lost_choice
from sync.core.issue_sync.link import ValuePair, Values
from sync.core.issue_sync.mapping import CustomField
from sync.core.issue_sync.model import CUSTOM, Capabilities, Choice, Value
from sync.sentences import sentence

_JOINT = ", "  # between several options in a field of text


def field_of(custom: CustomField, tracker: Capabilities) -> str:
    """Return the tracker's field of that name; without one, the field that labels stand for."""
    wanted = custom.tracker.casefold()
    named = (name for name, title in tracker.names.items() if title.casefold() == wanted)
    return next(named, CUSTOM + custom.tracker)


def stand_in(custom: CustomField, tracker: Capabilities) -> str:
    """Return what is said of a field for which labels stand, "" where there is no need."""
    field = field_of(custom, tracker)
    if field in tracker.names or field not in tracker.writable:
        return ""
    return sentence(
        "the tracker's project has no field {field}, or its licence has none: labels {label} stand "
        "for it",
        field=custom.tracker,
        label=f"{custom.tracker}::…",
    )


def custom_translation(custom: CustomField, capabilities: Capabilities) -> Scalar:
    """Return the two ways of a field of the portal's own."""
    tracker, portal = field_of(custom, capabilities), CUSTOM + custom.portal
    choices = capabilities.choices.get(tracker) if tracker in capabilities.names else None

    def to_portal(values: Values) -> Values:
        value = values.get(tracker)
        return {portal: value if choices is None and _is_set(value) else _text(value, choices)}

    def to_tracker(values: Values) -> Values | Untranslatable:
        value = values.get(portal)
        if choices is None and _is_set(value):
            return {tracker: value}
        text = _text(value, None)
        if choices is None or text is None:
            return {tracker: text}
        chosen = _chosen(text, choices)
        if chosen is None:
            listed = _JOINT.join(choice.name for choice in choices)
            return Untranslatable(f'{custom.tracker} has no option "{text}"; it has: {listed}')
        return {tracker: chosen}

    def resettled(base: ValuePair, now: ValuePair) -> ValuePair:
        """Agree on what the new place says, so that the portal's value is written there.

        A licence came or went: labels stand for the field now, or the field for its labels.
        """
        if not base.tracker or tracker in base.tracker:
            return base
        present = {tracker: now.tracker.get(tracker)}
        return ValuePair(present, to_portal(present))

    return Scalar(
        (tracker,),
        (portal,),
        to_tracker,
        to_portal,
        resettled=resettled,
        lost=lost_choice(tracker, capabilities),
        doubted=is_less(tracker),
    )


def _is_set(value: Value) -> bool:
    return isinstance(value, frozenset)


def _text(value: Value, choices: Sequence[Choice] | None) -> str | None:
    """Return a value as people read it."""
    match value:
        case frozenset():
            names = {choice.id: choice.name for choice in choices or ()}
            return _JOINT.join(sorted(names.get(item, item) for item in value)) or None
        case None | "":
            return None
    return str(value)


def _chosen(text: str, choices: Sequence[Choice]) -> frozenset[str] | None:
    """Return the options that a text names: as a whole, else several with commas between.

    A number with a fraction of zeros names the whole one where no option is called so.
    """
    by_name = {choice.name.strip().casefold(): choice.id for choice in choices}
    whole = by_name.get(text.strip().casefold()) or by_name.get(_without_zeros(text))
    if whole is not None:
        return frozenset([whole])
    chosen, parts = set(), [part.strip().casefold() for part in text.split(",")]
    while parts:  # the longest name first: there are names with commas
        length = next((n for n in range(len(parts), 0, -1) if _JOINT.join(parts[:n]) in by_name), 0)
        if not length:
            return None
        chosen.add(by_name[_JOINT.join(parts[:length])])
        del parts[:length]
    return frozenset(chosen)


def _without_zeros(text: str) -> str:
    whole, _, fraction = text.strip().partition(".")
    return whole if whole.lstrip("-").isdigit() and not fraction.strip("0") else text
