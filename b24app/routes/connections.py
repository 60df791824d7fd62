"""/api/connections: a connection's token, rights and YouTrack app, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify

from b24app.auth.rate_limit import CHECKS
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.routes.page_requests import json_body, person_name, require_admin
from b24app.services import settings_text
from b24app.services.health_of_connections import check_hook
from b24app.services.overview import summarize_connection
from b24app.texts import translate
from b24app.texts_health import describe
from sync.sentences import sentence
from sync.settings.secrets import can_be_token
from sync.store import access, connections, hook_logs, inbox, oauth_applications, oauth_grants
from sync.store.access import ConnectionAccess
from sync.store.db.database import read, write
from sync.store.hook_logs import HookLogRow, describe_target
from sync.store.oauth_grants import GrantRecord
from sync.store.rows import ConnectionRecord, PortalRecord

MAX_TOKEN = 500
MAX_TARGETS = 20  # projects and groups that a page waits for


def add_connection_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of single connections."""

    @here.post("/connections/<name>/youtrack-app")
    def youtrack_app(name: str) -> Response:
        """Answer our YouTrack app for a connection, as a file with a secret in it."""
        from b24app.services.youtrack_app import make_app

        _, portal = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=portal.id)
        record = _record(deps, portal, name)
        answer = Response(make_app(deps.clients, record), mimetype="application/zip")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @here.post("/connections/<name>/rights")
    def rights(name: str) -> Response:
        """Say what the account may do in each project and group, asked now."""
        _, portal = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=portal.id)
        record = _record(deps, portal, name)
        language = page_language()
        return jsonify(
            rights=[
                {
                    "target": translate(language, describe_target(right.target)),
                    "ok": right.ok,
                    "text": translate(language, right.text),
                    "change": translate(language, right.change),
                }
                for right in _list_rights(deps, record)
            ]
        )

    @here.post("/connections/<name>/token")
    def replace_token(name: str) -> Response:
        """Give a connection another token, if its system accepts it; else the old one stays."""
        visitor, portal = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=portal.id)
        token = str(json_body().get("token") or "").strip()
        if not token or len(token) > MAX_TOKEN or not can_be_token(token):
            raise RequestRejected(400, "bad_token", "That is no token; nothing was changed")
        record = _record(deps, portal, name)
        account = _store_token(deps, portal, record, token)
        person = person_name(deps, visitor)
        with write(deps.engine) as conn:
            settings_text.record_change(conn, portal, f"{person}: {name}, token", deps.clock.now())
        deps.wake(portal.id)
        return jsonify(account=translate(page_language(), account))


def connections_json(deps: Deps, portal: PortalRecord) -> list[dict[str, Any]]:
    """Return the portal's connections as its settings page shows them."""
    with read(deps.engine) as conn:
        records = connections.by_portal(conn, portal.id)
        rows = access.of_portal(conn, portal.id)
        usable = oauth_applications.usable_addresses(conn, portal.id)
        grants = {record.id: oauth_grants.find(conn, record.id) for record in records}
        hooks = {record.id: hook_logs.of_connection(conn, record.id) for record in records}
        received = inbox.last_of_connections(conn, [record.id for record in records])
    now = deps.clock.now()
    return [
        _connection_json(record, rows.get(record.id), now)
        | {
            "sign_in": _sign_in_json(record, usable, grants),
            "hooks": _hooks_json(record, hooks[record.id].values(), now),
            "last_delivery": received.get(record.id),
        }
        for record in records
    ]


def _record(deps: Deps, portal: PortalRecord, name: str) -> ConnectionRecord:
    """Return a connection by its name. Raises RequestRejected (404)."""
    with read(deps.engine) as conn:
        record = connections.by_name(conn, portal.id, name)
    if record is None:
        raise RequestRejected(
            404, "no_connection", sentence("There is no connection {name}", name=name)
        )
    return record


def _list_rights(deps: Deps, record: ConnectionRecord) -> list[Any]:
    """Ask the connection's system about each project. Raises SyncError."""
    if record.kind == "youtrack":
        from b24app.services import youtrack_connections

        return youtrack_connections.list_rights(deps.clients, record, MAX_TARGETS)
    from b24app.services import connection_checks  # large

    return connection_checks.list_rights(deps.clients, record, MAX_TARGETS)


def _store_token(deps: Deps, portal: PortalRecord, record: ConnectionRecord, token: str) -> str:
    """Store a token that its system accepts; return whose it is, in one line. Raises SyncError."""
    if record.kind == "youtrack":
        from b24app.services import youtrack_connections

        return youtrack_connections.describe(
            youtrack_connections.replace_token(deps.clients, portal, record, token)
        )
    from b24app.services.connection_checks import replace_token  # large
    from b24app.services.gitlab_connections import describe_account

    return describe_account(replace_token(deps.clients, portal, record, token))


def _sign_in_json(
    record: ConnectionRecord, usable: frozenset[str], grants: dict[int, GrantRecord | None]
) -> dict[str, Any]:
    """Return whether a connection may sign in by a click, and the account that did."""
    grant = grants[record.id]
    return {
        "available": record.kind == "gitlab" and record.base_url in usable,
        "account": str(grant.account.get("username") or "") if grant else "",
        "state": grant.state if grant else "none",
    }


def _hooks_json(
    record: ConnectionRecord, rows: Iterable[HookLogRow], now: datetime
) -> list[dict[str, Any]]:
    """Return what the code host's log last said of the webhook of each project and group."""
    texts, language = [], page_language()
    for row in rows:
        check = check_hook(row, record.name, now)
        words = describe(check, language, on_page=True)
        target = translate(language, describe_target(row.target))
        texts.append(
            {"target": target, "ok": check.ok, "text": words.what, "change": words.change}
            | {"failed": row.failed, "made_up": row.made_up}
        )
    return texts


def _connection_json(
    record: ConnectionRecord, asked: ConnectionAccess | None, now: datetime
) -> dict[str, Any]:
    """Return a connection with its account and its token's days left, as last asked for."""
    row, account = summarize_connection(record, asked), record.account
    row["state_reason"] = translate(page_language(), row["state_reason"])
    ends = account.get("expires_at")
    if asked is not None and asked.expires_at is not None:
        ends = asked.expires_at.isoformat()
    return row | {
        "account": account.get("username") or "",
        "scopes": account.get("scopes") or [],
        "days_left": (datetime.fromisoformat(ends) - now).days if ends else None,
        "signed": record.signed_at is not None,
        "projects": [str(path) for path in record.options.get("projects", ())],
        "groups": [str(path) for path in record.options.get("groups", ())],
    }
