"""/api: what the pages ask for, each request with its page token and within its own portal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Connection

from b24app.auth.current_user import acting
from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.errors import Unwelcome, language
from b24app.routes import health
from b24app.services import alerts as services_alerts
from b24app.services import overview as services_overview
from b24app.services import portals
from b24app.services import replay as services_replay
from b24app.services import task_overview as seen
from b24app.services.install_steps import set_up
from b24app.texts import translated
from sync.bitrix24.install.steps import StepResult
from sync.engine import alert_actions
from sync.store import connections, people
from sync.store.alerts import AlertRow
from sync.store.db.database import read, write


def blueprint(deps: Deps) -> Blueprint:
    here = Blueprint("api", __name__, url_prefix="/api")
    _pages(here, deps)
    _connections(here, deps)
    _failures(here, deps)
    _alerts(here, deps)
    _installation(here, deps)
    return here


def _pages(here: Blueprint, deps: Deps) -> None:
    @here.post("/renew")
    def renew() -> Response:
        """A new token for a page that stays open.

        An administrator's right ends with the hour unless the portal gives the page a fresh
        access token, and the portal says of it that it is the same administrator's.
        """
        visitor, access = _visitor(deps), str(_body().get("access_token") or "")
        admin = visitor.admin and portals.still_admin(deps, visitor, access)
        renewed = deps.tokens.renew(_bearer(), deps.clock.now(), admin=admin)
        if renewed is None:
            raise _page_over()
        return jsonify(token=renewed[0], seconds=renewed[1], admin=admin)

    @here.get("/status")
    def status() -> Response:
        portal = portals.portal_of(deps, _visitor(deps).portal_id)
        with read(deps.engine) as conn:
            found = services_overview.overview(conn, portal)
        told = asdict(found) | {"worker_alive": health.look(deps).worker_alive}
        told["connections"] = [_said(one, "state_reason") for one in found.connections]
        return jsonify(_said(told, "reason"))

    @here.get("/task/<int:task_id>/development")
    def development(task_id: int) -> Response:
        visitor = _visitor(deps)
        rules = deps.rooms.rules(visitor.portal_id)
        with read(deps.engine) as conn:
            now = deps.clock.now()
            return jsonify(seen.development(conn, visitor.portal_id, task_id, rules, now))


def _connections(here: Blueprint, deps: Deps) -> None:
    @here.get("/connections")
    def listed() -> Response:
        visitor = _visitor(deps)
        with read(deps.engine) as conn:
            found = connections.by_portal(conn, visitor.portal_id)
        return jsonify(
            connections=[_said(services_overview.shown(one), "state_reason") for one in found]
        )

    @here.post("/connections/<name>/test")
    def test(name: str) -> Response:
        visitor = _admin(deps)
        with read(deps.engine) as conn:
            record = connections.by_name(conn, visitor.portal_id, name)
        if record is None:
            raise Unwelcome(404, "no_connection", f"There is no connection {name}")
        from b24app.services.gitlab_connections import (
            examine,  # python-gitlab is large, and no other page needs it
        )

        tested = examine(deps.rooms, record)
        problems = [translated(language(), one) for one in tested.problems]
        return jsonify(asdict(tested) | {"problems": problems})


def _failures(here: Blueprint, deps: Deps) -> None:
    @here.get("/failures")
    def failures() -> Response:
        visitor = _visitor(deps)
        with read(deps.engine) as conn:
            found = services_overview.failures(conn, visitor.portal_id)
        return jsonify(failures=[_said(asdict(one), "text") for one in found])

    @here.post("/replay")
    def replay() -> Response:
        visitor, items = _admin(deps), _body().get("items")
        if not isinstance(items, list) or not all(isinstance(one, dict) for one in items):
            raise Unwelcome(400, "bad_request", "`items` must be a list of {kind, id}")
        wanted = [(str(one.get("kind")), str(one.get("id"))) for one in items]
        with write(deps.engine) as conn:
            count = services_replay.replay(conn, visitor.portal_id, wanted, deps.clock.now())
        deps.wake(visitor.portal_id)
        return jsonify(replayed=count)


def _alerts(here: Blueprint, deps: Deps) -> None:
    @here.get("/alerts")
    def alerts() -> Response:
        """Open ones; with `?all=1` also those that are over."""
        visitor = _visitor(deps)
        with read(deps.engine) as conn:
            over = request.args.get("all") == "1"
            found = services_alerts.rows(conn, visitor.portal_id, over=over)
            recovered = services_alerts.recoveries(conn, visitor.portal_id, deps.clock.now())
        return jsonify(alerts=list(map(asdict, found)), recovery=list(map(asdict, recovered)))

    @here.post("/alerts/<path:handle>/ack")
    def acknowledge(handle: str) -> Response:
        """Whoever opened the page has seen it."""
        visitor = _visitor(deps)
        with write(deps.engine) as conn:
            known = people.portal_users(conn, visitor.portal_id).get(visitor.user_id)
            name = known.name if known and known.name else str(visitor.user_id)
            now = deps.clock.now()
            row = alert_actions.acknowledge(conn, visitor.portal_id, handle, name, now)
            return _shown(conn, deps, visitor, row)

    @here.post("/alerts/<path:handle>/assign")
    def assign(handle: str) -> Response:
        """`user_id`: whose it is from now on; without it, of whoever opened the page."""
        visitor, user_id = _visitor(deps), _body().get("user_id")
        user_id = visitor.user_id if user_id is None else user_id
        if type(user_id) is not int or not 0 < user_id < 2**31:
            raise Unwelcome(400, "bad_request", "`user_id` must be a Bitrix24 user id")
        with write(deps.engine) as conn:
            now, by = deps.clock.now(), visitor.user_id
            try:
                row = alert_actions.assign(conn, visitor.portal_id, handle, user_id, now, by=by)
            except alert_actions.UnknownPerson as error:
                raise Unwelcome(400, "no_person", str(error)) from None
            return _shown(conn, deps, visitor, row)


def _installation(here: Blueprint, deps: Deps) -> None:
    @here.post("/install/run")
    def run() -> Response:
        """Runs the steps and tells each as it ends, one JSON line a step."""
        portal = portals.portal_of(deps, _admin(deps).portal_id)
        only = _body().get("only")
        chosen = {str(name) for name in only} if isinstance(only, list) else None
        steps = set_up(deps.rooms, portal, chosen)
        return Response(_lines(steps), mimetype="application/x-ndjson")

    @here.post("/install/finish")
    def finish() -> Response:
        portal_id = _admin(deps).portal_id
        failed = _body().get("failed")
        names = [str(name)[:40] for name in failed[:20]] if isinstance(failed, list) else []
        portals.activate(deps, portal_id, names)
        return jsonify(state="active")


def _shown(conn: Connection, deps: Deps, visitor: Visitor, row: AlertRow | None) -> Response:
    """The alert as it is now. Raises Unwelcome (404) where it is not one of the portal's."""
    if row is None:
        raise Unwelcome(404, "no_alert", "There is no such alert")
    (shown,) = services_alerts.shown(conn, visitor.portal_id, [row])
    deps.wake(visitor.portal_id)
    return jsonify(asdict(shown))


def _lines(steps: Iterator[StepResult]) -> Iterator[str]:
    for step in steps:
        said = {"name": step.name, "ok": step.ok, "text": step.text, "change": step.change}
        yield json.dumps(said, ensure_ascii=False) + "\n"


def _said(told: dict[str, Any], field: str) -> dict[str, Any]:
    """With the text of one field in the page's language."""
    return told | {field: translated(language(), told[field])}


def _body() -> dict[str, Any]:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}


def _visitor(deps: Deps) -> Visitor:
    """Whoever carries a page token of a portal that is installed. Raises Unwelcome (401)."""
    visitor = deps.tokens.read(_bearer(), deps.clock.now())
    if visitor is None:
        raise _page_over()
    acting.set(str(visitor.user_id))
    return visitor


def _bearer() -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def _page_over() -> Unwelcome:
    return Unwelcome(401, "page_over", "This page was open too long", "Open it again")


def _admin(deps: Deps) -> Visitor:
    visitor = _visitor(deps)
    if not visitor.admin:
        raise Unwelcome(403, "not_admin", "Only an administrator of the portal may do this")
    return visitor
