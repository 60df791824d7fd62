"""Comments written to the chat of a task, or to the old card, and found again by their key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sync.bitrix24.issue_sync import rows
from sync.bitrix24.issue_sync.calls import (
    chat_call,
    messages_call,
    newest_call,
    old_comments_call,
    watch_call,
)
from sync.bitrix24.issue_sync.marks import marked
from sync.bitrix24.issue_sync.outcomes import failed
from sync.bitrix24.issue_sync.reading import TaskReader
from sync.bitrix24.issue_sync.talks import Talk
from sync.bitrix24.rest.batch import Answer, Call, Reference, as_int
from sync.bitrix24.rest.errors import NOT_MEMBER
from sync.bitrix24.tasks.queries import MESSAGE_LIMIT
from sync.core.issue_sync.model import Comment, ItemAddress
from sync.core.issue_sync.writes import AddComment, DeleteComment, Done, EditComment, Outcome
from sync.errors import Refused, SyncError
from sync.sentences import sentence

_NEWEST = 5  # messages read back behind a new one: others may have written meanwhile


def add_comment(write: AddComment, reader: TaskReader) -> Talk[Outcome]:
    """Write a comment and read it back; who is not in the chat becomes an observer first.

    https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-add.html
    """
    task_id = as_int(write.address.id)
    text = marked(rows.write_message(write.text), write.key)
    if len(text) > MESSAGE_LIMIT:
        return failed(_too_long(task_id, len(write.text)))
    asks_chat = task_id not in reader.memory.chats
    if asks_chat:
        answers = yield _new_calls(task_id, text, None)
        chat = reader.learn_chat(task_id, answers[0])
        answers = answers[1:]
        if chat is None and isinstance(answers[0], Refused):
            return (yield from _add_old(write, text, reader))
    else:
        chat = reader.memory.chats.get(task_id)
        if chat is None:
            return (yield from _add_old(write, text, reader))
        answers = yield _new_calls(task_id, text, chat)
    added = answers[0]
    if isinstance(added, Refused) and added.code in NOT_MEMBER and chat:
        answers = (yield [watch_call(task_id), *_new_calls(task_id, text, chat)])[1:]
        added = answers[0]
    if isinstance(added, SyncError):
        return failed(added)
    if not as_int(added.result):
        return failed(_not_saved(task_id))
    comment = _found(answers[1:], as_int(added.result), reader)
    comment = comment or _as_sent(write, as_int(added.result), reader)
    reader.memory.learn_keys(task_id, [comment])
    return Done(comment=comment)


def _new_calls(task_id: int, text: str, chat: int | None) -> list[Call]:
    dialog: str | Reference = f"chat{chat}"
    ask = []
    if chat is None:
        dialog = Reference("chat", ("task", "chatId"), before="chat")
        ask = [chat_call(task_id)]
    message = {"DIALOG_ID": dialog, "MESSAGE": text, "URL_PREVIEW": "N"}
    return [*ask, Call("im.message.add", message), newest_call(dialog)]


def _add_old(write: AddComment, text: str, reader: TaskReader) -> Talk[Outcome]:
    """Write a comment of the old card; parameters go by position."""
    task_id = as_int(write.address.id)
    params = {"TASKID": task_id, "FIELDS": {"POST_MESSAGE": text}}
    get = {"TASKID": task_id, "ITEMID": Reference("added")}
    added, stored = yield [
        Call("task.commentitem.add", params, name="added"),
        Call("task.commentitem.get", get, write=False),
    ]
    if isinstance(added, SyncError):
        return failed(added)
    if not as_int(added.result):
        return failed(_not_saved(task_id))
    shown = [stored.result] if isinstance(stored, Answer) else []
    comment = next(iter(rows.parse_comments(shown, reader.side, ())), None)
    comment = comment or _as_sent(write, as_int(added.result), reader)
    reader.memory.learn_keys(task_id, [comment])
    return Done(comment=comment)


def edit_comment(write: EditComment, reader: TaskReader) -> Talk[Outcome]:
    """Replace the text of a message of ours; the portal lets its author do so for three days.

    https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-update.html
    """
    task_id, number = as_int(write.address.id), as_int(write.comment_id)
    yield from _learn_card(task_id, reader)
    key = yield from _key_of(write, reader)
    text = marked(rows.write_message(write.text), key)
    if len(text) > MESSAGE_LIMIT:
        return failed(_too_long(task_id, len(write.text)))
    if _is_old(task_id, reader):
        fields = {"TASKID": task_id, "ITEMID": number, "FIELDS": {"POST_MESSAGE": text}}
        call = Call("task.commentitem.update", fields)
    else:
        message = {"MESSAGE_ID": number, "MESSAGE": text, "URL_PREVIEW": "N"}
        call = Call("im.message.update", message)
    answers = yield [call, *_look_calls(task_id, number, reader)]
    if isinstance(answers[0], SyncError):
        return failed(answers[0])
    comment = _found(answers[1:], number, reader)
    return Done(comment=comment) if comment else failed(_not_saved(task_id))


def _key_of(write: EditComment, reader: TaskReader) -> Talk[str]:
    """Return the key that the comment has, which an edit keeps; the edit's own where none."""
    task_id, number = as_int(write.address.id), as_int(write.comment_id)
    if (task_id, write.comment_id) not in reader.memory.keys:
        answers = yield _look_calls(task_id, number, reader)
        comment = _found(answers, number, reader)
        reader.memory.learn_keys(task_id, [comment] if comment else [])
    return reader.memory.keys.get((task_id, write.comment_id)) or write.key


