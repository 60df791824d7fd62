"""What is known of a thing after the host was asked about it, beside what hooks told. Pure.

A hook knows who did it and tells it at once, the host knows how it is now. So what a hook told of
the same state stays, and what differs from it is taken as the host has it.
"""

from __future__ import annotations

from dataclasses import replace

from sync.core.model.activity import ActivityItem, Push, Release, TagPush


def fold_fetched(current: ActivityItem | None, fetched: ActivityItem) -> ActivityItem | None:
    """What is to be stored, None where that is stored already.

    What has no time of its own (a branch, a tag, a release) and differs from what was told is
    taken to have become so just now.
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
    """Where its last commit is now does not matter: pushes tell that."""
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
