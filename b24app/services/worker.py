"""Wiring of a worker: the engine with clients over stored tokens, and the install worker."""

from __future__ import annotations

from functools import partial

from sqlalchemy import Engine

from b24app.clients import Clients
from b24app.grants import revoke
from b24app.portal_rules import mapping_of, portals_with_pairs, rules_of
from b24app.services.install_steps import InstallWorker
from sync.config import Config
from sync.core.clock import WallClock
from sync.engine.audit.writer import AuditWriter
from sync.engine.deliver.calls import ThreadedCalls
from sync.engine.deliver.flights import MOST_FLIGHTS
from sync.engine.deps import Deps
from sync.engine.issue_sync.process import IssueSync
from sync.engine.lanes import owner_name
from sync.engine.wake_ups import WakeUps, open_queue
from sync.engine.worker import THREADS, Worker
from sync.store.vault import Vault


def build_worker(
    config: Config, engine: Engine, *, own_id: str
) -> tuple[Worker, InstallWorker, AuditWriter]:
    """Return a worker, the install worker and the audit writer, which is stopped last.

    `own_id` distinguishes it from other workers of this process.
    """
    vault, clock = Vault(config.secret_keys, reload=config.current_keys), WallClock()
    name = owner_name(own_id)
    audit = AuditWriter(engine)
    rooms = Clients(config, engine, vault, clock, name, audit)
    deps = Deps(
        database=engine,
        vault=vault,
        clock=clock,
        portal_for=rooms.portal_of,
        code_host_for=rooms.code_host,
        youtrack_for=rooms.youtrack,
        personal_code_host_for=rooms.personal_code_host,
        end_sign_in=partial(revoke, rooms),
        owner=name,
        rules_for=rules_of,
        issue_sync=IssueSync(mapping_of, portals_with_pairs=portals_with_pairs),
        audit_writer=audit.pending_writer,
        clock_check=rooms.clock_check,
        spare_tokens=config.data_dir / "tokens",
        calls=ThreadedCalls(THREADS * (MOST_FLIGHTS + 1)),
    )
    return Worker(deps, WakeUps(open_queue(config.queue_url))), InstallWorker(rooms), audit
