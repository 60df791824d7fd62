"""The routes of the REST API: only GET, POST and DELETE, and POST changes in part.

https://www.jetbrains.com/help/youtrack/devportal/youtrack-rest-api.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.errors import (
    ApiError,
    bad_request,
    forbidden,
    not_found,
    unauthorized,
)
from tests.emulators.youtrack.search import sees
from tests.emulators.youtrack.selection import Tree, cut, parse
from tests.emulators.youtrack.state import State
from tests.emulators.youtrack.views import view_for

TOP = 42
Answer = Any


@dataclass(frozen=True)
class Call:
    """A request: whose it is, what it asks, what it brings. `part`: the file of a form."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: bytes
    user: r.User
    part: tuple[str, bytes] | None = None
    state: State | None = None

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the query."""
        return self.query.get(name, [None])[0]

    def data(self) -> dict[str, Any]:
        """Return the body. Raises ApiError where it is no JSON object."""
        try:
            sent = json.loads(self.body or b"null")
        except ValueError as error:
            raise bad_request("Invalid JSON") from error
        if not isinstance(sent, dict):
            raise bad_request("An object is expected")
        return sent

    @property
    def muted(self) -> bool:
        """Tell whether nobody is to be notified."""
        return self.parameter("muteUpdateNotifications") == "true"


Handler = Callable[..., Answer]


@dataclass
class Routes:
    """Handlers by method and path."""

    rows: list[tuple[str, re.Pattern[str], Handler]] = field(default_factory=list)

    def add(self, method: str, path: str) -> Callable[[Handler], Handler]:
        """Register a handler; `{name}` in the path becomes an argument."""
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

        def register(handler: Handler) -> Handler:
            self.rows.append((method, pattern, handler))
            return handler

        return register

    def answer(self, state: State, call: Call) -> Answer:
        """Answer a call. Raises ApiError: 405 for a method that the path lacks."""
        known = False
        for method, pattern, handler in self.rows:
            if match := pattern.fullmatch(call.path):
                known = True
                if method == call.method:
                    return handler(state, call, **match.groupdict())
        if known:
            raise ApiError(405, "Method Not Allowed", f"{call.method} is not supported")
        raise ApiError(404, "Not Found", "HTTP 404 Not Found")


def shown(call: Call, value: Any) -> Answer:
    """Return an entity, cut to the selection."""
    return cut(value, _tree(call), view_for(call.user, call.state))


def listed(call: Call, values: list[Any]) -> Answer:
    """Return a page of entities: 42 where the caller does not say; -1 for all of them."""
    skip, top = _number(call, "$skip", 0), _number(call, "$top", TOP)
    page = values[skip:] if top < 0 else values[skip : skip + top]
    return cut(page, _tree(call), view_for(call.user, call.state))


def _tree(call: Call) -> Tree:
    return parse(call.parameter("fields") or "")


def _number(call: Call, name: str, default: int) -> int:
    text = call.parameter(name)
    try:
        return int(text) if text is not None else default
    except ValueError as error:
        raise ApiError(500, "server_error", f'For input string: "{text}"') from error


def authenticate(state: State, header: str) -> r.User:
    """Return whose token it is. Raises ApiError."""
    kind, _, token = header.partition(" ")
    user = state.tokens.get(token)
    if kind != "Bearer" or user is None or user.banned:
        raise unauthorized()
    return user


def issue_of(state: State, call: Call, name: str) -> r.Issue:
    """Return an issue by its database or readable id. Raises ApiError."""
    for issue in state.issues.values():
        if name in (issue.id, issue.readable) and sees(call.user, issue):
            return issue
    raise not_found("Issue", name)


def writable_issue(state: State, call: Call, name: str) -> r.Issue:
    """Return an issue that the caller may change. Raises ApiError."""
    issue = issue_of(state, call, name)
    if call.user.id not in issue.project.writers or issue.project.archived:
        raise forbidden("You do not have permission to update this issue")
    state.notifications.append((issue.id, call.muted))
    return issue


def project_of(state: State, call: Call, name: str) -> r.Project:
    """Return a project by its database id or short name. Raises ApiError."""
    for project in state.projects:
        if name in (project.id, project.short_name) and call.user.id in project.readers:
            return project
    raise not_found("Project", name)


def user_of(state: State, call: Call, name: str) -> r.User:
    """Return an account by id, login or `me`. Raises ApiError."""
    if name == "me":
        return call.user
    for user in state.users:
        if name in (user.id, user.login):
            return user
    raise not_found("User", name)
