"""Fold what the host's API returned into what hooks reported. Pure.

A hook names the actor and comes at once; the API has the present state. So the hook's item stays
where both agree on the state, and the API's item replaces it where they differ.
"""

from __future__ import annotations

from dataclasses import replace

from sync.core.model.activity import ActivityItem, Push, Release, TagPush


def fold_fetched(current: ActivityItem | None, fetched: ActivityItem) -> ActivityItem | None:
    """Return the item to store, or None where the stored one is up to date.

    A branch, tag or release has no time of change of its own: one that differs from the stored item
    counts as changed just now.
    """
    if current is None:
        return fetched
    match fetched, current:
        case Push(), Push():
            return None if _same_branch(current, fetched) else _fold_branch(current, fetched)
        case TagPush(), TagPush():
            same = current.sha == fetched.sha and not current.deleted
            return None if same else replace(fetched, at=None)
        case Release(), Release():
            return None if _same_release(current, fetched) else replace(fetched, at=None)
    return None if current.at and fetched.at and fetched.at <= current.at else fetched


def _same_branch(current: Push, fetched: Push) -> bool:
    """Tell whether both agree; the branch's last commit is ignored, as pushes report it."""
    return not current.deleted and fetched.protected in (None, current.protected)


def _fold_branch(current: Push, fetched: Push) -> Push:
    if current.deleted:
        return replace(fetched, at=None)
    return replace(current, protected=fetched.protected, at=None)


def _same_release(current: Release, fetched: Release) -> bool:
    return not current.deleted and (current.name, current.text, current.released_at) == (
        fetched.name,
        fetched.text,
        fetched.released_at,
    )
