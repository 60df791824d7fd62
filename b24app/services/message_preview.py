"""A message as changed settings would send it: of what really happened last, else of a sample."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from b24app.deps import Deps
from b24app.services.failure_names import load_chat_names
from b24app.services.settings_form.changed import ChangedSettings
from b24app.services.settings_form.options import OPTIONS
from sync.core.messages.message import Message
from sync.core.model.kinds import Kind
from sync.core.notifications.build import build_message
from sync.core.notifications.facts import FactsContext, build_facts
from sync.core.notifications.samples import SAMPLES
from sync.core.rules.portal import Rules
from sync.core.rules.routes import Channel, Chat, Facts, QuietHours, Route, Target
from sync.engine.load import notifications as load_notifications
from sync.engine.load.scope import Scope
from sync.store import connections, recent
from sync.store.db.database import read
from sync.store.rows import PortalRecord
from sync.text.plain import lines_of, text_of

_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_TRIED = 5  # the newest subjects of a kind; some are silent, or gone meanwhile


@dataclass(frozen=True, slots=True)
class MessagePreview:
    """The lines of a message. `at`: when it really happened, None: it is a sample.

    `places`: whom it reaches, for people. `quiet_hours`: those of its routes, such as
    `22:00–08:00`; `held_until`: the end of those that hold it now.
    """

    real: bool
    at: datetime | None
    lines: tuple[str, ...]
    places: tuple[str, ...]
    quiet_hours: tuple[str, ...]
    held_until: datetime | None


@dataclass(frozen=True, slots=True)
class _Subject:
    message: Message
    facts: Facts
    path: str
    at: datetime | None


def preview_message(
    deps: Deps, portal: PortalRecord, changed: ChangedSettings, kind: Kind, language: str
) -> MessagePreview:
    """Return a message of a kind by the changed settings; nothing is sent."""
    rules, now = changed.rules_after, deps.clock.now()
    subject = _newest(deps, portal, rules, kind, now) or _sample(changed, kind)
    document = subject.message.to_document(rules, kind)
    lines = (text_of(line) for line in lines_of(document.blocks))
    routes = [route for route in rules.routes_of(subject.path) if route.matches(subject.facts)]
    quiet = [
        until
        for route in routes
        if route.quiet_hours and (until := route.quiet_hours.ends_at(now, rules.zone))
    ]
    return MessagePreview(
        subject.at is not None,
        subject.at,
        tuple(line for line in lines if line.strip()),
        tuple(_places(deps, portal, changed, subject.path, routes, language)),
        tuple(dict.fromkeys(_hours(each.quiet_hours) for each in routes if each.quiet_hours)),
        min(quiet) if routes and len(quiet) == len(routes) else None,
    )


def _newest(
    deps: Deps, portal: PortalRecord, rules: Rules, kind: Kind, now: datetime
) -> _Subject | None:
    with read(deps.engine) as conn:
        ids = [record.id for record in connections.by_portal(conn, portal.id)]
        keys = recent.subject_keys(conn, ids, kind, _EVER, _TRIED)
        scope = Scope(portal.id, rules, now, url=portal.client_endpoint.removesuffix("/rest/"))
        views = load_notifications.load(conn, scope, [key for _, key in keys])
    for at, key in keys:
        if view := views.get(key):
            return _Subject(view.message, view.facts, view.project.path, at)
    return None


def _sample(changed: ChangedSettings, kind: Kind) -> _Subject:
    """Return a sample as if it were of a project of the portal, whose routes are the question."""
    sample = SAMPLES[kind]
    groups = changed.after.rules.workgroups.values()
    paths = [path for group in groups for path in group.projects if "*" not in path]
    paths += [str(path) for each in changed.after.connections for path in each.projects]
    facts = build_facts(sample, FactsContext(default_branch="main"))
    message = build_message(sample, changed.rules_after.language, {})
    path = paths[0] if paths else sample.project.path
    return _Subject(message, replace(facts, is_default=True), path, None)


def _hours(quiet_hours: QuietHours) -> str:
    return f"{quiet_hours.start:%H:%M}–{quiet_hours.end:%H:%M}"


def _places(
    deps: Deps,
    portal: PortalRecord,
    changed: ChangedSettings,
    path: str,
    routes: list[Route],
    language: str,
) -> list[str]:
    targets = dict.fromkeys(target for route in routes for target in route.targets)
    dialogs = {target: _dialog(changed.rules_after, path, target) for target in targets}
    with read(deps.engine) as conn:
        names = load_chat_names(conn, portal.id, changed.after, set(dialogs.values()))
    return [
        names.name_place(f"chat:{dialog}", language) if dialog else _name(target, language)
        for target, dialog in dialogs.items()
        if dialog or target is Channel.TASK or not isinstance(target, Channel)
    ]


def _name(target: Target, language: str) -> str:
    return OPTIONS["to!"][str(target)][language == "ru"]


def _dialog(rules: Rules, path: str, target: Target) -> str:
    """Return the chat of a target; "" for others, and for a channel that the project lacks."""
    if isinstance(target, Chat):
        return target.dialog
    return rules.channels_of(path).get(target, "") if isinstance(target, Channel) else ""
