"""POST /ci/report: a CI job's report, proven by its ID token in place of a stored secret.

The token says which project and pipeline report; the issuer's keys prove it. An accepted report is
stored as a delivery, once for each token (`jti`), and read like a webhook. The answer names the
tasks that the report will reach, so the job need not wait for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from b24app.auth.request_body import read_body
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.accept import accept_delivery
from b24app.services import task_urls
from b24app.services.claims import entitled
from sync.addresses import normal_url
from sync.errors import SyncError
from sync.gitlab.ci_reports import events as ci_reports_events
from sync.gitlab.ci_reports import form as ci_reports_form
from sync.gitlab.ci_reports import id_tokens
from sync.gitlab.ci_reports.form import AcceptedReport, Report
from sync.gitlab.ci_reports.id_tokens import Claims, InvalidToken, IssuerKeys
from sync.log import log
from sync.net import guarded_session
from sync.store import connections
from sync.store import projects as store_projects
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, Delivery

MAX_REPORT_BYTES = 1_000_000
_BEARER = "Bearer "


def blueprint(deps: Deps) -> Blueprint:
    """Return the route of reports."""
    here = Blueprint("ci", __name__)
    keys = IssuerKeys(lambda issuer: _fetch_keys(deps, issuer))

    @here.post("/ci/report")
    def report() -> Response:
        raw = read_body(MAX_REPORT_BYTES)
        claims, connection_records = _verify_token(deps, keys)
        including = [
            connection_record
            for connection_record in connection_records
            if _is_project_allowed(deps, connection_record, claims)
        ]
        chosen = entitled(including, claims.project_id, claims.project_path)
        if including and not chosen:
            log.warning("report_refused", reason="contested", project=claims.project_path)
            raise RequestRejected(
                403,
                "contested",
                "Several portals name this project, and none has proved its access",
                "Name the project in the connection, whose token has to be a maintainer's",
            )
        if not chosen:
            log.warning("report_refused", reason="project", project=claims.project_path)
            raise RequestRejected(
                403,
                "project",
                "This GitLab is known here, and this project is not",
                "Choose the project in the connection's settings",
            )
        accepted = _parse_report(raw, claims)
        report, notes = accepted.report, [{"text": note} for note in accepted.notes]
        if accepted.nothing:
            notes.append({"text": f"{accepted.nothing}: nothing is reported"})
            return jsonify(accepted=False, nothing=accepted.nothing, notes=notes, tasks=[])
        kept = ci_reports_events.encode_report(report, claims)
        new = [
            accept_delivery(deps, _build_delivery(deps, connection_record, claims, kept)).id
            for connection_record in chosen
        ]
        tasks = [
            task
            for connection_record in chosen
            for task in _named_tasks(deps, connection_record.portal_id, report, claims)
        ]
        named = ", ".join(dict.fromkeys(str(task["id"]) for task in tasks)) or "none"
        notes.append({"text": f"the app has the report; the tasks it names: {named}"})
        return jsonify(accepted=True, duplicate=not any(new), tasks=tasks, notes=notes)

    return here


def _verify_token(deps: Deps, keys: IssuerKeys) -> tuple[Claims, tuple[ConnectionRecord, ...]]:
    """Return what the request's token proves, and the connections to its issuer.

    Raises RequestRejected: 401 (the sender is not told which check failed), 503 without keys.
    """
    expected_audience, audience = request.headers.get("Authorization", ""), deps.config.public_url
    token = expected_audience.removeprefix(_BEARER).strip()
    try:
        if not expected_audience.startswith(_BEARER) or not token or not audience:
            raise InvalidToken("no bearer token, or no public address of ours")
        issuer = id_tokens.issuer_of(token)
        connection_records = _connections_of_issuer(deps, issuer)
        if not connection_records:
            raise InvalidToken("no connection has this issuer")
        now = deps.clock.now()
        signing_keys = keys.get(issuer, id_tokens.key_id_of(token), now)
        claims = id_tokens.verify_token(
            token, signing_keys, issuer=issuer, audience=audience, now=now
        )
    except InvalidToken as error:
        log.warning("report_refused", reason=error.reason)
        raise RequestRejected(
            401,
            "untrusted",
            "The ID token is not accepted",
            "Check `aud` of the id_tokens entry, and that this GitLab is connected here",
        ) from None
    except SyncError as error:
        log.warning("report_refused", reason="keys", error=str(error))
        raise RequestRejected(
            503, "keys", "The keys of this GitLab cannot be read now", "Send the report again later"
        ) from None
    return claims, connection_records


def _connections_of_issuer(deps: Deps, issuer: str) -> tuple[ConnectionRecord, ...]:
    """Return the connections to the issuer, which is asked for its keys at its own address.

    So it has to be written as servers write theirs, or as the connection does: each further
    spelling would let a stranger make us ask once more. Nor does a connection without TLS count for
    an issuer with it: whose proxy stands between can answer in its name.
    """
    if not issuer:
        return ()
    with read(deps.engine) as conn:
        records = connections.by_server(conn, issuer)
    return tuple(
        record
        for record in records
        if record.base_url == issuer or issuer == _normal(record.base_url)
    )


def _normal(base_url: str) -> str:
    try:
        return normal_url(base_url)
    except ValueError:
        return base_url


def _is_project_allowed(deps: Deps, record: ConnectionRecord, claims: Claims) -> bool:
    """Return whether the connection chose the project, or has seen a webhook of it.

    Anybody can have a project at a public GitLab: naming our address is not enough.
    """
    answer = id_tokens.is_project_allowed(record.options, claims)
    if answer is not None:
        return answer
    with read(deps.engine) as conn:
        return store_projects.has_project(conn, record.id, claims.project_id)


def _parse_report(raw: bytes, claims: Claims) -> AcceptedReport:
    try:
        return ci_reports_form.parse_report(raw, claims)
    except ci_reports_form.InvalidReport as error:
        raise RequestRejected(
            422, "report", str(error), "Use the component's version that fits this app"
        ) from None


def _named_tasks(
    deps: Deps, portal_id: int, report: Report, claims: Claims
) -> list[dict[str, Any]]:
    """Return id and address of one portal's tasks, in order of appearance.

    Nothing else is told: anyone who writes to a branch could ask for the title of any task.
    """
    try:
        ids = ci_reports_events.named_task_ids(
            report, claims, deps.clients.rules(portal_id).references
        )
    except SyncError:  # the portal has just gone; the report is kept
        return []
    with read(deps.engine) as conn:
        urls = task_urls.task_urls(conn, portal_id, ids)
    return [{"id": id_, **({"url": urls[id_]} if id_ in urls else {})} for id_ in ids]


def _build_delivery(deps: Deps, record: ConnectionRecord, claims: Claims, kept: bytes) -> Delivery:
    return Delivery(
        portal_id=record.portal_id,
        connection_id=record.id,
        origin=f"gitlab:{record.id}",
        dedupe_key=f"ci:{claims.jti}",
        event=ci_reports_events.EVENT,
        headers={"X-Request-Id": request.headers.get("X-Request-Id", "")},
        body=kept,
        received_at=deps.clock.now(),
    )


def _fetch_keys(deps: Deps, issuer: str) -> tuple[Mapping[str, Any], ...]:
    """Fetch the issuer's keys with the CA file and proxy of its connection. Raises SyncError."""
    connection_records = _connections_of_issuer(deps, issuer)
    options = connection_records[0].options if connection_records else {}
    ledger = deps.clients.call_log(
        "gitlab",
        connection_records[0].portal_id if connection_records else None,
        connection=connection_records[0].name if connection_records else "",
    )
    with guarded_session(
        deps.config.allowed_networks, ca_file=options.get("ca_file"), proxy=options.get("proxy")
    ) as session:
        return id_tokens.fetch_keys(session, issuer, ledger)
