"""POST /api/graphql: checks a query against the schema as GitLab does, then answers it.

https://docs.gitlab.com/api/graphql/ ; a query that is not valid gets 200 and `errors` alone.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from tests.emulators.gitlab import access, graphql_checks, graphql_limits
from tests.emulators.gitlab.graphql_checks import fields_of
from tests.emulators.gitlab.graphql_schema import TYPES
from tests.emulators.gitlab.graphql_spec import (
    CONNECTION,
    LONGEST_PAGE,
    SCALARS,
    Asked,
    Refusal,
    Spec,
)
from tests.emulators.gitlab.graphql_text import Field, Operation, Unparsable, Variable, read
from tests.emulators.gitlab.issues.graphql_types import CONCRETE
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.web import ApiError, Reply, Request

if TYPE_CHECKING:
    from tests.emulators.gitlab.issues.service import Issues

PATH = "/api/graphql"
NO_SCOPE = "The token has not the scope `api`"
MOST_SOUND = 1_000
_SOUND: set[tuple[str, str, str]] = set()  # queries without a problem, by version and edition


def _count_fields() -> int:
    return sum(map(len, TYPES.values()))


_FIELDS = _count_fields()  # a test may take one away: then nothing is remembered


def answer(state: State, request: Request, issues: Issues) -> Reply | None:
    """None for any other address. Hooks of mutations are posted after the lock is free."""
    if request.path != PATH:
        return None
    if request.method != "POST":
        return Reply({"errors": [{"message": "Not found"}]}, 404)
    with state.lock:
        try:
            token = access.find_token(state, request)
        except ApiError:
            return Reply({"errors": [{"message": "Invalid token"}]}, 401)
        if token and (token.kind == "job" or not {"api", "read_api"} & set(token.scopes)):
            return Reply({"errors": [{"message": "Invalid token"}]}, 401)
        actor = state.users[token.user_id] if token else None
        asked = Asked(state, actor, issues, request.header)
        reply = Reply(_run(asked, request, scopes=token.scopes if token else ()))
    issues.flush()
    return reply


def _run(asked: Asked, request: Request, *, scopes: tuple[str, ...]) -> dict:
    try:
        sent = json.loads(request.body)
        query = str(sent.get("query") or "")
        if len(query) > graphql_limits.LONGEST:
            return {"errors": [{"message": "Query too large"}]}
        operation = read(query)
        variables = sent.get("variables") or {}
    except Unparsable as error:
        return {"errors": [graphql_checks.error(str(error), error.where)]}
    except (ValueError, AttributeError):
        return {"errors": [{"message": "Unexpected end of document", "locations": []}]}
    root, state = graphql_checks.ROOTS[operation.kind], asked.state
    problems = _problems(state, query, operation)
    problems = problems or graphql_checks.unfilled(state, operation, variables)
    if problems:
        return {"errors": problems}
    values = {name: variables.get(name, given[1]) for name, given in operation.declared.items()}
    known = asked.actor is not None
    excess = graphql_limits.too_much(
        operation.selections, fields_of, values, known=known, root=root
    )
    if excess:
        return {"errors": [{"message": text} for text in excess]}
    if operation.kind == "mutation" and "api" not in scopes:
        nothing = {selection.alias: None for selection in operation.selections}
        return {"data": nothing, "errors": [{"message": NO_SCOPE}]}
    data = _object(asked, root, None, operation.selections, values)
    return {"data": data} | ({"errors": asked.errors} if asked.errors else {})


def _problems(state: State, query: str, operation: Operation) -> list[dict]:
    """Return what is wrong with a query in itself; one that was right is not checked again."""
    key, is_whole = (query, state.version, state.edition), _count_fields() == _FIELDS
    if is_whole and key in _SOUND:
        return []
    root = graphql_checks.ROOTS[operation.kind]
    problems = graphql_checks.problems(
        state, operation, operation.selections, root, [operation.kind]
    )
    problems += graphql_checks.unused(operation)
    if is_whole and not problems and len(_SOUND) < MOST_SOUND:
        _SOUND.add(key)
    return problems


def _object(
    asked: Asked, kind: str, value: Any, selections: tuple[Field, ...], given: dict[str, Any]
) -> dict:
    """Of an interface what the value's own type has; fragments on other types are left out."""
    concrete = CONCRETE[kind](value) if kind in CONCRETE else kind
    shown: dict[str, Any] = {}
    for one in selections:
        if one.on not in ("", kind, concrete):
            continue
        if one.name == "__typename":
            shown[one.alias] = concrete
            continue
        spec = fields_of(one.on or kind)[one.name]
        arguments = {name: _filled(each, given) for name, each in one.arguments.items()}
        try:
            found = spec.resolve(asked, value, arguments)
        except Refusal as refusal:
            more = {"extensions": refusal.extensions} if refusal.extensions else {}
            where = graphql_checks.error(refusal.text, one.where, path=[one.alias], **more)
            asked.errors.append(where)
            shown[one.alias] = None
            continue
        if spec.type.endswith(CONNECTION):
            found = _page(asked, found, spec, arguments)
        shown[one.alias] = _shown(asked, spec.type, found, one, given)
    return shown


def _shown(asked: Asked, kind: str, found: Any, one: Field, given: dict[str, Any]) -> Any:
    if found is None or kind.strip("[]") in SCALARS:
        return found
    if kind.startswith("["):
        return [_object(asked, kind.strip("[]"), each, one.selections, given) for each in found]
    return _object(asked, kind, found, one.selections, given)


def _filled(value: Any, given: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, given) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, given) for each in value]
    return given.get(value.name) if isinstance(value, Variable) else value


def _page(
    asked: Asked, items: list, spec: Spec, arguments: dict[str, Any]
) -> tuple[list, tuple[str | None, bool], int]:
    """At most a hundred; `after` is the place in the list, or the key of the last item."""
    size = min(int(arguments.get("first") or LONGEST_PAGE), LONGEST_PAGE)
    after = arguments.get("after")
    place = json.loads(base64.b64decode(after)) if after else None
    if spec.key is None:
        start = int(place or 0)
        rest = items[start:]
        ends: list[Any] = [start + number for number in range(1, len(rest) + 1)]
    else:
        keys = [_comparable(spec.key(asked, item, arguments)) for item in items]
        down = spec.descends(arguments)
        beyond = [
            number
            for number, key in enumerate(keys)
            if place is None or (key < place if down else key > place)
        ]
        rest, ends = [items[number] for number in beyond], [keys[number] for number in beyond]
    shown = rest[:size]
    cursor = _cursor(ends[len(shown) - 1]) if shown else None
    return shown, (cursor, len(rest) > size), len(items)


def _comparable(key: Any) -> list:
    return list(key) if isinstance(key, tuple) else [key]


def _cursor(place: Any) -> str:
    return base64.b64encode(json.dumps(place).encode()).decode()
