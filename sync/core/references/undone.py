"""Find the commits of one list that a later one of it reverts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

# https://git-scm.com/docs/git-revert
_REVERT = re.compile(r'\s*Revert "(?P<title>.+)"\s*', re.IGNORECASE)


def undone_within(messages: Sequence[str]) -> frozenset[int]:
    """Return the places of the commits that are reverted within the list, and of their reverts.

    `messages`: oldest first. Nothing of such work is left at the end of the list.
    """
    places_by_title: dict[str, list[int]] = {}
    undone: set[int] = set()
    for place, message in enumerate(messages):
        title = message.strip().partition("\n")[0].strip()
        revert = _REVERT.fullmatch(title)
        if revert and (places := places_by_title.get(revert["title"])):
            undone |= {places.pop(), place}
        else:
            places_by_title.setdefault(title, []).append(place)
    return frozenset(undone)
