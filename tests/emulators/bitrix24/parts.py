"""What belongs to tasks beside their fields: checklists, links, files of the drive. Rows only."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

APP_STORAGE, APP_FOLDER = 1366, 8910
_FIRST_IDS = {"item": 430, "object": 8910, "attachment": 490}


@dataclass(slots=True)
class ChecklistItem:
    """An item; `parent_id` 0: a whole checklist, whose title is its name."""

    id: int
    task_id: int
    parent_id: int
    title: str
    created_by: int
    sort: int
    complete: bool = False
    important: bool = False
    toggled_by: int = 0
    toggled: datetime | None = None


@dataclass(slots=True)
class DriveObject:
    """A folder (`content` None) or a file of the drive. `owner_id` may do anything with it."""

    id: int
    name: str
    parent_id: int
    owner_id: int
    created: datetime
    content: bytes | None = None


@dataclass(slots=True)
class Attachment:
    """The link of a drive's file to a task."""

    id: int
    object_id: int
    task_id: int
    created_by: int
    created: datetime


@dataclass
class TaskParts:
    """The rows; `links` has (from, to) → type of dependence, `previous` task → those it waits for.

    The portal keeps the two apart: neither shows among the other.
    """

    items: dict[int, ChecklistItem] = field(default_factory=dict)
    links: dict[tuple[int, int], int] = field(default_factory=dict)
    previous: dict[int, list[int]] = field(default_factory=dict)
    drive: dict[int, DriveObject] = field(default_factory=dict)
    attachments: dict[int, Attachment] = field(default_factory=dict)
    max_upload: int = 100_000_000
    _last: dict[str, int] = field(default_factory=lambda: dict(_FIRST_IDS))

    def next_id(self, kind: str) -> int:
        self._last[kind] += 1
        return self._last[kind]

    def checklist(self, task_id: int) -> list[ChecklistItem]:
        return [item for item in self.items.values() if item.task_id == task_id]

    def add_item(
        self, task_id: int, title: str, by: int, *, parent_id: int, sort: int | None = None
    ) -> ChecklistItem:
        """Add an item behind its siblings, or at the given place."""
        siblings = [item for item in self.checklist(task_id) if item.parent_id == parent_id]
        place = len(siblings) if sort is None else sort
        item = ChecklistItem(self.next_id("item"), task_id, parent_id, title.strip(), by, place)
        self.items[item.id] = item
        return item

    def drop_item(self, item_id: int) -> None:
        """Remove an item with everything below it."""
        for child in [item.id for item in self.items.values() if item.parent_id == item_id]:
            self.drop_item(child)
        self.items.pop(item_id, None)

    def toggle(self, item: ChecklistItem, complete: bool, by: int, now: datetime) -> None:
        """Nothing changes where it is in that state already."""
        if item.complete != complete:
            item.complete, item.toggled_by, item.toggled = complete, by, now

    def store(
        self, name: str, parent_id: int, by: int, now: datetime, content: bytes | None
    ) -> DriveObject:
        made = DriveObject(self.next_id("object"), name, parent_id, by, now, content)
        self.drive[made.id] = made
        return made

    def children(self, folder_id: int) -> list[DriveObject]:
        return [entry for entry in self.drive.values() if entry.parent_id == folder_id]

    def attach(self, object_id: int, task_id: int, by: int, now: datetime) -> Attachment:
        """Attach a file; a file that the task has already stays as it is."""
        for attachment in self.attached(task_id):
            if attachment.object_id == object_id:
                return attachment
        made = Attachment(self.next_id("attachment"), object_id, task_id, by, now)
        self.attachments[made.id] = made
        return made

    def attached(self, task_id: int) -> list[Attachment]:
        return [row for row in self.attachments.values() if row.task_id == task_id]

    def attach_only(self, task_id: int, values: list[str], by: int, now: datetime) -> None:
        """Write UF_TASK_WEBDAV_FILES: `n12` adds a file, `12` keeps an attachment; others go."""
        kept = {int(value) for value in values if value.isdigit()}
        for row in self.attached(task_id):
            if row.id not in kept:
                del self.attachments[row.id]
        for value in values:
            if value.startswith("n") and value[1:].isdigit() and int(value[1:]) in self.drive:
                self.attach(int(value[1:]), task_id, by, now)
