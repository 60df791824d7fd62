"""Tell which of two events of one moment was the later, by what they replaced. Pure.

Hooks have whole seconds and come in any order; `changes` hold the former values of fields.
https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Replaced = tuple[tuple[str, str], ...]  # names of fields and their former values


def value_of(item: Any, name: str) -> str:
    """Return the value of a field as it stands in `Replaced`: labels in a line each."""
    value = getattr(item, name)
    return "\n".join(sorted(value)) if name == "labels" else str(value)


def was_before(
    item: Any, replaced: Replaced, current: Any, current_replaced: Replaced, missed: Replaced
) -> bool:
    """Tell whether the event of `item` was before that of `current`, both of one moment.

    The later one replaced what the earlier one has, unless that put it back. `missed`: what the
    event of `current` replaced and was not there when it was heard.
    """
    restored = dict(replaced)
    return any(
        value_of(item, name) == value != value_of(current, name)
        and restored.get(name) != value_of(current, name)
        for name, value in current_replaced
    ) or any(name in restored and value_of(item, name) == value for name, value in missed)


def missed_values(current: Any, replaced: Replaced) -> Replaced:
    """Return what an event replaced and `current` has not: an event before it is to come."""
    return tuple((name, value) for name, value in replaced if value_of(current, name) != value)


def joined_labels(titles: Iterable[str]) -> str:
    """Return labels as they stand in `Replaced`."""
    return "\n".join(sorted(titles))
