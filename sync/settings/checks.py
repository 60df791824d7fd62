"""Checks beyond a document's form: secrets, files, duplicates, and what the portal has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import Protocol

from sync.addresses import server_key
from sync.core.model.common import PortalUser
from sync.core.model.tasks import KanbanStage
from sync.core.rules.routes import Channel, effective_routes
from sync.sentences import sentence
from sync.settings import pair_checks, route_checks
from sync.settings.model import Group, Settings, Workgroup
from sync.settings.problems import Path
from sync.settings.routing import Route, to_routes
from sync.settings.secrets import UnresolvedSecret, resolve
from sync.settings.stages import list_stages, matches_stage

FoundProblems = Iterator[tuple[Path, str]]


class Lookups(Protocol):
    """What is read from the portal to check settings against it."""

    def prefetch(self, group_ids: Sequence[int], dialogs: Sequence[str]) -> None:
        """Read what will be asked for of these workgroups and chats, together."""
        ...

    def stages(self, group_id: int) -> tuple[KanbanStage, ...] | None:
        """Return the columns of a workgroup; None where there is no such workgroup."""
        ...

    def user(self, reference: int | str) -> PortalUser | None:
        """Return a user by id or e-mail address; None where there is none."""
        ...

    def task_fields(self) -> frozenset[str] | None:
        """Return the names of the portal's own fields of tasks; None where they are not shown."""
        ...

    def may_post(self, dialog: str) -> bool | None:
        """Return whether we may write in a chat; None where that cannot be found out."""
        ...


def check_locally(settings: Settings, environ: Mapping[str, str]) -> FoundProblems:
    """Yield problems that need no portal: duplicates, secrets, files, rules without effect."""
    yield from route_checks.check_routes(settings)
    names_in_order = [connection.name for connection in settings.connections]
    yield from pair_checks.check_pairs(settings.issue_sync, names_in_order)
    yield from _check_applications(settings, environ)
    yield from _check_repeated(settings)
    names = Counter(connection.name for connection in settings.connections)
    for index, connection in enumerate(settings.connections):
        here: Path = ("connections", index)
        if names[connection.name] > 1:
            yield (
                (*here, "name"),
                sentence("another connection is named {name} too", name=repr(connection.name)),
            )
        if connection.token is not None:
            try:
                resolve(connection.token, environ)
            except UnresolvedSecret as error:
                yield (*here, "token"), str(error)
        if connection.ca_file is not None and not FilePath(connection.ca_file).is_file():
            yield (
                (*here, "ca_file"),
                sentence("there is no file {ca_file}", ca_file=connection.ca_file),
            )


def _check_repeated(settings: Settings) -> FoundProblems:
    """Yield projects and groups that two connections to one GitLab name: all would come twice."""
    named: dict[tuple[str, str, str], str] = {}
    for index, connection in enumerate(settings.connections):
        for key in ("projects", "groups"):
            for number, entry in enumerate(getattr(connection, key)):
                place = server_key(connection.url), key, str(entry).casefold()
                other = named.setdefault(place, connection.name)
                if other != connection.name:
                    yield (
                        ("connections", index, key, number),
                        sentence(
                            "{entry} is named by {other} already, which is at the same address: "
                            "everything would come twice",
                            entry=entry,
                            other=other,
                        ),
                    )


def _check_applications(settings: Settings, environ: Mapping[str, str]) -> FoundProblems:
    """Yield problems of the applications for sign-ins: two of one address, secrets."""
    counts = Counter(application.url for application in settings.gitlab_applications)
    for index, application in enumerate(settings.gitlab_applications):
        here: Path = ("gitlab_applications", index)
        if counts[application.url] > 1:
            yield (*here, "url"), f"another application is at {application.url} too"
        try:
            resolve(application.client_secret, environ)
        except UnresolvedSecret as error:
            yield (*here, "client_secret"), str(error)


