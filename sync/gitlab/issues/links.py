"""Links between issues: written one by one, as GitLab has no set of them.

https://docs.gitlab.com/api/issue_links/
"""

from __future__ import annotations

from sync.core.issue_sync.model import ItemAddress, Unreachable
from sync.core.issue_sync.writes import Change, SetChange
from sync.errors import Refused
from sync.gitlab.issues.reading import IssueReader
from sync.sentences import sentence

KINDS = ("relates_to", "blocks", "is_blocked_by")
_THERE_ALREADY = "409"


def change(
    reader: IssueReader, address: ItemAddress, wanted: Change, dropped: dict[str, str]
) -> None:
    """Add and remove links of an issue; a set as a whole only adds. Raises SyncError.

    `dropped` gets why a link could not be made.
    """
    added = wanted.add if isinstance(wanted, SetChange) else _members(wanted)
    removed = wanted.remove if isinstance(wanted, SetChange) else frozenset()
    path = f"/projects/{address.project}/issues/{address.number}/links"
    for link in sorted(added):
        kind, _, item_id = link.partition(":")
        target = reader.read([ItemAddress(item_id)])[item_id] if kind in KINDS else None
        if target is None or isinstance(target, Unreachable):
            dropped["links"] = sentence("GitLab does not show the item of {link}", link=link)
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
                dropped["links"] = refused.message
    if removed:
        for row in list(reader.client.list(path)):
            if f"{row.get('link_type')}:{row.get('id')}" in removed:
                reader.client.delete(f"{path}/{row.get('issue_link_id')}")


def _members(wanted: Change) -> frozenset[str]:
    return wanted if isinstance(wanted, frozenset) else frozenset()
