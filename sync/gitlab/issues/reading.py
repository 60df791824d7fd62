"""Issues read whole, by their ids for good: in bulk where they are many, wherever they went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sync.core.issue_sync.model import Absence, Item, ItemAddress, Unreachable
from sync.errors import Later, Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.issues import queries, rest_reading
from sync.gitlab.issues.asking import FEWEST_ITEMS, Instance, NotSpoken, TooMuch, ask, ask_one
from sync.gitlab.issues.keys import unmarked
from sync.gitlab.issues.moved import with_moves
from sync.gitlab.issues.options import IssueOptions
from sync.gitlab.issues.projects import Projects
from sync.gitlab.issues.rows import IssueRow, TimelogRow
from sync.gitlab.issues.terms import hidden_row, item_of, work_item_values
from sync.gitlab.issues.work_items import timelog_rows, work_item_row
from sync.gitlab.json_fields import mapping, mappings, text
from sync.sentences import sentence

FEW = 2  # are asked for by their ids in one question; more by the lists of their projects
_MOST_PAGES = 1_000
_ABSENCES = ("403", "404")


@dataclass(frozen=True, slots=True)
class IssueReader:
    """What is needed to read: a client, what it learned, and what is wanted."""

    client: GitLab
    instance: Instance
    projects: Projects
    options: IssueOptions

    def own_id(self) -> str:
        """Return the id of our user, asked once."""
        if not self.instance.own_id:
            self.instance.own_id = str(mapping(self.client.get("/user")).get("id") or "")
        return self.instance.own_id

    def read(self, addresses: Sequence[ItemAddress]) -> dict[str, Item | Unreachable]:
        """Read items with comments, time and files. Raises SyncError."""
        wanted = {address.id: address for address in addresses}
        rows: dict[str, IssueRow] = {}
        if self.instance.by_graphql:
            try:
                rows = self._rows(list(wanted.values()))
                rows = with_moves(self.client, self.instance, rows)
            except NotSpoken:
                self.instance.by_graphql = False
        if not self.instance.by_graphql:
            return {address.id: self._by_rest(address) for address in wanted.values()}
        reasons: dict[str, tuple[Absence, str]] = {}
        return {
            item_id: self.finish(self._followed(rows[item_id]))
            if item_id in rows
            else self._absent(address, reasons)
            for item_id, address in wanted.items()
        }

    def _rows(self, addresses: Sequence[ItemAddress]) -> dict[str, IssueRow]:
        """Return the rows of the items that were found, by id."""
        rows: dict[str, IssueRow] = {}
        by_project: dict[str, list[ItemAddress]] = {}
        for address in addresses:
            by_project.setdefault(address.project, []).append(address)
        for project_id, members in by_project.items():
            if project_id and len(members) > FEW and all(each.number for each in members):
                rows |= self._listed(project_id, members)
        missing = [address.id for address in addresses if address.id not in rows]
        for start in range(0, len(missing), FEW):
            rows |= self._by_ids(missing[start : start + FEW])
        return rows

    def _listed(self, project_id: str, addresses: Sequence[ItemAddress]) -> dict[str, IssueRow]:
        """Ask the lists of a project; what took the number of another comes under its own id."""
        numbers = [address.number for address in addresses]
        rows: dict[str, IssueRow] = {}
        while numbers:
            part = numbers[: self.instance.size]
            question = partial(self._by_iids, len(part))
            try:
                path = self.projects.get(project_id).path
                data = ask(self.client, self.instance, question, path=path, iids=part)
            except TooMuch as error:
                self.shrink(error)
                continue
            except Refused as refused:
                if refused.code not in _ABSENCES:
                    raise
                return rows
            listed = mapping(mapping(data.get("project")).get("workItems"))
            rows |= {row.id: row for row in self.rows_of(listed)}
            numbers = numbers[len(part) :]
        return rows

    def _by_iids(self, size: int) -> str:
        return queries.by_iids(self.options, self.instance.lacking, size)

    def _by_ids(self, ids: list[str]) -> dict[str, IssueRow]:
        """Ask for items by their ids, one at a time where two are too much."""

        def question() -> str:
            return queries.by_ids(self.options, self.instance.lacking, ids)

        try:
            data = ask(self.client, self.instance, question)
        except TooMuch as error:
            if len(ids) == 1:
                raise Later(
                    sentence("GitLab did not answer in time ({error})", error=error), code="timeout"
                ) from error
            return self._by_ids(ids[:1]) | self._by_ids(ids[1:])
        nodes = [mapping(node) for node in data.values() if node]
        return {row.id: row for row in (work_item_row(node, self.own_id()) for node in nodes)}

    def rows_of(self, connection: Mapping[str, Any]) -> list[IssueRow]:
        """Return the rows of a page of a list."""
        own_id = self.own_id()
        return [work_item_row(node, own_id) for node in mappings(connection.get("nodes"))]

    def shrink(self, error: TooMuch) -> None:
        """Halve the pages from now on. Raises NotSpoken where they cannot be smaller."""
        if self.instance.size <= FEWEST_ITEMS:
            raise NotSpoken(str(error)) from error
        self.instance.size = max(FEWEST_ITEMS, self.instance.size // 2)

    def finish(self, row: IssueRow) -> Item | Unreachable:
        """Return the item of a row, with what a bulk answer cuts off. Raises SyncError."""
        if row.archived:
            address = ItemAddress(row.id, row.project_id, row.iid)
            return Unreachable(address, Absence.ARCHIVED, "The project is archived")
        if (hidden := hidden_row(row, self.options)) is not None:
            return hidden
        whole = self.completed(row)
        self.instance.remember_footer(row.id, row.description)
        for note in whole.notes or ():
            if key := unmarked(note.body)[1]:
                self.instance.remember(note.id, key, note.author.id)
        return item_of(whole, work_item_values(whole, self.options), self.options)

    def _by_rest(self, address: ItemAddress) -> Item | Unreachable:
        own_id = self.own_id()
        return rest_reading.read(self.client, address, self.options, own_id, self.instance)

    def completed(self, row: IssueRow) -> IssueRow:
        """Return a row with all of its comments and entries, and where it moved to."""
        if row.more_notes or (row.notes is None and (self.options.comments or self.options.files)):
            own_id = self.own_id()
            notes = rest_reading.read_notes(self.client, row.project_id, row.iid, own_id)
            row = replace(row, notes=notes)
        if row.more_time or (row.timelogs is None and self.options.time):
            row = replace(row, timelogs=tuple(self.timelogs(row.id)))
        return self.with_move(row)

    def with_move(self, row: IssueRow) -> IssueRow:
        """Return a row that says as what the item goes on that it moved to. Raises SyncError."""
        if row.moved_url and not row.moved_to:
            issue = mapping(self.client.get(f"/projects/{row.project_id}/issues/{row.iid}"))
            row = replace(row, moved_to=str(issue.get("moved_to_id") or ""))
        return row

    def _followed(self, row: IssueRow) -> IssueRow:
        """Return a row that says where it moved to, where work items do not tell (before 17.10)."""
        return (
            replace(row, moved_url="?") if "moved" in self.instance.lacking and row.closed else row
        )

    def timelogs(self, item_id: str) -> Iterable[TimelogRow]:
        """Yield all entries of time of an item, page after page. Raises SyncError."""
        after: str | None = None
        for _ in range(_MOST_PAGES):
            data = ask_one(
                self.client,
                self.instance,
                lambda: queries.TIMELOGS,
                id=f"gid://gitlab/WorkItem/{item_id}",
                after=after,
            )
            widgets = mappings(mapping(data.get("workItem")).get("widgets"))
            pages = [mapping(widget["timelogs"]) for widget in widgets if "timelogs" in widget]
            page = pages[0] if pages else {}
            yield from timelog_rows(page, self.own_id())
            info = mapping(page.get("pageInfo"))
            after = text(info.get("endCursor"))
            if info.get("hasNextPage") is not True or not after:
                return

    def _absent(self, address: ItemAddress, reasons: dict[str, tuple[Absence, str]]) -> Unreachable:
        """Say why an item is not there, as its project tells it, asked once. Proves no deletion."""
        if address.project not in reasons:
            reasons[address.project] = self._reason(address.project)
        return Unreachable(address, *reasons[address.project])

    def _reason(self, project_id: str) -> tuple[Absence, str]:
        if project_id:
            try:
                project = self.projects.get(project_id, fresh=True)
            except Refused as refused:
                if refused.code not in _ABSENCES:
                    raise
                return Absence.DENIED, refused.message
            if project.archived:
                return Absence.ARCHIVED, "The project is archived"
        return Absence.NOT_FOUND, "GitLab does not show the item"
