"""Our webhook in a project or group: created, repaired and removed through the API.

https://docs.gitlab.com/api/project_webhooks/ https://docs.gitlab.com/api/group_webhooks/
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sync.core.model.kinds import Kind
from sync.errors import Later, Refused, SyncError
from sync.gitlab.api.client import GitLab, encoded
from sync.gitlab.api.hook_events import Owner, switches
from sync.gitlab.json_fields import mapping, mappings, text, whole

HOOK_PATH = "/hooks/gitlab/"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the hook lives: `kind` "project" or "group", `id` a number or a full path."""

    kind: Owner
    id: int | str

    @property
    def path(self) -> str:
        return f"/{self.kind}s/{encoded(self.id)}/hooks"

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@dataclass(frozen=True, slots=True)
class HookReport:
    """What `ensure` found and did. `changed`: settings that were not ours, by GitLab's names.

    `signed`: whether deliveries carry a signature. `problem`: why a disabled hook stays so.
    """

    hook_id: int
    created: bool = False
    changed: tuple[str, ...] = ()
    removed: tuple[int, ...] = ()
    revived: bool = False
    signed: bool = False
    problem: str = ""


def ensure(
    client: GitLab,
    target: Target,
    *,
    url: str,
    token: str,
    signing_token: str | None = None,
    events: Collection[Kind] = (),
    internal: bool = False,
) -> HookReport:
    """Exactly one hook to `url`, with exactly the events we use. May be repeated at will.

    `events`: the kinds that rules name, beside what is always heard; `internal`: also what of
    them members alone may read. The tokens are written every time, for GitLab never shows them.
    Raises SyncError; Refused where the target has no webhooks for this token.
    """
    wanted = _wanted(client, url) | switches(target.kind, events, internal=internal)
    secrets = {"token": token} | ({"signing_token": signing_token} if signing_token else {})
    ours = _ours(client, target, url)
    if not ours:
        hook = mapping(_allowed(target, lambda: client.post(target.path, wanted | secrets)))
        return HookReport(_id(hook), created=True, signed=_signed(hook))
    kept, *duplicates = ours
    hook = mapping(client.put(f"{target.path}/{_id(kept)}", wanted | secrets))
    for duplicate in duplicates:
        client.delete(f"{target.path}/{_id(duplicate)}")
    problem = _revive(client, target, kept)
    return HookReport(
        hook_id=_id(kept),
        changed=_differences(kept, wanted),
        removed=tuple(_id(duplicate) for duplicate in duplicates),
        revived=_is_off(kept) and not problem,
        signed=_signed(hook),
        problem=problem,
    )


def remove(client: GitLab, target: Target, *, url: str) -> tuple[int, ...]:
    """Removes our hooks; their ids. Nothing to remove is well. Raises SyncError."""
    ids = tuple(_id(hook) for hook in _ours(client, target, url))
    for hook_id in ids:
        client.delete(f"{target.path}/{hook_id}")
    return ids


def _wanted(client: GitLab, url: str) -> dict[str, Any]:
    return {
        "url": url,
        "name": _name(client),
        "enable_ssl_verification": True,
        "push_events_branch_filter": "",
        "branch_filter_strategy": "all_branches",
        "custom_webhook_template": "",
    }


def _name(client: GitLab) -> str:
    return f"b24bridge {client.connection_id}"


def _ours(client: GitLab, target: Target, url: str) -> list[dict[str, Any]]:
    """Our hooks, the one with the right address first.

    Ours is the same address, or another key of the same receiver under our connection's name. A
    hook with another key and another name serves another portal: it is not touched.
    """
    hooks = mappings(_allowed(target, lambda: list(client.list(target.path))))
    receiver = url[: url.rindex(HOOK_PATH) + len(HOOK_PATH)] if HOOK_PATH in url else url
    found = [
        hook
        for hook in hooks
        if hook.get("url") == url
        or (text(hook.get("url")).startswith(receiver) and hook.get("name") == _name(client))
    ]
    return sorted(found, key=lambda hook: (hook.get("url") != url, _id(hook)))


def _allowed(target: Target, call: Any) -> Any:
    """Says in our words why a target has no webhooks for this token."""
    try:
        return call()
    except Refused as refused:
        if refused.code not in ("403", "404"):
            raise
        raise _no_webhooks(target, refused) from refused


def _no_webhooks(target: Target, refused: Refused) -> Refused:
    if target.kind == "group":
        return Refused(
            f"The webhooks of {target} cannot be managed ({refused.code})",
            why="Webhooks of a group need GitLab Premium and a token with the role Owner",
            change="Use such a token, or connect the projects one by one",
            code=refused.code,
        )
    return Refused(
        f"The webhooks of {target} cannot be managed ({refused.code})",
        why="The token's user is not a Maintainer of the project, or it does not exist",
        change="Give that user the role Maintainer, or check the project's path",
        code=refused.code,
    )


def _differences(hook: dict[str, Any], wanted: dict[str, Any]) -> tuple[str, ...]:
    """Settings that GitLab showed otherwise; what an old GitLab does not show does not differ."""
    return tuple(
        sorted(
            name
            for name, value in wanted.items()
            if name in hook and (hook[name] or type(value)()) != value
        )
    )


def _revive(client: GitLab, target: Target, hook: dict[str, Any]) -> str:
    """A hook that GitLab switched off comes back with a test delivery that is answered 2xx.

    https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
    """
    if not _is_off(hook):
        return ""
    try:
        client.post(f"{target.path}/{_id(hook)}/test/push_events", {})
    except (Refused, Later) as error:
        return _still_off(error)
    return ""


def _still_off(error: SyncError) -> str:
    return (
        f"GitLab has switched the webhook off, and its test delivery failed: {error.what}. "
        "Check that GitLab reaches the receiver, then repair again."
    )


def _is_off(hook: dict[str, Any]) -> bool:
    return text(hook.get("alert_status")) in ("disabled", "temporarily_disabled")


def _signed(hook: dict[str, Any]) -> bool:
    return hook.get("signing_token_present") is True


def _id(hook: dict[str, Any]) -> int:
    return whole(hook.get("id")) or 0
