"""/api: what the pages request, each time with a page token and within its own portal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

from flask import Blueprint, Response, jsonify, request
from sqlalchemy import Connection

from b24app.auth.page_tokens import Visitor
from b24app.auth.rate_limit import CHECKS
from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.routes import health
from b24app.routes.connections import add_connection_routes
from b24app.routes.flow import add_flow_routes
from b24app.routes.health_view import add_health_routes, read_portal_checks
from b24app.routes.links import add_link_routes
from b24app.routes.merge_requests import add_merge_request_routes
from b24app.routes.own_rules import add_own_rule_routes
from b24app.routes.page_requests import (
    bearer_token,
    json_body,
    require_admin,
    require_reader_of_task,
    require_visitor,
    translated,
)
from b24app.routes.settings import add_settings_routes
from b24app.routes.settings_forms import add_settings_form_routes
from b24app.routes.setup import add_setup_routes
from b24app.routes.sign_ins import add_sign_in_routes
from b24app.routes.task_actions import add_task_action_routes
from b24app.services import alerts as services_alerts
from b24app.services import overview as services_overview
from b24app.services import portals, visitors
from b24app.services import replay as services_replay
from b24app.services import task_overview as seen
from b24app.services.failures import list_failures
from b24app.services.health import wrong
from b24app.services.install_steps import run_steps
from b24app.texts import translate
from sync.bitrix24.install.results import StepResult
from sync.deadlines import limit_outbound
from sync.engine import alert_actions
from sync.sentences import sentence
from sync.store import alerts, connections, people
from sync.store.alerts import AlertRow
from sync.store.db.database import read, write
from sync.store.rows import PortalRecord

STEP_SECONDS = 10.0  # of the calls of one installation step

MAX_TARGETS_TESTED = 20  # projects and groups that a page waits for


def blueprint(deps: Deps) -> Blueprint:
    """Return the routes below /api."""
    here = Blueprint("api", __name__, url_prefix="/api")
    _add_page_routes(here, deps)
    _add_connection_routes(here, deps)
    _add_failure_routes(here, deps)
    add_link_routes(here, deps)
    add_merge_request_routes(here, deps)
    add_task_action_routes(here, deps)
    add_settings_routes(here, deps)
    add_settings_form_routes(here, deps)
    add_connection_routes(here, deps)
    add_own_rule_routes(here, deps)
    add_health_routes(here, deps)
    add_setup_routes(here, deps)
    add_sign_in_routes(here, deps)
    _add_alert_routes(here, deps)
    add_flow_routes(here, deps)
    _add_install_routes(here, deps)
    return here


def _add_page_routes(here: Blueprint, deps: Deps) -> None:
    @here.post("/renew")
    def renew() -> Response:
        """Return a new token for a page that stays open.

        An administrator's right ends with the hour, unless the page has a fresh access token from
        the portal, and the portal says that it is the same administrator's.
        """
        visitor, portal = require_visitor(deps)
        access = str(json_body().get("access_token") or "")
        proven = visitors.proves_same_user(deps, visitor, portal, access)
        admin = proven and visitor.admin and visitors.is_admin(deps, visitor)
        renewed = deps.tokens.renew(
            bearer_token(), deps.clock.now(), admin=admin, access_token=access if proven else ""
        )
        if renewed is None:
            raise visitors.page_expired()
        return jsonify(token=renewed[0], seconds=renewed[1], admin=admin)

    @here.get("/status")
    def status() -> Response:
        """Show the portal: to an administrator whole, to others what concerns their tasks."""
        from b24app.services import link_summaries  # large, and no hook needs it

        visitor, portal = require_visitor(deps)
        tasks = None if visitor.admin else _readable_tasks_of_overview(deps, visitor, portal)
        with read(deps.engine) as conn:
            overview = services_overview.build_overview(
                conn, portal, readable_tasks=tasks, user_id=visitor.user_id
            )
            troubled = link_summaries.count_troubled(conn, portal.id) if visitor.admin else 0
        answer = asdict(overview) | {"worker_alive": health.is_worker_alive(deps)}
        answer["troubled_links"] = troubled
        answer["wrong"] = _count_wrong(deps, portal) if visitor.admin else 0
        answer["connections"] = [
            translated(connection, "state_reason") for connection in overview.connections
        ]
        return jsonify(translated(answer, "reason"))

    @here.get("/task/<int:task_id>/development")
    def development(task_id: int) -> Response:
        """Show a task's development to whoever may open the task in Bitrix24."""
        visitor, _ = require_reader_of_task(deps, task_id)
        rules = deps.clients.rules(visitor.portal_id)
        with read(deps.engine) as conn:
            now = deps.clock.now()
            overview = seen.build_task_overview(conn, visitor.portal_id, task_id, rules, now)
        overview["reasons"] = [translated(row, "text") for row in overview["reasons"]]
        return jsonify(overview)


