"""Settings with a change that is not saved: the rules and pairs they would come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from b24app.deps import Deps
from b24app.engine_deps import build_engine_deps
from sync.core.issue_sync.mapping import SyncMapping
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import Route
from sync.engine.deps import Deps as EngineDeps
from sync.settings.apply import current_settings
from sync.settings.document import Document
from sync.settings.issue_sync_mapping import to_mapping
from sync.settings.merge_patch import patched
from sync.settings.model import Settings
from sync.settings.problems import Invalid
from sync.settings.rules import to_rules
from sync.store import people
from sync.store.db.database import read
from sync.store.rows import PortalRecord


@dataclass(frozen=True, slots=True)
class ChangedSettings:
    """The settings in force and the changed ones, with what decisions read of both."""

    before: Settings
    after: Settings
    rules_before: Rules
    rules_after: Rules
    mapping_before: SyncMapping
    mapping_after: SyncMapping


def change_settings(
    deps: Deps, portal: PortalRecord, change: Mapping[str, Any] | str
) -> ChangedSettings:
    """Return the settings in force and those with a patch in them, or those of a document.

    Raises Invalid.
    """
    with read(deps.engine) as conn:
        before = current_settings(conn, portal)
        by_email = people.active_by_email(conn, portal.id)
    after = _read_document(change) if isinstance(change, str) else patched(before, change)
    names = [[each.name for each in settings.connections] for settings in (before, after)]
    return ChangedSettings(
        before,
        after,
        to_rules(before, by_email),
        to_rules(after, by_email),
        to_mapping(before.issue_sync, names[0], by_email),
        to_mapping(after.issue_sync, names[1], by_email),
    )


def _read_document(text: str) -> Settings:
    """Return the settings of a text without looking at what they name. Raises Invalid."""
    document = Document(text)
    if document.settings is None or document.problems:
        raise Invalid(document.problem(path, problem) for path, problem in document.problems)
    return document.settings


def without_quiet_hours(rules: Rules) -> Rules:
    """Return the rules as they are outside of quiet hours, which only hold messages back."""

    def awake(routes: tuple[Route, ...]) -> tuple[Route, ...]:
        return tuple(replace(route, quiet_hours=None) for route in routes)

    def of_group(group: GroupRules) -> GroupRules:
        return replace(group, routes=awake(group.routes))

    groups = {key: of_group(group) for key, group in rules.groups.items()}
    default = of_group(rules.default)
    return replace(rules, routes=awake(rules.routes), default=default, groups=groups)


def engine_deps(deps: Deps, owner: str) -> EngineDeps:
    """Return what the engine works with, for looks that write nothing of another's."""
    return build_engine_deps(replace(deps.clients, owner=f"{deps.clients.owner}/{owner}"))
