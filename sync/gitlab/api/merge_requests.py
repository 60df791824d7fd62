"""Merge requests, commits, pipelines and projects, read by REST and mapped to the core's values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync.core.model.common import Commit, Project
from sync.core.model.merge_requests import MergeRequest, Reviewer
from sync.core.model.pipelines import DANGLING_SOURCES, Pipeline
from sync.errors import Refused
from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.json_fields import (
    UnreadablePayload,
    count,
    email,
    mapping,
    mappings,
    people,
    person,
    positive_int,
    text,
    timestamp,
    web_url,
    whole_seconds,
)
from sync.gitlab.webhooks.merge_requests import merge_request_state
from sync.gitlab.webhooks.pipelines import pipeline_status
from sync.sentences import sentence

_MERGE_REQUEST_REF = "refs/merge-requests/"


def read_project(client: GitLab, project_id: int | str) -> Project:
    """Read a project by its id or path. Raises SyncError.

    https://docs.gitlab.com/api/projects/#retrieve-a-project
    """
    return _parse_project(
        client.get(f"/projects/{encode_segment(project_id)}"), client.connection_id
    )


def read_projects(client: GitLab, options: Mapping[str, Any]) -> tuple[Project, ...]:
    """Read the projects of a connection, each once, ordered by id. Raises SyncError.

    `options`: `projects` (ids or paths), `groups` (ids or paths, with their subgroups). Without
    either: every project in which the token's user may administer webhooks (Maintainer).
    """
    chosen, groups = options.get("projects") or (), options.get("groups") or ()
    projects = [read_project(client, entry) for entry in chosen]
    for group in groups:
        path = f"/groups/{encode_segment(group)}/projects"
        listed = client.list(path, include_subgroups=True, archived=False)
        projects += [_parse_project(item, client.connection_id) for item in listed]
    if not chosen and not groups:
        projects = [
            _parse_project(item, client.connection_id) for item in _instance_projects(client)
        ]
    return tuple(
        sorted(
            {project.id: project for project in projects}.values(), key=lambda project: project.id
        )
    )


def read_merge_request(
    client: GitLab, project_id: int, iid: int, *, known_project: Project | None = None
) -> MergeRequest:
    """Read a merge request with its approvals, reviewers and head pipeline.

    `known_project`: its project, where that is already read. Raises SyncError (Refused: it is
    gone).
    https://docs.gitlab.com/api/merge_requests/#retrieve-a-merge-request
    https://docs.gitlab.com/api/merge_request_approvals/
    """
    home = known_project or read_project(client, project_id)
    path = f"/projects/{project_id}/merge_requests/{iid}"
    row = mapping(client.get(path))
    approvals = mapping(client.get(f"{path}/approvals"))
    reviewers = list(client.list(f"{path}/reviewers")) if row.get("reviewers") else []
    try:
        return build_merge_request(home, row, approvals, reviewers)
    except UnreadablePayload as unreadable:
        raise Refused(
            sentence("GET {path} cannot be used: {unreadable}", path=path, unreadable=unreadable),
            code="unreadable",
        ) from None


def read_merge_requests_since(
    client: GitLab, project_id: int, since: datetime
) -> Iterator[MergeRequest]:
    """Yield every merge request that changed at or after `since`, least recent first.

    Raises SyncError. https://docs.gitlab.com/api/merge_requests/#list-project-merge-requests
    """
    home: Project | None = None
    for row in client.list(
        f"/projects/{project_id}/merge_requests",
        scope="all",
        state="all",
        order_by="updated_at",
        sort="asc",
        updated_after=since.isoformat(),
    ):
        home = home or read_project(client, project_id)
        if iid := positive_int(mapping(row).get("iid")):
            yield read_merge_request(client, project_id, iid, known_project=home)


def _instance_projects(client: GitLab) -> Iterator[dict[str, Any]]:
    """List by keyset paging: the only kind that does not end at 50,000 projects.

    https://docs.gitlab.com/api/rest/#keyset-based-pagination
    """
    return client.list(
        "/projects",
        membership=True,
        min_access_level=40,
        archived=False,
        pagination="keyset",
        order_by="id",
        sort="asc",
    )


def _parse_project(value: object, connection_id: int) -> Project:
    row = mapping(value)
    project_id = positive_int(row.get("id"))
    if project_id is None:
        raise Refused("GitLab's answer about a project has no id", code="unreadable")
    return Project(
        connection_id=connection_id,
        id=project_id,
        path=text(row.get("path_with_namespace")),
        url=web_url(row.get("web_url")),
        name=text(row.get("name")),
        default_branch=text(row.get("default_branch")),
    )


def build_merge_request(
    home: Project,
    row: dict[str, Any],
    approvals: dict[str, Any],
    reviewers: list[dict[str, Any]],
) -> MergeRequest:
    """Build a merge request from the API's objects. Raises UnreadablePayload."""
    iid, updated_at = positive_int(row.get("iid")), timestamp(row.get("updated_at"))
    if iid is None or updated_at is None:
        raise UnreadablePayload("the merge request has no iid or no date")
    approvers = [item.get("user") for item in mappings(approvals.get("approved_by"))]
    source_branch = text(row.get("source_branch"))
    source_id = count(row.get("source_project_id"))
    pipeline = build_pipeline(home, iid, mapping(row.get("head_pipeline")), source_id)
    if pipeline and pipeline.ref.startswith(_MERGE_REQUEST_REF):  # hooks name the branch
        pipeline = replace(pipeline, ref=source_branch)
    return MergeRequest(
        project=home,
        iid=iid,
        title=text(row.get("title")),
        description=text(row.get("description")),
        url=web_url(row.get("web_url")) or f"{home.url}/-/merge_requests/{iid}",
        state=merge_request_state(row.get("state")),
        draft=True in (row.get("draft"), row.get("work_in_progress")),
        source_branch=source_branch,
        target_branch=text(row.get("target_branch")),
        author=person(row.get("author")),
        updated_at=updated_at,
        assignees=people(row.get("assignees")),
        reviewers=_build_reviewers(row, reviewers),
        labels=label_names(row.get("labels")),
        approved=_is_approved(approvals),
        approved_by=people(approvers),
        head_sha=text(row.get("sha")),
        merge_sha=text(row.get("merge_commit_sha") or row.get("squash_commit_sha")),
        source_project_id=source_id,
        ended_at=timestamp(row.get("merged_at")) or timestamp(row.get("closed_at")),
        pipeline=pipeline,
        actor=person(row.get("merge_user") or row.get("merged_by") or row.get("closed_by")),
        created_at=timestamp(row.get("created_at")),
    )


