"""The `fields` parameter, and answers cut to it.

Unknown names are dropped in silence, an unbalanced bracket is refused; without `fields` an entity
is its id. https://www.jetbrains.com/help/youtrack/devportal/api-fields-syntax.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from tests.emulators.youtrack.errors import bad_request

Tree = dict[str, "Tree"]
View = Callable[[Any], Mapping[str, Any] | None]
NESTED = 42  # members of a list inside of an entity
PAGES = ("activities",)  # lists inside of an answer that `$top` has cut already


@lru_cache(maxsize=1_000)
def parse(text: str) -> Tree:
    """Return the names of a selection, shared. Raises ApiError for unbalanced brackets."""
    tree: Tree = {}
    stack, last = [tree], ""
    for token in re.findall(r"[(),]|[^(),\s]+", text):
        if token == "(":
            if not last:
                raise bad_request("Invalid fields parameter: unexpected (")
            stack.append(stack[-1].setdefault(last, {}))
            last = ""
        elif token == ")":
            if len(stack) == 1:
                raise bad_request("Invalid fields parameter: unexpected )")
            stack.pop()
            last = ""
        elif token != ",":
            last = token
            stack[-1].setdefault(token, {})
    if len(stack) > 1:
        raise bad_request("Invalid fields parameter: ) is missing")
    return tree


def cut(value: Any, tree: Tree, view: View, *, nested: bool = False) -> Any:
    """Return a value with the names of the selection; `view` gives an entity's attributes."""
    if isinstance(value, list | tuple):
        return [
            cut(each, tree, view, nested=True) for each in (value[:NESTED] if nested else value)
        ]
    attributes = view(value)
    if attributes is None:
        return value
    out: dict[str, Any] = {}
    for name, below in (tree or {"id": {}}).items():
        if name in attributes:
            inner = attributes[name]
            is_short = name not in PAGES
            out[name] = cut(inner() if callable(inner) else inner, below, view, nested=is_short)
    return out | {"$type": attributes["$type"]}
