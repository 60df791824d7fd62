"""The states of links in the database, in transactions of the lane that works on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from sync.core.clock import Clock
from sync.core.issue_sync.history import changes_between
from sync.core.issue_sync.link import LinkState
from sync.engine.issue_sync.cycle import LinkChange
from sync.store import issue_link_history, issue_link_stories, issue_links
from sync.store.db.database import select_only


@dataclass
class StoredLinks:
    """Loads and saves links, and what changed in them.

    `transaction` happens only while the lane is held.
    """

    database: Engine
    transaction: Callable[[], AbstractContextManager[Connection]]
    clock: Clock
    _before: dict[str, LinkState] = field(default_factory=dict)

    def load(self, keys: Sequence[str]) -> Mapping[str, LinkState]:
        """Return the states as last saved, by key."""
        with select_only(self.database) as conn:
            links = issue_links.load(conn, keys)
        self._before |= links
        return links

    def save(self, changes: Sequence[LinkChange]) -> None:
        """Save states, stories and conflicts in one transaction; nothing where nothing changed."""
        changed = [
            change
            for change in changes
            if change.story or change.conflicts or change.link != self._before.get(change.link.key)
        ]
        if not changed:
            return
        now = self.clock.now()
        with self.transaction() as conn:
            for change in changed:
                key = change.link.key
                before = self._before.get(key)
                issue_links.save(conn, change.link, before)
                if before is not None:
                    fields = tuple(changes_between(before, change.link, now))
                    issue_link_history.add_changes(conn, key, fields)
                issue_link_stories.add_story(conn, key, change.story)
                issue_link_stories.add_conflicts(conn, key, change.conflicts)
        self._before |= {change.link.key: change.link for change in changed}
