"""Look-ups that a settings document is checked against: the portal's columns, users, chats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from b24app.clients import Clients
from sync.bitrix24.rest.client import Portal
from sync.bitrix24.tasks.lookups import read_boards, read_posting_rights
from sync.bitrix24.tasks.queries import may_post, read_stages, read_task_fields, read_users
from sync.core.model.common import PortalUser
from sync.core.model.tasks import KanbanStage
from sync.errors import Denied, Refused, SyncError
from sync.gitlab.api.merge_requests import read_project
from sync.store import connections
from sync.store.db.database import read as reading

_NOT_THERE = ("403", "404")
_MISSING_SCOPE = {"INSUFFICIENT_SCOPE", "INVALID_SCOPE"}


class PortalLookups:
    """Asks the portal once for each thing. Raises Later or Denied where it cannot be known.

    `unchecked`: why chats could not be checked, "" where they could. `progress(what, done, all)` is
    called after each request for many things.
    """

    def __init__(
        self,
        portal: Portal,
        progress: Callable[[str, int, int], None] = lambda what, done, total: None,
    ) -> None:
        self._portal, self._progress = portal, progress
        self.unchecked = ""
        self._stages: dict[int, tuple[KanbanStage, ...] | None] = {}
        self._rights: dict[str, bool | SyncError] = {}

    def prefetch(self, group_ids: Sequence[int], dialogs: Sequence[str]) -> None:
        """Read columns and chats that will be asked for, fifty a request."""
        self._stages |= read_boards(
            self._portal,
            group_ids,
            lambda done, total: self._progress("workgroups", done, total),
        )
        self._rights |= read_posting_rights(
            self._portal, dialogs, lambda done, total: self._progress("chats", done, total)
        )

    def stages(self, group_id: int) -> tuple[KanbanStage, ...] | None:
        """Return the columns of a workgroup; None where it does not exist for us."""
        if group_id not in self._stages:
            self._stages[group_id] = self._read_stages(group_id)
        return self._stages[group_id]

    def user(self, reference: int | str) -> PortalUser | None:
        """Return the user with this id or e-mail address; None where there is none."""
        if isinstance(reference, int):
            return next(
                (portal_user for portal_user in self._read_users if portal_user.id == reference),
                None,
            )
        name = reference.lower()
        return next(
            (
                portal_user
                for portal_user in self._read_users
                if (portal_user.email or "").lower() == name
            ),
            None,
        )

    def task_fields(self) -> frozenset[str] | None:
        """Return the portal's own fields of tasks; None where only administrators may list them."""
        try:
            return self._read_task_fields
        except Refused:
            return None

    def may_post(self, dialog: str) -> bool | None:
        """Return whether we may write in a chat; None where the portal does not let us look."""
        try:
            return None if self.unchecked else self._may_post(dialog)
        except (Denied, Refused) as error:
            if isinstance(error, Denied) and error.code not in _MISSING_SCOPE:
                raise
            self.unchecked = error.message
            return None

    def _may_post(self, dialog: str) -> bool:
        right = self._rights.get(dialog)
        if right is None:
            return may_post(self._portal, dialog)
        if isinstance(right, SyncError):
            raise right
        return right

    def _read_stages(self, group_id: int) -> tuple[KanbanStage, ...] | None:
        try:
            return read_stages(self._portal, group_id) or None
        except Refused:
            return None

    @cached_property
    def _read_task_fields(self) -> frozenset[str]:
        return read_task_fields(self._portal)

    @cached_property
    def _read_users(self) -> tuple[PortalUser, ...]:
        return read_users(self._portal)


class ProjectLookups:
    """Asks trackers for the projects that pairs of two-way sync name.

    Of a connection that is new, or cannot be asked now, nothing is known.
    """

    def __init__(self, clients: Clients, portal_id: int) -> None:
        self._clients, self._portal_id = clients, portal_id

    def project_id(self, connection: str, project: str) -> str | None:
        """Return a project's id for good; None where there is none, "" where it is not known."""
        with reading(self._clients.engine) as conn:
            record = connections.by_name(conn, self._portal_id, connection)
        if record is None or record.state != "active":
            return ""
        try:
            if record.kind == "youtrack":
                from sync.youtrack.issues.projects import Instance

                return Instance(self._clients.youtrack(record)).project(project).id
            return str(read_project(self._clients.code_host(record), project).id)
        except Refused as refused:
            return None if refused.code in _NOT_THERE else ""
        except SyncError:
            return ""
