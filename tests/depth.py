"""How deep a run looks: in `make test`, properties and what takes seconds get a fifth.

A test marked `deep` is run by `make test-all` alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from hypothesis import settings

SHARE = 5
T = TypeVar("T")


def is_quick() -> bool:
    """Return whether this run looks at a share of what takes long."""
    return settings.get_current_profile_name() == "quick"


def share(number: int) -> int:
    """Return how many of so many examples or seeds a quick run tries."""
    return max(1, number // SHARE)


def depth(number: int) -> int:
    """Return how many of so many examples or seeds this run is to try."""
    return share(number) if is_quick() else number


def looks(number: int, minutes: int) -> int:
    """Return how often in a row workers look at a world that comes to rest: in a quick run twice.

    The first look does what there is to do, the second hears the echoes of that. Where an hour or
    more passes before each look, what is tried again by the hour and day needs all of them.
    """
    return min(2, number) if is_quick() and minutes < 60 else number


def sample(items: Sequence[T], step: int = SHARE) -> Sequence[T]:
    """Return all of the items, or in a quick run each fifth, or as many as `step` says."""
    return items[::step] if is_quick() else items


def telling(table: Mapping[str, T], *names: str) -> Mapping[str, T]:
    """Return the table, or in a quick run those rows that no cheaper test shows."""
    return {name: table[name] for name in names} if is_quick() else table


def costly(examples: int) -> settings:
    """Return settings of a property that is tried on so many examples."""
    return settings(max_examples=depth(examples))
