"""GitLab's "custom issue tracker": makes B24-123 a link to the task, everywhere in GitLab.

https://docs.gitlab.com/user/project/integrations/custom_issue_tracker/
https://docs.gitlab.com/api/project_integrations/#custom-issue-tracker
"""

from __future__ import annotations

from sync.core.audit import probing
from sync.errors import Refused
from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.json_fields import mapping, text
from sync.sentences import sentence


def ensure(client: GitLab, project: int | str, *, portal_url: str) -> bool:
    """Point the project's issue tracker at the portal's tasks; return whether it changed.

    `portal_url`: https://example.bitrix24.com. Raises SyncError; Refused where the project already
    uses another custom tracker, which somebody chose.
    """
    settings = tracker_settings(portal_url)
    current = _read_settings(client, project)
    if current == settings:
        return False
    if current and not current["issues_url"].startswith(portal_url.rstrip("/") + "/"):
        raise Refused(
            sentence(
                "Project {project} already uses another issue tracker ({current})",
                project=project,
                current=current["issues_url"],
            ),
            change="Turn it off in the project's settings, Integrations, Custom issue tracker",
            code="tracker_in_use",
        )
    client.put(_api_path(project), settings)
    return True


def remove(client: GitLab, project: int | str, *, portal_url: str) -> bool:
    """Turn the tracker off if it is the portal's; return whether it was. Raises SyncError."""
    current = _read_settings(client, project)
    if not current.get("issues_url", "").startswith(portal_url.rstrip("/") + "/"):
        return False
    client.delete(_api_path(project))
    return True


def tracker_settings(portal_url: str) -> dict[str, str]:
    """Return the three addresses GitLab asks for; user 0 stands for whoever opens the link."""
    tasks = f"{portal_url.rstrip('/')}/company/personal/user/0/tasks"
    return {
        "project_url": f"{tasks}/",
        "issues_url": f"{tasks}/task/view/:id/",
        "new_issue_url": f"{tasks}/task/edit/0/",
    }


def _read_settings(client: GitLab, project: int | str) -> dict[str, str]:
    """Return the addresses in use, {} where the tracker is off (GitLab answers 404)."""
    try:
        with probing():
            settings = mapping(client.get(_api_path(project)))
    except Refused as refused:
        if refused.code != "404":
            raise
        return {}
    if settings.get("active") is not True:
        return {}
    properties = mapping(settings.get("properties"))
    return {name: text(properties.get(name)) for name in tracker_settings("")}


def _api_path(project: int | str) -> str:
    return f"/projects/{encode_segment(project)}/integrations/custom-issue-tracker"
