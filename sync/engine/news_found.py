"""Finds the things that people may be told of, by their names, wherever each kind is kept."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from sync.core.model.common import MergeRequestKey
from sync.core.model.kinds import Kind
from sync.core.notifications.facts import NotificationSubject, SubjectKey
from sync.core.rules.portal import Rules
from sync.engine.load import alerts as load_alerts
from sync.store import activity as store_activity
from sync.store import deployments
from sync.store import merge_requests as store_merge_requests
from sync.store import pipelines as store_pipelines


def load_subjects(
    conn: Connection, portal_id: int, abouts: Mapping[str, SubjectKey], rules: Rules
) -> dict[str, NotificationSubject]:
    """The things by their names; what is not known is not in the answer."""
    of_kind: dict[Kind, dict[str, SubjectKey]] = {}
    for key, about in abouts.items():
        of_kind.setdefault(about.kind, {})[key] = about
    found: dict[str, NotificationSubject] = {}
    for kind, wanted in of_kind.items():
        match kind:
            case Kind.PIPELINE:
                found |= _pipelines(conn, wanted)
            case Kind.DEPLOYMENT:
                found |= _deployments(conn, wanted)
            case Kind.ALERT:
                found |= load_alerts.load(conn, portal_id, wanted, rules)
            case Kind.MERGE_REQUEST:
                found |= _merge_requests(conn, wanted)
            case _:
                found |= _activity(conn, wanted)
    return found


def _activity(conn: Connection, wanted: Mapping[str, SubjectKey]) -> dict[str, NotificationSubject]:
    ids = {k: (a.connection_id, a.project_id, a.kind.value, a.key) for k, a in wanted.items()}
    known = store_activity.get(conn, ids.values())
    return {key: known[one][0] for key, one in ids.items() if one in known and not known[one][1]}


def _pipelines(
    conn: Connection, wanted: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    ids = {key: (a.connection_id, a.project_id, int(a.key)) for key, a in wanted.items()}
    known = store_pipelines.pipelines(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}


def _deployments(
    conn: Connection, wanted: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    """What a job told is left out where the host tells of the same deployment."""
    ids = {}
    for key, about in wanted.items():
        number, _, environment = about.key.partition(":")
        ids[key] = about.connection_id, about.project_id, environment, int(number)
    known = deployments.get(conn, ids.values())
    twice = deployments.also_on_host(conn, [one for one in known.values() if one.id < 0])
    return {key: known[one] for key, one in ids.items() if one in known and one not in twice}


def _merge_requests(
    conn: Connection, wanted: Mapping[str, SubjectKey]
) -> dict[str, NotificationSubject]:
    ids = {
        key: MergeRequestKey(a.connection_id, a.project_id, int(a.key)) for key, a in wanted.items()
    }
    known = store_merge_requests.get_merge_requests(conn, ids.values())
    return {key: known[one] for key, one in ids.items() if one in known}
