"""/api/settings: the settings document and the connections' tokens, for administrators."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from b24app.auth.rate_limit import CHECKS
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.oauth_address import callback_url
from b24app.routes.connections import connections_json
from b24app.routes.page_requests import json_body, person_name, require_admin
from b24app.services import settings_text
from b24app.services.settings_text import SettingsCheck, SettingsText
from b24app.texts import translate
from sync.store import inbox
from sync.store.db.database import read

MAX_DOCUMENT = 200_000  # characters
MAX_TOKEN = 500
MAX_TARGETS = 20  # projects and groups that a page waits for


def add_settings_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of the settings page."""

    @here.get("/settings")
    def settings() -> Response:
        """Show the document in force, and the connections with their tokens' days left."""
        _, portal = require_admin(deps)
        with read(deps.engine) as conn:
            document = settings_text.load_settings(conn, portal)
            last = inbox.last_received(conn, portal.id, "gitlab")
        return jsonify(
            _text_json(document)
            | {
                "connections": connections_json(deps, portal),
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
        return jsonify(check_json(settings_text.with_difference(done, base_text)))

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
        return jsonify(check_json(settings_text.with_difference(done, base_text)))


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
    return {
        "text": document.text,
        "version": document.version,
        "changes": changes,
        "values": document.values,
        "undoable": document.undoable,
    }


def check_json(done: SettingsCheck) -> dict[str, Any]:
    """Return the result of a check or of a saving, in the language of the page."""
    language = page_language()
    return asdict(done) | {
        "problems": [
            {"line": row.line, "path": row.path, "text": translate(language, row.text)}
            for row in done.problems
        ],
        "notes": [translate(language, note) for note in done.notes],
        "current": _text_json(done.current) if done.current else None,
    }
