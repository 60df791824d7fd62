"""What REST answers show of people, projects, code and merge requests. Pure.

https://docs.gitlab.com/api/api_resources/
"""

from __future__ import annotations

from tests.emulators.gitlab import ci_status
from tests.emulators.gitlab.entities import (
    Branch,
    Commit,
    Group,
    Job,
    MergeRequest,
    Note,
    Pipeline,
    Project,
    Release,
    Tag,
    Token,
    User,
)
from tests.emulators.gitlab.parts import avatar, git_time, iso_time, project_url
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import Issue, Snippet


def user(state: State, one: User) -> dict:
    return {
        "id": one.id,
        "username": one.username,
        "public_email": one.public_email,
        "name": one.name,
        "state": "active",
        "locked": False,
        "avatar_url": avatar(one),
        "web_url": f"{state.url}/{one.username}",
    }


def basic(state: State, number: int | None) -> dict | None:
    """A user inside another object: no address at all."""
    if number is None:
        return None
    whole = user(state, state.users[number])
    del whole["public_email"]
    return whole


def token(one: Token) -> dict:
    return {
        "id": one.id,
        "name": one.name,
        "revoked": one.revoked,
        "created_at": one.created_at,
        "description": None,
        "scopes": list(one.scopes),
        "user_id": one.user_id,
        "last_used_at": None,
        "active": not one.revoked,
        "expires_at": one.expires_at.isoformat() if one.expires_at else None,
    }


def project(state: State, one: Project, access: int = 0) -> dict:
    url = project_url(state, one)
    return {
        "id": one.id,
        "description": one.description,
        "name": one.name,
        "name_with_namespace": f"{one.namespace_path} / {one.name}",
        "path": one.path.rsplit("/", 1)[1],
        "path_with_namespace": one.path,
        "created_at": iso_time(one.created_at),
        "default_branch": one.default_branch,
        "web_url": url,
        "http_url_to_repo": f"{url}.git",
        "ssh_url_to_repo": f"git@gitlab.example:{one.path}.git",
        "readme_url": f"{url}/-/blob/{one.default_branch}/README.md",
        "visibility": one.visibility,
        "archived": one.archived,
        "namespace": {
            "id": one.group_id,
            "name": one.namespace_path,
            "kind": "group" if one.group_id else "user",
            "full_path": one.namespace_path,
            "web_url": f"{state.url}/{one.namespace_path}",
        },
        "permissions": {
            "project_access": {"access_level": access} if access else None,
            "group_access": None,
        },
    }


def group(state: State, one: Group) -> dict:
    return {
        "id": one.id,
        "web_url": f"{state.url}/groups/{one.path}",
        "name": one.name,
        "path": one.path.split("/")[-1],
        "full_name": one.name,
        "full_path": one.path,
        "description": "",
        "visibility": one.visibility,
        "parent_id": None,
    }


def commit(state: State, place: Project, one: Commit) -> dict:
    return {
        "id": one.id,
        "short_id": one.id[:8],
        "created_at": git_time(one.at),
        "parent_ids": list(one.parent_ids),
        "title": one.title,
        "message": one.message,
        "author_name": one.author_name,
        "author_email": one.author_email,
        "authored_date": git_time(one.authored),
        "committer_name": one.author_name,
        "committer_email": one.author_email,
        "committed_date": git_time(one.at),
        "trailers": {},
        "extended_trailers": {},
        "web_url": f"{project_url(state, place)}/-/commit/{one.id}",
    }


def branch(state: State, place: Project, one: Branch) -> dict:
    return {
        "name": one.name,
        "commit": commit(state, place, place.commits[one.head]),
        "merged": False,
        "protected": one.protected,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": True,
        "default": one.name == place.default_branch,
        "web_url": f"{project_url(state, place)}/-/tree/{one.name}",
    }


def pipeline(state: State, place: Project, one: Pipeline) -> dict:
    """`ref` of a merge request's pipeline is refs/merge-requests/…/head here, not in hooks."""
    ref = f"refs/merge-requests/{one.merge_request_iid}/head" if one.merge_request_iid else one.ref
    return {
        "id": one.id,
        "iid": one.iid,
        "project_id": place.id,
        "sha": one.sha,
        "ref": ref,
        "status": one.status,
        "source": one.source,
        "name": one.name,
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.updated_at),
        "web_url": f"{project_url(state, place)}/-/pipelines/{one.id}",
    }


def whole_pipeline(state: State, place: Project, one: Pipeline) -> dict:
    label = ci_status.detailed(one)
    return pipeline(state, place, one) | {
        "before_sha": one.before_sha,
        "tag": one.tag,
        "yaml_errors": None,
        "user": basic(state, one.user_id),
        "started_at": iso_time(one.started_at),
        "finished_at": iso_time(one.finished_at),
        "committed_at": None,
        "duration": seconds(one),
        "queued_duration": None,
        "coverage": None,
        "detailed_status": {"text": label.title(), "label": label, "group": one.status},
        "archived": False,
    }


def seconds(one: Pipeline | Job) -> int | None:
    if one.started_at is None or one.finished_at is None:
        return None
    return int((one.finished_at - one.started_at).total_seconds())


def tag(state: State, place: Project, one: Tag) -> dict:
    """`release` only where the tag has one."""
    held = place.releases.get(one.name)
    return {
        "name": one.name,
        "message": one.message,
        "target": one.sha,
        "commit": commit(state, place, place.commits[one.sha]),
        "release": {"tag_name": one.name, "description": held.description} if held else None,
        "protected": one.protected,
        "created_at": iso_time(one.created_at) if one.message else None,
    }


def release(state: State, place: Project, one: Release) -> dict:
    url = project_url(state, place)
    links = [
        {"id": number, "name": name, "url": link, "direct_asset_url": link, "link_type": "other"}
        for number, (name, link) in enumerate(one.links.items(), 1)
    ]
    held = place.tags.get(one.tag)
    return {
        "name": one.name,
        "tag_name": one.tag,
        "description": one.description,
        "created_at": iso_time(one.created_at),
        "released_at": iso_time(one.released_at),
        "upcoming_release": False,
        "author": basic(state, one.author_id),
        "commit": commit(state, place, place.commits[held.sha]) if held else None,
        "milestones": [],
        "commit_path": f"/{place.path}/-/commit/{held.sha}" if held else None,
        "tag_path": f"/{place.path}/-/tags/{one.tag}",
        "assets": {"count": len(links), "sources": [], "links": links},
        "evidences": [],
        "_links": {"self": f"{url}/-/releases/{one.tag}"},
    }


def note(
    state: State, place: Project, thing: MergeRequest | Issue | Snippet | Commit, one: Note
) -> dict:
    """`position` only of a comment on code. Which commit it is on is not told."""
    kind = type(thing).__name__
    look = {
        "id": one.id,
        "type": one.kind,
        "body": one.body,
        "author": basic(state, one.author_id),
        "created_at": iso_time(one.created_at),
        "updated_at": iso_time(one.updated_at or one.created_at),
        "system": one.system,
        "noteable_id": None if isinstance(thing, Commit) else thing.id,
        "noteable_type": kind,
        "project_id": place.id,
        "resolvable": one.kind is not None,
        "confidential": one.internal,
        "internal": one.internal,
        "imported": False,
        "noteable_iid": getattr(thing, "iid", None),
    }
    return look | {"position": one.position} if one.position else look