def _count_wrong(deps: Deps, portal: PortalRecord) -> int:
    """Return how many things need an administrator now."""
    checks, _ = read_portal_checks(deps, portal)
    return sum(check.urgent for check in wrong(checks))


def _add_connection_routes(here: Blueprint, deps: Deps) -> None:
    @here.get("/connections")
    def listed() -> Response:
        visitor, _ = require_admin(deps)
        with read(deps.engine) as conn:
            rows = services_overview.summarize_connections(conn, visitor.portal_id)
        return jsonify(connections=[translated(row, "state_reason") for row in rows])

    @here.post("/connections/<name>/test")
    def test(name: str) -> Response:
        visitor, _ = require_admin(deps)
        deps.limits.admit("test", CHECKS, portal=visitor.portal_id)
        with read(deps.engine) as conn:
            record = connections.by_name(conn, visitor.portal_id, name)
        if record is None:
            raise RequestRejected(
                404, "no_connection", sentence("There is no connection {name}", name=name)
            )
        if record.kind == "youtrack":
            from b24app.services.youtrack_connections import check_connection

            tested = check_connection(deps.clients, record, MAX_TARGETS_TESTED)
        else:
            from b24app.services.connection_checks import (
                check_whole_connection,  # python-gitlab is large, and no other page needs it
            )

            tested = check_whole_connection(deps.clients, record, MAX_TARGETS_TESTED)
        problems = [translate(page_language(), problem) for problem in tested.problems]
        return jsonify(
            asdict(tested)
            | {"account": translate(page_language(), tested.account), "problems": problems}
        )


def _add_failure_routes(here: Blueprint, deps: Deps) -> None:
    @here.get("/failures")
    def failures() -> Response:
        visitor, _ = require_admin(deps)
        with read(deps.engine) as conn:
            failures = list_failures(conn, visitor.portal_id)
        return jsonify(failures=[translated(asdict(failure), "text") for failure in failures])

    @here.post("/replay")
    def replay() -> Response:
        (visitor, _), items = require_admin(deps), json_body().get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise RequestRejected(400, "bad_request", "`items` must be a list of {kind, id}")
        keys = [(str(item.get("kind")), str(item.get("id"))) for item in items]
        with write(deps.engine) as conn:
            count = services_replay.replay(conn, visitor.portal_id, keys, deps.clock.now())
        deps.wake(visitor.portal_id)
        return jsonify(replayed=count)


