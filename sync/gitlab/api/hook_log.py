"""What GitLab's own log says of our webhook: deliveries of a week, with bodies and answers.

https://docs.gitlab.com/api/project_webhooks/#list-all-events-for-a-project-webhook (17.3)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.core.audit import probing
from sync.errors import Refused
from sync.gitlab.api.client import GitLab
from sync.gitlab.api.hooks import HOOK_PATH, HookTarget
from sync.gitlab.json_fields import mapping, mappings, positive_int, text
from sync.gitlab.webhooks.verify import parse_moment

PAGE = 50  # entries: each holds a whole body
MOST_PAGES = 20
_OVERSIZE = {"oversize": True}  # what is logged instead of a large body
_ANSWER_SHOWN = 200  # characters


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """One delivery as GitLab logged it.

    `key`: what it has in common with its resends, "" before 17.4. `status`: the HTTP status, 0
    where there was no answer. `body`: None where the log does not hold it. `sent_at`: as its header
    says, from 19.0 on.
    """

    id: int
    key: str
    status: int
    headers: Mapping[str, str]
    body: bytes | None
    sent_at: datetime | None
    answer: str

    @property
    def arrived(self) -> bool:
        """Whether GitLab counts it as delivered: 2xx and 3xx."""
        return 200 <= self.status < 400


@dataclass(frozen=True, slots=True)
class HookLog:
    """The deliveries after a known entry, the oldest first. `is_whole`: whether those are all."""

    deliveries: tuple[LoggedDelivery, ...]
    is_whole: bool = True


def find_own_hook(client: GitLab, target: HookTarget, hook_key: str) -> dict[str, Any] | None:
    """Return the hook of the target whose address ends with our key. Raises SyncError."""
    ending = f"{HOOK_PATH}{hook_key}"
    hooks = (hook for hook in client.list(target.path) if text(hook.get("url")).endswith(ending))
    return next(hooks, None)


def read_hook_log(
    client: GitLab, target: HookTarget, hook_id: int, after_id: int = 0
) -> HookLog | None:
    """Return what was logged after the entry `after_id`; None where GitLab has no such list.

    At most MOST_PAGES requests: of a longer gap the newest deliveries. All states are asked for,
    because `status` cannot ask for deliveries that got no answer. Raises SyncError.
    """
    path, query = f"{target.path}/{hook_id}/events", {"per_page": PAGE}
    entries: dict[int, LoggedDelivery] = {}
    following: dict[str, Any] | None = dict(query)
    for _ in range(MOST_PAGES):
        if following is None:
            break
        listed = _page(client, path, following)
        if listed is None:
            return None
        items, following = listed
        parsed = list(_parse_entries(items))
        entries |= {entry.id: entry for entry in parsed if entry.id > after_id}
        if any(entry.id <= after_id for entry in parsed):
            following = None
    ordered = tuple(entries[number] for number in sorted(entries))
    return HookLog(ordered, is_whole=following is None)


def _page(
    client: GitLab, path: str, query: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], dict[str, Any] | None] | None:
    try:
        with probing():
            listed = client.page(path, **query)
    except Refused as refused:
        if refused.code != "404":
            raise
        return None
    return listed.items, dict(listed.next) if listed.next else None


def _parse_entries(items: Iterable[dict[str, Any]]) -> Iterable[LoggedDelivery]:
    for item in mappings(list(items)):
        number = positive_int(item.get("id"))
        if number is not None:
            yield _parse_entry(number, item)


def _parse_entry(number: int, item: dict[str, Any]) -> LoggedDelivery:
    sent = mapping(item.get("request_headers"))
    headers = {name: value for name, value in sent.items() if isinstance(value, str)}
    given = {name.lower(): value for name, value in headers.items()}
    status = text(item.get("response_status")) or str(item.get("response_status") or "")
    stamp = given.get("webhook-timestamp", "")
    return LoggedDelivery(
        id=number,
        key=given.get("webhook-id") or given.get("idempotency-key") or "",
        status=int(status) if status.isascii() and status.isdigit() else 0,
        headers=headers,
        body=_body(item.get("request_data")),
        sent_at=parse_moment(stamp),
        answer=_describe_answer(status, text(item.get("response_body"))),
    )


def _body(data: object) -> bytes | None:
    payload = mapping(data)
    if not payload or payload == _OVERSIZE:
        return None
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _describe_answer(status: str, body: str) -> str:
    line = " ".join(body.split())[:_ANSWER_SHOWN]
    return f"{status}: {line}" if line else status