def check_on_portal(settings: Settings, portal: Lookups) -> FoundProblems:
    """Yield problems that only the portal shows: unknown users, workgroups, columns, chats.

    Raises what the lookups raise.
    """
    chats = list(_chats(settings))
    portal.prefetch(list(settings.rules.workgroups), [dialog for _, dialog in chats])
    for path, reference in named_people(settings):
        user = portal.user(reference)
        if user is None:
            yield path, sentence("the portal has no user {reference}", reference=reference)
        elif not user.active:
            yield path, sentence("the portal's user {reference} is dismissed", reference=reference)
    for group_id, group in settings.rules.workgroups.items():
        here: Path = ("rules", "workgroups", group_id)
        stages = portal.stages(group_id)
        if stages is None:
            yield (
                here,
                sentence(
                    "the portal has no workgroup {group_id}, or the app cannot see it",
                    group_id=group_id,
                ),
            )
        else:
            yield from _stages(here, group, stages)
    yield from _check_pairs_on_portal(settings, portal)
    for path, dialog in chats:
        if portal.may_post(dialog) is False:
            text = sentence(
                "the app cannot write in {dialog}: there is no such chat, or the employee in whose "
                "name it works is not in it or may not write there",
                dialog=dialog,
            )
            yield path, text


def _check_pairs_on_portal(settings: Settings, portal: Lookups) -> FoundProblems:
    for number, pair in enumerate(settings.issue_sync.pairs):
        here: Path = ("issue_sync", "pairs", number)
        stages = portal.stages(pair.workgroup) if pair.workgroup else ()
        if stages is None:
            text = sentence(
                "the portal has no workgroup {workgroup}, or the app cannot see it",
                workgroup=pair.workgroup,
            )
            yield (*here, "workgroup"), text
        elif pair.workgroup:
            yield from pair_checks.check_stages(here, pair, stages)
        named = pair_checks.named_fields(settings.issue_sync.default, pair)
        for name, inside in named.items():
            existing = portal.task_fields()
            if existing is not None and name not in existing:
                place = (*here, *inside)
                listed = ", ".join(sorted(existing)) or "none"
                yield (
                    place,
                    sentence(
                        "the portal's tasks have no field {name}; they have: {listed}",
                        name=name,
                        listed=listed,
                    ),
                )


def named_people(settings: Settings) -> Iterator[tuple[Path, int | str]]:
    """Yield every portal user whom the settings name, with the place."""
    yield from ((("people", name), entry) for name, entry in settings.people.items())
    yield from pair_checks.named_creators(settings.issue_sync)
    groups: list[tuple[Path, Group]] = [(("rules", "default"), settings.rules.default)]
    groups += [
        (("rules", "workgroups", key), entry) for key, entry in settings.rules.workgroups.items()
    ]
    for here, group in groups:
        for role, portal_persons in group.roles.items():
            yield from (
                ((*here, "roles", role, at), entry) for at, entry in enumerate(portal_persons)
            )
    for key, workgroup in settings.rules.workgroups.items():
        place: Path = ("rules", "workgroups", key, "editors")
        yield from (((*place, at), entry) for at, entry in enumerate(workgroup.editors))


def _chats(settings: Settings) -> Iterator[tuple[Path, str]]:
    """Yield every chat that rules may send messages to, once each."""
    dialogs: list[tuple[Path, str]] = [
        (("chats", room), dialog) for room, dialog in settings.chats.model_dump().items() if dialog
    ]
    dialogs += _chats_of_routes(("routes",), settings.routes or ())
    for key, group in settings.rules.workgroups.items():
        here: Path = ("rules", "workgroups", key)
        if group.chat:
            dialogs.append(((*here, "chat"), group.chat))
        elif group.projects and _uses_own_chat(settings, group):
            dialogs.append((here, f"sg{key}"))
        dialogs += _chats_of_routes((*here, "routes"), group.routes)
    seen_dialogs: set[str] = set()
    for path, dialog in dialogs:
        if dialog not in seen_dialogs:
            seen_dialogs.add(dialog)
            yield path, dialog


def _chats_of_routes(here: Path, routes: Sequence[Route]) -> Iterator[tuple[Path, str]]:
    for number, route in enumerate(routes):
        for at, target in enumerate(route.to):
            if target.startswith(("chat", "sg")):
                yield (*here, number, "to", at), target


def _uses_own_chat(settings: Settings, group: Workgroup) -> bool:
    """Return whether a rule sends anything to the workgroup's own chat."""
    general = to_routes(settings.routes)
    own = to_routes(group.routes)
    return any(
        Channel.PROJECT in route.targets and route.kinds for route in effective_routes(own, general)
    )


def _stages(here: Path, group: Group, stages: tuple[KanbanStage, ...]) -> FoundProblems:
    for step, target in group.steps.items():
        if target.stage is not None and not any(
            matches_stage(target.stage, stage) for stage in stages
        ):
            path: Path = (*here, "steps", step.value, "stage")
            yield (
                path,
                sentence(
                    "the workgroup has no such column; it has: {stages}",
                    stages=list_stages(stages),
                ),
            )
