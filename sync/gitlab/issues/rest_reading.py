"""Issues read through REST, where an instance answers no questions about work items.

Statuses, custom fields and entries of time are not there: https://docs.gitlab.com/api/issues/
"""

from __future__ import annotations

from dataclasses import replace

from sync.core.issue_sync.model import Absence, Item, ItemAddress, Unreachable
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.asking import Instance
from sync.gitlab.issues.options import IssueOptions
from sync.gitlab.issues.rows import NoteRow, rest_note, rest_row
from sync.gitlab.issues.terms import hidden_row, item_of, values_of
from sync.gitlab.json_fields import mapping

_ABSENCES = {"403": Absence.DENIED, "404": Absence.NOT_FOUND}


def read(
    client: GitLab, address: ItemAddress, options: IssueOptions, own_id: str, instance: Instance
) -> Item | Unreachable:
    """Read one issue with its comments. Raises SyncError."""
    path = f"/projects/{address.project}/issues/{address.number}"
    try:
        row = rest_row(mapping(client.get(path)), own_id)
    except Refused as refused:
        if refused.code not in _ABSENCES:
            raise
        return Unreachable(address, _ABSENCES[refused.code], refused.message)
    if row.id != address.id:
        return Unreachable(address, Absence.NOT_FOUND, "Another issue has its number")
    if (hidden := hidden_row(row, options)) is not None:
        return hidden
    instance.remember_footer(row.id, row.description)
    if options.comments or options.files:
        row = replace(row, notes=read_notes(client, row.project_id, row.iid, own_id))
    return item_of(row, values_of(row, options, has_status=False), options)


def read_notes(client: GitLab, project_id: str, iid: str, own_id: str) -> tuple[NoteRow, ...]:
    """Read all comments of an issue, oldest first. Raises SyncError.

    A page may hold fewer than it could, so the list is followed to its last link.
    https://docs.gitlab.com/api/notes/#list-project-issue-notes
    """
    rows = client.list(
        f"/projects/{project_id}/issues/{iid}/notes",
        activity_filter="only_comments",
        order_by="created_at",
        sort="asc",
    )
    return tuple(rest_note(row, own_id) for row in rows if row.get("system") is not True)
