"""/api/links and /api/trouble: what waits for a person, and what they decide about it.

What links consist of is large, and is loaded when a page first asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify

from b24app.deps import Deps
from b24app.errors import RequestRejected, page_language
from b24app.routes import health
from b24app.routes.page_requests import (
    json_body,
    person_name,
    require_admin,
    require_reader_of_task,
    translated,
)
from b24app.services import overview as services_overview
from b24app.services.failures import list_failures
from b24app.texts import translate
from sync.core.issue_sync.model import SideName
from sync.store import issue_lists
from sync.store.db.database import read

if TYPE_CHECKING:
    from b24app.services.link_actions import LinkAction
    from b24app.services.link_summaries import LinkSummary


def add_link_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of the inbox of trouble and of two-way links."""

    @here.get("/trouble")
    def trouble() -> Response:
        """Show an administrator everything that waits for a person."""
        from b24app.services import link_summaries
        from b24app.services.failure_names import load_names

        _, portal = require_admin(deps)
        with read(deps.engine) as conn:
            failures = list_failures(conn, portal.id)
            names = load_names(conn, portal, failures)
            rows = services_overview.summarize_connections(conn, portal.id)
            links = link_summaries.list_troubled(conn, portal.id)
            halted = issue_lists.halted(conn, portal.id)
        troubled = [
            translated(row, "state_reason")
            for row in rows
            if row["state"] != "active" or row["state_reason"]
        ]
        return jsonify(
            portal={
                "state": portal.state,
                "reason": translate(page_language(), portal.state_reason),
                "worker_alive": health.is_worker_alive(deps),
            },
            connections=troubled,
            pairs=[
                {"connection": name, "pair": pair, "text": translate(page_language(), text)}
                for (name, pair), text in halted.items()
            ],
            links=[link_json(link) for link in links],
            failures=[
                translated(asdict(failure), "text")
                | {"name": names.describe(failure, page_language())}
                for failure in failures
            ],
        )

    @here.get("/task/<int:task_id>/links")
    def links_of_task(task_id: int) -> Response:
        """Show a task's issues on the tracker's side to whoever may open the task."""
        from b24app.services import link_summaries

        _, portal = require_reader_of_task(deps, task_id)
        with read(deps.engine) as conn:
            links = link_summaries.links_of_task(conn, portal.id, task_id)
        return jsonify(links=[link_json(link) for link in links])

    @here.post("/pairs/resume")
    def resume_pair() -> Response:
        """Let a halted pair go on: for an hour very many of its items may change at once."""
        from b24app.services import link_actions

        _, portal = require_admin(deps)
        name, pair = str(json_body().get("connection")), str(json_body().get("pair"))
        return jsonify(retried=link_actions.release_pair(deps, portal, name, pair))

    @here.post("/links/<key>/resume")
    def resume(key: str) -> Response:
        from b24app.services import link_actions

        return _carried_out(deps, key, link_actions.resume)

    @here.post("/links/<key>/retry")
    def retry(key: str) -> Response:
        from b24app.services import link_actions

        return _carried_out(deps, key, link_actions.retry)

    @here.post("/links/<key>/pause")
    def pause(key: str) -> Response:
        from b24app.services import link_actions

        return _carried_out(deps, key, link_actions.pause)

    @here.post("/links/<key>/unlink")
    def unlink(key: str) -> Response:
        from b24app.services import link_actions

        return _carried_out(deps, key, link_actions.unlink)

    @here.post("/task/<int:task_id>/link")
    def link(task_id: int) -> Response:
        """Link a task with an `issue`, as people write it: `group/project#12`, `DEMO-12`."""
        from b24app.services import link_summaries
        from b24app.services.link_creation import link_task

        visitor, portal = require_admin(deps)
        issue = str(json_body().get("issue") or "")
        link_task(deps, portal, task_id, issue, person_name(deps, visitor))
        with read(deps.engine) as conn:
            links = link_summaries.links_of_task(conn, portal.id, task_id)
        return jsonify(links=[link_json(row) for row in links])

    @here.post("/links/<key>/decide")
    def decide(key: str) -> Response:
        """Let the value of `winner` (tracker or portal) stand in a disputed `field`."""
        from b24app.services import link_actions

        field, winner = json_body().get("field"), json_body().get("winner")

        def decision(person: str) -> LinkAction:
            if not isinstance(field, str) or winner not in list(SideName):
                raise RequestRejected(
                    400, "bad_request", "`winner` must be tracker or portal, `field` a field's name"
                )
            return link_actions.decide(person, field, SideName(winner))

        return _carried_out(deps, key, decision)


def link_json(link: LinkSummary) -> dict[str, Any]:
    """Return a link as a page gets it, its texts in the page's language."""
    language = page_language()
    row = translated(asdict(link), "reason")
    row["problems"] = [
        {"field": field, "text": translate(language, text)} for field, text in link.problems
    ]
    row["disputes"] = [translated(dispute, "tracker", "portal") for dispute in row["disputes"]]
    row["fields"] = [translated(field, "tracker", "portal") for field in row["fields"]]
    row["story"] = [translated(line, "text") for line in row["story"]]
    return row


def _carried_out(deps: Deps, key: str, action: Callable[[str], LinkAction]) -> Response:
    """Do it in an administrator's name and return the link as it is then."""
    from b24app.services import link_actions

    visitor, portal = require_admin(deps)
    summary = link_actions.carry_out(deps, portal, key, action(person_name(deps, visitor)))
    return jsonify(link_json(summary))