def delete_comment(write: DeleteComment, reader: TaskReader) -> Talk[Outcome]:
    """Delete a message of ours; one that is not there any more is done.

    https://apidocs.bitrix24.com/api-reference/chats/messages/im-message-delete.html
    """
    task_id, number = as_int(write.address.id), as_int(write.comment_id)
    yield from _learn_card(task_id, reader)
    if _is_old(task_id, reader):
        call = Call("task.commentitem.delete", {"TASKID": task_id, "ITEMID": number})
    else:
        call = Call("im.message.delete", {"MESSAGE_ID": number})
    answers = yield [call, *_look_calls(task_id, number, reader)]
    if isinstance(answers[0], Answer) or _is_gone(answers[1:], number, reader):
        return Done()
    return failed(answers[0])


def find_comment(
    write: EditComment | DeleteComment, reader: TaskReader
) -> Talk[tuple[Comment, ...] | None]:
    """Read the comment that a write is about; None where it is not visible."""
    task_id, number = as_int(write.address.id), as_int(write.comment_id)
    yield from _learn_card(task_id, reader)
    answers = yield [*_chat_call(task_id, reader), *_look_calls(task_id, number, reader)]
    if isinstance(answers[-1], SyncError):
        return None
    comment = _found(answers[-1:], number, reader)
    return (comment,) if comment else ()


def read_comments(address: ItemAddress, reader: TaskReader) -> Talk[tuple[Comment, ...] | None]:
    """Read all comments of a task; None where they are not visible."""
    options = replace(reader.side.options, time=False, checklist=False, files=False)
    own = TaskReader(replace(reader.side, options=options), reader.memory, reader.new_card)
    item = yield from own.read(as_int(address.id))
    return getattr(item, "comments", None)


def _chat_call(task_id: int, reader: TaskReader) -> list[Call]:
    return [] if task_id in reader.memory.chats else [chat_call(task_id)]


def _learn_card(task_id: int, reader: TaskReader) -> Talk[None]:
    """Ask which card a task has: comments of the old one and messages have numbers of their own."""
    if not reader.new_card and task_id not in reader.memory.chats:
        answers = yield [chat_call(task_id)]
        reader.learn_chat(task_id, answers[0])


def _is_old(task_id: int, reader: TaskReader) -> bool:
    return reader.memory.chats.get(task_id, 0) is None


def _look_calls(task_id: int, number: int, reader: TaskReader) -> list[Call]:
    """Build the call whose answer has a comment, or not: that before the next number."""
    if _is_old(task_id, reader):
        return [old_comments_call(task_id)]
    chat = reader.memory.chats.get(task_id)
    if chat:
        return [messages_call(f"chat{chat}", before=number + 1, limit=_NEWEST)]
    calls = _chat_call(task_id, reader)
    dialog = Reference("chat", ("task", "chatId"), before="chat")
    return [*calls, messages_call(dialog, before=number + 1, limit=_NEWEST)]


def _found(
    answers: Iterable[Answer | SyncError], number: int, reader: TaskReader
) -> Comment | None:
    return next((c for c in _shown(answers, reader) if c.id == str(number)), None)


def _is_gone(answers: list[Answer | SyncError], number: int, reader: TaskReader) -> bool:
    readable = answers and isinstance(answers[-1], Answer)
    return bool(readable) and _found(answers, number, reader) is None


def _shown(answers: Iterable[Answer | SyncError], reader: TaskReader) -> list[Comment]:
    comments: list[Comment] = []
    for answer in answers:
        match answer:
            case Answer(result=dict()) if "messages" in answer.result:
                page = rows.parse_messages(answer.result, reader.side, ())
                comments += [comment for comment in page.values() if comment]
            case Answer(result=list()):
                comments += rows.parse_comments(answer.result, reader.side, ())
    return comments


def _as_sent(write: AddComment, number: int, reader: TaskReader) -> Comment:
    """Return the comment as it was sent, where the portal does not show it at once."""
    author = replace(write.author, id=str(reader.side.user_id), is_bridge=True)
    return Comment(str(number), author, write.text, rows.NEVER, key=write.key)


def _too_long(task_id: int, length: int) -> SyncError:
    return Refused(
        sentence(
            "The comment in the task {task_id} has {length} characters",
            task_id=task_id,
            length=length,
        ),
        cause="Bitrix24 keeps no more and cuts the rest",
        change="Shorten it, or attach it as a file",
        code="too_long",
    )


def _not_saved(task_id: int) -> SyncError:
    return Refused(
        sentence("The comment in the task {task_id} was not saved", task_id=task_id),
        cause="The portal gives no further reason",
        change="Look at the task's discussion in Bitrix24",
    )
