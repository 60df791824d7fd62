"""What is known of a thing after the host was asked about it, beside what hooks told. Pure.

A hook knows who did it and tells it at once, the host knows how it is now. So what a hook told of
the same state stays, and what differs from it is taken as the host has it.
"""

from __future__ import annotations

from dataclasses import replace

from sync.core.model.activity import Item, Push, Release, TagPush


def fold(known: Item | None, read: Item) -> Item | None:
    """What is to be stored, None where that is stored already.

    What has no time of its own (a branch, a tag, a release) and differs from what was told is
    taken to have become so just now.
    """
    if known is None:
        return read
    match read, known:
        case Push(), Push():
            return None if _same_branch(known, read) else _branch(known, read)
        case TagPush(), TagPush():
            same = known.sha == read.sha and not known.deleted
            return None if same else replace(read, at=None)
        case Release(), Release():
            return None if _same_release(known, read) else replace(read, at=None)
    return None if known.at and read.at and read.at <= known.at else read


def _same_branch(known: Push, read: Push) -> bool:
    """Where its last commit is now does not matter: pushes tell that."""
    return not known.deleted and read.protected in (None, known.protected)


def _branch(known: Push, read: Push) -> Push:
    if known.deleted:
        return replace(read, at=None)
    return replace(known, protected=read.protected, at=None)


def _same_release(known: Release, read: Release) -> bool:
    return not known.deleted and (known.name, known.text, known.released_at) == (
        read.name,
        read.text,
        read.released_at,
    )
