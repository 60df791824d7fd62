"""Projects as GraphQL and labels need them: their path, whether they are archived, their labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues.asking import Instance
from sync.gitlab.json_fields import mapping, positive_int, text
from sync.sentences import sentence


@dataclass(slots=True)
class Project:
    """A project; `labels`: names, once they were listed.

    `has_statuses`, `field_kinds` (of fields of the instance's own, by id): None until asked.
    `exclusive_scopes`: whether its licence keeps one label of a scope on an issue.
    """

    id: str
    path: str
    archived: bool
    labels: set[str] | None = None
    has_statuses: bool | None = None
    field_kinds: Mapping[str, str] | None = None
    exclusive_scopes: bool = False


@dataclass(slots=True)
class IssueMemory:
    """What is learned of an instance and its projects; clients of a connection may share it."""

    instance: Instance = field(default_factory=Instance)
    projects: dict[str, Project] = field(default_factory=dict)


@dataclass(slots=True)
class Projects:
    """Projects, asked of a client and remembered."""

    client: GitLab
    _by_id: dict[str, Project]

    def get(self, project_id: str, *, fresh: bool = False) -> Project:
        """Return a project by its id, which stays when it is renamed. Raises SyncError.

        https://docs.gitlab.com/api/projects/#retrieve-a-project
        """
        held = self._by_id.get(project_id)
        if held is None or fresh:
            answer = mapping(self.client.get(f"/projects/{project_id}"))
            held = Project(
                id=str(positive_int(answer.get("id")) or project_id),
                path=text(answer.get("path_with_namespace")),
                archived=answer.get("archived") is True,
                labels=held.labels if held else None,
                has_statuses=held.has_statuses if held else None,
                field_kinds=held.field_kinds if held else None,
                exclusive_scopes=held is not None and held.exclusive_scopes,
            )
            self._by_id[project_id] = held
        return held

    def shown(self, project_id: str, answer: Mapping[str, Any]) -> bool:
        """Tell whether an answer about a project is one: GraphQL shows none of a wrong path.

        False where it was renamed: ask again. Raises Refused where it is not to be seen: nothing
        is known of its items then.
        """
        if answer.get("project") is not None:
            return True
        before = self.get(project_id).path
        if self.get(project_id, fresh=True).path != before:
            return False
        raise Refused(
            sentence("GitLab does not show the items of the project {before}", before=before),
            cause="The token's user lost its role in the project, or issues are switched off",
            change="Give the token's user the role Planner, or Reporter before 17.7",
            code="404",
        )

    def held(self, project_id: str) -> Project | None:
        """Return what is known of a project, without asking."""
        return self._by_id.get(project_id)

    def labels(self, project: Project) -> set[str]:
        """Return the names of the labels that can be set there, groups' labels included.

        https://docs.gitlab.com/api/labels/
        """
        if project.labels is None:
            rows = self.client.list(f"/projects/{project.id}/labels")
            project.labels = {text(row.get("name")) for row in rows if not row.get("archived")}
        return project.labels

    def ensure_label(self, project: Project, name: str, color: str) -> None:
        """Make a label with its colour; another may have made it meanwhile. Raises SyncError."""
        if name in self.labels(project):
            return
        try:
            self.client.post(f"/projects/{project.id}/labels", {"name": name, "color": color})
        except Refused as refused:
            if refused.code != "409":
                raise
        self.labels(project).add(name)
