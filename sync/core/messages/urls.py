"""Build the addresses of a project's pages on its code host, "" where it has none. Pure.

Names of branches and tags may hold anything but a space: all that means something in an address is
encoded, only their slashes stay.
"""

from __future__ import annotations

from urllib.parse import quote

from sync.core.model.common import Project


def branch(project: Project, name: str) -> str:
    """Return the page of the files at a branch or a tag."""
    return _page(project, "tree", name)


def tag(project: Project, name: str) -> str:
    """Return the page of a tag."""
    return _page(project, "tags", name)


def commit(project: Project, sha: str) -> str:
    """Return the page of a commit."""
    return _page(project, "commit", sha)


def compare(project: Project, old: str, new: str) -> str:
    """Return the page of what `new` has and `old` has not."""
    return _page(project, "compare", f"{old}...{new}") if old and new else ""


def merge_request(project: Project, iid: int) -> str:
    """Return the page of a merge request."""
    return _page(project, "merge_requests", str(iid))


def pipeline(project: Project, number: int) -> str:
    """Return the page of a pipeline; "" for 0."""
    return _page(project, "pipelines", str(number)) if number else ""


def environment(project: Project, name: str) -> str:
    """Return the list of environments, filtered by name.

    The page of a single one needs a number that hooks do not send.
    """
    return f"{project.url}/-/environments?search={quote(name, safe='')}" if project.url else ""


def _page(project: Project, page: str, name: str) -> str:
    return f"{project.url}/-/{page}/{quote(name, safe='/')}" if project.url and name else ""
