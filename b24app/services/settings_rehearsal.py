"""What the last month would have been with changed settings; nothing is recorded or sent.

Tasks: where the step that each has reached brings it by the rules in force, and where by the
changed ones. Messages: those of everything that happened, as if none had been sent. Pairs of
two-way sync: `sync rehearse` of those that change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from b24app.deps import Deps
from b24app.services.failure_names import FailureNames, load_chat_names
from b24app.services.issue_links import pair_name
from b24app.services.rehearsal import rehearsal_lines
from b24app.services.settings_form.changed import (
    ChangedSettings,
    engine_deps,
    without_quiet_hours,
)
from b24app.services.task_moves import foresee_moves
from b24app.texts import translate
from b24app.texts_rehearsal import say
from sync.core.i18n.dates import format_day
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.model.commands import Notify, PutMessage
from sync.core.model.kinds import Kind
from sync.core.notifications.plan import plan_notifications
from sync.core.rules.portal import Rules
from sync.deadlines import limit_outbound
from sync.engine.issue_sync.rehearsing import rehearse_pair
from sync.engine.load import notifications as load_notifications
from sync.engine.load.scope import Scope, read_portal
from sync.errors import SyncError
from sync.store import connections, recent
from sync.store.db.database import read
from sync.store.rows import PortalRecord

DAYS = 30
MOST = 2000  # subjects of a kind, and tasks
_AT_ONCE = 100
_SHOWN = 5  # examples
_TOGETHER = ("in_tasks", "to_people")  # are no chats
Readable = Callable[[Collection[int]], frozenset[int]]  # of tasks, those that the reader may open
_PAIR_SECONDS = 30.0  # for asking what both sides of a pair can hold


@dataclass(frozen=True, slots=True)
class RehearsalLine:
    """A step of a rehearsal, or with `text` what a part of it came to."""

    part: str
    done: int = 0
    total: int = 0
    text: str = ""
    examples: tuple[str, ...] = ()


def rehearse_settings(
    deps: Deps,
    portal: PortalRecord,
    changed: ChangedSettings,
    language: str,
    readable: Readable = frozenset,
) -> Iterator[RehearsalLine]:
    """Play the last month through, yielding each step; only parts that the change concerns.

    Of tasks that would move, only `readable` ones are named and counted.
    """
    since = deps.clock.now() - timedelta(days=DAYS)
    if _steps(changed.rules_before) != _steps(changed.rules_after):
        yield from _rehearse_tasks(deps, portal, changed, language, since, readable)
    if _announcing(changed.rules_before) != _announcing(changed.rules_after):
        yield from _rehearse_messages(deps, portal, changed, language, since)
    if changed.mapping_before != changed.mapping_after:
        yield from _rehearse_pairs(deps, portal, changed, language, since)


def _steps(rules: Rules) -> object:
    groups = {key: group.steps for key, group in rules.groups.items()}
    return rules.default.steps, groups


def _announcing(rules: Rules) -> object:
    groups = {
        key: (group.routes, group.chat, group.roles, group.projects, group.pipelines.notify)
        for key, group in rules.groups.items()
    }
    return rules.routes, rules.chats, rules.default.roles, groups


def _rehearse_tasks(
    deps: Deps,
    portal: PortalRecord,
    changed: ChangedSettings,
    language: str,
    since: datetime,
    readable: Readable,
) -> Iterator[RehearsalLine]:
    with read(deps.engine) as conn:
        task_ids = recent.tasks_in_work(conn, portal.id, since, MOST)
    moved: list[str] = []
    stays, total = 0, len(task_ids)
    rules = [
        replace(each, language=language) for each in (changed.rules_before, changed.rules_after)
    ]
    for done in range(0, total, _AT_ONCE):
        yield RehearsalLine("tasks", done, total)
        batch = task_ids[done : done + _AT_ONCE]
        moves = list(foresee_moves(deps, portal, batch, rules[0], rules[1]))
        opened = readable([move.task_id for move in moves]) if moves else frozenset()
        for move in moves:
            if move.task_id not in opened:
                continue
            if move.reasons:
                reason = translate(language, move.reasons[0])
                moved.append(say(language, "moves", title=move.title, reason=reason))
            else:
                stays += 1
    key = "tasks" if moved else "no_tasks"
    text = say(language, key, count=len(moved), total=total)
    yield RehearsalLine("tasks", total, total, text, tuple(moved[:_SHOWN]))
    if stays:
        yield RehearsalLine("tasks", total, total, say(language, "stays", count=stays))


def _rehearse_messages(
    deps: Deps, portal: PortalRecord, changed: ChangedSettings, language: str, since: datetime
) -> Iterator[RehearsalLine]:
    before: Counter[str] = Counter()
    after: Counter[str] = Counter()
    cut = False
    for number, kind in enumerate(Kind):
        yield RehearsalLine("messages", number, len(Kind))
        with read(deps.engine) as conn:
            ids = [record.id for record in connections.by_portal(conn, portal.id)]
            keys = [key for _, key in recent.subject_keys(conn, ids, kind, since, MOST)]
        cut = cut or len(keys) >= MOST
        for keys_at_once in _batches(keys):
            before += _count(deps, portal, changed.rules_before, keys_at_once)
            after += _count(deps, portal, changed.rules_after, keys_at_once)
    done = len(Kind)
    with read(deps.engine) as conn:
        names = load_chat_names(conn, portal.id, changed.after, before.keys() | after.keys())
    text, examples = _compare(language, names, before, after)
    yield RehearsalLine("messages", done, done, text, examples)
    if cut:
        yield RehearsalLine("messages", done, done, say(language, "newest_only", limit=MOST))


def _count(deps: Deps, portal: PortalRecord, rules: Rules, keys: Iterable[str]) -> Counter[str]:
    """Count the messages about subjects by chat, in tasks and to people, as if none were sent."""
    now, counts = deps.clock.now(), Counter[str]()
    rules = without_quiet_hours(rules)
    with read(deps.engine) as conn:
        url = portal.client_endpoint.removesuffix("/rest/")
        scope = Scope(portal.id, rules, now, administrator_id=portal.token_user_id, url=url)
        views = load_notifications.load(conn, scope, keys)
    for view in views.values():
        fresh = replace(view, messages={}, notified_states={}, ended=False, not_before=None)
        for planned in plan_notifications(fresh, rules, now).commands:
            match planned.command:
                case PutMessage(place):
                    counts[place.dialog or "in_tasks"] += 1
                case Notify():
                    counts["to_people"] += 1
    return counts


def _compare(
    language: str, names: FailureNames, before: Counter[str], after: Counter[str]
) -> tuple[str, tuple[str, ...]]:
    sums = before.total(), after.total()
    labels = {
        place: say(language, place)
        if place in _TOGETHER
        else names.name_place(f"chat:{place}", language)
        for place in before.keys() | after.keys()
    }
    examples = tuple(
        say(language, "place", place=labels[place], change=f"{change:+d}")
        for place in sorted(labels, key=labels.__getitem__)
        if (change := after[place] - before[place])
    )
    if sums[0] == sums[1]:
        return say(language, "same_messages", count=sums[1]), examples
    key = "more_messages" if sums[1] > sums[0] else "fewer_messages"
    amount = f"{abs(sums[1] - sums[0]) / DAYS:.1f}".removesuffix(".0")
    if language == "ru":
        amount = amount.replace(".", ",")
    return say(language, key, amount=amount, before=sums[0], after=sums[1]), examples


def _rehearse_pairs(
    deps: Deps, portal: PortalRecord, changed: ChangedSettings, language: str, since: datetime
) -> Iterator[RehearsalLine]:
    """Rehearse each pair that changes, of connections that the portal has."""
    pairs = [
        pair for pair in changed.mapping_after.pairs if pair not in changed.mapping_before.pairs
    ]
    if not pairs:
        yield RehearsalLine("sync", text=say(language, "no_pairs"))
    for number, pair in enumerate(pairs):
        yield RehearsalLine("sync", number, len(pairs))
        yield from _rehearse_pair(deps, portal, pair, language, since)


def _rehearse_pair(
    deps: Deps, portal: PortalRecord, pair: ProjectPair, language: str, since: datetime
) -> Iterator[RehearsalLine]:
    engine = engine_deps(deps, "rehearsal")
    with read(deps.engine) as conn:
        row = read_portal(conn, portal.id)
        record = connections.by_name(conn, portal.id, pair.connection)
    if record is None:
        return
    try:
        with limit_outbound(_PAIR_SECONDS):
            rehearsed = rehearse_pair(engine, row, record, pair, since)
    except SyncError as error:
        what, why = translate(language, pair_name(pair)), translate(language, error.message)
        yield RehearsalLine("sync", text=say(language, "failed", what=what, why=why))
        return
    write_day = partial(format_day, language=language)
    head, *rest = rehearsal_lines(language, rehearsed, since, write_day)
    yield RehearsalLine("sync", text=translate(language, head), examples=tuple(rest))


def _batches(keys: list[str]) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, _AT_ONCE)):
        yield batch
