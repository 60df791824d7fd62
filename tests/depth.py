"""How many examples a property gets that takes seconds: a third in `make test`."""

from __future__ import annotations

from hypothesis import settings

SHARE = 3


def costly(examples: int | None = None) -> settings:
    """Return settings for `examples`, or for as many as the profile says, cut by the quick one."""
    wanted = examples or settings().max_examples
    quick = settings.get_current_profile_name() == "quick"
    return settings(max_examples=wanted // SHARE if quick else wanted)
