"""How deep a run looks: in `make test`, what takes seconds gets a third of its examples."""

from __future__ import annotations

from hypothesis import settings

SHARE = 3


def depth(number: int) -> int:
    """Return how many of so many examples or seeds this run is to try."""
    return number // SHARE if settings.get_current_profile_name() == "quick" else number


def costly(examples: int | None = None) -> settings:
    """Return settings of a property for `examples`, or for as many as the profile says."""
    return settings(max_examples=depth(examples or settings().max_examples))
