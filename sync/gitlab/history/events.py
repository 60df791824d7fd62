"""Comments on commits and snippets of before anybody listened, read page by page through the API.

No list says which of them have any, but the project's events do: those of all comments, with each
comment as it is now. https://docs.gitlab.com/api/events/
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from sync.core.model.activity import Comment, CommentTarget
from sync.core.model.common import Commit, Project
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.pagination import Cursor, JsonObject, Page, read_all
from sync.gitlab.history.changes import DAYS_BEFORE
from sync.gitlab.history.discussions import parse_note
from sync.gitlab.json_fields import mapping, mappings, positive_int, text, web_url

MAX_SAME_TITLE = 20  # commits of one title that are asked for a comment, the newest
_UNREADABLE = (
    "some comments are on commits that were not read: of before, or of branches that are gone"
)
_NOT_FOUND = "404"
_T = TypeVar("_T")

CommitsByTitle = Callable[[Collection[str]], Mapping[str, Sequence[Commit]]]


def read_notes(
    client: GitLab,
    project: Project,
    since: datetime,
    cursor: Cursor | None,
    *,
    find_commits_by_title: CommitsByTitle,
) -> Page[Comment]:
    """Read a page of comments of which only events tell.

    A commented snippet costs a request; so does, for a comment on the whole of a commit, each
    commit where several have its title.

    `titled`: the known commits by title, for an event does not tell which one it is on. With
    `target_type` threads would be missing: https://gitlab.com/gitlab-org/gitlab/-/issues/466426
    """
    path, before = f"/projects/{project.id}/events", cursor or {}
    after = (since - DAYS_BEFORE).date().isoformat()
    page = read_all(client, path, before or None, action="commented", after=after)
    json_objects = [
        event for event in page.items if mapping(event.get("note")).get("system") is False
    ]
    reader = _NoteReader(client, project, find_commits_by_title(_commit_titles(json_objects)))
    comments = [
        comment
        for event in json_objects
        if (comment := reader.read_note(event)) and comment.updated_at >= since
    ]
    lost = reader.commit_missing or before.get("lost") is True
    further = {**page.cursor, "lost": lost} if page.cursor else None
    return Page(tuple(comments), further, page.remaining, _UNREADABLE if lost else "")


def _commit_titles(json_objects: Sequence[JsonObject]) -> set[str]:
    on_commits = (event for event in json_objects if event["note"].get("noteable_type") == "Commit")
    return {title for event in on_commits if (title := text(event.get("target_title")))}


@dataclass
class _NoteReader:
    """What was asked for one page. `lost`: a comment's commit was not found."""

    client: GitLab
    project: Project
    commits: Mapping[str, Sequence[Commit]]
    commit_missing: bool = False
    _snippets: dict[int, CommentTarget | None] = field(default_factory=dict)
    _note_ids_by_sha: dict[str, frozenset[int]] = field(default_factory=dict)

    def read_note(self, event: JsonObject) -> Comment | None:
        """None for what is on anything else, or cannot be told."""
        row = mapping(event.get("note"))
        match row.get("noteable_type"):
            case "Commit":
                on = self._find_commit(text(event.get("target_title")), row)
                self.commit_missing |= on is None
            case "Snippet":
                on = self._read_snippet(positive_int(row.get("noteable_id")))
            case _:
                return None
        return parse_note(self.project, on, row) if on else None

    def _find_commit(self, title: str, json_object: JsonObject) -> CommentTarget | None:
        """By its id where the comment is on a line, else by its title."""
        sha = text(mapping(json_object.get("position")).get("head_sha"))
        alike = self.commits.get(title, ())
        if sha:
            commit = next((entry for entry in alike if entry.sha == sha), None)
            return _commit_target(self.project, title, commit or Commit(sha, title, "", None))
        if len(alike) > 1:
            alike = self._pick_commented(alike, positive_int(json_object.get("id")))
        return _commit_target(self.project, title, alike[0]) if alike else None

    def _pick_commented(self, alike: Sequence[Commit], note_id: int | None) -> Sequence[Commit]:
        """Find the commit that has the comment. Those without a time are taken to be old."""
        newest = sorted(
            alike, key=lambda commit: commit.at.timestamp() if commit.at else 0, reverse=True
        )
        for commit in newest[:MAX_SAME_TITLE]:
            if note_id in self._read_note_ids(commit.sha):
                return (commit,)
        return ()

    def _read_note_ids(self, sha: str) -> frozenset[int]:
        """https://docs.gitlab.com/api/discussions/#commits"""
        if sha not in self._note_ids_by_sha:
            path = f"/projects/{self.project.id}/repository/commits/{sha}/discussions"
            threads = _none_if_gone(lambda: list(self.client.list(path))) or []
            ids = (
                positive_int(row.get("id"))
                for each in threads
                for row in mappings(each.get("notes"))
            )
            self._note_ids_by_sha[sha] = frozenset(number for number in ids if number)
        return self._note_ids_by_sha[sha]

    def _read_snippet(self, number: int | None) -> CommentTarget | None:
        """https://docs.gitlab.com/api/project_snippets/"""
        if number is None:
            return None
        if number not in self._snippets:
            path = f"/projects/{self.project.id}/snippets/{number}"
            row = mapping(_none_if_gone(lambda: self.client.get(path)))
            self._snippets[number] = _snippet_target(self.project, number, row) if row else None
        return self._snippets[number]


def _commit_target(project: Project, title: str, commit: Commit) -> CommentTarget:
    url = commit.url or f"{project.url}/-/commit/{commit.sha}"
    return CommentTarget("commit", commit.sha, title, url, commit.message)


def _snippet_target(project: Project, number: int, json_object: JsonObject) -> CommentTarget:
    url = web_url(json_object.get("web_url")) or f"{project.url}/-/snippets/{number}"
    title, description = text(json_object.get("title")), text(json_object.get("description"))
    return CommentTarget("snippet", str(number), title, url, description)


def _none_if_gone(ask: Callable[[], _T]) -> _T | None:
    try:
        return ask()
    except Refused as refused:
        if refused.code != _NOT_FOUND:
            raise
        return None
