"""Checks of routes: whether each can ever send anything, and whether its chats exist. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sync.core.messages import templates
from sync.core.messages.placeholders import PLACEHOLDERS
from sync.core.model.kinds import Kind
from sync.core.notifications.filters import (
    BUILT_IN_TASK_KINDS,
    FILTER_KINDS,
    STATES_BY_KIND,
    TASK_KINDS,
    TASK_ROLES,
)
from sync.core.rules.routes import Channel
from sync.sentences import join_sentences, sentence
from sync.settings.model import Settings, Workgroup
from sync.settings.problems import Path, suggest_key
from sync.settings.routing import Route

FoundProblems = Iterator[tuple[Path, str]]

# A rule with one of these filters must name kinds that have it.
_MISSING_FILTERS = {
    "branches": "has no branch",
    "labels": "has no labels",
    "environments": "has no environment",
    "jobs": "is no job",
}
_MISSING_CHAT = {
    Channel.GENERAL: "there is no general chat: name it in `chats`",
    Channel.RELEASES: "there is no chat for releases: name it, or the general one, in `chats`",
}


def check_routes(settings: Settings) -> FoundProblems:
    """Yield problems of all routes, projects and templates."""
    for index, route in enumerate(settings.routes or ()):
        yield from _check_route(
            ("routes", index), route, _missing_channels(settings, in_workgroup=False)
        )
    for key, group in settings.rules.workgroups.items():
        here: Path = ("rules", "workgroups", key)
        yield from _idle_parts(here, group)
        for index, route in enumerate(group.routes):
            yield from _check_route(
                (*here, "routes", index), route, _missing_channels(settings, in_workgroup=True)
            )
    yield from _duplicate_projects(settings)
    yield from _projects(settings)
    yield from check_templates(settings)


def check_templates(settings: Settings) -> FoundProblems:
    """Yield problems of templates, such as placeholders that their kind does not have."""
    for kind, text in settings.templates.items():
        for problem in templates.template_problems(text, PLACEHOLDERS[kind]):
            yield ("templates", kind.value), problem


def _missing_channels(settings: Settings, *, in_workgroup: bool) -> frozenset[Channel]:
    """Return the channels that rules may not name for want of a chat.

    Releases of a workgroup (`in_workgroup`) can go to its own chat.
    """
    general, releases = settings.chats.general, settings.chats.releases
    lacking = {
        Channel.GENERAL: not general,
        Channel.RELEASES: not (general or releases or in_workgroup),
    }
    return frozenset(room for room, lacks in lacking.items() if lacks)


def _check_route(here: Path, route: Route, missing: Collection[str]) -> FoundProblems:
    yield from _check_states(here, route)
    for name, has in FILTER_KINDS.items():
        without = [kind for kind in route.on if kind not in has]
        if getattr(route, name) and without:
            yield (
                (*here, name),
                sentence(
                    "`{without}` {why}: this rule would never take it",
                    without=without[0],
                    why=_MISSING_FILTERS[name],
                ),
            )
    for index, target in enumerate(route.to):
        place: Path = (*here, "to", index)
        if target in missing:
            yield place, _MISSING_CHAT[Channel(target)]
        if target == Channel.TASK:
            yield from ((place, text) for text in _kinds_with_task_messages(route.on))
        if target in TASK_ROLES and TASK_KINDS.isdisjoint(route.on):
            yield (
                place,
                sentence(
                    "`{on}` belongs to no task, so nobody is its {target}",
                    on=route.on[0],
                    target=target,
                ),
            )


def _check_states(here: Path, route: Route) -> FoundProblems:
    states = [state for kind in route.on for state in STATES_BY_KIND[kind]]
    for index, state in enumerate(route.when):
        if state not in states:
            text = sentence(
                "there is no such state; {possible}{guess}",
                possible=_possible_states(route.on),
                guess=suggest_key(state, states),
            )
            yield (*here, "when", index), text
    if route.when and not set(route.when) <= set(states):
        return
    for kind in route.on:
        if route.when and not set(route.when) & set(STATES_BY_KIND[kind]):
            yield (
                (*here, "when"),
                sentence(
                    "none is a state of {kind}; {possible}",
                    kind=str(kind),
                    possible=_possible_states([kind]),
                ),
            )


def _possible_states(kinds: Sequence[Kind]) -> str:
    return join_sentences(
        "; ",
        [
            sentence("{kind} has: {states}", kind=str(kind), states=", ".join(STATES_BY_KIND[kind]))
            for kind in dict.fromkeys(kinds)
        ],
    )


def _kinds_with_task_messages(kinds: Iterable[Kind]) -> Iterator[str]:
    for kind in kinds:
        if kind in BUILT_IN_TASK_KINDS:
            yield sentence(
                "tasks show `{kind}` already, {why}; leave `task` out",
                kind=kind,
                why=BUILT_IN_TASK_KINDS[kind],
            )
        elif kind not in TASK_KINDS:
            yield sentence("`{kind}` belongs to no task", kind=kind)


def _idle_parts(here: Path, group: Workgroup) -> FoundProblems:
    """Yield parts that apply to a workgroup's projects, where it has none."""
    if group.projects:
        return
    for name in ("chat", "routes", "alerts"):
        if name in group.model_fields_set:
            yield (*here, name), "holds for the workgroup's projects: name them in `projects`"


def _duplicate_projects(settings: Settings) -> FoundProblems:
    owners: dict[str, int] = {}
    for key, group in settings.rules.workgroups.items():
        for index, project in enumerate(group.projects):
            owner = owners.setdefault(project.casefold(), key)
            if owner != key:
                here: Path = ("rules", "workgroups", key, "projects", index)
                yield (
                    here,
                    sentence(
                        "the workgroup {owner} has {project} already", owner=owner, project=project
                    ),
                )


def _projects(settings: Settings) -> FoundProblems:
    """Yield projects named twice: case does not count in a path."""
    first: dict[str, str] = {}
    for path in settings.rules.projects:
        if (earlier := first.setdefault(path.casefold(), path)) != path:
            yield (
                ("rules", "projects", path),
                sentence("is the project {earlier} again", earlier=earlier),
            )
