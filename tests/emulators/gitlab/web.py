"""Requests, answers, parameter checks and paging, as GitLab's REST API does them. Pure.

https://docs.gitlab.com/api/rest/ ; the checks are those of its Grape parameters.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from tests.emulators.gitlab.entities import Token, User

MAX_PER_PAGE = 100
COUNT_LIMIT = 10_000
TRUE, FALSE = {"true", "t", "1", "on", "yes"}, {"false", "f", "0", "off", "no"}


class ApiError(Exception):
    """An answer that ends a request: `status`, the JSON `body` and extra headers."""

    def __init__(self, status: int, body: dict, headers: dict[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status, self.body, self.headers = status, body, headers or {}


def not_found(what: str = "") -> ApiError:
    return ApiError(404, {"message": f"404 {what} Not Found" if what else "404 Not found"})


def forbidden() -> ApiError:
    return ApiError(403, {"message": "403 Forbidden"})


def invalid(problem: str) -> ApiError:
    """`problem`: `url is missing`, `state does not have a valid value`…"""
    return ApiError(400, {"error": problem})


@dataclass
class Reply:
    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Request:
    """`params`: query and body as one; a name that ends with [] holds a list."""

    method: str
    path: str
    headers: dict[str, str]
    query: str = ""
    body: bytes = b""
    host: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    actor: User | None = None
    token: Token | None = None

    def header(self, name: str) -> str:
        return self.headers.get(name.lower(), "")

    def text(self, name: str, default: str = "") -> str:
        value = self.params.get(name, default)
        return value if isinstance(value, str) else str(value)

    def one_of(self, name: str, allowed: Sequence[str], default: str) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise invalid(f"{name} does not have a valid value")
        return value

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.params.get(name, default))
        except (TypeError, ValueError):
            raise invalid(f"{name} is invalid") from None

    def moment(self, name: str) -> datetime | None:
        text = self.text(name)
        try:
            at = datetime.fromisoformat(text) if text else None
        except ValueError:
            raise invalid(f"{name} is invalid") from None
        return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at

    def items(self, name: str) -> list[str]:
        value = self.params.get(name, self.params.get(f"{name}[]", []))
        return [str(one) for one in (value if isinstance(value, list) else [value])]

    def in_time(self, name: str, at: datetime | None) -> bool:
        """Whether `at` is within `{name}_after` and `{name}_before`, both included."""
        after, before = self.moment(f"{name}_after"), self.moment(f"{name}_before")
        if at is None:
            return not (after or before)
        return not ((after and at < after) or (before and at > before))

    def flag(self, name: str) -> bool | None:
        """None: not sent. Raises 400 for what is no boolean."""
        if name not in self.params:
            return None
        text = str(self.params[name]).lower()
        if text not in TRUE | FALSE:
            raise invalid(f"{name} is invalid")
        return text in TRUE

    def require(self, *names: str) -> None:
        if missing := [f"{name} is missing" for name in names if name not in self.params]:
            raise invalid(", ".join(missing))


def read_params(request: Request) -> dict[str, Any]:
    """Query and body, the body winning. 400 for what is no JSON object."""
    params = _pairs(request.query)
    kind = request.header("Content-Type").split(";")[0].strip()
    if not request.body or kind == "multipart/form-data":
        return params
    if kind != "application/json":
        return params | _pairs(request.body.decode("utf-8", "replace"))
    try:
        sent = json.loads(request.body)
    except ValueError:
        raise ApiError(400, {"error": "400 Bad Request: message body does not match"}) from None
    return params | (sent if isinstance(sent, dict) else {})


def _pairs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        if name.endswith("[]"):
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found


def page(
    request: Request, items: Sequence[Any], show: Callable[[Any], Any], *, counted: bool = True
) -> Reply:
    """One page by offset, with Link and X-* headers; totals and `last` only where it is `counted`.

    https://docs.gitlab.com/api/rest/#offset-based-pagination
    """
    if request.text("pagination") == "keyset":
        raise ApiError(
            405, {"error": "Keyset pagination is not yet available for this type of request"}
        )
    number, size = page_number(request), page_size(request)
    shown = items[(number - 1) * size : number * size]
    pages = max(1, -(-len(items) // size))
    headers = {
        "X-Page": str(number),
        "X-Per-Page": str(size),
        "X-Next-Page": str(number + 1) if number < pages else "",
        "X-Prev-Page": str(number - 1) if number > 1 else "",
        "Link": _links(request, number, pages, size, counted=counted),
    }
    if counted and len(items) <= COUNT_LIMIT:
        headers |= {"X-Total": str(len(items)), "X-Total-Pages": str(pages)}
    return Reply([show(one) for one in shown], headers=headers)


def page_number(request: Request) -> int:
    number = request.number("page", 1)
    if number < 1:
        raise invalid("page does not have a valid value")
    return number


def page_size(request: Request) -> int:
    """Default 20; more than 100 is 100."""
    size = request.number("per_page", 20)
    if size < 1:
        raise invalid("per_page does not have a valid value")
    return min(size, MAX_PER_PAGE)


def _links(request: Request, number: int, pages: int, size: int, *, counted: bool) -> str:
    wanted = [("prev", number - 1), ("next", number + 1), ("first", 1)]
    wanted += [("last", pages)] if counted else []
    return ", ".join(
        link(request, {"page": str(at), "per_page": str(size)}, rel)
        for rel, at in wanted
        if 1 <= at <= pages
    )


def link(request: Request, changes: dict[str, str], rel: str) -> str:
    kept = [(k, v) for k, v in parse_qsl(request.query) if k not in changes]
    query = urlencode(kept + list(changes.items()))
    return f'<{request.host}{request.path}?{query}>; rel="{rel}"'
