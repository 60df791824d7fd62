"""How deep a run looks: in `make test`, properties and what takes seconds get a fifth."""

from __future__ import annotations

from collections.abc import Sequence
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


def sample(items: Sequence[T]) -> Sequence[T]:
    """Return all of the items, or evenly spread as many as this run is to try."""
    return items[::SHARE] if is_quick() else items


def costly(examples: int) -> settings:
    """Return settings of a property that is tried on so many examples."""
    return settings(max_examples=depth(examples))
