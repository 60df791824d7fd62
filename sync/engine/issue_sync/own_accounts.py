"""People's own accounts on a tracker: who has one, and who is told that it serves no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from sync.core.i18n.translate import translate
from sync.core.model.commands import Notify
from sync.core.model.plans import PlannedCommand
from sync.engine.load.scope import read_portal
from sync.errors import Denied, SyncError
from sync.sentences import sentence
from sync.store import connections, oauth_grants, outbox
from sync.store.db.database import select_only, write
from sync.store.oauth_grants import GrantRecord
from sync.store.rows import ConnectionRecord

if TYPE_CHECKING:
    from sync.engine.deps import Deps
    from sync.gitlab.issues.own_accounts import OwnAccounts

log = structlog.get_logger()


def load_own_accounts(deps: Deps, connection: ConnectionRecord) -> OwnAccounts:
    """Return who may be written for in their own name."""
    from sync.gitlab.issues.own_accounts import OwnAccounts

    with select_only(deps.database) as conn:
        grants = oauth_grants.usable_by_person(conn, connection.id)

    def report(person: str, error: SyncError) -> None:
        tell_once(deps, connection, grants[int(person)], error)

    return OwnAccounts(
        {str(user_id): str(grant.account.get("id") or "") for user_id, grant in grants.items()},
        lambda person: deps.personal_code_host_for(connection, int(person)),
        report,
    )


def tell_once(
    deps: Deps, connection: ConnectionRecord, grant: GrantRecord, error: SyncError
) -> None:
    """Notify a person, once, that we write in their place; they may connect again."""
    from sync.engine.deps import NOTIFICATION, PORTAL_LANE

    log.warning("not_in_own_name", connection=connection.name, user=grant.user_id, why=str(error))
    now, name = deps.clock.now(), str(grant.account.get("username") or "")
    key = f"@{name} ({connection.name})"  # a failure to tell is shown by it
    with write(deps.database) as conn:
        if not oauth_grants.mark_told(conn, grant.id, now):
            return
        row = read_portal(conn, connection.portal_id)
        language = deps.rules_for(conn, row).language
        text_key = "own account ended" if isinstance(error, Denied) else "own account lacks rights"
        text = translate(
            language,
            text_key,
            account=name,
            url=connection.base_url,
            system="GitLab",
            role="Planner",
        )
        notify = Notify(0, grant.user_id, text, key)
        reason = sentence(
            "@{account} cannot write at {connection}: {why}",
            account=name,
            connection=connection.name,
            why=error.message,
        )
        planned = PlannedCommand("notify", notify, reason)
        commands = {(NOTIFICATION, key): [planned]}
        outbox.replace_waiting(conn, connection.portal_id, PORTAL_LANE, commands, now)


def end_dismissed(deps: Deps, portal_id: int) -> int:
    """End the sign-ins of people who left the portal; return how many."""
    with select_only(deps.database) as conn:
        grants = oauth_grants.of_dismissed(conn, portal_id)
        records = {grant.id: connections.by_id(conn, grant.connection_id) for grant in grants}
    for grant in grants:
        record = records[grant.id]
        if record is not None:
            log.info("sign_in_of_dismissed_ended", connection=record.name, user=grant.user_id)
            deps.end_sign_in(record, grant)
    return len(grants)
