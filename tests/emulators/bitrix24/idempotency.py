"""Idempotency-Key of REST 3.0: what a key may be, and what a repetition gets.

https://apidocs.bitrix24.com/api-reference/rest-v3.html : kept a day for application, user and
method, and only after a success; a key reused for something else is refused.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.emulators.bitrix24.errors import V3Error
from tests.emulators.bitrix24.records import User
from tests.emulators.bitrix24.state import Portal
from tests.emulators.bitrix24.wire import Request

KEPT = timedelta(hours=24)
LONGEST = 255


def key_of(request: Request) -> str:
    """ "" where none was sent. Raises V3Error."""
    if "idempotency-key" not in request.headers:
        return ""
    key = request.headers["idempotency-key"]
    if not 1 <= len(key) <= LONGEST or not (key.isascii() and key.isprintable()):
        raise V3Error(400, "INVALIDIDEMPOTENCYKEYEXCEPTION", "Invalid idempotency key")
    return key


def replay(portal: Portal, name: str, user: User, key: str, params: dict[str, Any]) -> Any:
    """What the first request under this key got; None: there was none. Raises V3Error."""
    known = portal.idempotency.get((name, user.id, key)) if key else None
    if known is None or portal.now() - known[2] > KEPT:
        return None
    if known[0] != _plain(params):
        raise V3Error(422, "IDEMPOTENCYKEYREUSEDEXCEPTION", "Idempotency key was reused")
    return known[1]


def keep(
    portal: Portal, name: str, user: User, key: str, params: dict[str, Any], result: Any
) -> None:
    portal.idempotency[name, user.id, key] = (_plain(params), result, portal.now())


def _plain(params: dict[str, Any]) -> str:
    return json.dumps({k: v for k, v in params.items() if k != "auth"}, sort_keys=True)
