"""/api/task/…: what people do from a task, and the hours that were logged for it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify

from b24app.auth.page_tokens import Visitor
from b24app.deps import Deps
from b24app.errors import RequestRejected
from b24app.routes.page_requests import json_body, limit_acts, require_reader_of_task
from b24app.services import task_actions
from b24app.services.task_hours import read_hours
from sync.sentences import sentence
from sync.store.rows import PortalRecord

MAX_ID = 2**63 - 1


def add_task_action_routes(here: Blueprint, deps: Deps) -> None:
    """Add the routes of actions; GitLab itself decides what each person may do there."""

    @here.get("/task/<int:task_id>/hours")
    def list_hours(task_id: int) -> Response:
        """Show who worked how long, and where each logged it."""
        visitor, portal = require_reader_of_task(deps, task_id)
        rows = read_hours(deps, visitor, portal, task_id)
        return jsonify(people=[asdict(row) for row in rows])

    @here.get("/task/<int:task_id>/actions")
    def list_actions(task_id: int) -> Response:
        """List the projects in which the visitor may act, and the branch that would be made."""
        visitor, portal = require_reader_of_task(deps, task_id)
        return jsonify(
            projects=task_actions.may_act(deps, visitor, portal),
            branch=task_actions.suggest_branch(deps, portal, task_id),
        )

    @here.post("/task/<int:task_id>/branch")
    def create_branch(task_id: int) -> Response:
        """Create a branch of the task in `project`."""
        visitor, portal, body = _begin(deps, task_id)
        project = _word(body, "project")
        return jsonify(asdict(task_actions.create_branch(deps, visitor, portal, task_id, project)))

    @here.post("/task/<int:task_id>/merge-request")
    def create_merge_request(task_id: int) -> Response:
        """Propose `branch` of `project`, as a draft."""
        visitor, portal, body = _begin(deps, task_id)
        project, source = _word(body, "project"), _word(body, "branch")
        return jsonify(
            asdict(
                task_actions.create_merge_request(deps, visitor, portal, task_id, project, source)
            )
        )

    @here.post("/task/<int:task_id>/pipeline")
    def act_on_pipeline(task_id: int) -> Response:
        """Run a pipeline of `branch`, or retry or cancel (`act`) the one with `id`."""
        visitor, portal, body = _begin(deps, task_id)
        act, id_ = body.get("act"), body.get("id", 0)
        if act not in task_actions.PIPELINE_ACTS or type(id_) is not int or not 0 <= id_ <= MAX_ID:
            raise RequestRejected(400, "bad_request", "`act` cannot be carried out")
        answer = task_actions.act_on_pipeline(
            deps, visitor, portal, _word(body, "project"), act, _word(body, "branch"), id_
        )
        return jsonify(asdict(answer))

    @here.post("/task/<int:task_id>/replay")
    def replay_task(task_id: int) -> Response:
        """Have everything about the task decided again."""
        _, portal, _ = _begin(deps, task_id)
        task_actions.decide_anew(deps, portal, task_id)
        return jsonify(replayed=1)


def _begin(deps: Deps, task_id: int) -> tuple[Visitor, PortalRecord, dict[str, Any]]:
    """Return who acts and what they sent. Raises RequestRejected (404, 429)."""
    visitor, portal = require_reader_of_task(deps, task_id)
    limit_acts(deps, visitor, "act")
    return visitor, portal, json_body()


def _word(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise RequestRejected(400, "bad_request", sentence("`{name}` must be a text", name=name))
    return value
