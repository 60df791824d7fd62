"""Who sees which issue, for GraphQL."""

from __future__ import annotations

from tests.emulators.gitlab import access
from tests.emulators.gitlab.entities import Project
from tests.emulators.gitlab.graphql_spec import Asked
from tests.emulators.gitlab.tracked import Issue


def sees_project(asked: Asked, place: Project) -> bool:
    member = asked.actor and asked.state.access_level(asked.actor, place)
    return bool(member) or place.visibility == "public"


def sees_hidden(asked: Asked, place: Project) -> bool:
    return access.sees_hidden(asked.state, place, asked.actor)


def visible(asked: Asked, issue: Issue) -> bool:
    """What is confidential is for planners, its author and its assignees."""
    place = asked.state.projects[issue.project_id]
    own = asked.actor is not None and asked.actor.id in (issue.author_id, *issue.assignee_ids)
    return sees_project(asked, place) and (
        not issue.confidential or own or sees_hidden(asked, place)
    )


def plans(asked: Asked, issue: Issue) -> bool:
    """Whether the caller may change it: planners, its author, its assignees; nobody what is
    archived."""
    place = asked.state.projects[issue.project_id]
    if asked.actor is None or place.archived or not visible(asked, issue):
        return False
    own = asked.actor.id in (issue.author_id, *issue.assignee_ids)
    return own or asked.state.access_level(asked.actor, place) >= access.planner(asked.state)
