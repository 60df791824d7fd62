"""Closed items that went on in a project which our user may not see.

A work item tells where it moved to only to whoever may read that place; REST tells the number in
any case. Without a look there, a moved issue is a closed one, and its task would be completed.
https://docs.gitlab.com/api/issues/#move-an-issue
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.asking import MOST_KEYS, Instance
from sync.gitlab.issues.rows import IssueRow, rest_row

AT_ONCE = 100  # issues of an answer


def with_moves(
    client: GitLab, instance: Instance, rows: Mapping[str, IssueRow]
) -> dict[str, IssueRow]:
    """Return rows with the items that they moved to, asked once a change. Raises SyncError."""
    suspects = [row for row in rows.values() if _may_have_moved(row, instance)]
    by_id = dict(rows)
    for project_id in sorted({row.project_id for row in suspects}):
        members = [row for row in suspects if row.project_id == project_id]
        moves = _moves(client, project_id, [row.iid for row in members])
        for row in members:
            instance.unmoved[row.id] = row.updated_at
            if moved_to := moves.get(row.id):
                by_id[row.id] = replace(row, moved_to=moved_to)
                del instance.unmoved[row.id]
    while len(instance.unmoved) > MOST_KEYS:
        del instance.unmoved[next(iter(instance.unmoved))]
    return by_id


def _may_have_moved(row: IssueRow, instance: Instance) -> bool:
    """Whether a closed row was changed since it was last asked for, and says of no move itself."""
    is_new = instance.unmoved.get(row.id) != row.updated_at
    return row.closed and is_new and not (row.moved_url or row.moved_to)


def _moves(client: GitLab, project_id: str, numbers: list[str]) -> dict[str, str]:
    moves: dict[str, str] = {}
    for part in _parts(numbers):
        query = {"iids[]": part, "scope": "all", "state": "all", "per_page": AT_ONCE}
        try:
            listed = client.page(f"/projects/{project_id}/issues", **query).items
        except Refused as refused:
            if refused.code not in ("403", "404"):
                raise
            return {}
        issues = (rest_row(issue, "") for issue in listed)
        moves |= {row.id: row.moved_to for row in issues if row.moved_to}
    return moves


def _parts(numbers: list[str]) -> Iterable[list[str]]:
    return (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))
