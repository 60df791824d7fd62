"""Keep which looks fail where people see it: `status`, `doctor`, *Health*."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from sync.engine.deps import Deps
from sync.errors import SyncError
from sync.store import failed_looks
from sync.store.db.database import select_only, write
from sync.store.failed_looks import FailedLook, LookKey


class FailedLooks:
    """What fails, as the database has it: another worker's look may have gone well since."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._keys = frozenset[LookKey]()

    def load(self) -> None:
        """Read what fails at present."""
        with select_only(self._deps.database) as conn:
            self._keys = frozenset(look.key for look in failed_looks.of_portals(conn))

    def note_failure(self, key: LookKey, error: Exception) -> None:
        """Store that a look failed. Of a bug only its kind is said: its text may hold anything."""
        text = error.message if isinstance(error, SyncError) else type(error).__name__
        now = self._deps.clock.now()
        row = FailedLook(*key, now, now, text)
        try:
            with write(self._deps.database) as conn:
                failed_looks.save(conn, row)
        except IntegrityError:  # the portal was erased meanwhile
            return
        self._keys |= {key}

    def note_success(self, key: LookKey) -> None:
        """Forget that a look failed, where one did."""
        if key in self._keys:
            with write(self._deps.database) as conn:
                failed_looks.forget(conn, key)
            self._keys -= {key}
