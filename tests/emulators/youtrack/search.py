"""The search language, as far as clients of ours and others use it.

Moments are read in the time zone of the caller's profile; blanks around `..` are required.
https://www.jetbrains.com/help/youtrack/cloud/search-and-command-attributes.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.emulators.youtrack import records as r
from tests.emulators.youtrack.errors import ApiError
from tests.emulators.youtrack.state import State

_SORT = re.compile(r"\s*sort by:\s*(?P<by>.*)$", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"(?P<name>project|updated|created|issue id|reporter|tag):\s*"
    r"(?P<value>(?:\{[^}]*\}|[^\s,{]+)(?:(?:\s\.\.\s|,\s*|\.\.)(?:\{[^}]*\}|[^\s,{]+))*)",
    re.IGNORECASE,
)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2})?)?")
_SPACED = re.compile(r"\s*,\s*")
Test = Callable[[r.Issue], bool]


def search(state: State, user: r.User, query: str) -> list[r.Issue]:
    """Return the issues of a query that the caller sees. Raises ApiError for bad queries."""
    order = _SORT.search(query)
    rest = query[: order.start()] if order else query
    tests = [_attribute(state, user, match) for match in _ATTRIBUTE.finditer(rest)]
    words = re.findall(r"[^\s()]+", _ATTRIBUTE.sub(" ", rest))
    if any(":" in word for word in words):
        raise invalid(f'The value "{words}" is not understood')
    wanted = {word.lower() for word in words if word.lower() not in ("or", "and")}
    if wanted:
        tests.append(lambda issue: bool(wanted & _words(issue)))
    issues = [
        issue
        for issue in state.issues.values()
        if sees(user, issue) and all(test(issue) for test in tests)
    ]
    return _sorted(issues, order["by"] if order else "")


def sees(user: r.User, issue: r.Issue) -> bool:
    """Tell whether the caller may see an issue."""
    in_project = user.id in issue.project.readers
    return in_project and (issue.seen_by is None or user.id in issue.seen_by)


def invalid(detail: str) -> ApiError:
    """Return the refusal of a query."""
    return ApiError(
        400,
        "invalid_query",
        "Can't parse search query, please check and update query syntax",
        error_developer_message="Can't parse search query",
        error_field="query",
        error_children=[{"error": detail, "error_description": ""}],
    )


def _words(issue: r.Issue) -> set[str]:
    return set(re.findall(r"\w+", f"{issue.summary} {issue.description or ''}".lower()))


def _attribute(state: State, user: r.User, match: re.Match[str]) -> Test:
    name, value = match["name"].lower(), match["value"]
    bare = value.strip("{}")
    if name == "project":
        shown = {p.short_name.lower(): p for p in state.projects if user.id in p.readers}
        shown |= {p.name.lower(): p for p in shown.values()}
        if bare.lower() not in shown:
            raise invalid(f'The value "{bare}" isn\'t used for the project field.')
        project = shown[bare.lower()]
        return lambda issue: issue.project is project
    if name == "issue id":
        ids = _SPACED.split(value)
        present = {issue.readable: issue for issue in state.issues.values() if sees(user, issue)}
        if unknown := [each for each in ids if each not in present]:
            raise invalid(f'The value "{unknown[0]}" isn\'t used for the issue id field.')
        return lambda issue: issue.readable in ids
    if name == "reporter":
        login = user.login if bare == "me" else bare
        return lambda issue: issue.reporter is not None and issue.reporter.login == login
    if name == "tag":
        return lambda issue: bare.lower() in {tag.name.lower() for tag in issue.tags}
    low, high = _range(value, user)
    return lambda issue: low <= getattr(issue, name) < high


def _range(value: str, user: r.User) -> tuple[float, float]:
    """Return the bounds of a range; with a relative bound and no blanks it holds nothing."""
    if ".." in value and " .. " not in value:
        if "{" in value:
            return 1.0, 0.0
        raise invalid(f'The value "{value}" is not understood')
    parts = value.split(" .. ")
    if len(parts) > 2:
        raise invalid(f'The value "{value}" is not understood')
    first = _moment(parts[0], user)
    last = _moment(parts[-1], user)
    return first[0] if first else 0.0, last[1] if last else float("inf")


def _moment(literal: str, user: r.User) -> tuple[float, float] | None:
    """Return first and last millisecond of what a literal names; None for `*`."""
    if literal == "*":
        return None
    if not _MOMENT.fullmatch(literal):
        raise invalid(f'The value "{literal}" is not understood')
    start = datetime.fromisoformat(literal).replace(tzinfo=ZoneInfo(user.zone))
    length = {10: timedelta(days=1), 16: timedelta(minutes=1), 19: timedelta(seconds=1)}[
        len(literal)
    ]
    begin = start.timestamp() * 1000
    return begin, begin + length.total_seconds() * 1000


def _sorted(issues: list[r.Issue], by: str) -> list[r.Issue]:
    """Sort by the first key that is named, least recent first with `asc`; by default by change."""
    keys = [part.strip().strip("{}").split() for part in by.split(",") if part.strip()]
    name = keys[0][0].strip("{}") if keys else "updated"
    ascending = bool(keys) and keys[0][-1].strip("{}") == "asc"
    number = {"updated": lambda i: i.updated, "created": lambda i: i.created}.get(name)
    if number is None:
        raise invalid(f'The value "{by}" is not understood')
    in_order = sorted(issues, key=lambda issue: (number(issue), int(issue.id.split("-")[1])))
    return in_order if ascending else in_order[::-1]
