"""What the fields of the settings propose: people, projects, workgroups, and both sides' values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from zoneinfo import available_timezones

from sqlalchemy import select

from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.services.settings_form.changed import engine_deps
from b24app.services.setup_choices import list_workgroups
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import (
    CUSTOM,
    PRIORITY,
    STAGE,
    STATUS,
    TAGS,
    Capabilities,
    SideName,
)
from sync.core.notifications.filters import STATES_BY_KIND
from sync.deadlines import limit_outbound
from sync.engine.issue_sync.setting import open_rooms, read_project_id
from sync.engine.load.scope import read_portal
from sync.errors import SyncError
from sync.sentences import sentence
from sync.settings.apply import current_settings
from sync.store import connections, people
from sync.store.db.database import read
from sync.store.rows import PortalRecord
from sync.store.tables import project

Proposal = dict[str, Any]
_SECONDS = 10.0  # for asking both sides of a pair
_GITLAB_TYPES = ("issue", "task", "incident")


def list_proposals(deps: Deps, portal: PortalRecord) -> dict[str, list[Proposal]]:
    """Return proposals by what they are of; of workgroups only where the portal answers."""
    with read(deps.engine) as conn:
        settings = current_settings(conn, portal)
        records = connections.by_portal(conn, portal.id)
        users = people.portal_users(conn, portal.id).values()
        ids = [record.id for record in records]
        query = select(project.c.path).where(project.c.connection_id.in_(ids))
        paths = set(conn.scalars(query))
    named = {key: {str(entry) for row in records for entry in row.options.get(key, ())}
             for key in ("projects", "groups")}  # fmt: skip
    groups: dict[int, str] = dict.fromkeys(settings.rules.workgroups, "")
    with suppress(SyncError), limit_outbound(_SECONDS):
        listed = list_workgroups(deps, portal, "", 0)["items"]
        groups |= {group["id"]: group["name"] for group in listed}
    active = sorted((user for user in users if user.active), key=lambda user: user.name)
    return {
        "users": [_proposal(user.id, user.name) for user in active],
        "projects": _texts(sorted(paths | named["projects"])),
        "groups": _texts(sorted(named["groups"])),
        "connections": _texts(record.name for record in records),
        "workgroups": [_proposal(key, name) for key, name in groups.items()],
        "zones": _texts(sorted(available_timezones())),
        "states": _texts(sorted({name for states in STATES_BY_KIND.values() for name in states})),
    }


def list_pair_proposals(
    deps: Deps, portal: PortalRecord, group_id: int, path: str, name: str
) -> dict[str, list[Proposal]]:
    """Return what both sides of a pair have now. Raises SyncError, RequestRejected."""
    with read(deps.engine) as conn:
        records = connections.by_portal(conn, portal.id)
        row = read_portal(conn, portal.id)
    fitting = [record for record in records if name in ("", record.name)]
    if len(fitting) != 1:
        raise RequestRejected(
            404, "no_connection", sentence("There is no connection {name}", name=name)
        )
    (record,) = fitting
    engine = engine_deps(deps, "proposals")
    pair = ProjectPair(group_id=group_id, project=path, connection=record.name)
    with limit_outbound(_SECONDS):
        sides = open_rooms(engine, row, record, pair)
        project_id = read_project_id(engine, record, path)
        tracker = sides[SideName.TRACKER].capabilities(project_id)
        portal_side = sides[SideName.PORTAL].capabilities(str(group_id))
    types = _GITLAB_TYPES if record.kind == "gitlab" else _choices(tracker, f"{CUSTOM}Type")
    return {
        "issue_statuses": _texts(_choices(tracker, STATUS)),
        "issue_priorities": _texts([*_choices(tracker, PRIORITY), *_choices(tracker, TAGS)]),
        "issue_types": _texts(types),
        "issue_labels": _texts(_choices(tracker, TAGS)),
        "issue_fields": _texts(_custom_names(tracker)),
        "task_fields": _texts(_custom_names(portal_side)),
        "columns": _texts(_choices(portal_side, STAGE)),
    }


def _choices(able: Capabilities, field: str) -> list[str]:
    return [choice.name for choice in able.choices.get(field, ())]


def _custom_names(able: Capabilities) -> list[str]:
    names: Mapping[str, str] = able.names
    own = [name for name in (*able.writable, *able.choices) if name.startswith(CUSTOM)]
    return sorted({names.get(name) or name.removeprefix(CUSTOM) for name in own})


def _texts(values: Iterable[str]) -> list[Proposal]:
    return [_proposal(value) for value in dict.fromkeys(values)]


def _proposal(value: str | int, label: str = "") -> Proposal:
    return {"value": value, "label": label}
