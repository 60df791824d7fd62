"""Projects that several portals connect: each has to prove its access to them.

Anybody can name a project of a public GitLab in their settings. What a webhook brings is proven by
the webhook itself, which only a maintainer could put there; a CI job's report is proven by GitLab,
for every portal that named the project. Whose it is: `report_recipients`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from sqlalchemy import Connection

from b24app.clients import Clients
from sync.addresses import server_key
from sync.errors import SyncError
from sync.gitlab.api.hooks import HookTarget, remove_hooks
from sync.sentences import as_sentence, sentence
from sync.settings.apply import LeftOver
from sync.store import connections
from sync.store.db.database import read, write
from sync.store.rows import ConnectionRecord, PortalRecord


def is_proven(record: ConnectionRecord, project_id: int, path: str) -> bool:
    """Return whether the connection's token was found to administer a project, or its group."""
    folded = path.casefold()
    above = {folded.rsplit("/", cut)[0] for cut in range(folded.count("/") + 1)}
    groups = {str(entry) for entry in record.options.get("groups", ())}  # a number may be a group's
    return any(
        (target == str(project_id) and target not in groups) or target.casefold() in above
        for target in record.proven
    )


def contested(conn: Connection, record: ConnectionRecord) -> tuple[str, ...]:
    """Return what other portals connect as well, and this connection has not proven."""
    others = {
        str(entry).casefold()
        for other in connections.by_server(conn, record.base_url)
        if other.portal_id != record.portal_id
        for entry in _targets(other)
    }
    return tuple(
        name
        for name in _targets(record)
        if name not in record.proven and _overlaps(name.casefold(), others)
    )


def prove_claims(
    rooms: Clients, portal: PortalRecord, may_ask: Callable[[int], bool] = lambda number: True
) -> list[str]:
    """Let each connection prove its access to what other portals connect too; return what is said.

    The other portals' connections prove theirs, where `may_ask` lets them by their ids: nobody has
    to come back because a stranger names what is theirs. What they are answered is not said here.
    Who may list the webhooks of a project or group administers it.
    https://docs.gitlab.com/api/project_webhooks/
    """
    with read(rooms.engine) as conn:
        own = connections.by_portal(conn, portal.id)
        claims = [(record, contested(conn, record)) for record in own]
        rivals = {
            rival.id: rival
            for record, names in claims
            if names or _targets(record)
            for rival in connections.by_server(conn, record.base_url)
            if rival.portal_id != portal.id
        }
        others = [(rival, contested(conn, rival)) for rival in rivals.values()]
    lines = [line for record, names in claims for line in _prove(rooms, record, names)]
    for rival, names in others:
        if names and may_ask(rival.id):
            list(_prove(rooms, rival, names))
    return lines


def _prove(rooms: Clients, record: ConnectionRecord, names: Iterable[str]) -> Iterable[str]:
    for name in names:
        projects = map(str, record.options.get("projects", ()))
        kind: Literal["project", "group"] = "project" if name in projects else "group"
        try:
            next(iter(rooms.code_host(record).list(HookTarget(kind, name).path)), None)
        except SyncError as error:
            yield (
                sentence(
                    "{kind} {name} is connected to another portal, too, and {other} could not "
                    "prove its access: reports of its CI jobs do not come here. {error}",
                    kind=as_sentence(kind),
                    name=name,
                    other=record.name,
                    error=error,
                )
            )
            continue
        with write(rooms.engine) as conn:
            connections.add_proofs(conn, record.id, [name], rooms.clock.now())
        yield sentence(
            "{kind} {name} is connected to another portal, too; {other} proved its access.",
            kind=as_sentence(kind),
            name=name,
            other=record.name,
        )


def remove_left_over(
    rooms: Clients, records: Sequence[ConnectionRecord], left_over: Iterable[LeftOver]
) -> list[str]:
    """Remove the webhooks of what was taken out of the settings; return what was done, in words.

    `records`: the connections they belong to. Removed ones need their tokens no more afterwards.
    """
    records_by_id = {record.id: record for record in records}
    items = list(left_over)
    lines = [_remove(rooms, records_by_id[item.connection_id], item) for item in items]
    with write(rooms.engine) as conn:
        for item in items:
            if records_by_id[item.connection_id].state == "removed":
                connections.forget_token(conn, item.connection_id)
    return lines


def _remove(rooms: Clients, record: ConnectionRecord, item: LeftOver) -> str:
    where = sentence(
        "{kind} {target} of {connection}",
        kind=as_sentence(item.kind),
        target=item.target,
        connection=item.connection,
    )
    with read(rooms.engine) as conn:
        secrets = connections.secrets(conn, rooms.vault, record.id)
    try:
        if server_key(item.base_url) != server_key(
            record.base_url
        ):  # our token is not for that GitLab
            return sentence(
                "{where}: its webhook is left over; remove it at {address}",
                where=where,
                address=item.base_url,
            )
        if secrets is None or not rooms.config.public_url:
            return sentence("{where}: its webhook is left over; remove it in GitLab", where=where)
        client = rooms.code_host(record)
        url = f"{rooms.config.public_url}/hooks/gitlab/{secrets.hook_key}"
        target = int(item.target) if item.target.isdecimal() else item.target
        removed = remove_hooks(client, HookTarget(item.kind, target), url=url)
    except SyncError as error:
        return sentence(
            "{where}: its webhook is left over and could not be removed: {error}",
            where=where,
            error=error,
        )
    return (
        sentence("{where}: its webhook was removed", where=where)
        if removed
        else sentence("{where}: it had no webhook of ours", where=where)
    )


def _targets(record: ConnectionRecord) -> list[str]:
    return [str(entry) for key in ("projects", "groups") for entry in record.options.get(key, ())]


def _overlaps(name: str, others: Iterable[str]) -> bool:
    """Return whether both may mean one project: a number may be that of any path."""
    return any(
        name == other
        or name.isdecimal() != other.isdecimal()
        or name.startswith(f"{other}/")
        or other.startswith(f"{name}/")
        for other in others
    )
