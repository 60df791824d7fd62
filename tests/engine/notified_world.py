"""A world whose projects tell of everything, and what its chats show of it in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from sync.core.model.kinds import Kind
from sync.core.rules.portal import GroupRules, Rules
from sync.core.rules.routes import DEFAULT_ROUTES, Channel, Chat, Role, Route
from sync.text import bbcode
from sync.text.plain import lines_of, text_of
from tests.emulators.gitlab.routing import TRIGGERS
from tests.engine.world import World

_HEARD = ("merge_requests_events", "push_events", "pipeline_events", "deployment_events")
_OTHERS = tuple(flag for flag in TRIGGERS if flag not in _HEARD)


def telling(world: World, *routes: Route, **rules: object) -> World:
    """`routes`: all there are, of the workgroup 3, whose projects are acme's; none: the usual."""
    group = GroupRules(projects=("acme/*",), routes=routes)
    world.rules = Rules(groups={3: group}, routes=() if routes else DEFAULT_ROUTES, **rules)
    world.gitlab.add_hook(world.shop, "http://bridge.test/hook", *_OTHERS)
    return world


def to_chat(*kinds: Kind, dialog: str = "", **filters: object) -> Route:
    """To the workgroup's own chat, or to another."""
    return Route(frozenset(kinds), (Chat(dialog) if dialog else Channel.PROJECT,), **filters)


def to_people(kind: Kind, *roles: Role, **filters: object) -> Route:
    return Route(frozenset({kind}), roles, **filters)


def plain(messages: Iterable[str]) -> list[str]:
    """The messages without markup."""
    return [
        "\n".join(text_of(line) for line in lines_of(bbcode.read(text).blocks)) for text in messages
    ]


def heads(world: World) -> list[str]:
    """The first line of each message in the workgroup's chat."""
    return [text.split("\n")[0] for text in plain(world.posted())]


def notified(world: World) -> list[tuple[int, str]]:
    return [(user, plain([text])[0]) for user, text in world.told()]
