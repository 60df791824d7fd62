"""/api/settings: the settings document and the connections' tokens, for administrators."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify

from b24app.auth.rate_limit import CHECKS
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.oauth_address import callback_url
from b24app.routes.page_requests import json_body, person_name, require_admin
from b24app.services import settings_text
from b24app.services.overview import summarize_connection
from b24app.services.settings_text import SettingsCheck, SettingsText
from b24app.texts import translate
from sync.sentences import sentence
from sync.store import access, connections, inbox, oauth_applications, oauth_grants
from sync.store.access import ConnectionAccess
from sync.store.db.database import read, write
from sync.store.oauth_grants import GrantRecord
from sync.store.rows import ConnectionRecord

MAX_DOCUMENT = 200_000  # characters
MAX_TOKEN = 500


def add_settings_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of the settings page."""

    @here.get("/settings")
    def settings() -> Response:
        """Show the document in force, and the connections with their tokens' days left."""
        _, portal = require_admin(deps)
        with read(deps.engine) as conn:
            document = settings_text.load_settings(conn, portal)
            records = connections.by_portal(conn, portal.id)
            rows = access.of_portal(conn, portal.id)
            usable = oauth_applications.usable_addresses(conn, portal.id)
            grants = {record.id: oauth_grants.find(conn, record.id) for record in records}
            last = inbox.last_received(conn, portal.id, "gitlab")
        now = deps.clock.now()
        return jsonify(
            _text_json(document)
            | {
                "connections": [
                    _connection_json(record, rows.get(record.id), now)
                    | {"sign_in": _sign_in_json(record, usable, grants)}
                    for record in records
                ],
                "last_webhook": last[1] if last else None,
                "callback": callback_url(deps.config),
            }
        )

    @here.post("/settings/check")
    def check() -> Response:
        """Say what saving `text` would change; nothing is saved."""
        _, portal = require_admin(deps)
        deps.limits.admit("settings", CHECKS, portal=portal.id)
        text, base, base_text = _document()
        done = settings_text.check_settings(deps, portal, text, base)
        return jsonify(_check_json(settings_text.with_difference(done, base_text)))

    @here.post("/settings")
    def save() -> Response:
        """Save `text`, unless another document than `base` is in force by now."""
        visitor, portal = require_admin(deps)
        deps.limits.admit("settings", CHECKS, portal=portal.id)
        text, base, base_text = _document()
        remove = json_body().get("remove")
        done = settings_text.save_settings(
            deps,
            portal,
            text,
            base,
            person=person_name(deps, visitor),
            remove=[str(name) for name in remove] if isinstance(remove, list) else (),
        )
        return jsonify(_check_json(settings_text.with_difference(done, base_text)))

    @here.post("/connections/<name>/youtrack-app")
    def youtrack_app(name: str) -> Response:
        """Answer our YouTrack app for a connection, as a file with a secret in it."""
        from b24app.services.youtrack_app import make_app

        _, portal = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=portal.id)
        with read(deps.engine) as conn:
            record = connections.by_name(conn, portal.id, name)
        if record is None:
            raise RequestRejected(404, "unknown_connection", "There is no such connection")
        answer = Response(make_app(deps.clients, record), mimetype="application/zip")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @here.post("/connections/<name>/token")
    def replace_token(name: str) -> Response:
        """Give a connection another token, if GitLab accepts it; the old one stays otherwise."""
        from b24app.services.connection_checks import replace_token as store_token  # large
        from b24app.services.gitlab_connections import describe_account

        visitor, portal = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=portal.id)
        token = str(json_body().get("token") or "").strip()
        if not token or len(token) > MAX_TOKEN or not token.isprintable() or " " in token:
            raise RequestRejected(400, "bad_token", "That is no token; nothing was changed")
        with read(deps.engine) as conn:
            record = connections.by_name(conn, portal.id, name)
        if record is None:
            raise RequestRejected(
                404, "no_connection", sentence("There is no connection {name}", name=name)
            )
        account = store_token(deps.clients, portal, record, token)
        person = person_name(deps, visitor)
        with write(deps.engine) as conn:
            settings_text.record_change(conn, portal, f"{person}: {name}, token", deps.clock.now())
        deps.wake(portal.id)
        return jsonify(account=translate(page_language(), describe_account(account)))


def _document() -> tuple[str, str, str]:
    """Return the request's document, the version it was made from, and that one's text."""
    values = [json_body().get(name) for name in ("text", "base", "base_text")]
    text, base, base_text = (value if isinstance(value, str) else "" for value in values)
    if not text.strip() or not base or max(len(text), len(base_text)) > MAX_DOCUMENT:
        raise RequestRejected(
            400, "bad_request", "`text` and `base` must be a document and its version"
        )
    return text, base, base_text


def _text_json(document: SettingsText) -> dict[str, Any]:
    changes = [{"at": at, "text": text} for at, text in document.changes]
    return {"text": document.text, "version": document.version, "changes": changes}


def _check_json(done: SettingsCheck) -> dict[str, Any]:
    language = page_language()
    return asdict(done) | {
        "problems": [
            {"line": row.line, "path": row.path, "text": translate(language, row.text)}
            for row in done.problems
        ],
        "notes": [translate(language, note) for note in done.notes],
        "current": _text_json(done.current) if done.current else None,
    }


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
