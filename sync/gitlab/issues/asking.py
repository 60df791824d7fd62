"""GraphQL asked so that an instance of any edition and age answers, with errors as ours.

https://docs.gitlab.com/api/graphql/#limits : a refusal comes with status 200, in `errors`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sync.errors import Later, Refused, SyncError
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.errors import error_of_captcha
from sync.gitlab.issues.keys import footer
from sync.gitlab.issues.queries import PART_OF
from sync.gitlab.issues.rows import number
from sync.gitlab.json_fields import mapping, mappings, text
from sync.sentences import sentence

MOST_ITEMS, FEWEST_ITEMS = 100, 5  # a page
MOST_KEYS = 2_000
OURSELVES = "currentUser"
_MISSING = (
    re.compile(r"No such type (?P<name>\w+)"),
    re.compile(r"Field '(?P<name>\w+)' doesn't exist on type '(?P<type>\w+)'"),
    re.compile(r"Field '\w+' doesn't accept argument '(?P<name>\w+)'"),
)
_TOO_MUCH = re.compile(r"exceeds max complexity|timed out|Timeout on", re.IGNORECASE)
_HIDDEN = re.compile(r"does not exist or you don't have permission")
# https://docs.gitlab.com/user/tasks/ : a plain issue has no parent but an epic
_LONG_WORK = re.compile(r"Total time spent cannot")
_NO_PARENT = re.compile(r"not allowed to add this type of parent")
_ITEM = re.compile(r"i[0-9]+|workItem")  # as queries name an item asked for by its id
FORGOTTEN = timedelta(hours=1)  # a licence or an upgrade may bring what was lacking
_MOST_QUESTIONS = 12  # to learn what is lacking, or to halve a page


@dataclass(slots=True)
class Instance:
    """What a client has learned of its instance, for as long as it lives.

    `lacking`: parts of questions that it does not know. `size`: items of a page. `own_id`: our
    user. `by_graphql`: whether work items can be asked for at all. `notes`: key and author of
    comments of ours that were read, by their ids, so that an edit needs no other look.
    `learned_at`: since when nothing of what is lacking was forgotten. `unmoved`: closed items that
    had not moved when they were last changed. `footers`: what of ours stands behind the
    descriptions of items that were read, by their ids.
    """

    lacking: set[str] = field(default_factory=set)
    size: int = MOST_ITEMS
    own_id: str = ""
    by_graphql: bool = True
    notes: dict[str, tuple[str, str]] = field(default_factory=dict)
    learned_at: datetime | None = None
    unmoved: dict[str, datetime] = field(default_factory=dict)
    footers: dict[str, str] = field(default_factory=dict)

    def forget_lacks(self, now: datetime) -> None:
        """Forget what the instance lacked an hour ago: it is asked for again, and may be there."""
        if self.learned_at is None or now - self.learned_at >= FORGOTTEN:
            self.lacking.clear()
            self.by_graphql, self.learned_at = True, now

    def introduced(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return data without our user, whose id is kept."""
        if user_id := number(mapping(data.get(OURSELVES)).get("id")):
            self.own_id = user_id
        return {name: value for name, value in data.items() if name != OURSELVES}

    def remember(self, note_id: str, key: str, author_id: str) -> None:
        """Keep key and author of a comment; the oldest are forgotten."""
        self.notes[note_id] = key, author_id
        if len(self.notes) > MOST_KEYS:
            del self.notes[next(iter(self.notes))]

    def remember_footer(self, issue_id: str, description: str) -> None:
        """Keep what of ours stands behind a description; the oldest are forgotten."""
        self.footers.pop(issue_id, None)
        if text := footer(description):
            self.footers[issue_id] = text
        if len(self.footers) > MOST_KEYS:
            del self.footers[next(iter(self.footers))]


class TooMuch(Exception):
    """A question is too large for the instance: less of it has to be asked for."""


class NotSpoken(Exception):
    """The instance does not know what is asked, and it is no part that can be left out."""


Question = Callable[[], str]


