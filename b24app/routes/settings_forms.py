"""/api/settings: the settings as forms: fields, proposals, previews and rehearsals."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request

from b24app.auth.rate_limit import CHECKS, Rate
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.routes.page_requests import json_body, require_admin
from b24app.services.settings_form.tree import Language, settings_form
from sync.core.model.kinds import Kind
from sync.settings.apply import current_settings
from sync.settings.problems import Invalid
from sync.store.db.database import read
from sync.store.rows import PortalRecord

if TYPE_CHECKING:
    from b24app.services.settings_form.changed import ChangedSettings

LOOKS = {"portal": Rate(2, 40)}  # while an administrator types
MAX_TEXT, MAX_ID = 255, 2**31 - 1


def add_settings_form_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of the settings page's forms."""

    @here.get("/settings/form")
    def form() -> Response:
        """Describe the fields of the whole document, in the language of the page."""
        _, portal = require_admin(deps)
        with read(deps.engine) as conn:
            chats = current_settings(conn, portal).chats
        has_chat = bool(chats.general or chats.releases)
        return jsonify(fields=settings_form(form_language(), release_chat=has_chat))

    @here.get("/settings/proposals")
    def proposals() -> Response:
        """List what the fields propose."""
        from b24app.services.settings_form.proposals import list_proposals

        return jsonify(list_proposals(deps, _admit(deps)))

    @here.get("/settings/pair-proposals")
    def pair_proposals() -> Response:
        """List what both sides of a pair have: statuses, priorities, types, columns, fields."""
        from b24app.services.settings_form.proposals import list_pair_proposals

        portal = _admit(deps)
        group_id = request.args.get("workgroup", default=-1, type=int)
        path, name = (request.args.get(key, "")[:MAX_TEXT] for key in ("project", "connection"))
        if not 0 <= group_id <= MAX_ID or not path:
            raise RequestRejected(400, "bad_request", "A pair needs a workgroup and a project")
        return jsonify(list_pair_proposals(deps, portal, group_id, path, name))

    @here.post("/settings/preview")
    def preview() -> Response:
        """Show a message of a `kind` as the settings with a `patch` would send it."""
        from b24app.services.message_preview import preview_message

        portal = _admit(deps)
        kind = str(json_body().get("kind") or "")
        if kind not in set(Kind):
            raise RequestRejected(400, "bad_request", "`kind` must be a kind of messages")
        changed = _changed(deps, portal)
        return jsonify(asdict(preview_message(deps, portal, changed, Kind(kind), page_language())))

    @here.post("/settings/rehearsal")
    def rehearsal() -> Response:
        """Play the last month with a `patch` in the settings, or a `text`: a JSON line a step."""
        from b24app.services.settings_rehearsal import rehearse_settings

        _, portal = require_admin(deps)
        deps.limits.admit("settings", CHECKS, portal=portal.id)
        changed = _changed(deps, portal)
        steps = rehearse_settings(deps, portal, changed, page_language())
        lines = (json.dumps(asdict(step), ensure_ascii=False) + "\n" for step in steps)
        return Response(lines, mimetype="application/x-ndjson")


def form_language() -> Language:
    """Return the language of the page, of those that labels have."""
    return "ru" if page_language().startswith("ru") else "en"


def _changed(deps: Deps, portal: PortalRecord) -> ChangedSettings:
    """Return the settings with the request's patch, or of its text. Raises RequestRejected."""
    from b24app.services.settings_form.changed import change_settings  # with all of two-way sync

    body = json_body()
    change: Any = body.get("patch", body.get("text"))
    if not isinstance(change, dict | str):
        raise RequestRejected(400, "bad_request", "`patch` must be a JSON merge patch")
    try:
        return change_settings(deps, portal, change)
    except Invalid as invalid:
        raise RequestRejected(422, "invalid", str(invalid.problems[0])) from None


def _admit(deps: Deps) -> PortalRecord:
    _, portal = require_admin(deps)
    deps.limits.admit("look_up", LOOKS, portal=portal.id)
    return portal