def _add_alert_routes(here: Blueprint, deps: Deps) -> None:
    @here.get("/alerts")
    def list_alerts() -> Response:
        """List open alerts; with `?all=1` also those that ended.

        Who is no administrator sees those of tasks they may open, and their own.
        """
        visitor, portal = require_visitor(deps)
        with read(deps.engine) as conn:
            over = request.args.get("all") == "1"
            summaries = services_alerts.list_alerts(conn, visitor.portal_id, include_ended=over)
            recovered = (
                services_alerts.recoveries(conn, visitor.portal_id, deps.clock.now())
                if visitor.admin
                else ()
            )
        readable = visitors.find_readable(
            deps, visitor, portal, {alert.task_id for alert in summaries if alert.task_id}
        )
        summaries = tuple(
            alert
            for alert in summaries
            if visitor.admin or services_alerts.concerns(alert, readable, visitor.user_id)
        )
        return jsonify(alerts=list(map(asdict, summaries)), recovery=list(map(asdict, recovered)))

    @here.post("/alerts/<path:handle>/ack")
    def acknowledge(handle: str) -> Response:
        """Record that the page's user has seen the alert."""
        visitor = _require_reader_of_alert(deps, handle)
        with write(deps.engine) as conn:
            user = people.portal_users(conn, visitor.portal_id).get(visitor.user_id)
            name = user.name if user and user.name else str(visitor.user_id)
            now = deps.clock.now()
            row = alert_actions.acknowledge(conn, visitor.portal_id, handle, name, now)
            return _alert_response(conn, deps, visitor, row)

    @here.post("/alerts/<path:handle>/assign")
    def assign(handle: str) -> Response:
        """Assign the alert to `user_id`; without it, to the page's user."""
        visitor, user_id = _require_reader_of_alert(deps, handle), json_body().get("user_id")
        user_id = visitor.user_id if user_id is None else user_id
        if type(user_id) is not int or not 0 < user_id < 2**31:
            raise RequestRejected(400, "bad_request", "`user_id` must be a Bitrix24 user id")
        with write(deps.engine) as conn:
            now, by = deps.clock.now(), visitor.user_id
            try:
                row = alert_actions.assign(
                    conn, visitor.portal_id, handle, user_id, now, actor_id=by
                )
            except alert_actions.UnknownPerson as error:
                raise RequestRejected(400, "no_person", str(error)) from None
            return _alert_response(conn, deps, visitor, row)


def _add_install_routes(here: Blueprint, deps: Deps) -> None:
    @here.post("/install/run")
    def run() -> Response:
        """Run the steps and send each result as it ends, one JSON line a step."""
        portal = portals.require_portal(deps, require_admin(deps)[0].portal_id)
        deps.limits.admit("steps", CHECKS, portal=portal.id)
        only = json_body().get("only")
        chosen = {str(name) for name in only} if isinstance(only, list) else None
        steps = run_steps(deps.clients, portal, chosen)
        return Response(_step_lines(steps), mimetype="application/x-ndjson")

    @here.post("/install/finish")
    def finish() -> Response:
        portal_id = require_admin(deps)[0].portal_id
        failed = json_body().get("failed")
        names = [str(name)[:40] for name in failed[:20]] if isinstance(failed, list) else []
        portals.activate_portal(deps, portal_id, names)
        return jsonify(state="active")


def _alert_response(
    conn: Connection, deps: Deps, visitor: Visitor, row: AlertRow | None
) -> Response:
    """Return the alert as it is now. Raises RequestRejected (404) for None."""
    if row is None:
        raise _unknown_alert()
    (alert_summary,) = services_alerts.summarize(conn, visitor.portal_id, [row])
    deps.wake(visitor.portal_id)
    return jsonify(asdict(alert_summary))


def _step_lines(steps: Iterator[StepResult]) -> Iterator[str]:
    """Yield each result as it ends; each step has as long as another request."""
    while True:
        with limit_outbound(STEP_SECONDS):
            step = next(steps, None)
        if step is None:
            return
        line = {"name": step.name, "ok": step.ok, "text": step.text, "change": step.change}
        yield json.dumps(line, ensure_ascii=False) + "\n"


def _readable_tasks_of_overview(
    deps: Deps, visitor: Visitor, portal: PortalRecord
) -> frozenset[int]:
    with read(deps.engine) as conn:
        task_ids = services_overview.alerted_task_ids(conn, portal.id)
    return visitors.find_readable(deps, visitor, portal, task_ids)


def _require_reader_of_alert(deps: Deps, handle: str) -> Visitor:
    """Return the visitor, who may see the alert. Raises RequestRejected (404) for others."""
    visitor, portal = require_visitor(deps)
    if visitor.admin:
        return visitor
    with read(deps.engine) as conn:
        row = alerts.find(conn, portal.id, handle)
        summaries = services_alerts.summarize(conn, portal.id, [row] if row else [])
    for alert in summaries:
        task_ids = [alert.task_id] if alert.task_id else []
        readable = visitors.find_readable(deps, visitor, portal, task_ids)
        if services_alerts.concerns(alert, readable, visitor.user_id):
            return visitor
    raise _unknown_alert()


def _unknown_alert() -> RequestRejected:
    return RequestRejected(404, "no_alert", "There is no such alert")
