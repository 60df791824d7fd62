"""The engine for a process that is no worker: a command, or a page that tries something out."""

from __future__ import annotations

from b24app.clients import Clients
from b24app.portal_rules import mapping_of, portals_with_pairs, rules_of
from sync.engine.deps import Deps
from sync.engine.issue_sync.process import IssueSync


def build_engine_deps(opened: Clients) -> Deps:
    """Return the engine's dependencies, with this process as its worker."""
    return Deps(
        database=opened.engine,
        vault=opened.vault,
        clock=opened.clock,
        portal_for=opened.portal_of,
        code_host_for=opened.code_host,
        youtrack_for=opened.youtrack,
        owner=opened.owner,
        rules_for=rules_of,
        issue_sync=IssueSync(mapping_of, portals_with_pairs=portals_with_pairs),
        audit_writer=opened.audit.pending_writer,
    )
