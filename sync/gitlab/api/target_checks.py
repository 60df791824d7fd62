"""What a token may do in each configured project and group, and whether the webhook is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sync.errors import Refused, SyncError
from sync.gitlab.api.client import GitLab, encode_segment
from sync.gitlab.api.hooks import HookTarget, find_hooks, is_disabled
from sync.gitlab.json_fields import mapping, positive_int
from sync.sentences import as_sentence, sentence

Standing = Literal["maintainer", "member", "nobody"]
MAINTAINER = 40
_NOT_FOR_US = ("403", "404")
# https://docs.gitlab.com/api/members/#roles
_ROLES = {
    5: "Minimal Access",
    10: "Guest",
    15: "Planner",
    20: "Reporter",
    30: "Developer",
    40: "Maintainer",
    50: "Owner",
}


@dataclass(frozen=True, slots=True)
class TargetCheck:
    """The result for one project or group: `text` in one line, `change` says what to do."""

    target: str
    ok: bool
    text: str
    change: str = ""

    def __str__(self) -> str:
        return sentence(
            "{target}: {text}: {change}" if self.change else "{target}: {text}",
            target=self.target,
            text=as_sentence(self.text),
            change=as_sentence(self.change),
        )


def check_target(client: GitLab, target: HookTarget, *, url: str) -> TargetCheck:
    """Check that a target exists for the token, its role there, and the webhook to `url`.

    `url` is "" where the service has no public address. Raises Later and Denied, which say nothing
    of this target alone.
    """
    access = check_access(client, target)
    if not access.ok:
        return access
    name, title = access.target, access.text
    if not url:
        return TargetCheck(name, False, *no_public_address(title))
    try:
        hooks = find_hooks(client, target, url)
    except Refused as refused:
        return TargetCheck(name, False, refused.message, refused.cause)
    return _check_hook(name, title, [is_disabled(hook) for hook in hooks])


def check_access(client: GitLab, target: HookTarget) -> TargetCheck:
    """Check that a target exists for the token, and its role there, which is the text.

    Raises Later and Denied.
    """
    name = str(target)
    try:
        role = _role_in(_read_target(client, target))
    except Refused as refused:
        return TargetCheck(name, False, *_missing_texts(refused))
    title = (
        _ROLES.get(role or 0, sentence("role {role}", role=role))
        if role is not None
        else as_sentence("role unknown")
    )
    if target.kind == "project" and role is not None and role < MAINTAINER:
        return TargetCheck(name, False, *too_small_role(title))
    return TargetCheck(name, True, title)


def read_standing(client: GitLab, project_id: int) -> Standing:
    """Return what the token's account is in a project: what anybody may read proves nothing.

    Who may list its webhooks administers it, without a role as well: GitLab names none of its
    administrators and of groups that were invited. Raises Later, Denied, and Refused for anything
    but "you may not".
    https://docs.gitlab.com/api/project_webhooks/
    """
    target = HookTarget("project", project_id)
    place: dict[str, Any] = {}
    try:
        place = _read_target(client, target)
        next(iter(client.list(target.path)), None)
    except Refused as refused:
        if refused.code not in _NOT_FOR_US:
            raise
        seen_inside = _role_in(place) is not None or place.get("visibility") == "private"
        return "member" if seen_inside else "nobody"
    return "maintainer"


def too_small_role(title: str) -> tuple[str, str]:
    """Return what is said of a role that may not set up webhooks, and what to change."""
    return (
        sentence("the token's user is {title}; webhooks need Maintainer", title=title),
        "give that user the role Maintainer, or use a project's or group's bot with it",
    )


def no_public_address(title: str) -> tuple[str, str]:
    """Return what is said where this service has no address for webhooks, and what to change."""
    return sentence("{title}; no webhook without B24BRIDGE_PUBLIC_URL", title=title), "set it"


def _check_hook(name: str, title: str, disabled: list[bool]) -> TargetCheck:
    repair = "run `b24bridge gitlab hooks` for this connection"
    if not disabled:
        return TargetCheck(
            name, False, sentence("{title}; there is no webhook yet", title=title), repair
        )
    if disabled[0]:
        return TargetCheck(
            name,
            False,
            sentence("{title}; GitLab has switched the webhook off, as it failed", title=title),
            repair,
        )
    return TargetCheck(name, True, sentence("{title}; the webhook is in place", title=title))


def _read_target(client: GitLab, target: HookTarget) -> dict[str, Any]:
    return mapping(client.get(f"/{target.kind}s/{encode_segment(target.id)}"))


def _role_in(place: dict[str, Any]) -> int | None:
    """Return the role of the token's user; None where GitLab does not say: groups, administrators.

    https://docs.gitlab.com/api/projects/#retrieve-a-project
    """
    permissions = mapping(place.get("permissions"))
    roles = [
        positive_int(mapping(permissions.get(kind)).get("access_level"))
        for kind in ("project_access", "group_access")
    ]
    return max((role for role in roles if role), default=None)


def _missing_texts(error: SyncError) -> tuple[str, str]:
    if error.code != "404":
        return error.message, error.change
    return (
        "it does not exist, or the token's user cannot see it",
        "check the path, and that the token's user is a member",
    )
