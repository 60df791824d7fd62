"""Dependencies of the web process: everything a request needs, built once a process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Engine

from b24app.auth.lookup_cache import (
    CachedHook,
    CachedPortal,
    LookupCache,
    hook_finder,
    portal_finder,
)
from b24app.auth.page_tokens import PageTokens
from b24app.auth.rate_limit import RateLimits
from b24app.auth.visit_cache import VisitCache
from b24app.clients import Clients
from b24app.services.flow_metrics import FlowCache
from sync.config import Config
from sync.core.clock import Clock
from sync.engine.audit.writer import AuditWriter
from sync.engine.inbox import Inbox
from sync.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Deps:
    """The parts that routes use. `wake(portal id)` notifies a worker; it never blocks or raises."""

    config: Config
    engine: Engine
    vault: Vault
    clock: Clock
    wake: Callable[[int], None]
    inbox: Inbox
    audit: AuditWriter
    clients: Clients
    tokens: PageTokens
    visits: VisitCache
    limits: RateLimits
    flows: FlowCache
    hook_cache: LookupCache[str, CachedHook] = field(repr=False)
    portal_cache: LookupCache[str, CachedPortal] = field(repr=False)


def build_deps(
    config: Config, engine: Engine, *, clock: Clock, owner: str, wake: Callable[[int], None]
) -> Deps:
    """Build them without opening a connection or starting a thread: the process may still fork."""
    vault, audit = Vault(config.secret_keys, reload=config.current_keys), AuditWriter(engine)
    return Deps(
        config=config,
        engine=engine,
        vault=vault,
        clock=clock,
        wake=wake,
        inbox=Inbox(engine, wake),
        audit=audit,
        clients=Clients(config, engine, vault, clock, owner, audit, "web"),
        tokens=PageTokens(config.secret_keys, reload=config.current_keys),
        visits=VisitCache(),
        limits=RateLimits(),
        flows=FlowCache(),
        hook_cache=LookupCache(hook_finder(engine, vault)),
        portal_cache=LookupCache(portal_finder(engine, vault)),
    )
