"""Store what workgroups are called, for whoever reads of their chats."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from sync.store.db.upsert import chunks, upsert
from sync.store.tables import task, workgroup_name


def groups_of_tasks(conn: Connection, portal_id: int) -> list[int]:
    """Return the ids of the workgroups in which the portal's known tasks are."""
    group_id = task.c.body["group_id"].as_integer()
    query = select(group_id).where(task.c.portal_id == portal_id, task.c.body.is_not(None))
    return sorted(id_ for id_ in conn.scalars(query.distinct()) if id_)


def save(conn: Connection, portal_id: int, names: Mapping[int, str]) -> None:
    """Store names of workgroups by their ids; others stay."""
    rows = [
        {"portal_id": portal_id, "group_id": group_id, "name": name}
        for group_id, name in names.items()
    ]
    upsert(conn, workgroup_name, rows, keys=("portal_id", "group_id"), update=("name",))


def load(conn: Connection, portal_id: int, group_ids: Collection[int]) -> dict[int, str]:
    """Return the names of workgroups by their ids; unknown ones are left out."""
    names: dict[int, str] = {}
    for piece in chunks(set(group_ids)):
        query = select(workgroup_name.c.group_id, workgroup_name.c.name).where(
            workgroup_name.c.portal_id == portal_id, workgroup_name.c.group_id.in_(piece)
        )
        names |= {row.group_id: row.name for row in conn.execute(query)}
    return names