def _is_approved(approvals: dict[str, Any]) -> bool:
    """Return whether the rules are met and somebody approved.

    `approved` alone is true where no approval is required, even if nobody gave one.
    https://docs.gitlab.com/api/merge_request_approvals/
    """
    return approvals.get("approved") is True and bool(mappings(approvals.get("approved_by")))


def _build_reviewers(row: dict[str, Any], reviewers: list[dict[str, Any]]) -> tuple[Reviewer, ...]:
    states = {
        positive_int(mapping(item.get("user")).get("id")): text(item.get("state"))
        for item in mappings(reviewers)
    }
    persons = people(row.get("reviewers"))
    return tuple(Reviewer(person, states.get(person.id) or "unreviewed") for person in persons)


def label_names(value: object) -> tuple[str, ...]:
    """Return the names in a list of labels."""
    return tuple(text(label) for label in value) if isinstance(value, list) else ()


def build_pipeline(
    home: Project, iid: int | None, row: dict[str, Any], source_id: int = 0
) -> Pipeline | None:
    """Build a pipeline; None where there is none, or another project runs it.

    `source_id`: the merge request's fork, which may run it.
    """
    pipeline_id, updated_at = positive_int(row.get("id")), timestamp(row.get("updated_at"))
    if pipeline_id is None or updated_at is None:
        return None
    if text(row.get("source")) in DANGLING_SOURCES:
        return None
    url = web_url(row.get("web_url")) or f"{home.url}/-/pipelines/{pipeline_id}"
    project_id = positive_int(row.get("project_id")) or home.id
    if project_id not in (home.id, source_id):
        return None
    if project_id != home.id:
        iid, place = None, url.partition("/-/")[0]
        home = Project(home.connection_id, project_id, _path_of(place, home), place)
    return Pipeline(
        project=home,
        id=pipeline_id,
        status=pipeline_status(row.get("status")),
        ref=text(row.get("ref")),
        sha=text(row.get("sha")),
        url=url,
        updated_at=updated_at,
        source=text(row.get("source")),
        merge_request_iid=iid,
        duration_seconds=whole_seconds(row.get("duration")),
        tag=row.get("tag") is True,
    )


def _path_of(url: str, neighbour: Project) -> str:
    """Return the path of a project of the same instance by its address."""
    return url.removeprefix(neighbour.url.removesuffix(neighbour.path))


def build_commit(row: dict[str, Any]) -> Commit:
    """Build a commit from an object of the API."""
    return Commit(
        sha=text(row.get("id")),
        message=text(row.get("message")),
        author_name=text(row.get("author_name")),
        author_email=email(row.get("author_email")),
        url=web_url(row.get("web_url")),
        at=timestamp(row.get("created_at") or row.get("committed_date")),
    )
