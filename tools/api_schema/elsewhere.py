"""What the app answers outside /api, and where that is described: other systems ask for it."""

from __future__ import annotations

from flask import Flask

# Route → for whom it is, and the page that describes it.
ELSEWHERE = {
    "/": "who opens the address by hand reads how the app is installed: docs/install.md",
    "/b24/app": "Bitrix24 opens the application: docs/install.md",
    "/b24/events": "events of Bitrix24: docs/install.md",
    "/b24/group": "Bitrix24 opens a workgroup's page: docs/pages.md",
    "/b24/install": "Bitrix24 opens the installation: docs/install.md",
    "/b24/install/again": "the installation's page tries again: docs/install.md",
    "/b24/oauth/callback": "GitLab sends a person back who signed in: docs/connect.md",
    "/b24/oauth/start": "a page sends a person to GitLab: docs/connect.md",
    "/b24/task": "Bitrix24 opens a task's tab: docs/pages.md",
    "/ci/<portal>/ci/report": "reports of CI jobs for one portal: docs/component-app.md",
    "/ci/report": "reports of CI jobs, by ci-components/report.schema.json: docs/component-app.md",
    "/healthz": "whether the process lives: docs/operations.md",
    "/hooks/gitlab/<key>": "webhooks of GitLab: docs/connect.md",
    "/hooks/youtrack/<key>": "webhooks of YouTrack: docs/issues.md",
    "/metrics": "figures for Prometheus: docs/operations.md",
    "/readyz": "whether the app can do its work: docs/operations.md",
    "/static/<path:filename>": "files of the pages",
}


def undescribed(app: Flask) -> list[str]:
    """Return the differences between the routes outside /api and the table."""
    rules = {rule.rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/")}
    return sorted(rules ^ ELSEWHERE.keys())


def description() -> str:
    """Return the table as Markdown."""
    rows = "\n".join(f"- `{route}`: {meaning}" for route, meaning in sorted(ELSEWHERE.items()))
    return (
        "What the pages inside Bitrix24 ask for, each request with the page's token. "
        f"What other systems ask the same server for stands elsewhere:\n\n{rows}\n"
    )
