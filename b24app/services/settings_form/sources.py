"""What texts of the settings are proposed from, and which are long. Pure."""

from __future__ import annotations

from collections.abc import Mapping

# The end of a path → the list of proposals that the page has for it.
SOURCES: Mapping[str, str] = {
    "timezone": "zones",
    "people.*": "users",
    "roles.*.*": "users",
    "editors.*": "users",
    "creators.*": "users",
    "connections.*.projects.*": "projects",
    "connections.*.groups.*": "groups",
    "rules.workgroups.*.projects.*": "projects",
    "rules.projects.<key>": "projects",
    "rules.workgroups.<key>": "workgroups",
    "pairs.*.workgroup": "workgroups",
    "pairs.*.project": "projects",
    "pairs.*.connection": "connections",
    "when.*": "states",
    "stage.title": "columns",
    "statuses.*.issue": "issue_statuses",
    "priorities.<key>": "issue_priorities",
    "issue_type": "issue_types",
    "child_type": "issue_types",
    "only.types.*": "issue_types",
    "only.labels.*": "issue_labels",
    "custom.<key>": "task_fields",
    "custom.*.field": "issue_fields",
}

AREAS = frozenset({"templates.*"})  # paths of long texts
