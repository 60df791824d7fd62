"""Decide which addresses may become links and encode them for every dialect. Pure."""

from __future__ import annotations

import re

LONGEST = 2_000  # characters, what browsers and the portal take

_ENCODED = str.maketrans(
    {char: f"%{ord(char):02X}" for char in " []<>\"'`\\(){}|^"} | {"\u2060": "%E2%81%A0"}
)
_LIVE = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x20\x7f]+\Z", re.IGNORECASE)

_RELATIVE = re.compile(r"(?!//)(?![^/?#]*:)[^\s\x00-\x20\x7f]+\Z")


def live_url(url: str) -> str | None:
    """Return the address with markup characters encoded; None where it may not be a link.

    Only http, https and mailto: anything else could run or reach something on the reader's side.
    """
    url = url.strip().translate(_ENCODED)
    return url if len(url) <= LONGEST and _LIVE.match(url) else None


def kept_url(url: str) -> str | None:
    """Return `live_url`, or an address relative to the tracker's page (`/uploads/…`, `docs/a.md`).

    A relative address is kept in the tree for the tracker it came from; elsewhere it is no link.
    """
    relative = url.strip().translate(_ENCODED)
    if live := live_url(url):
        return live
    return relative if len(relative) <= LONGEST and _RELATIVE.match(relative) else None
