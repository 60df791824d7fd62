"""/api/merge-requests: a searched, filtered and paged list, and what it can be filtered by."""

from __future__ import annotations

from itertools import chain

from flask import Blueprint, Response, jsonify, request

from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.page_requests import require_visitor
from b24app.services import flow_metrics, visitors
from b24app.services.flow_metrics import ProjectChoice
from b24app.services.merge_request_search import (
    SEARCHED,
    STATES,
    Search,
    find_merge_requests,
    newest_page,
    page_json,
    page_of,
)
from sync.engine.load.scope import Scope
from sync.store.db.database import read

MAX_PAGE = 10_000
MAX_TEXT = 100  # characters


def add_merge_request_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of the list of merge requests."""

    @here.get("/merge-requests")
    def list_merge_requests() -> Response:
        """List a `page` of merge requests by `state`, `q`, `project`, `group` and `mine`.

        Who is no administrator gets those that name a task they may open in Bitrix24.
        """
        visitor, portal = require_visitor(deps)
        page = _page()
        rules = deps.clients.rules(portal.id)
        scope = Scope(portal.id, rules, deps.clock.now())
        with read(deps.engine) as conn:
            search = _search(flow_metrics.project_choices(conn, portal.id, rules))
            if visitor.admin and not search.text and not search.own:
                return jsonify(page_json(newest_page(conn, scope, search, page), page))
            keys = find_merge_requests(conn, scope, visitor.user_id, search)
            named = {} if visitor.admin else flow_metrics.tasks_named(conn, keys[:SEARCHED])
        tasks = set(chain.from_iterable(named.values()))
        readable = None if visitor.admin else visitors.find_readable(deps, visitor, portal, tasks)
        with read(deps.engine) as conn:
            return jsonify(page_json(page_of(conn, portal.id, keys, page, readable), page))

    @here.get("/filters")
    def filters() -> Response:
        """List the projects that the visitor may see, and the workgroups by their names."""
        visitor, portal = require_visitor(deps)
        rules = deps.clients.rules(portal.id)
        with read(deps.engine) as conn:
            every = flow_metrics.project_choices(conn, portal.id, rules)
        ids = {choice.group_id for choice in every} - {0}
        names = visitors.name_workgroups(deps, visitor, portal, ids)
        visible = [choice for choice in every if visitor.admin or choice.group_id in names]
        flow_metrics.prepare_flow(deps.flows, deps.engine, visible, deps.clock.now())
        return jsonify(
            projects=[
                {"path": choice.project.path, "group": choice.group_id} for choice in visible
            ],
            groups=[
                {"id": id_, "name": names.get(id_) or str(id_)}
                for id_ in sorted(ids)
                if visitor.admin or id_ in names
            ],
        )


def _search(choices: tuple[ProjectChoice, ...]) -> Search:
    path, group = request.args.get("project", ""), request.args.get("group", "")
    state, text = request.args.get("state", ""), request.args.get("q", "")
    if (state and state not in STATES) or len(text) > MAX_TEXT:
        raise RequestRejected(400, "bad_request", "`state` or `q` cannot be searched for")
    chosen = frozenset(
        choice.project.key
        for choice in choices
        if (not path or choice.project.path == path)
        and (not group or str(choice.group_id) == group)
    )
    return Search(state, text, chosen if path or group else None, request.args.get("mine") == "1")


def _page() -> int:
    page = request.args.get("page", "1")
    if not page.isdecimal() or not 0 < int(page) <= MAX_PAGE:
        raise RequestRejected(400, "bad_request", "`page` must be a number")
    return int(page)
