"""How deep a run looks: in `make test`, what takes seconds gets a third of its examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import settings

SHARE = 3
T = TypeVar("T")


def is_quick() -> bool:
    """Return whether this run looks at a share of what takes long."""
    return settings.get_current_profile_name() == "quick"


def depth(number: int) -> int:
    """Return how many of so many examples or seeds this run is to try."""
    return number // SHARE if is_quick() else number


def sample(items: Sequence[T]) -> Sequence[T]:
    """Return all of the items, or evenly spread as many as this run is to try."""
    return items[::SHARE] if is_quick() else items


def costly(examples: int | None = None) -> settings:
    """Return settings of a property for `examples`, or for as many as the profile says."""
    return settings(max_examples=depth(examples or settings().max_examples))
