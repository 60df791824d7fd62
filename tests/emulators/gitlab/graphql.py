"""POST /api/graphql: checks a query against the schema as GitLab does, then answers it.

https://docs.gitlab.com/api/graphql/ ; a query that is not valid gets 200 and `errors` alone.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from tests.emulators.gitlab import access, graphql_limits
from tests.emulators.gitlab.graphql_schema import TYPES
from tests.emulators.gitlab.graphql_spec import CONNECTION, LONGEST_PAGE, SCALARS, Asked, Spec
from tests.emulators.gitlab.graphql_text import Field, Operation, Unparsable, Variable, read
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.web import ApiError, Reply, Request

PATH = "/api/graphql"


def answer(state: State, request: Request) -> Reply | None:
    """None for any other address."""
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
        return Reply(_run(Asked(state, actor), request))


def _run(asked: Asked, request: Request) -> dict:
    try:
        sent = json.loads(request.body)
        query = str(sent.get("query") or "")
        if len(query) > graphql_limits.LONGEST:
            return {"errors": [{"message": "Query too large"}]}
        operation = read(query)
        variables = sent.get("variables") or {}
    except Unparsable as error:
        return {"errors": [_error(str(error), error.where)]}
    except (ValueError, AttributeError):
        return {"errors": [{"message": "Unexpected end of document", "locations": []}]}
    problems = _problems(operation, operation.selections, "Query", ["query"])
    problems += _unused(operation)
    problems = problems or _unfilled(operation, variables)
    if problems:
        return {"errors": problems}
    values = {name: variables.get(name, given[1]) for name, given in operation.declared.items()}
    known = asked.actor is not None
    if said := graphql_limits.too_much(operation.selections, fields_of, values, known=known):
        return {"errors": [{"message": one} for one in said]}
    return {"data": _object(asked, "Query", None, operation.selections, values)}


def _error(text: str, where: tuple[int, int], **more: Any) -> dict:
    return {"message": text, "locations": [{"line": where[0], "column": where[1]}]} | more


def fields_of(kind: str) -> dict[str, Spec]:
    """A connection has nodes, edges are not emulated, and says whether more is to come."""
    if not kind.endswith(CONNECTION):
        return TYPES[kind]
    node = kind.removesuffix(CONNECTION)
    return {
        "nodes": Spec(f"[{node}]", lambda a, p, g: p[0]),
        "count": Spec("Int", lambda a, p, g: p[2]),
        "pageInfo": Spec("PageInfo", lambda a, p, g: p[1]),
    }


def _problems(
    operation: Operation, selections: tuple[Field, ...], kind: str, path: list[str]
) -> list[dict]:
    found: list[dict] = []
    for one in selections:
        here = [*path, one.alias]
        spec = fields_of(kind).get(one.name)
        if one.name == "__typename":
            continue
        if spec is None:
            text = f"Field '{one.name}' doesn't exist on type '{kind}'"
            code = {"code": "undefinedField", "typeName": kind, "fieldName": one.name}
            found.append(_error(text, one.where, path=here, extensions=code))
            continue
        found += _argument_problems(operation, one, spec, here)
        inner = spec.type.strip("[]")
        if (inner in SCALARS) == bool(one.selections):
            found.append(_error(_selection_text(one, spec.type), one.where, path=here))
        elif one.selections:
            found += _problems(operation, one.selections, inner, here)
    return found


def _selection_text(one: Field, kind: str) -> str:
    if one.selections:
        names = ", ".join(each.name for each in one.selections)
        return (
            f"Selections can't be made on scalars (field '{one.name}' returns {kind} but has "
            f'selections ["{names}"])'
        )
    return (
        f"Field must have selections (field '{one.name}' returns {kind} but has no selections. "
        f"Did you mean '{one.name} {{ ... }}'?)"
    )


def _argument_problems(operation: Operation, one: Field, spec: Spec, path: list[str]) -> list[dict]:
    found = [
        _error(
            f"Field '{one.name}' doesn't accept argument '{name}'", one.where, path=[*path, name]
        )
        for name in one.arguments
        if name not in spec.arguments
    ]
    lacking = [
        n for n, kind in spec.arguments.items() if kind[-1] == "!" and n not in one.arguments
    ]
    if lacking:
        text = f"Field '{one.name}' is missing required arguments: {', '.join(lacking)}"
        found.append(_error(text, one.where, path=path))
    for value in one.arguments.values():
        if isinstance(value, Variable) and value.name not in operation.declared:
            text = f"Variable ${value.name} is used by {path[0]} but not declared"
            found.append(_error(text, one.where, path=path))
    return found


def _unused(operation: Operation) -> list[dict]:
    used = set(_variables(operation.selections))
    return [
        {"message": f"Variable ${name} is declared by anonymous {operation.kind} but not used"}
        for name in operation.declared
        if name not in used
    ]


def _variables(selections: tuple[Field, ...]) -> Iterator[str]:
    for one in selections:
        for value in one.arguments.values():
            each = value if isinstance(value, list) else [value]
            yield from (item.name for item in each if isinstance(item, Variable))
        yield from _variables(one.selections)


def _unfilled(operation: Operation, variables: dict[str, Any]) -> list[dict]:
    return [
        {"message": f"Variable ${name} of type {kind} was provided invalid value"}
        for name, (kind, default) in operation.declared.items()
        if kind.endswith("!") and default is None and variables.get(name) is None
    ]


def _object(
    asked: Asked, kind: str, value: Any, selections: tuple[Field, ...], given: dict[str, Any]
) -> dict:
    told: dict[str, Any] = {}
    for one in selections:
        if one.name == "__typename":
            told[one.alias] = kind
            continue
        spec = fields_of(kind)[one.name]
        arguments = {name: _filled(each, given) for name, each in one.arguments.items()}
        found = spec.resolve(asked, value, arguments)
        if spec.type.endswith(CONNECTION):
            found = _page(found, arguments)
        told[one.alias] = _shown(asked, spec.type, found, one, given)
    return told


def _shown(asked: Asked, kind: str, found: Any, one: Field, given: dict[str, Any]) -> Any:
    if found is None or kind.strip("[]") in SCALARS:
        return found
    if kind.startswith("["):
        return [_object(asked, kind.strip("[]"), each, one.selections, given) for each in found]
    return _object(asked, kind, found, one.selections, given)


def _filled(value: Any, given: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_filled(each, given) for each in value]
    return given.get(value.name) if isinstance(value, Variable) else value


def _page(items: list, arguments: dict[str, Any]) -> tuple[list, tuple[str | None, bool], int]:
    """At most a hundred; `after` is the place in the list."""
    size = min(int(arguments.get("first") or LONGEST_PAGE), LONGEST_PAGE)
    after = arguments.get("after")
    start = int(base64.b64decode(after)) if after else 0
    shown, end = items[start : start + size], start + size
    cursor = base64.b64encode(str(min(end, len(items))).encode()).decode() if shown else None
    return shown, (cursor, end < len(items)), len(items)
