"""The chats of many tasks by one request of REST 3.0, where the portal has it."""

from __future__ import annotations

from collections.abc import Iterable

from sync.bitrix24.issue_sync.calls import chat_call
from sync.bitrix24.issue_sync.memory import Memory
from sync.bitrix24.issue_sync.talks import Talk
from sync.bitrix24.rest.batch import Answer, as_int, as_mapping
from sync.bitrix24.rest.client import Portal
from sync.errors import Denied, Refused

_PAGE = 1000
MANY = 13  # tasks whose chats would else cost a call each


def ask_chat(task_id: int, memory: Memory) -> Talk[None]:
    """Ask for a task's chat, and remember it."""
    (answer,) = yield [chat_call(task_id)]
    if isinstance(answer, Answer):
        memory.learn_chat(task_id, as_mapping(as_mapping(answer.result).get("task")))


def learn_chats(portal: Portal, memory: Memory, ids: Iterable[int]) -> None:
    """Remember the chats of tasks that were not met yet. Raises Later.

    https://apidocs.bitrix24.com/api-reference/tasks/tasks-task-list-rest-v3.html
    """
    unknown = [number for number in ids if number not in memory.chats]
    if len(unknown) < MANY or not portal.features.get("v3"):
        return
    for at in range(0, len(unknown), _PAGE):
        params = {
            "select": ["id", "chatId"],
            "filter": [["id", "in", unknown[at : at + _PAGE]]],
            "pagination": {"page": 1, "limit": _PAGE},
        }
        try:
            body = portal.call_v3("tasks.task.list", params)
        except (Denied, Refused):
            return  # no right to REST 3.0 any more: 2.0 answers, or says why not
        for row in as_mapping(body["result"]).get("items") or ():
            if isinstance(row, dict):
                memory.learn_chat(as_int(row.get("id")), row)
