"""Our webhook in a project or group: created, repaired and removed through the API.

https://docs.gitlab.com/api/project_webhooks/ https://docs.gitlab.com/api/group_webhooks/
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sync.core.model.kinds import Kind
from sync.errors import Later, Refused, SyncError
from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.api.hook_events import HookOwner, event_flags
from sync.gitlab.json_fields import mapping, mappings, positive_int, text
from sync.sentences import as_sentence, sentence

HOOK_PATH = "/hooks/gitlab/"


@dataclass(frozen=True, slots=True)
class HookTarget:
    """Where the hook lives: `kind` "project" or "group", `id` a number or a full path."""

    kind: HookOwner
    id: int | str

    @property
    def path(self) -> str:
        """The path of its hooks, after /api/v4."""
        return f"/{self.kind}s/{encode_segment(self.id)}/hooks"

    def __str__(self) -> str:
        return sentence("{kind} {id}", kind=as_sentence(self.kind), id=self.id)


@dataclass(frozen=True, slots=True)
class HookReport:
    """What `ensure_hook` found and did.

    `changed`: settings that differed, by GitLab's names. `removed`: ids of duplicates. `signed`:
    whether deliveries carry a signature. `problem`: why a hook that GitLab disabled stays so.
    """

    hook_id: int
    created: bool = False
    changed: tuple[str, ...] = ()
    removed: tuple[int, ...] = ()
    reenabled: bool = False
    signed: bool = False
    problem: str = ""


def ensure_hook(
    client: GitLab,
    target: HookTarget,
    *,
    url: str,
    token: str,
    signing_token: str | None = None,
    events: Collection[Kind] = (),
    internal: bool = False,
) -> HookReport:
    """Create or repair the one hook to `url`, with exactly the events we use. Idempotent.

    `events`: the kinds that rules name; `internal`: whether to send confidential items too. The
    tokens are written every time, because GitLab never shows them. Raises SyncError; Refused where
    the target has no webhooks for this token.
    """
    settings = _desired_settings(client, url) | event_flags(target.kind, events, internal=internal)
    secrets = {"token": token} | ({"signing_token": signing_token} if signing_token else {})
    own_hooks = find_hooks(client, target, url)
    if not own_hooks:
        hook = mapping(
            _explain_refusal(target, lambda: client.post(target.path, settings | secrets))
        )
        return HookReport(_hook_id(hook), created=True, signed=_is_signed(hook))
    kept, *duplicates = own_hooks
    hook = mapping(client.put(f"{target.path}/{_hook_id(kept)}", settings | secrets))
    for duplicate in duplicates:
        client.delete(f"{target.path}/{_hook_id(duplicate)}")
    problem = _reenable(client, target, kept)
    return HookReport(
        hook_id=_hook_id(kept),
        changed=_differences(kept, settings),
        removed=tuple(_hook_id(duplicate) for duplicate in duplicates),
        reenabled=is_disabled(kept) and not problem,
        signed=_is_signed(hook),
        problem=problem,
    )


def remove_hooks(client: GitLab, target: HookTarget, *, url: str) -> tuple[int, ...]:
    """Remove our hooks, if there are any; return their ids. Raises SyncError."""
    ids = tuple(_hook_id(hook) for hook in find_hooks(client, target, url))
    for hook_id in ids:
        client.delete(f"{target.path}/{hook_id}")
    return ids


def _desired_settings(client: GitLab, url: str) -> dict[str, Any]:
    return {
        "url": url,
        "name": _hook_name(client),
        "enable_ssl_verification": True,
        "push_events_branch_filter": "",
        "branch_filter_strategy": "all_branches",
        "custom_webhook_template": "",
    }


def _hook_name(client: GitLab) -> str:
    return f"b24bridge {client.connection_id}"


def find_hooks(client: GitLab, target: HookTarget, url: str) -> list[dict[str, Any]]:
    """Return our hooks, the one with the right address first. Raises SyncError.

    A hook is ours by its address, or by our receiver's address with another key together with our
    connection's name. With another key and another name it serves another portal: not touched.
    """
    hooks = mappings(_explain_refusal(target, lambda: list(client.list(target.path))))
    receiver = url[: url.rindex(HOOK_PATH) + len(HOOK_PATH)] if HOOK_PATH in url else url
    listed = [
        hook
        for hook in hooks
        if hook.get("url") == url
        or (text(hook.get("url")).startswith(receiver) and hook.get("name") == _hook_name(client))
    ]
    return sorted(listed, key=lambda hook: (hook.get("url") != url, _hook_id(hook)))


def _explain_refusal(target: HookTarget, call: Any) -> Any:
    """Run `call`, and explain why a target has no webhooks for this token. Raises Refused."""
    try:
        return call()
    except Refused as refused:
        if refused.code not in ("403", "404"):
            raise
        raise _hooks_unavailable(target, refused) from refused


def _hooks_unavailable(target: HookTarget, refused: Refused) -> Refused:
    if target.kind == "group":
        return Refused(
            sentence(
                "The webhooks of {target} cannot be managed ({code})",
                target=target,
                code=refused.code,
            ),
            cause="Webhooks of a group need GitLab Premium and a token with the role Owner",
            change="Use such a token, or connect the projects one by one",
            code=refused.code,
        )
    return Refused(
        sentence(
            "The webhooks of {target} cannot be managed ({code})", target=target, code=refused.code
        ),
        cause="The token's user is not a Maintainer of the project, or it does not exist",
        change="Give that user the role Maintainer, or check the project's path",
        code=refused.code,
    )


def _differences(hook: dict[str, Any], settings: dict[str, Any]) -> tuple[str, ...]:
    """Return the settings that GitLab shows otherwise; what an old GitLab hides counts as equal."""
    return tuple(
        sorted(
            name
            for name, value in settings.items()
            if name in hook and (hook[name] or type(value)()) != value
        )
    )


def test_hook(client: GitLab, target: HookTarget, hook_id: int) -> None:
    """Let GitLab send its sample of a push to the hook, and wait for our answer.

    Raises Refused where that was no 2xx (422), Later with the code 429 after a few in a minute.
    """
    client.post(f"{target.path}/{hook_id}/test/push_events", {})


def _reenable(client: GitLab, target: HookTarget, hook: dict[str, Any]) -> str:
    """Enable a hook that GitLab disabled, by a test delivery; return why that failed, else "".

    https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
    """
    if not is_disabled(hook):
        return ""
    try:
        test_hook(client, target, _hook_id(hook))
    except (Refused, Later) as error:
        return _still_disabled(error)
    return ""


def _still_disabled(error: SyncError) -> str:
    return sentence(
        "GitLab has switched the webhook off, and its test delivery failed: {message}. Check "
        "that GitLab reaches the receiver, then repair again.",
        message=error.message,
    )


def is_disabled(hook: dict[str, Any]) -> bool:
    """Return whether GitLab has switched the hook off, for good or for a time."""
    return text(hook.get("alert_status")) in ("disabled", "temporarily_disabled")


def _is_signed(hook: dict[str, Any]) -> bool:
    return hook.get("signing_token_present") is True


def _hook_id(hook: dict[str, Any]) -> int:
    return positive_int(hook.get("id")) or 0
