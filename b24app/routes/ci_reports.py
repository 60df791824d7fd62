"""POST /ci/report: a CI job's report, proven by its ID token in place of a stored secret.

The token says which project and pipeline report; the issuer's keys prove it. An accepted report is
stored as a delivery, once for each token (`jti`), and read like a webhook. The answer names the
tasks that the report will reach, so the job need not wait for that. Below /ci/<portal> a report is
for that portal alone: its token, which is for that address, says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, jsonify, request

from b24app.auth.request_body import read_body
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.accept import accept_delivery
from b24app.services import task_urls
from b24app.services.job_tokens import JobTokens
from b24app.services.report_recipients import Contested, Recipients, addressed_portal
from sync.errors import SyncError
from sync.gitlab.ci_reports import events as ci_reports_events
from sync.gitlab.ci_reports import form as ci_reports_form
from sync.gitlab.ci_reports import id_tokens
from sync.gitlab.ci_reports.form import AcceptedReport, Report
from sync.gitlab.ci_reports.id_tokens import Claims, InvalidToken
from sync.log import log
from sync.store import projects as store_projects
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord, Delivery

MAX_REPORT_BYTES = 1_000_000
_BEARER = "Bearer "


def blueprint(deps: Deps) -> Blueprint:
    """Return the route of reports."""
    here = Blueprint("ci", __name__)
    job_tokens = JobTokens(deps)
    recipients = Recipients(deps.clients)

    @here.post("/ci/report")
    @here.post("/ci/<portal>/ci/report")
    def report(portal: str = "") -> Response:
        raw = read_body(MAX_REPORT_BYTES)
        claims, connection_records = _verify(job_tokens, portal)
        chosen = _choose(deps, recipients, connection_records, claims, portal)
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


def _choose(
    deps: Deps,
    recipients: Recipients,
    records: Sequence[ConnectionRecord],
    claims: Claims,
    portal: str,
) -> tuple[ConnectionRecord, ...]:
    """Return the connections that get the report. Raises RequestRejected: 403, or 503."""
    including = [record for record in records if _is_project_allowed(deps, record, claims)]
    portal_id = addressed_portal(deps.clients, portal, (record.portal_id for record in including))
    if portal and portal_id is None:
        including = []
    try:
        chosen = recipients.choose(including, claims, portal_id)
    except Contested as contested:
        log.warning("report_refused", reason="contested", project=claims.project_path)
        raise RequestRejected(
            503 if contested.later else 403,
            "contested",
            "Several portals name this project, and none has proved its access",
            "Write the portal into `app-url`: the app's address, /ci/, and the portal's, such as "
            "https://bridge.example.com/ci/example.bitrix24.com",
        ) from None
    if not chosen:
        log.warning("report_refused", reason="project", project=claims.project_path)
        raise RequestRejected(
            403,
            "project",
            "This GitLab is known here, and this project is not",
            "Choose the project in the connection's settings; its token has to be a member's",
        )
    return chosen


def _verify(job_tokens: JobTokens, portal: str) -> tuple[Claims, tuple[ConnectionRecord, ...]]:
    """Return what the request's token proves, and the connections that believe it.

    `portal`: to which the job addressed the report, "" for none. Raises RequestRejected: 401 (the
    sender is not told which check failed), 503 without keys.
    """
    authorization = request.headers.get("Authorization", "")
    token = authorization.removeprefix(_BEARER).strip()
    try:
        if not authorization.startswith(_BEARER) or not token:
            raise InvalidToken("no bearer token")
        return job_tokens.verify(token, portal)
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
