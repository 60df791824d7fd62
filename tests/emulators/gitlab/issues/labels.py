"""Labels of projects and groups: found by name, made where they lack, scopes that exclude.

https://docs.gitlab.com/user/project/labels/#scoped-labels : Premium only.
"""

from __future__ import annotations

from collections.abc import Iterable

from tests.emulators.gitlab.entities import Group, Label, Project
from tests.emulators.gitlab.state import State

DEFAULT_COLOR = "#428BCA"


def split(value: object) -> list[str]:
    """Names of a parameter: a list, or text with commas; a comma always divides."""
    parts = value if isinstance(value, list) else [value]
    names = [name.strip() for part in parts for name in str(part).split(",")]
    return [name for name in names if name]


def groups_above(state: State, place: Project) -> list[Group]:
    """The project's group and those above it, the nearest first."""
    above = [
        group for group in state.groups.values() if f"{place.path}/".startswith(group.path + "/")
    ]
    return sorted(above, key=lambda group: -len(group.path))


def available(state: State, place: Project) -> list[Label]:
    """What may be set there: labels of groups first, archived ones left out."""
    held = [label for group in groups_above(state, place) for label in group.labels.values()]
    return [label for label in [*held, *place.labels.values()] if not label.archived]


def find(state: State, place: Project, name: str) -> Label | None:
    return next((label for label in available(state, place) if label.title == name), None)


def ensure(state: State, place: Project, name: str) -> Label:
    """The label of that name; a new one of the project with the default colour."""
    label = find(state, place, name)
    if label is None:
        label = Label(state.next_id("label"), name)
        place.labels[label.id] = label
    return label


def scope(title: str) -> str:
    """`priority` of `priority::high`, "" without a scope; the last `::` divides."""
    return title.rpartition("::")[0]


def with_added(state: State, held: Iterable[Label], added: Iterable[Label]) -> list[Label]:
    """The labels after some were added: where scopes exclude, the newest of each stays."""
    labels = list(held)
    for label in added:
        if label in labels:
            continue
        if state.premium and scope(label.title):
            labels = [other for other in labels if scope(other.title) != scope(label.title)]
        labels.append(label)
    return labels
