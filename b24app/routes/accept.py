"""Store a verified delivery, or tell its sender that whose it was is gone."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from b24app.deps import Deps
from b24app.errors import RequestRejected
from sync.engine.inbox import Accepted
from sync.store.rows import Delivery


def accept_delivery(deps: Deps, delivery: Delivery) -> Accepted:
    """Store the delivery. Raises Later while the database is away.

    What verified it may be a few seconds old: where another process has erased its portal or
    connection meanwhile, raises RequestRejected (404), and what is cached here goes.
    """
    try:
        return deps.inbox.accept(delivery)
    except IntegrityError:
        deps.hook_cache.clear()
        deps.portal_cache.clear()
        raise RequestRejected(
            404, "gone", "The portal or connection that this is for was removed"
        ) from None
