"""Checks a GraphQL query against the schema before it is answered, in GitLab's own words. Pure.

https://spec.graphql.org/October2021/#sec-Validation
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.emulators.gitlab.graphql_schema import TYPES
from tests.emulators.gitlab.graphql_spec import CONNECTION, SCALARS, Spec
from tests.emulators.gitlab.graphql_text import Field, Operation, Variable
from tests.emulators.gitlab.issues import graphql_inputs, graphql_versions
from tests.emulators.gitlab.issues.graphql_types import IMPLEMENTED
from tests.emulators.gitlab.state import State

ROOTS = {"query": "Query", "mutation": "Mutation"}


def error(text: str, where: tuple[int, int], **more: Any) -> dict:
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


def problems(
    state: State, operation: Operation, selections: tuple[Field, ...], kind: str, path: list[str]
) -> list[dict]:
    found: list[dict] = []
    for selection in selections:
        here = [*path, selection.alias]
        if wrong := _fragment_problem(state, selection, kind, here):
            found += [wrong] if wrong["message"] not in {each["message"] for each in found} else []
            continue
        spec = fields_of(selection.on or kind).get(selection.name)
        if selection.name == "__typename":
            continue
        if spec is None or not graphql_versions.has_field(
            state, selection.on or kind, selection.name
        ):
            text = f"Field '{selection.name}' doesn't exist on type '{selection.on or kind}'"
            code = {
                "code": "undefinedField",
                "typeName": selection.on or kind,
                "fieldName": selection.name,
            }
            found.append(error(text, selection.where, path=here, extensions=code))
            continue
        found += _argument_problems(state, operation, selection, spec, here)
        inner = spec.type.strip("[]")
        if (inner in SCALARS) == bool(selection.selections):
            found.append(error(_selection_text(selection, spec.type), selection.where, path=here))
        elif selection.selections:
            found += problems(state, operation, selection.selections, inner, here)
    return found


def _fragment_problem(state: State, one: Field, kind: str, path: list[str]) -> dict | None:
    """A fragment on a type that is not there, or can never be met, fails the whole query."""
    if not one.on:
        return None
    if one.on not in TYPES or not graphql_versions.has_type(state, one.on):
        text = f"No such type {one.on}, so it can't be a fragment condition"
        code = {"code": "undefinedType", "typeName": one.on}
        return error(text, one.where, path=path, extensions=code)
    if one.on != kind and one.on not in IMPLEMENTED.get(kind, set()):
        return error(f"Fragment on {one.on} can't be spread inside {kind}", one.where, path=path)
    return None


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


def _argument_problems(
    state: State, operation: Operation, one: Field, spec: Spec, path: list[str]
) -> list[dict]:
    found = [
        error(f"Field '{one.name}' doesn't accept argument '{name}'", one.where, path=[*path, name])
        for name in one.arguments
        if name not in spec.arguments or not graphql_versions.has_argument(state, one.name, name)
    ]
    lacking = [
        n for n, kind in spec.arguments.items() if kind[-1] == "!" and n not in one.arguments
    ]
    if lacking:
        text = f"Field '{one.name}' is missing required arguments: {', '.join(lacking)}"
        found.append(error(text, one.where, path=path))
    for name, value in one.arguments.items():
        found += _value_problems(operation, one, name, value, spec.arguments.get(name, ""), path)
    return found


def _value_problems(
    operation: Operation, one: Field, name: str, value: Any, kind: str, path: list[str]
) -> list[dict]:
    """A variable that is not declared or of another type, or a literal that is not of the type."""
    if not isinstance(value, Variable):
        wrong = graphql_inputs.problem(kind, value) if kind else ""
        text = f"Argument '{name}' on Field '{one.name}' has an invalid value. {wrong}"
        return [error(text, one.where, path=[*path, name])] if wrong else []
    if value.name not in operation.declared:
        text = f"Variable ${value.name} is used by {path[0]} but not declared"
        return [error(text, one.where, path=path)]
    declared, default = operation.declared[value.name]
    fitting = declared if default is None else declared.removesuffix("!") + "!"
    if kind and not graphql_inputs.fits(fitting, kind):
        text = f"Type mismatch on variable ${value.name} and argument {name} ({declared} / {kind})"
        return [error(text, one.where, path=[*path, name])]
    return []


def unused(operation: Operation) -> list[dict]:
    used = set(_variables(operation.selections))
    return [
        {"message": f"Variable ${name} is declared by anonymous {operation.kind} but not used"}
        for name in operation.declared
        if name not in used
    ]


def _variables(selections: tuple[Field, ...]) -> Iterator[str]:
    for selection in selections:
        yield from _names(list(selection.arguments.values()))
        yield from _variables(selection.selections)


def _names(value: Any) -> Iterator[str]:
    match value:
        case Variable(name):
            yield name
        case list():
            for each in value:
                yield from _names(each)
        case dict():
            yield from _names(list(value.values()))


def unfilled(state: State, operation: Operation, variables: dict[str, Any]) -> list[dict]:
    """Variables that lack a value, or have one of another type."""
    found = []
    for name, (kind, default) in operation.declared.items():
        value = variables.get(name, default)
        wrong = graphql_inputs.problem(kind, value)
        if not wrong and isinstance(value, dict):
            late = [key for key in value if not graphql_versions.has_input(state, key)]
            kind_name = kind.strip("!")
            wrong = f"{late[0]} (Field is not defined on {kind_name})" if late else ""
        if wrong:
            text = f"Variable ${name} of type {kind} was provided invalid value"
            path = "" if value is None else f" for {wrong}"
            found.append({"message": text + path})
    return found
