"""Comments on commits and snippets of before anybody listened, read page by page through the API.

No list says which of them have any, but the project's events do: those of all comments, with each
comment as it is now. https://docs.gitlab.com/api/events/
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.core.model.activity import Note, Noteable
from sync.core.model.common import Commit, Project
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.pagination import Cursor, Page, Told, everything
from sync.gitlab.history.discussions import note_of
from sync.gitlab.json_fields import link, mapping, mappings, text, whole

MOST_ALIKE = 20  # commits of one title that are asked for a comment, the newest
# Events are asked for by the host's days, the first of which does not count.
_DAYS_BEFORE = timedelta(days=2)
_LACKS = "some comments are on commits that were not read: of before, or of branches that are gone"
_GONE = "404"

Titled = Callable[[Collection[str]], Mapping[str, Sequence[Commit]]]


def notes(
    client: GitLab,
    project: Project,
    since: datetime,
    cursor: Cursor | None,
    *,
    titled: Titled,
) -> Page[Note]:
    """A commented snippet costs a request; so does, for a comment on the whole of a commit, each
    commit where several have its title.

    `titled`: the known commits by title, for an event does not tell which one it is on. With
    `target_type` threads would be missing: https://gitlab.com/gitlab-org/gitlab/-/issues/466426
    """
    path, before = f"/projects/{project.id}/events", cursor or {}
    after = (since - _DAYS_BEFORE).date().isoformat()
    page = everything(client, path, before or None, action="commented", after=after)
    told = [event for event in page.items if mapping(event.get("note")).get("system") is False]
    asking = _Asking(client, project, titled(_titles(told)))
    found = [one for event in told if (one := asking.note(event)) and one.updated_at >= since]
    lost = asking.lost or before.get("lost") is True
    further = {**page.cursor, "lost": lost} if page.cursor else None
    return Page(tuple(found), further, page.left, _LACKS if lost else "")


def _titles(told: Sequence[Told]) -> set[str]:
    on_commits = (event for event in told if event["note"].get("noteable_type") == "Commit")
    return {title for event in on_commits if (title := text(event.get("target_title")))}


@dataclass
class _Asking:
    """What was asked for one page. `lost`: a comment's commit was not found."""

    client: GitLab
    project: Project
    commits: Mapping[str, Sequence[Commit]]
    lost: bool = False
    _snippets: dict[int, Noteable | None] = field(default_factory=dict)
    _commented: dict[str, frozenset[int]] = field(default_factory=dict)

    def note(self, event: Told) -> Note | None:
        """None for what is on anything else, or cannot be told."""
        told = mapping(event.get("note"))
        match told.get("noteable_type"):
            case "Commit":
                on = self._commit(text(event.get("target_title")), told)
                self.lost |= on is None
            case "Snippet":
                on = self._snippet(whole(told.get("noteable_id")))
            case _:
                return None
        return note_of(self.project, on, told) if on else None

    def _commit(self, title: str, told: Told) -> Noteable | None:
        """By its id where the comment is on a line, else by its title."""
        sha = text(mapping(told.get("position")).get("head_sha"))
        alike = self.commits.get(title, ())
        if sha:
            one = next((one for one in alike if one.sha == sha), None)
            return _on(self.project, title, one or Commit(sha, title, "", None))
        if len(alike) > 1:
            alike = self._with(alike, whole(told.get("id")))
        return _on(self.project, title, alike[0]) if alike else None

    def _with(self, alike: Sequence[Commit], note_id: int | None) -> Sequence[Commit]:
        """The one that has the comment. Those without a time are taken to be old."""
        newest = sorted(alike, key=lambda one: one.at.timestamp() if one.at else 0, reverse=True)
        for one in newest[:MOST_ALIKE]:
            if note_id in self._notes_of(one.sha):
                return (one,)
        return ()

    def _notes_of(self, sha: str) -> frozenset[int]:
        """https://docs.gitlab.com/api/discussions/#commits"""
        if sha not in self._commented:
            path = f"/projects/{self.project.id}/repository/commits/{sha}/discussions"
            threads = _unless_gone(lambda: list(self.client.list(path))) or []
            ids = (whole(one.get("id")) for each in threads for one in mappings(each.get("notes")))
            self._commented[sha] = frozenset(number for number in ids if number)
        return self._commented[sha]

    def _snippet(self, number: int | None) -> Noteable | None:
        """https://docs.gitlab.com/api/project_snippets/"""
        if number is None:
            return None
        if number not in self._snippets:
            path = f"/projects/{self.project.id}/snippets/{number}"
            told = mapping(_unless_gone(lambda: self.client.get(path)))
            self._snippets[number] = _snippet(self.project, number, told) if told else None
        return self._snippets[number]


def _on(project: Project, title: str, one: Commit) -> Noteable:
    url = one.url or f"{project.url}/-/commit/{one.sha}"
    return Noteable("commit", one.sha, title, url, one.message)


def _snippet(project: Project, number: int, told: Told) -> Noteable:
    url = link(told.get("web_url")) or f"{project.url}/-/snippets/{number}"
    title, description = text(told.get("title")), text(told.get("description"))
    return Noteable("snippet", str(number), title, url, description)


def _unless_gone(ask: Callable[[], object]) -> object | None:
    try:
        return ask()
    except Refused as refused:
        if refused.code != _GONE:
            raise
        return None
