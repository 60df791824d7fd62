"""Which projects of a code host a connection's `projects` and `groups` include. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def is_connected(
    options: Mapping[str, Any],
    project_id: int,
    path: str,
    *,
    namespace: tuple[int, str] | None = None,
) -> bool | None:
    """Return whether a connection's options include a project; None where they choose none.

    `path`: of the project, or of a group that something is about. `namespace`: id and path of the
    group right above it, where they are known; without its id, a group that is chosen by id may be
    any group, and is believed to be this one.
    """
    projects, groups = options.get("projects") or (), options.get("groups") or ()
    if not projects and not groups:
        return None
    folded = path.casefold()
    if any(_matches(entry, project_id, folded) for entry in projects):
        return True
    if namespace is None:
        return any(isinstance(entry, int) or _is_within(entry, folded) for entry in groups)
    above = _and_above(namespace[1].casefold())
    return any(_matches(entry, namespace[0], name) for entry in groups for name in above)


def _and_above(path: str) -> Sequence[str]:
    """Return a group's path, and those of the groups above it."""
    return [path.rsplit("/", cut)[0] for cut in range(path.count("/") + 1)]


def _is_within(group: str, path: str) -> bool:
    return path == group.casefold() or path.startswith(group.casefold() + "/")


def _matches(entry: object, number: int, path: str) -> bool:
    return entry == number if isinstance(entry, int) else str(entry).casefold() == path
