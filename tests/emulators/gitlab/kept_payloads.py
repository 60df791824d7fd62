"""Webhook bodies about what a project keeps: milestones, wiki, flags, vulnerabilities. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

from tests.emulators.gitlab.entities import Project, User
from tests.emulators.gitlab.parts import (
    hook_time,
    iso_time,
    person,
    project_part,
    project_url,
    user_url,
)
from tests.emulators.gitlab.state import State
from tests.emulators.gitlab.tracked import FeatureFlag, Milestone, Vulnerability, WikiPage


def milestone(state: State, one: Milestone, action: str) -> dict:
    """It does not say who did it."""
    place = state.projects[one.project_id]
    return {
        "object_kind": "milestone",
        "event_type": "milestone",
        "project": project_part(state, place),
        "object_attributes": {
            "id": one.id,
            "iid": one.iid,
            "title": one.title,
            "description": one.description,
            "state": one.state,
            "created_at": hook_time(one.created_at),
            "updated_at": hook_time(one.updated_at),
            "due_date": one.due_date.isoformat() if one.due_date else None,
            "start_date": one.start_date.isoformat() if one.start_date else None,
            "group_id": None,
            "project_id": place.id,
        },
        "action": action,
    }


def wiki_page(state: State, place: Project, page: WikiPage, actor: User, action: str) -> dict:
    whole, url = project_part(state, place), f"{project_url(state, place)}/-/wikis"
    return {
        "object_kind": "wiki_page",
        "user": person(actor),
        "project": whole,
        "wiki": {
            "web_url": f"{url}/home",
            "git_ssh_url": whole["git_ssh_url"].replace(".git", ".wiki.git"),
            "git_http_url": whole["git_http_url"].replace(".git", ".wiki.git"),
            "path_with_namespace": f"{place.path}.wiki",
            "default_branch": place.default_branch,
        },
        "object_attributes": {
            "slug": page.slug,
            "title": page.title,
            "format": "markdown",
            "message": page.message,
            "version_id": page.version,
            "content": page.content,
            "url": f"{url}/{page.slug}",
            "action": action,
            "diff_url": f"{url}/{page.slug}/diff?version_id={page.version}",
        },
    }


def feature_flag(state: State, place: Project, flag: FeatureFlag, actor: User) -> dict:
    return {
        "object_kind": "feature_flag",
        "project": project_part(state, place),
        "user": person(actor),
        "user_url": user_url(state, actor),
        "object_attributes": {
            "id": flag.id,
            "name": flag.name,
            "description": flag.description,
            "active": flag.active,
        },
    }


def vulnerability(state: State, one: Vulnerability, actor: User | None) -> dict:
    """It holds no `project`, only its number. `actor`: who confirmed, dismissed or resolved it."""
    url = project_url(state, state.projects[one.project_id])
    return {
        "object_kind": "vulnerability",
        "object_attributes": {
            "url": f"{url}/-/security/vulnerabilities/{one.id}",
            "title": one.title,
            "state": one.state,
            "project_id": one.project_id,
            "location": {"file": one.file, "dependency": {"package": {"name": "acme-pay"}}},
            "cvss": [],
            "severity": one.severity,
            "severity_overridden": False,
            "identifiers": [_identifier(one)],
            "issues": [],
            "report_type": "dependency_scanning",
            "scanner_external_id": "acme-scanner",
            "confidence": "unknown",
            "confidence_overridden": False,
            **_decisions(one, actor),
            "auto_resolved": False,
            "resolved_on_default_branch": False,
            "created_at": iso_time(one.created_at),
            "updated_at": iso_time(one.updated_at),
        },
    }


def _identifier(one: Vulnerability) -> dict:
    name = f"ACME-{one.id}"
    url = f"https://advisories.acme.example/{name}"
    return {"name": name, "external_id": name, "external_type": "acme", "url": url}


def _decisions(one: Vulnerability, actor: User | None) -> dict:
    told: dict = {}
    for verdict in ("confirmed", "dismissed", "resolved"):
        here = one.state == verdict
        told[f"{verdict}_at"] = iso_time(one.updated_at) if here else None
        told[f"{verdict}_by_id"] = actor.id if here and actor else None
    return told
