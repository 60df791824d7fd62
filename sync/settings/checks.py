"""What the form of a document cannot tell: secrets, files, duplicates, and what the portal has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path as FilePath
from typing import Protocol

from sync.core.model import PortalUser, Stage
from sync.settings.model import Group, Settings
from sync.settings.model import Stage as StageRef
from sync.settings.problems import Path
from sync.settings.secrets import Unresolved, resolve

Found = Iterator[tuple[Path, str]]


class Lookups(Protocol):
    """What is asked of the portal itself."""

    def stages(self, group_id: int) -> tuple[Stage, ...] | None:
        """The columns of a workgroup; None where there is no such workgroup."""
        ...

    def user(self, reference: int | str) -> PortalUser | None:
        """A user by id or by e-mail address."""
        ...


def local(settings: Settings, environ: Mapping[str, str]) -> Found:
    """Problems that this machine can see: duplicates, secrets, certificate files."""
    names = Counter(connection.name for connection in settings.connections)
    for index, connection in enumerate(settings.connections):
        here: Path = ("connections", index)
        if names[connection.name] > 1:
            yield (*here, "name"), f"another connection is named {connection.name!r} too"
        if connection.token is not None:
            try:
                resolve(connection.token, environ)
            except Unresolved as error:
                yield (*here, "token"), str(error)
        if connection.ca_file is not None and not FilePath(connection.ca_file).is_file():
            yield (*here, "ca_file"), f"there is no file {connection.ca_file}"


def remote(settings: Settings, portal: Lookups) -> Found:
    """Problems that only the portal can see: unknown users, workgroups and columns."""
    for name, reference in settings.people.items():
        user = portal.user(reference)
        if user is None:
            yield ("people", name), f"the portal has no user {reference}"
        elif not user.active:
            yield ("people", name), f"the portal's user {reference} is dismissed"
    for group_id, group in settings.rules.workgroups.items():
        here: Path = ("rules", "workgroups", group_id)
        stages = portal.stages(group_id)
        if stages is None:
            yield here, f"the portal has no workgroup {group_id}, or the app cannot see it"
        else:
            yield from _stages(here, group, stages)


def _stages(here: Path, group: Group, stages: tuple[Stage, ...]) -> Found:
    for step, target in group.steps.items():
        if target.stage is not None and not any(_is(target.stage, stage) for stage in stages):
            titles = ", ".join(f"{stage.title!r} ({stage.id})" for stage in stages) or "none"
            path: Path = (*here, "steps", step.value, "stage")
            yield path, f"the workgroup has no such stage; it has: {titles}"


def _is(wanted: StageRef, stage: Stage) -> bool:
    if wanted.title is not None:
        return wanted.title.strip().casefold() == stage.title.strip().casefold()
    return stage.id == wanted.id or (wanted.type is not None and stage.system_type == wanted.type)
