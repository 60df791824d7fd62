"""Which sprints a project has, and which links its issues can have.

https://docs.gitlab.com/api/milestones/ ; https://docs.gitlab.com/api/iterations/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.core.issue_sync.model import BLOCKED, BLOCKS, RELATES, Choice
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.options import MILESTONES
from sync.gitlab.json_fields import text

LINKS_OFF = "Links are not kept in step by the settings"
SPRINTS_OFF = "Sprints are not kept in step by the settings"
NO_SPRINTS = "The project's licence has no iterations; milestones are on every tier"
CLOSED_ITERATION = "3"
_LINKS = (Choice(RELATES, "relates to"), Choice(BLOCKS, "blocks"), Choice(BLOCKED, "waits for"))


def link_kinds(*, has_blocking: bool) -> tuple[Choice, ...]:
    """Return the kinds of links: that one issue blocks another is licensed.

    https://docs.gitlab.com/user/project/issues/related_issues/
    """
    return _LINKS if has_blocking else _LINKS[:1]


def list_sprints(client: GitLab, project_id: str, kind: str) -> tuple[Choice, ...] | None:
    """Return milestones by their id in the whole instance, or iterations; None without licence.

    Raises SyncError.
    """
    name = "milestones" if kind == MILESTONES else "iterations"
    try:
        rows = list(client.list(f"/projects/{project_id}/{name}", include_ancestors=True))
    except Refused as refused:  # iterations need a licence
        if refused.code not in ("403", "404"):
            raise
        return None
    return tuple(_choice(row, place) for place, row in enumerate(rows))


def _choice(row: Mapping[str, Any], place: int) -> Choice:
    """Return a milestone or an iteration; one without a title is called by its dates."""
    starts, ends = text(row.get("start_date")), text(row.get("due_date"))
    return Choice(
        str(row.get("id")),
        text(row.get("title")) or f"{starts} – {ends}",
        closed=str(row.get("state")) in ("closed", CLOSED_ITERATION),
        position=place,
        starts=starts,
        ends=ends,
    )
