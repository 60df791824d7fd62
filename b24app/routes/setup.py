"""/api/setup: the first run for administrators, and changes of the settings by parts of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Literal

from flask import Blueprint, Response, jsonify, request

from b24app.auth.rate_limit import CHECKS, Rate
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.routes.page_requests import json_body, person_name, require_admin
from b24app.routes.settings import check_json
from b24app.services import card_preview, settings_text
from b24app.services.settings_text import SettingsCheck
from b24app.texts import translate
from sync.sentences import sentence
from sync.settings.problems import Invalid
from sync.store import connections
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, PortalRecord

LOOK_UPS = {"portal": Rate(2, 40)}  # what an administrator chooses from, asked for as they type
MAX_SEARCH, MAX_PAGE, MAX_ID = 100, 500, 2**31 - 1


def add_setup_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of the first run and of the settings page's forms."""
    _add_change_routes(here, deps)
    _add_choice_routes(here, deps)
    _add_history_routes(here, deps)


def _add_change_routes(here: Blueprint, deps: Deps) -> None:
    @here.post("/settings/patch")
    def patch() -> Response:
        """Put a JSON merge patch into the document in force, unless it is another than `base`.

        With `check` it is said what would change, and nothing is saved.
        """

        def text(portal: PortalRecord) -> str:
            changes = json_body().get("patch")
            if not isinstance(changes, dict) or not changes:
                raise RequestRejected(400, "bad_request", "`patch` must be a JSON merge patch")
            return settings_text.patch_text(deps, portal, changes)

        return _save(deps, text)

    @here.post("/settings/undo")
    def undo() -> Response:
        """Take the document before the last change that was made on a page."""

        def text(portal: PortalRecord) -> str:
            former = settings_text.former_text(deps, portal)
            if not former:
                raise RequestRejected(
                    409,
                    "nothing_to_undo",
                    "There is no last change that can be undone",
                    "Change the settings document instead",
                )
            return former

        return _save(deps, text)


def _save(deps: Deps, text: Callable[[PortalRecord], str]) -> Response:
    """Answer what came of saving (or checking) the text of a change, as for the document."""
    visitor, portal = require_admin(deps)
    deps.limits.admit("settings", CHECKS, portal=portal.id)
    body = json_body()
    base = str(body.get("base") or "")
    if not base:
        raise RequestRejected(400, "bad_request", "`base` must be the version of a document")
    named = body.get("remove")
    remove = [str(name) for name in named] if isinstance(named, list) else []
    try:
        changed = text(portal)
    except Invalid as invalid:
        return jsonify(check_json(SettingsCheck("invalid", problems=invalid.problems)))
    if body.get("check") is True:
        done = settings_text.check_settings(deps, portal, changed, base)
    else:
        person = person_name(deps, visitor)
        done = settings_text.save_settings(
            deps, portal, changed, base, person=person, remove=remove
        )
    base_text = str(body.get("base_text") or "")
    return jsonify(check_json(settings_text.with_difference(done, base_text)))


def _add_choice_routes(here: Blueprint, deps: Deps) -> None:
    @here.get("/connections/<name>/targets")
    def targets(name: str) -> Response:
        """List projects (or groups, `?kind=group`) that the connection's account can see."""
        from b24app.services.setup_choices import list_targets  # python-gitlab is large

        portal = _admit(deps)
        record = _connection(deps, portal, name)
        kind: Literal["project", "group"] = (
            "group" if request.args.get("kind") == "group" else "project"
        )
        return jsonify(list_targets(deps, record, kind, _search(), _number("page", 1, MAX_PAGE)))

    @here.post("/connections/<name>/hooks")
    def hooks(name: str) -> Response:
        """Make or mend the webhooks of a connection, with a result for each project and group."""
        from b24app.services.gitlab_connections import check_connection, update_hooks

        _, portal = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=portal.id)
        record = _connection(deps, portal, name)
        if record.kind != "gitlab":
            return jsonify(outcomes=[])  # hints come from our app, which people upload
        language = page_language()
        outcomes = [
            asdict(outcome) | {"text": translate(language, outcome.text)}
            for outcome in update_hooks(deps.clients, record, portal)
        ]
        check_connection(deps.clients, record)  # whose account changed settings have forgotten
        return jsonify(outcomes=outcomes)

    @here.get("/workgroups")
    def workgroups() -> Response:
        """List workgroups of the portal by a part of their name."""
        from b24app.services.setup_choices import list_workgroups

        portal = _admit(deps)
        return jsonify(list_workgroups(deps, portal, _search(), _number("start", 0, MAX_ID)))

    @here.get("/workgroups/<int:group_id>/columns")
    def columns(group_id: int) -> Response:
        """List the kanban columns of a workgroup, from the portal."""
        from b24app.services.setup_choices import list_columns

        return jsonify(columns=list_columns(deps, _admit(deps), min(group_id, MAX_ID)))

    @here.get("/people")
    def people() -> Response:
        """List people of GitLab with the users they are taken for, the unmatched first."""
        from b24app.services.setup_choices import match_people

        answer = match_people(deps, _admit(deps))
        language = page_language()
        problems = [translate(language, problem) for problem in answer["problems"]]
        return jsonify(answer | {"problems": problems})


def _add_history_routes(here: Blueprint, deps: Deps) -> None:
    @here.get("/card")
    def card() -> Response:
        """Show the card of an open merge request, as it would stand in a task."""
        _, portal = require_admin(deps)
        return jsonify(card_preview.preview_card(deps, portal))

    @here.get("/history")
    def progress() -> Response:
        """Say how far the reading of history is."""
        from b24app.services.history import history_progress

        _, portal = require_admin(deps)
        return jsonify(history_progress(deps, portal, page_language()))

    @here.post("/history")
    def start() -> Response:
        """Begin to read history in; it goes on when the page is closed."""
        from b24app.services.history import history_progress, start_history

        _, portal = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=portal.id)
        started = start_history(deps, portal)
        answer: dict[str, Any] = history_progress(deps, portal, page_language())
        return jsonify(answer | {"started": started})


def _admit(deps: Deps) -> PortalRecord:
    """Return the administrator's portal, if it does not ask too often. Raises RequestRejected."""
    _, portal = require_admin(deps)
    deps.limits.admit("look_up", LOOK_UPS, portal=portal.id)
    return portal


def _connection(deps: Deps, portal: PortalRecord, name: str) -> ConnectionRecord:
    with read(deps.engine) as conn:
        record = connections.by_name(conn, portal.id, name)
    if record is None:
        raise RequestRejected(
            404, "no_connection", sentence("There is no connection {name}", name=name)
        )
    return record


def _search() -> str:
    return request.args.get("search", "").strip()[:MAX_SEARCH]


def _number(name: str, least: int, most: int) -> int:
    value = request.args.get(name, default=least, type=int)
    return max(least, min(most, value))
