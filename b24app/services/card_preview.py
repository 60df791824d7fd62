"""The card of a merge request as the portal would show it: of a real one, else of a sample."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from b24app.deps import Deps
from sync.core.model.kinds import Kind
from sync.core.model.merge_requests import MergeRequest, MergeRequestKey
from sync.core.notifications.build import build_message
from sync.core.notifications.samples import SAMPLES
from sync.store import connections
from sync.store import merge_requests as store_merge_requests
from sync.store.db.database import read
from sync.store.rows import PortalRecord
from sync.store.tables import merge_request as table
from sync.text.plain import lines_of, text_of


def preview_card(deps: Deps, portal: PortalRecord) -> dict[str, Any]:
    """Return the lines of the card about the newest open merge request; nothing is sent.

    `real` False: none is open, and a sample stands for it.
    """
    rules = deps.clients.rules(portal.id)
    newest = _newest_open(deps, portal)
    message = build_message(newest or SAMPLES[Kind.MERGE_REQUEST], rules.language, {})
    document = message.to_document(rules, Kind.MERGE_REQUEST)
    lines = [text_of(line) for line in lines_of(document.blocks)]
    return {"real": newest is not None, "lines": [line for line in lines if line.strip()]}


def _newest_open(deps: Deps, portal: PortalRecord) -> MergeRequest | None:
    with read(deps.engine) as conn:
        ids = [record.id for record in connections.by_portal(conn, portal.id)]
        columns = (table.c.connection_id, table.c.project_id, table.c.iid)
        query = select(*columns).where(table.c.connection_id.in_(ids), table.c.state == "opened")
        row = conn.execute(query.order_by(table.c.updated_at.desc()).limit(1)).one_or_none()
        if row is None:
            return None
        key = MergeRequestKey(*row)
        return store_merge_requests.get_merge_requests(conn, [key]).get(key)
