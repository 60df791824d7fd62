"""The rules of workgroups that an administrator let managers edit (`editors`), and nothing else.

What reaches beyond the workgroup stays with administrators: which projects are its own, its chat,
roles and editors, confidential items, and chats that its routes do not name already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.services import settings_text
from b24app.services.settings_form.tree import Language, settings_form
from b24app.services.settings_text import SettingsCheck
from sync.bitrix24.tasks.queries import read_stages
from sync.core.rules.routes import Channel, Role
from sync.deadlines import limit_outbound
from sync.errors import SyncError
from sync.settings.apply import current_settings
from sync.settings.document import write as write_document
from sync.settings.merge_patch import patched
from sync.settings.model import Settings, Workgroup, stored
from sync.settings.problems import Problem
from sync.settings.routing import Route
from sync.store import people
from sync.store.db.database import read
from sync.store.rows import PortalRecord

KEYS = (
    "steps", "notify", "pipelines", "deployments", "comments", "smart_commits", "alerts", "routes",
)  # fmt: skip
_OWN_TARGETS = {Channel.PROJECT.value, Channel.TASK.value, *(role.value for role in Role)}
_COLUMN_SECONDS = 5.0
_ADMINS_ONLY = "only an administrator may change this"
_ELSEWHERE = "the settings have a mistake elsewhere; ask an administrator to mend it"
_NO_CHAT = "only an administrator may name a chat outside of the workgroup"


def edited_groups(deps: Deps, portal: PortalRecord, user_id: int) -> tuple[Settings, list[int]]:
    """Return the settings in force and the workgroups whose rules the user may edit."""
    with read(deps.engine) as conn:
        settings = current_settings(conn, portal)
        named = [group for group in settings.rules.workgroups.values() if group.editors]
        user = people.portal_users(conn, portal.id).get(user_id) if named else None
    email = (user.email or "").casefold() if user and user.active else ""
    return settings, [
        key
        for key, group in settings.rules.workgroups.items()
        if any(
            editor == user_id or (isinstance(editor, str) and editor.casefold() == email)
            for editor in group.editors
        )
    ]


def own_fields(language: Language) -> list[dict[str, Any]]:
    """Return the fields of a workgroup that its editors see."""
    (rules,) = (node for node in settings_form(language) if node["key"] == "rules")
    (groups,) = (node for node in rules["fields"] if node["key"] == "workgroups")
    return [_without_internal(node) for node in groups["item"]["fields"] if node["key"] in KEYS]


def _without_internal(node: dict[str, Any]) -> dict[str, Any]:
    """Leave out what decides about confidential items."""
    fields = [field for field in node.get("fields", ()) if field["key"] != "internal"]
    changed = node | ({"fields": fields} if fields else {})
    if "item" in node:
        changed["item"] = _without_internal(node["item"])
    return changed


def describe_group(
    deps: Deps, portal: PortalRecord, settings: Settings, key: int
) -> dict[str, Any]:
    """Return a workgroup's rules as its editors see them, with its columns as proposals."""
    columns: list[dict[str, Any]] = []
    with suppress(SyncError), limit_outbound(_COLUMN_SECONDS):
        stages = read_stages(deps.clients.portal(portal.id), key)
        columns = [{"value": stage.title, "label": ""} for stage in stages]
    values = _own_values(settings, key)
    return {"id": key, "values": values, "version": _version(values), "columns": columns}


@dataclass(frozen=True, slots=True)
class OwnChange:
    """A patch of a workgroup's rules. `base`: the version that it was made from; `check`: only say
    what would change."""

    group_id: int
    patch: Mapping[str, Any]
    base: str
    check: bool


def change_group(
    deps: Deps, portal: PortalRecord, visitor: Visitor, change: OwnChange, person: str
) -> SettingsCheck:
    """Check or save a change by a visitor. Raises RequestRejected, Invalid, SyncError."""
    key, patch = change.group_id, change.patch
    settings = admit_editor(deps, portal, visitor, key)
    before = _own_values(settings, key)
    if _version(before) != change.base:
        return SettingsCheck("overtaken", difference=tuple(_lines(before)))
    own = f"rules.workgroups.{key}"
    changed = patched(settings, whole_patch(key, patch))
    if beyond := problems_beyond(settings, changed, key, patch):
        return SettingsCheck("invalid", problems=beyond)
    text = write_document(changed)
    version = settings_text.version_of(write_document(settings))
    if change.check:
        done = settings_text.check_settings(deps, portal, text, version)
    else:
        done = settings_text.save_settings(deps, portal, text, version, person=person, remove=())
    difference = settings_text.difference_of("\n".join(_lines(before)), "\n".join(
        _lines(_own_values(changed, key))
    ))  # fmt: skip
    shown = [row for row in done.problems if row.path.startswith(own)]
    if done.problems and not shown:
        shown.append(Problem(0, own, _ELSEWHERE))
    return SettingsCheck(done.outcome, difference=difference, problems=tuple(shown))


def admit_editor(deps: Deps, portal: PortalRecord, visitor: Visitor, key: int) -> Settings:
    """Return the settings in force to who may edit the workgroup. Raises RequestRejected."""
    settings, groups = edited_groups(deps, portal, visitor.user_id)
    if key not in groups:
        raise RequestRejected(
            403,
            "not_editor",
            "You may not edit the rules of this workgroup",
            "Ask an administrator to name you among its editors",
        )
    return settings


def whole_patch(key: int, patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a patch of a workgroup's rules as one of the whole settings."""
    return {"rules": {"workgroups": {str(key): dict(patch)}}}


def problems_beyond(
    before: Settings, after: Settings, key: int, patch: Mapping[str, Any]
) -> tuple[Problem, ...]:
    """Return what of a patch only an administrator may change."""
    own = f"rules.workgroups.{key}"
    named = [Problem(0, f"{own}.{name}", _ADMINS_ONLY) for name in patch if name not in KEYS]
    groups = before.rules.workgroups[key], after.rules.workgroups[key]
    return (*named, *(Problem(0, f"{own}.{path}", text) for path, text in _beyond(*groups)))


def _beyond(before: Workgroup, after: Workgroup) -> Iterator[tuple[str, str]]:
    """Yield what in the rules reaches beyond the workgroup and was not there before."""
    if after.comments.internal and not before.comments.internal:
        yield "comments.internal", _ADMINS_ONLY
    dialogs = {target for route in before.routes for target in route.to}
    for number, route in enumerate(after.routes):
        if route.internal and not _was_there(before, route):
            yield f"routes[{number}].internal", _ADMINS_ONLY
        for place, target in enumerate(route.to):
            if target not in _OWN_TARGETS and target not in dialogs:
                yield f"routes[{number}].to[{place}]", _NO_CHAT


def _was_there(before: Workgroup, route: Route) -> bool:
    return any(route == other for other in before.routes)


def _own_values(settings: Settings, key: int) -> dict[str, Any]:
    groups: dict[str, Any] = stored(settings).get("rules", {}).get("workgroups", {})
    group = groups[str(key)]
    return {name: group[name] for name in KEYS if name in group}


def _lines(values: Mapping[str, Any]) -> list[str]:
    return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).splitlines()


def _version(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
