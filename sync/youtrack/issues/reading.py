"""Issues read whole: many at once by their readable ids, and those that moved by their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.core.issue_sync.key_marks import without_definition
from sync.core.issue_sync.model import (
    SPRINT,
    Absence,
    Item,
    ItemAddress,
    TimeEntry,
    Unreachable,
)
from sync.errors import Refused
from sync.youtrack.api.client import YouTrack, encode_segment
from sync.youtrack.issues import item_links, rows
from sync.youtrack.issues.boards import Board, find_board, sprint_of
from sync.youtrack.issues.keys import line_of
from sync.youtrack.issues.options import IssueOptions
from sync.youtrack.issues.projects import GONE, Instance
from sync.youtrack.json_fields import mapping, mappings, text

AT_ONCE = 100  # issues in a question, for themselves or for their work
WORK_PER_PAGE = 500
NESTED = 42  # a list inside of an answer may end there
_DENIED, _NO_METHOD = "403", "405"


@dataclass(frozen=True, slots=True)
class IssueReader:
    """Reads issues with a client, and remembers how their fields are made."""

    client: YouTrack
    instance: Instance
    options: IssueOptions

    def own_id(self) -> str:
        """Return the id of our account. Raises SyncError."""
        return self.instance.account().id

    def read(self, addresses: Sequence[ItemAddress]) -> Mapping[str, Item | Unreachable]:
        """Read issues whole, wherever they were moved to. Raises SyncError."""
        by_id: dict[str, dict[str, Any]] = {}
        for start in range(0, len(addresses), AT_ONCE):
            by_id |= self._listed(addresses[start : start + AT_ONCE])
        absent: dict[str, Unreachable] = {}
        for address in addresses:
            if address.id not in by_id:
                row = self._single(address)
                if isinstance(row, Unreachable):
                    absent[address.id] = row
                else:
                    by_id[address.id] = row
        work = self.read_work(list(by_id.values())) if self.options.time else {}
        return {
            address.id: absent.get(address.id)
            or self.finish(address, by_id[address.id], work.get(address.id, ()))
            for address in addresses
        }

    def finish(
        self, address: ItemAddress, row: Mapping[str, Any], work: tuple[TimeEntry, ...] | None
    ) -> Item | Unreachable:
        """Return the item of a row, whose layout is remembered for the writes that follow."""
        self.remember(row)
        if mapping(row.get("project")).get("archived") is True:
            return Unreachable(address, Absence.ARCHIVED, "The project is archived")
        if rows.is_limited(row) and not self.options.confidential:
            return Unreachable(address, Absence.CONFIDENTIAL, "Only some people see the issue")
        return rows.item_of(row, self.own_id(), self.options, self.client.base_url, work)

    def remember(self, row: Mapping[str, Any]) -> None:
        """Keep how an issue's fields and text are made, and the logins of people in them."""
        project_id = text(mapping(row.get("project")).get("id"))
        layout = self.instance.memory.layouts.setdefault(project_id, {})
        layout |= rows.layout_of(row, self.options)
        issue_id, described = text(row.get("id")), text(row.get("description"))
        old = self.instance.memory.old_markup
        if described and rows.is_old_wiki(row, *without_definition(described)):
            old.add(issue_id)
        else:
            old.discard(issue_id)
        self.instance.memory.remember_author_line(issue_id, line_of(described))
        for field in mappings(row.get("customFields")):
            value = field.get("value")
            for person in mappings(value) or [mapping(value)]:
                if text(person.get("login")):
                    self.instance.memory.logins[text(person.get("id"))] = text(person.get("login"))

    def row(self, issue_id: str, fields: str = rows.WHOLE) -> dict[str, Any]:
        """Return the answer about an issue, with all comments and files. Raises SyncError."""
        path = f"/issues/{encode_segment(issue_id)}"
        fields = rows.with_planning(fields, self.options)
        row = self.complete(mapping(self.client.get(path, fields=fields)))
        self.find_sprints([row])
        return row

    def board(self, project_id: str, *, fresh: bool = False) -> Board | None:
        """Return the board whose sprints are kept in step, asked once. Raises SyncError."""
        boards = self.instance.memory.boards
        if fresh or project_id not in boards:
            boards[project_id] = find_board(self.client, project_id, self.options.board)
        return boards[project_id]

    def sprint_rows(self, issue_id: str) -> list[dict[str, Any]]:
        """Return the sprints that an issue is in, on whichever board. Raises SyncError."""
        path = f"/issues/{encode_segment(issue_id)}/sprints"
        return list(self.client.list(path, fields=rows.SPRINTS))

    def _listed(self, addresses: Sequence[ItemAddress]) -> dict[str, dict[str, Any]]:
        """Ask for several issues by their readable ids; a search with one that is gone fails."""
        wanted = {address.id for address in addresses}
        readable = sorted({address.number for address in addresses if "-" in address.number})
        if len(readable) < 2:
            return {}
        query = f"issue id: {', '.join(readable)}"
        try:
            fields = rows.with_planning(rows.WHOLE, self.options)
            listed = self.client.get("/issues", query=query, fields=fields, top=AT_ONCE)
        except Refused:
            return {}
        issues = [row for row in mappings(listed) if text(row.get("id")) in wanted]
        self.find_sprints(issues)
        return {text(row.get("id")): self.complete(row) for row in issues}

    def _single(self, address: ItemAddress) -> dict[str, Any] | Unreachable:
        try:
            return self.row(address.id)
        except Refused as refused:
            if refused.code not in (GONE, _DENIED):
                raise
            return Unreachable(address, self._absence(address, refused), refused.message)

    def _absence(self, address: ItemAddress, refused: Refused) -> Absence:
        """Tell an issue that is gone from a project that is not to be seen: both are 404."""
        if refused.code == _DENIED:
            return Absence.DENIED
        try:
            if address.project:
                self.instance.ask_project(address.project)
        except Refused:
            return Absence.DENIED
        return Absence.NOT_FOUND

    def complete(self, row: dict[str, Any]) -> dict[str, Any]:
        """Read lists to their end that may be cut inside of an answer."""
        path = f"/issues/{encode_segment(text(row.get('id')))}"
        for name, fields in (("comments", rows.COMMENT), ("attachments", rows.FILE)):
            if len(mappings(row.get(name))) >= NESTED:
                row[name] = list(self.client.list(f"{path}/{name}", fields=fields))
        if len(mappings(row.get("links"))) >= NESTED:
            row["links"] = list(self.client.list(f"{path}/links", fields=item_links.FIELDS))
        for slot in mappings(row.get("links")):
            if len(mappings(slot.get("issues"))) >= NESTED:
                slot_path = f"{path}/links/{encode_segment(text(slot.get('id')))}/issues"
                slot["issues"] = list(self.client.list(slot_path, fields="id"))
        return row

    def find_sprints(self, issues: Sequence[dict[str, Any]]) -> None:
        """Put its sprint into the row of each issue. Raises SyncError."""
        if not self.options.sprints:
            return
        unsaid: dict[str, list[dict[str, Any]]] = {}
        for row in issues:
            project_id = text(mapping(row.get("project")).get("id"))
            board = self.board(project_id)
            if board is not None and not board.synced_field and "sprints" not in row:
                unsaid.setdefault(project_id, []).append(row)
        for project_id, members in unsaid.items():
            if (board := self.board(project_id)) is not None:
                self._ask_sprints(board, members)
        for row in issues:
            board = self.board(text(mapping(row.get("project")).get("id")))
            if board is not None:
                row[SPRINT] = sprint_of(board, row)

    def _ask_sprints(self, board: Board, issues: Sequence[dict[str, Any]]) -> None:
        """Ask each issue for its sprints, or each sprint for its issues, whichever are fewer."""
        if len(issues) > len(board.sprints):
            try:
                held = {sprint.id: self._members(board, sprint.id) for sprint in board.sprints}
            except Refused as refused:
                if refused.code not in (GONE, _NO_METHOD):
                    raise
            else:
                for row in issues:
                    issue_id = text(row.get("id"))
                    row["sprints"] = [{"id": s} for s, ids in held.items() if issue_id in ids]
                return
        for row in issues:
            row["sprints"] = self.sprint_rows(text(row.get("id")))

    def _members(self, board: Board, sprint_id: str) -> set[str]:
        path = f"/agiles/{encode_segment(board.id)}/sprints/{encode_segment(sprint_id)}/issues"
        return {text(row.get("id")) for row in self.client.list(path, fields="id")}

    def read_work(self, issues: Sequence[Mapping[str, Any]]) -> dict[str, tuple[TimeEntry, ...]]:
        """Read the logged work of issues, of many with one question. Raises SyncError."""
        entries: dict[str, list[TimeEntry]] = {}
        for start in range(0, len(issues), AT_ONCE):
            part = issues[start : start + AT_ONCE]
            readable = sorted(text(row.get("idReadable")) for row in part)
            query = f"issue id: {', '.join(readable)}"
            try:
                work = self.client.list(
                    "/workItems", query=query, fields=rows.WORK, top=WORK_PER_PAGE
                )
                listed = list(work)
            except Refused:
                listed = [row for issue in part for row in self.work_rows(text(issue.get("id")))]
            for row in listed:
                issue_id = text(mapping(row.get("issue")).get("id"))
                entries.setdefault(issue_id, []).append(rows.entry_of(row, self.own_id()))
        return {issue_id: tuple(members) for issue_id, members in entries.items()}

    def work_rows(self, issue_id: str) -> Iterable[dict[str, Any]]:
        """Yield the logged work of an issue as it is answered. Raises SyncError."""
        path = f"/issues/{encode_segment(issue_id)}/timeTracking/workItems"
        return self.client.list(path, fields=rows.WORK)
