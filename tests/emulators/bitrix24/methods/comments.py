"""task.commentitem.*, positional. In the new card only `add` still works.

https://apidocs.bitrix24.com/api-reference/tasks/comment-item/
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.emulators.bitrix24.calls import Call, intval, method, positional
from tests.emulators.bitrix24.errors import core, tasks_exception
from tests.emulators.bitrix24.records import Comment, Task
from tests.emulators.bitrix24.work import changed_ids

ORDERS = {"ID", "AUTHOR_ID", "AUTHOR_NAME", "AUTHOR_EMAIL", "POST_DATE"}
NOT_ALLOWED = tasks_exception(4, "Action is not allowed", "ACTION_NOT_ALLOWED")


@method("task.commentitem.add", "task", accepts=None, writes=True)
def add(call: Call) -> int:
    task_id, fields = positional(call, "ctaskcommentitem::add", "IA")
    task = _task(call, task_id)
    text = str(fields.get("POST_MESSAGE") or "")
    if not text.strip():
        raise core("Comment text not specified.", "ERROR_CODE")
    author = intval(fields.get("AUTHOR_ID")) or call.user.id
    if author not in call.portal.users:
        raise core("Insufficient permissions to add a comment.", "ERROR_CODE")
    if call.portal.card == "new":
        return call.portal.post(call.portal.chats[task.chat_id], author, text).id
    return call.portal.add_comment(task, author, text).id


@method("task.commentitem.update", "task", accepts=None, writes=True)
def update(call: Call) -> bool:
    task_id, item_id, fields = positional(call, "ctaskcommentitem::update", "IIA")
    comment = _comment(call, task_id, item_id)
    text = str(fields.get("POST_MESSAGE") or "").strip()
    if not text:
        raise core("Comment text not specified.", "ERROR_CODE")
    _may_change(call)
    comment.text = text
    _fire(call, "ONTASKCOMMENTUPDATE", comment, "EDIT")
    return True


@method("task.commentitem.delete", "task", accepts=None, writes=True)
def delete(call: Call) -> bool:
    task_id, item_id = positional(call, "ctaskcommentitem::delete", "II")
    comment = _comment(call, task_id, item_id)
    _may_change(call)
    del call.portal.comments[comment.id]
    _fire(call, "ONTASKCOMMENTDELETE", comment, "DEL")
    return True


@method("task.commentitem.get", "task", accepts=None)
def get(call: Call) -> dict[str, Any]:
    task_id, item_id = positional(call, "ctaskcommentitem::get", "II")
    return _shown(call, _comment(call, task_id, item_id))


@method("task.commentitem.getlist", "task", accepts=None)
def getlist(call: Call) -> list[dict[str, Any]]:
    task_id, order, wanted = positional(call, "ctaskcommentitem::getlist", "Iaa")
    task = _old_card(call, _task(call, task_id))
    for key in order:
        if key not in ORDERS:
            name = "ctaskcommentitem::getlist"
            text = f'Param #1 (arOrder) for method {name}() must not contain key "{key}".'
            raise tasks_exception(256, text, "WRONG_ARGUMENTS")
    rows = [comment for comment in call.portal.comments.values() if comment.task_id == task.id]
    for key, value in wanted.items():
        rows = [row for row in rows if _fits(call, row, key, value)]
    if not any(str(way).lower() == "asc" for way in order.values()):
        rows.reverse()  # by number downwards where no order is given
    return [_shown(call, row) for row in rows]


def _fits(call: Call, row: Comment, key: str, value: Any) -> bool:
    """A filter by ID, AUTHOR_ID or POST_DATE; several values mean any of them."""
    name = key.lstrip("!<>=")
    given = [_like(call, name, one) for one in (value if isinstance(value, list) else [value])]
    have: Any = {"ID": row.id, "AUTHOR_ID": row.author_id, "POST_DATE": row.date}[name]
    signs = {"<": have < given[0], "<=": have <= given[0]}
    signs |= {">": have > given[0], ">=": have >= given[0]}
    return signs.get(key.removesuffix(name), (have in given) != key.startswith("!"))


def _like(call: Call, name: str, value: Any) -> Any:
    if name not in ("ID", "AUTHOR_ID", "POST_DATE"):
        text = f'must not contain key "{name}".'
        raise tasks_exception(256, f"Param #2 (arFilter) {text}", "WRONG_ARGUMENTS")
    if name != "POST_DATE":
        return intval(value)
    moment = datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=call.portal.tz)


def _task(call: Call, task_id: int) -> Task:
    task = call.portal.tasks.get(task_id)
    if task is None or not call.portal.can_read(call.user.id, task):
        text = "Task not found or not accessible"
        raise tasks_exception(1, text, "TASK_NOT_FOUND_OR_NOT_ACCESSIBLE")
    return task


def _old_card(call: Call, task: Task) -> Task:
    if call.portal.card == "new":
        raise NOT_ALLOWED
    return task


def _comment(call: Call, task_id: int, item_id: int) -> Comment:
    task = _old_card(call, _task(call, task_id))
    comment = call.portal.comments.get(item_id)
    if comment is None or comment.task_id != task.id:
        raise tasks_exception(8, "Action failed", "ACTION_FAILED_TO_BE_PROCESSED")
    return comment


def _may_change(call: Call) -> None:
    """The pages' heads name administrators alone; their error tables speak of others' comments."""
    if not call.user.admin:
        raise NOT_ALLOWED


def _fire(call: Call, event: str, comment: Comment, action: str) -> None:
    ids = {"ID": comment.id, "TASK_ID": comment.task_id}
    data = changed_ids(before=ids, after=ids | {"ACTION": action})
    call.portal.emit(event, data, call.user.id)


def _shown(call: Call, comment: Comment) -> dict[str, Any]:
    return {
        "POST_MESSAGE_HTML": None,
        "ID": str(comment.id),
        "AUTHOR_ID": str(comment.author_id),
        "AUTHOR_NAME": call.portal.users[comment.author_id].shown,
        "AUTHOR_EMAIL": "",
        "POST_DATE": call.portal.iso(comment.date),
        "POST_MESSAGE": comment.text,
        "ATTACHED_OBJECTS": {},
    }
