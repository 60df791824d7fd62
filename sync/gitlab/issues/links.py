"""Links between issues: written one by one, as GitLab has no set of them.

https://docs.gitlab.com/api/issue_links/
"""

from __future__ import annotations

from sync.core.issue_sync.model import (
    BLOCKED,
    BLOCKS,
    LINKS,
    RELATES,
    ItemAddress,
    Unreachable,
)
from sync.core.issue_sync.writes import Change, SetChange
from sync.errors import Refused
from sync.gitlab.issues.reading import IssueReader
from sync.sentences import sentence

KINDS = (RELATES, BLOCKS, BLOCKED)
_THERE_ALREADY = "409"


def change(
    reader: IssueReader, address: ItemAddress, wanted: Change, dropped: dict[str, str]
) -> frozenset[str]:
    """Add and remove links of an issue, and return those that it has then. Raises SyncError.

    A set as a whole only adds. `dropped` gets why a link could not be made.
    """
    added = wanted.add if isinstance(wanted, SetChange) else _members(wanted)
    removed = wanted.remove if isinstance(wanted, SetChange) else frozenset()
    path = f"/projects/{address.project}/issues/{address.number}/links"
    for link in sorted(added):
        kind, _, item_id = link.partition(":")
        target = reader.read([ItemAddress(item_id)])[item_id] if kind in KINDS else None
        if target is None or isinstance(target, Unreachable):
            dropped[LINKS] = sentence("GitLab does not show the item of {link}", link=link)
            continue
        data = {
            "target_project_id": target.address.project,
            "target_issue_iid": target.address.number,
            "link_type": kind,
        }
        try:
            reader.client.post(path, data)
        except Refused as refused:
            if refused.code != _THERE_ALREADY:
                dropped[LINKS] = refused.message
    rows = list(reader.client.list(path))
    present = {f"{row.get('link_type')}:{row.get('id')}": row.get("issue_link_id") for row in rows}
    for link in removed & present.keys():
        reader.client.delete(f"{path}/{present[link]}")
    return frozenset(present.keys() - removed)


def _members(wanted: Change) -> frozenset[str]:
    return wanted if isinstance(wanted, frozenset) else frozenset()
