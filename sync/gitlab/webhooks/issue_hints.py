"""Which issues a webhook hints at, so that their links are read anew. Pure.

A hint only: a close comes as two hooks, a status is not in them, and many acts send none. What
counts is read from the API. https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.core.issue_sync.model import ItemAddress
from sync.gitlab.json_fields import mapping, positive_int, text

ISSUE_HOOKS = ("Issue Hook", "Confidential Issue Hook")
NOTE_HOOKS = ("Note Hook", "Confidential Note Hook")
_WITH_ISSUE = ("issue", "work_item")  # where a comment's hook has what it is on


def hinted_items(event: str, payload: Mapping[str, Any]) -> tuple[ItemAddress, ...]:
    """Return the items that a hook is about: the issue, and the one that goes on for it.

    `event`: the header X-Gitlab-Event. An issue and its work item have one id. Test samples of a
    hook, which name no action, hint at nothing.
    """
    if event in ISSUE_HOOKS:
        attributes = mapping(payload.get("object_attributes"))
        return _addresses(attributes, payload) if text(attributes.get("action")) else ()
    if event in NOTE_HOOKS:
        held = (mapping(payload.get(name)) for name in _WITH_ISSUE)
        return next((addresses for issue in held if (addresses := _addresses(issue, payload))), ())
    return ()


def _addresses(issue: Mapping[str, Any], payload: Mapping[str, Any]) -> tuple[ItemAddress, ...]:
    """Epics of groups belong to no project: they are no end of a link."""
    project_id = positive_int(issue.get("project_id")) or positive_int(payload.get("project_id"))
    item_id, number = positive_int(issue.get("id")), positive_int(issue.get("iid"))
    if not item_id or not project_id:
        return ()
    address = ItemAddress(str(item_id), str(project_id), str(number or ""))
    moved_to = positive_int(issue.get("moved_to_id"))
    return (address, ItemAddress(str(moved_to))) if moved_to else (address,)
