"""/api/own-rules: the rules of workgroups, for the managers whom an administrator named."""

from __future__ import annotations

import json
from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.routes.page_requests import (
    json_body,
    limit_acts,
    person_name,
    require_visitor,
)
from b24app.routes.settings import check_json
from b24app.routes.settings_forms import form_language
from b24app.services import own_rules, visitors
from b24app.services.own_rules import OwnChange
from b24app.services.settings_text import SettingsCheck
from sync.settings.problems import Invalid


def add_own_rule_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of managers who edit their workgroups' rules."""

    @here.get("/own-rules")
    def groups() -> Response:
        """List the workgroups whose rules the visitor may edit, with the fields of a form."""
        visitor, portal = require_visitor(deps)
        settings, keys = own_rules.edited_groups(deps, portal, visitor.user_id)
        try:
            names = visitors.name_workgroups(deps, visitor, portal, keys)
        except RequestRejected:
            names = {}  # the rules can be edited while the portal does not say what it calls them
        described = [
            own_rules.describe_group(deps, portal, settings, key) | {"name": names.get(key, "")}
            for key in keys
        ]
        fields = own_rules.own_fields(form_language()) if keys else []
        return jsonify(groups=described, fields=fields)

    @here.post("/own-rules/<int:group_id>")
    def change(group_id: int) -> Response:
        """Save a patch of a workgroup's rules; with `check` only say what would change."""
        visitor, portal = require_visitor(deps)
        limit_acts(deps, visitor, "own_rules")
        wanted = _wanted_change(group_id)
        try:
            person = person_name(deps, visitor)
            done = own_rules.change_group(deps, portal, visitor, wanted, person)
        except Invalid as invalid:
            done = SettingsCheck("invalid", problems=invalid.problems)
        return jsonify(check_json(done))

    @here.post("/own-rules/<int:group_id>/rehearsal")
    def own_rehearsal(group_id: int) -> Response:
        """Play the last month with a `patch` in a workgroup's rules: a JSON line a step."""
        from b24app.services.own_rehearsal import rehearse_own_rules  # with all of two-way sync

        visitor, portal = require_visitor(deps)
        limit_acts(deps, visitor, "own_rules")
        change = _wanted_change(group_id)
        try:
            steps = rehearse_own_rules(deps, portal, visitor, change, page_language())
        except Invalid as invalid:
            raise RequestRejected(422, "invalid", str(invalid.problems[0])) from None
        lines = (json.dumps(asdict(step), ensure_ascii=False) + "\n" for step in steps)
        return Response(lines, mimetype="application/x-ndjson")


def _wanted_change(group_id: int) -> OwnChange:
    """Return the change that the request asks for. Raises RequestRejected."""
    body = json_body()
    patch = body.get("patch")
    if not isinstance(patch, dict) or not patch:
        raise RequestRejected(400, "bad_request", "`patch` must be a JSON merge patch")
    return OwnChange(group_id, patch, str(body.get("base") or ""), body.get("check") is True)
