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


def was_before(item: Any, replaced: Replaced, current: Any, current_replaced: Replaced) -> bool:
    """Tell whether the event of `item` was before that of `current`, both of one moment.

    The later one replaced what the earlier one has, unless that put it back.
    """
    restored = dict(replaced)
    return any(
        value_of(item, name) == value != value_of(current, name)
        and restored.get(name) != value_of(current, name)
        for name, value in current_replaced
    )


def joined_labels(titles: Iterable[str]) -> str:
    """Return labels as they stand in `Replaced`."""
    return "\n".join(sorted(titles))
