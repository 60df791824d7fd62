"""Links between issues and the parent of one, read from an answer. Pure.

An issue has a slot for each type of link and direction. Seen from a task that others wait for, its
slot is OUTWARD ("is required for"); a subtask has its parent in the INWARD slot.
https://www.jetbrains.com/help/youtrack/devportal/resource-api-issues-issueID-links.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync.core.issue_sync.model import BLOCKED, BLOCKS, RELATES, Choice
from sync.youtrack.json_fields import mapping, mappings, text

FIELDS = "id,direction,linkType(id,name,sourceToTarget,targetToSource),issues(id)"
CHOICES = (Choice(RELATES, "relates to"), Choice(BLOCKS, "blocks"), Choice(BLOCKED, "waits for"))
PARENT_SLOT = ("subtask", "INWARD")
SLOTS = {  # canonical names of the types that every instance has, until somebody deletes one
    RELATES: ("relates", "BOTH"),
    BLOCKS: ("depend", "OUTWARD"),
    BLOCKED: ("depend", "INWARD"),
}


def slot_of(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return the type and direction of a slot."""
    kind = text(mapping(row.get("linkType")).get("name")).casefold()
    return kind, text(row.get("direction"))


def linked_ids(row: Mapping[str, Any], slot: tuple[str, str]) -> list[str]:
    """Return the ids of the issues in a slot of an answer."""
    return [
        text(issue.get("id"))
        for each in mappings(row.get("links"))
        if slot_of(each) == slot
        for issue in mappings(each.get("issues"))
    ]


def links_of(row: Mapping[str, Any]) -> frozenset[str]:
    """Return the links of an answer as `kind:id`."""
    return frozenset(
        f"{kind}:{issue_id}" for kind, slot in SLOTS.items() for issue_id in linked_ids(row, slot)
    )


def parent_of(row: Mapping[str, Any]) -> str | None:
    """Return the parent of an answer; of several, the one that was made first."""
    parents = linked_ids(row, PARENT_SLOT)
    return min(parents, key=lambda name: (len(name), name)) if parents else None
