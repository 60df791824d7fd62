"""How much a GraphQL query may ask for: its length, its depth, its complexity. Pure.

https://docs.gitlab.com/api/graphql/#limits ; each field costs one or more, and what searches costs
a hundredth more for each item of its page, unless it searches by number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.emulators.gitlab.graphql_spec import CONNECTION, LONGEST_PAGE, Spec
from tests.emulators.gitlab.graphql_text import Field, Variable

LONGEST = 10_000  # characters
NOBODY, KNOWN = (200, 10), (250, 15)  # complexity and depth, for nobody and for a user
Fields = Callable[[str], dict[str, Spec]]


def too_much(
    selections: tuple[Field, ...],
    of: Fields,
    given: dict[str, Any],
    *,
    known: bool,
    root: str = "Query",
) -> list[str]:
    """What GitLab says of a query that asks for too much; of one that does not nothing."""
    most, deepest = KNOWN if known else NOBODY
    cost, depth = complexity(selections, root, of, given), _depth(selections)
    said = []
    if depth > deepest:
        said.append(f"Query has depth of {depth}, which exceeds max depth of {deepest}")
    if cost > most:
        said.append(f"Query has complexity of {cost}, which exceeds max complexity of {most}")
    return said


def complexity(selections: tuple[Field, ...], kind: str, of: Fields, given: dict[str, Any]) -> int:
    """What is asked of different types is added up, which is more than GitLab counts."""
    return sum(
        _cost(selection, of(selection.on or kind).get(selection.name), of, given)
        for selection in selections
    )


def _cost(one: Field, spec: Spec | None, of: Fields, given: dict[str, Any]) -> int:
    if spec is None:  # __typename
        return 1
    inside = complexity(one.selections, spec.type.strip("[]"), of, given)
    if not spec.searches:
        return spec.cost + inside
    asked = {
        name: given.get(value.name) if isinstance(value, Variable) else value
        for name, value in one.arguments.items()
    }
    cost = inside + 1 + bool(asked.get("sort"))
    if not spec.type.endswith(CONNECTION) or asked.get("iid") or asked.get("iids"):
        return cost
    return int(cost + cost * min(asked.get("first") or LONGEST_PAGE, LONGEST_PAGE) * spec.weight)


def _depth(selections: tuple[Field, ...]) -> int:
    return max((1 + _depth(one.selections) for one in selections), default=0)
