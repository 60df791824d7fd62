"""Releases as hooks tell them. Pure.

https://docs.gitlab.com/user/project/integrations/webhook_events/#release-events
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sync.core.model.activity import Release
from sync.gitlab.json_fields import (
    mapping,
    mappings,
    person,
    require,
    require_kind,
    text,
    timestamp,
    web_url,
)
from sync.gitlab.webhooks.projects import hook_project


def parse_release(payload: dict[str, Any], connection_id: int) -> Release:
    """Parse a release that was created, edited or deleted. Raises UnreadablePayload.

    Only of its making is the time told; who did it is not told at all.
    """
    require_kind(payload, "release")
    project = hook_project(payload.get("project"), None, connection_id)
    tag, action = require(text(payload.get("tag")), "the release has no tag"), payload.get("action")
    return Release(
        project=project,
        tag=tag,
        name=text(payload.get("name")) or tag,
        text=text(payload.get("description")),
        url=web_url(payload.get("url")) or f"{project.url}/-/releases/{quote(tag, safe='')}",
        released_at=timestamp(payload.get("released_at")),
        actor=person(payload.get("user")),
        deleted=action == "delete",
        updated=action == "update",
        at=timestamp(payload.get("created_at")) if action == "create" else None,
        assets=release_assets(payload),
    )


def release_assets(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return name and address of the links of a release; archives of the code are in every one.

    The API tells them as hooks do. https://docs.gitlab.com/api/releases/links/
    """
    links = mappings(mapping(row.get("assets")).get("links"))
    pairs = ((text(link.get("name")), web_url(link.get("url"))) for link in links)
    return tuple((name or url, url) for name, url in pairs if url)
