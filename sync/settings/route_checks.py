"""What the form of rules cannot tell: whether they can ever say anything, and to whom. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sync.core.messages import templates
from sync.core.messages.placeholders import PLACES
from sync.core.model.kinds import Kind
from sync.core.notifications.filters import FILTERS, OF_TASKS, SHOWN_IN_TASKS, STATES, TASK_ROLES
from sync.core.rules.routes import Room
from sync.settings.model import Settings, Workgroup
from sync.settings.problems import Path, meant
from sync.settings.routing import Route

Found = Iterator[tuple[Path, str]]

# Where a rule says so, its kinds have to have it.
_LACKS = {
    "branches": "has no branch",
    "labels": "has no labels",
    "environments": "has no environment",
    "jobs": "is no job",
}
_NOWHERE = {
    Room.GENERAL: "there is no general chat: name it in `chats`",
    Room.RELEASES: "there is no chat for releases: name it, or the general one, in `chats`",
}


def problems(settings: Settings) -> Found:
    for index, route in enumerate(settings.routes or ()):
        yield from _route(("routes", index), route, _missing(settings, own=False))
    for key, group in settings.rules.workgroups.items():
        here: Path = ("rules", "workgroups", key)
        yield from _idle(here, group)
        for index, route in enumerate(group.routes):
            yield from _route((*here, "routes", index), route, _missing(settings, own=True))
    yield from _named_twice(settings)
    yield from _projects(settings)
    yield from of_templates(settings)


def of_templates(settings: Settings) -> Found:
    for kind, text in settings.templates.items():
        for problem in templates.problems(text, PLACES[kind]):
            yield ("templates", kind.value), problem


def _missing(settings: Settings, *, own: bool) -> frozenset[Room]:
    """Rooms that rules may not name; releases of a workgroup (`own`) are told in its own chat."""
    general, releases = settings.chats.general, settings.chats.releases
    lacking = {Room.GENERAL: not general, Room.RELEASES: not (general or releases or own)}
    return frozenset(room for room, lacks in lacking.items() if lacks)


def _route(here: Path, route: Route, missing: Iterable[Room]) -> Found:
    yield from _states(here, route)
    for name, has in FILTERS.items():
        without = [kind for kind in route.on if kind not in has]
        if getattr(route, name) and without:
            yield (*here, name), f"`{without[0]}` {_LACKS[name]}: this rule would never take it"
    for index, target in enumerate(route.to):
        place: Path = (*here, "to", index)
        if target in missing:
            yield place, _NOWHERE[Room(target)]
        if target == Room.TASK:
            yield from ((place, text) for text in _in_tasks(route.on))
        if target in TASK_ROLES and OF_TASKS.isdisjoint(route.on):
            yield place, f"`{route.on[0]}` belongs to no task, so nobody is its {target}"


def _states(here: Path, route: Route) -> Found:
    known = [state for kind in route.on for state in STATES[kind]]
    for index, state in enumerate(route.when):
        if state not in known:
            text = f"there is no such state; {_they_have(route.on)}{meant(state, known)}"
            yield (*here, "when", index), text
    if route.when and not set(route.when) <= set(known):
        return
    for kind in route.on:
        if route.when and not set(route.when) & set(STATES[kind]):
            yield (*here, "when"), f"none is a state of {kind}; {_they_have([kind])}"


def _they_have(kinds: Sequence[Kind]) -> str:
    return "; ".join(f"{kind} has: {', '.join(STATES[kind])}" for kind in dict.fromkeys(kinds))


def _in_tasks(kinds: Iterable[Kind]) -> Iterator[str]:
    for kind in kinds:
        if kind in SHOWN_IN_TASKS:
            yield f"tasks show `{kind}` already, {SHOWN_IN_TASKS[kind]}; leave `task` out"
        elif kind not in OF_TASKS:
            yield f"`{kind}` belongs to no task"


def _idle(here: Path, group: Workgroup) -> Found:
    """Parts that hold for a workgroup's projects, where it has none."""
    if group.projects:
        return
    for name in ("chat", "routes", "alerts"):
        if name in group.model_fields_set:
            yield (*here, name), "holds for the workgroup's projects: name them in `projects`"


def _named_twice(settings: Settings) -> Found:
    owners: dict[str, int] = {}
    for key, group in settings.rules.workgroups.items():
        for index, project in enumerate(group.projects):
            owner = owners.setdefault(project.casefold(), key)
            if owner != key:
                here: Path = ("rules", "workgroups", key, "projects", index)
                yield here, f"the workgroup {owner} has {project} already"


def _projects(settings: Settings) -> Found:
    """Case says nothing in a path: two of one project would be one rule too many."""
    first: dict[str, str] = {}
    for path in settings.rules.projects:
        if (known := first.setdefault(path.casefold(), path)) != path:
            yield ("rules", "projects", path), f"is the project {known} again"