def ask(
    client: GitLab, instance: Instance, question: Question, **variables: Any
) -> Mapping[str, Any]:
    """Return the data of a question; what the instance lacks is left out of it from now on.

    An item that is hidden is null in a question of several. Raises SyncError, TooMuch, NotSpoken.
    """
    for _ in range(_MOST_QUESTIONS):
        query = question()
        used = {name: value for name, value in variables.items() if f"${name}" in query}
        answer = client.graphql(query, **used)
        errors = mappings(answer.get("errors"))
        if not errors or _only_hidden(answer, errors):
            return instance.introduced(mapping(answer.get("data")))
        messages = [text(error.get("message")) for error in errors]
        lacking = _missing_parts(messages)
        if lacking - instance.lacking:
            instance.lacking |= lacking
            continue
        if any(_TOO_MUCH.search(message) for message in messages):
            raise TooMuch(messages[0])
        if "data" not in answer:
            raise NotSpoken(messages[0])
        raise error_of(errors)
    raise NotSpoken("the instance refuses every form of the question")


def ask_one(
    client: GitLab, instance: Instance, question: Question, **variables: Any
) -> Mapping[str, Any]:
    """Return the data of a question that cannot be made smaller. Raises SyncError alone."""
    try:
        return ask(client, instance, question, **variables)
    except TooMuch as error:
        raise Later(
            sentence("GitLab did not answer in time ({error})", error=error), code="timeout"
        ) from error
    except NotSpoken as error:
        raise Refused(
            sentence("The instance does not know the question ({error})", error=error),
            code="graphql",
        ) from error


def mutate(
    client: GitLab, instance: Instance, question: Question, **variables: Any
) -> Mapping[str, Any]:
    """Return the payload of a mutation's one field. Raises SyncError, for its own errors too.

    What is not known there is refused before anything is changed, so it may be asked again; what
    took too long may have been done.
    https://docs.gitlab.com/api/graphql/reference/#mutations
    """
    try:
        data = ask_one(client, instance, question, **variables)
    except Later as error:
        raise Later(
            error.message,
            after=error.after,
            sent=error.sent or error.code == "timeout",
            cause=error.cause,
            code=error.code,
        ) from error
    payload = mapping(next(iter(data.values()), None))
    refusals = payload.get("errors")
    if isinstance(refusals, list) and refusals:
        raise _refusal(text(refusals[0]))
    return payload


def _refusal(message: str) -> Refused:
    """Return the error of a mutation that GitLab did not carry out."""
    summary = sentence("GitLab refused the write ({text})", text=message.rstrip("."))
    if _LONG_WORK.search(message):
        return Refused(
            summary,
            cause="GitLab keeps at most a year of work on an issue, and not less than none",
            change="Correct what is logged there, or log it on another task",
            code="graphql",
        )
    if not _NO_PARENT.search(message):
        return Refused(summary, code="graphql")
    return Refused(
        summary,
        cause="Only an item of the type Task can have an issue as its parent",
        change="Convert it to a task in GitLab; `child_type: task` makes those to come tasks",
        code="graphql",
    )


def error_of(errors: list[dict[str, Any]]) -> SyncError:
    """Return the meaning of the first error of a GraphQL answer."""
    message = text(errors[0].get("message"))
    extensions = mapping(errors[0].get("extensions"))
    if extensions.get("needs_captcha_response") is True or extensions.get("spam") is True:
        return error_of_captcha("POST /api/graphql", message)
    if "Resource lock" in message:
        return Later(
            sentence("GitLab is busy with the item ({message})", message=message), code="409"
        )
    if "too many times" in message:
        return Later("The limit of the instance is reached", cause=message, code="429")
    if _HIDDEN.search(message):
        return Refused(
            sentence("GitLab does not let us do this: {message}", message=message),
            cause="The item is gone, its project is archived, or the token's user lost its role",
            change="Give the token's user the role Planner, or Reporter before 17.7",
            code="404",
        )
    return Refused(
        sentence("GitLab refused the question: {message}", message=message), code="graphql"
    )


def _only_hidden(answer: Mapping[str, Any], errors: list[dict[str, Any]]) -> bool:
    """Tell whether all that is wrong is that items asked for by their ids are not shown."""
    names = mapping(answer.get("data")).keys()
    return bool(names) and all(
        _HIDDEN.search(text(error.get("message"))) and _ITEM.fullmatch(_first_of_path(error))
        for error in errors
    )


def _first_of_path(error: Mapping[str, Any]) -> str:
    path = error.get("path")
    return text(path[0]) if isinstance(path, list) and path else ""


def _missing_parts(messages: list[str]) -> set[str]:
    """Return the parts that have what the messages say is not there."""
    matches = (pattern.search(message) for message in messages for pattern in _MISSING)
    named = (
        (match["name"], f"{match.groupdict().get('type')}.{match['name']}")
        for match in matches
        if match
    )
    parts = (PART_OF.get(whole) or PART_OF.get(name) for name, whole in named)
    return {part for part in parts if part}
