"""Columns of many workgroups and rights in many chats, fifty a request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sync.bitrix24.rest.batch import BATCH_SIZE, Answer, Call, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks import fields
from sync.bitrix24.tasks.queries import NO_CHAT, allows_posting
from sync.core.model.tasks import KanbanStage
from sync.errors import Refused, SyncError

Progress = Callable[[int, int], None]


def read_boards(
    portal: Portal, group_ids: Sequence[int], progress: Progress
) -> Mapping[int, tuple[KanbanStage, ...] | None]:
    """Return the kanban columns of workgroups; None of one that does not exist for us.

    `progress(done, all)` is called after each request. Raises Later and Denied.
    https://apidocs.bitrix24.com/api-reference/tasks/stages/task-stages-get.html
    """
    calls = [
        Call("task.stages.get", {"entityId": group_id, "isAdmin": True}, write=False)
        for group_id in group_ids
    ]
    boards: dict[int, tuple[KanbanStage, ...] | None] = {}
    for group_id, answer in zip(group_ids, _answers(portal, calls, progress), strict=True):
        if isinstance(answer, Answer):
            boards[group_id] = fields.parse_stages(answer.result) or None
        elif isinstance(answer, Refused):
            boards[group_id] = None
        else:
            raise answer
    return boards


def read_posting_rights(
    portal: Portal, dialogs: Sequence[str], progress: Progress
) -> Mapping[str, bool | SyncError]:
    """Return whether we may write in chats, or the error where that cannot be known.

    https://apidocs.bitrix24.com/api-reference/chats/im-dialog-get.html
    """
    calls = [Call("im.dialog.get", {"DIALOG_ID": dialog}, write=False) for dialog in dialogs]
    rights: dict[str, bool | SyncError] = {}
    for dialog, answer in zip(dialogs, _answers(portal, calls, progress), strict=True):
        if isinstance(answer, Answer):
            rights[dialog] = allows_posting(as_mapping(answer.result))
        elif isinstance(answer, Refused) and answer.code in NO_CHAT:
            rights[dialog] = False
        else:
            rights[dialog] = answer
    return rights


def _answers(
    portal: Portal, calls: Sequence[Call], progress: Progress
) -> Iterator[Answer | SyncError]:
    for start in range(0, len(calls), BATCH_SIZE):
        part = calls[start : start + BATCH_SIZE]
        yield from portal.batch(part)
        progress(start + len(part), len(calls))
