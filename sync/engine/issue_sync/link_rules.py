"""The rules of a link, made of its pair's settings and of what both sides can hold. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

from sync.core.i18n.translate import find_sentence
from sync.core.issue_sync import status_offers, statuses
from sync.core.issue_sync.checklists import patch_lines, same_lines
from sync.core.issue_sync.fields import (
    Translation,
    Untranslatable,
    converted,
    lost_choice,
)
from sync.core.issue_sync.item_links import links_translation, parent_translation
from sync.core.issue_sync.link import Values
from sync.core.issue_sync.mapping import ProjectPair
from sync.core.issue_sync.model import (
    ASSIGNEES,
    CHECKLIST,
    CUSTOM,
    DEADLINE,
    DESCRIPTION,
    ESTIMATE,
    LINKS,
    PARENT,
    PRIORITY,
    SPRINT,
    STAGE,
    STATUS,
    TAGS,
    TITLE,
    Capabilities,
    SideName,
    Value,
)
from sync.core.issue_sync.rules import Creation, FieldRule, LinkRules, Texts
from sync.core.issue_sync.sets import Elements, People
from sync.core.issue_sync.sprints import sprint_translation
from sync.core.issue_sync.status_rows import status_rows
from sync.core.issue_sync.texts import Text
from sync.core.model.tasks import TaskStatus
from sync.engine.issue_sync.custom_fields import custom_translation, stand_in
from sync.engine.issue_sync.link_texts import LinkTexts
from sync.engine.issue_sync.priorities import (
    priorities_say_normal,
    priority_table,
    priority_translation,
)
from sync.sentences import join_sentences, sentence

END_OF_DAY = "T19:00:00"  # when a task is due for which only a day is known
_UNFIT = "a comma stands between two labels there, and a label has at most 255 characters"

Lookup = Callable[[SideName, str], str | None]  # to, the other side's id → the id on `to`


@dataclass(frozen=True, slots=True)
class PairWorld:
    """What both sides of a pair can hold, as asked. `codes`: the portal's ids of statuses.

    `other_end`: the id on a side of the item that is linked with one of the other side.
    """

    pair: ProjectPair
    capabilities: Mapping[SideName, Capabilities]
    codes: Mapping[TaskStatus, str]
    other_end: Lookup


def build_rules(world: PairWorld, texts: LinkTexts) -> tuple[LinkRules, tuple[str, ...]]:
    """Return the rules of a link, and what in the settings names nothing any more.

    A field that a side cannot hold is left out: its items do not have it either.
    """
    rows, problems = _status_table(world)
    pair, translations = world.pair, dict(_translations(world, texts, rows))
    fields = {name: rule for name, rule in _field_rules(pair) if name in translations}
    projects = {SideName.TRACKER: pair.project, SideName.PORTAL: str(pair.group_id)}
    return LinkRules(
        fields=fields,
        translations={name: translations[name] for name in fields},
        comments=pair.comments,
        time=pair.time,
        files=replace(pair.files, internal=pair.comments.internal),
        create={side: _creation(pair, side, projects[side]) for side in pair.creates},
        texts=Texts(
            texts.comment,
            texts.time,
            texts.author,
            texts.deleted,
            texts.same,
            texts.person,
            texts.own_comment,
            _status_note(world, rows, texts),
        ),
        capabilities=world.capabilities,
        people=texts.people.names,
        pausing=frozenset(row.tracker for row in rows if row.pauses),
        projects=projects,
    ), (*problems, *_stand_ins(world), *_lacking_links(world))


def _stand_ins(world: PairWorld) -> Iterator[str]:
    tracker = world.capabilities[SideName.TRACKER]
    yield from filter(None, (stand_in(custom, tracker) for custom in world.pair.custom))
    choices, written = tracker.choices.get(PRIORITY, ()), world.pair.priorities
    is_needed = priorities_say_normal(written, choices) and world.pair.crosses(PRIORITY)
    if choices and is_needed and not priority_table(written, choices):
        names = ", ".join(f'"{choice.name}"' for choice in choices)
        yield sentence(
            "No priority of the tracker is understood by its name, so none crosses: write under "
            "`priorities` which is high, medium or low. There are: {names}",
            names=names,
        )


def _lacking_links(world: PairWorld) -> Iterator[str]:
    """Say which links of tasks rest, as the tracker's licence or version cannot say them."""
    tracker, portal = (world.capabilities[side] for side in SideName)
    choices = portal.choices.get(LINKS, ())
    kinds = {choice.id for choice in tracker.choices.get(LINKS, ())}
    if world.pair.crosses(LINKS) and any(choice.id not in kinds for choice in choices):
        yield (
            "the tracker cannot say which task waits for which, as in GitLab only Premium can: "
            "these links rest"
        )


def _creation(pair: ProjectPair, side: SideName, project: str) -> Creation:
    if side is SideName.PORTAL:
        return Creation(project)
    child_kind = pair.child_kind if pair.crosses(PARENT) else ""
    return Creation(project, pair.kind, child_kind)


def _field_rules(pair: ProjectPair) -> Iterator[tuple[str, FieldRule]]:
    yield from pair.fields.items()
    for custom in pair.custom:
        yield CUSTOM + custom.portal, custom.rule


def _status_table(
    world: PairWorld,
) -> tuple[tuple[statuses.StatusRow, ...], tuple[str, ...]]:
    """Return the table of the settings; without one, open and closed alone decide."""
    tracker, portal = (world.capabilities[side] for side in SideName)
    if not world.pair.statuses:
        return status_offers.without_table(tracker, portal), ()
    rows, problems = status_rows(world.pair, world.codes, tracker, portal)
    table = status_offers.with_nearest(rows, tracker, portal)
    return table, (*problems, *statuses.check(rows, tracker, portal))


def _status_note(
    world: PairWorld, rows: tuple[statuses.StatusRow, ...], texts: LinkTexts
) -> Callable[[SideName, str], str]:
    """Return what explains a status of the tracker in the task."""
    tracker, portal = (world.capabilities[side] for side in SideName)
    explained = statuses.explained(rows, tracker, portal)
    names = {choice.id: choice.name for choice in tracker.choices.get(STATUS, ())}
    pausing = {row.tracker for row in rows if row.pauses}

    def note(to: SideName, status: str) -> str:
        if to is SideName.PORTAL and status in pausing:
            return texts.pause_note(to, names.get(status, status))
        if to is not SideName.PORTAL or status not in explained:
            return ""
        name, shown = explained[status]
        return texts.status_note(to, name, find_sentence(texts.language, shown) or shown)

    return note


def status_lines(world: PairWorld) -> tuple[str, ...]:
    """Return the table of statuses that holds for a pair, a line for each of both sides'."""
    tracker, portal = (world.capabilities[side] for side in SideName)
    rows, _ = _status_table(world)
    way = statuses.translation(rows)
    names = {
        side: {choice.id: choice.name for choice in able.choices.get(STATUS, ())}
        for side, able in world.capabilities.items()
    }
    columns = {choice.id: choice.name for choice in portal.choices.get(STAGE, ())}
    lines: list[str] = []
    for choice in tracker.choices.get(STATUS, ()):
        wanted = way.to_portal({STATUS: choice.id})
        arrow = "->"
        if isinstance(wanted, Untranslatable):
            own = next((row for row in rows if row.tracker == choice.id), None)
            if own is None or not own.direction.allows(SideName.TRACKER):
                continue
            arrow, wanted = "<-", {STATUS: own.portal, STAGE: own.stage}
        status = names[SideName.PORTAL].get(str(wanted.get(STATUS) or ""), "")
        column = columns.get(str(wanted.get(STAGE) or ""), "")
        named = sentence("{value}", value=column)  # by people
        place = sentence("column {column}", column=named) if column else ""
        pauses = any(row.pauses for row in rows if row.tracker == choice.id)
        stands = "the link stands still" if pauses else ""
        shown = join_sentences(", ", [text for text in (status, place, stands) if text])
        back = way.to_tracker(wanted)
        if arrow == "->" and not isinstance(back, Untranslatable):
            arrow = "<->" if back.get(STATUS) == choice.id else "->"
        lines.append(
            sentence(
                "{status} {arrow} {shown}",
                status=sentence("{value}", value=choice.name),  # people's own word
                arrow=arrow,
                shown=shown,
            )
        )
    return tuple(lines)


def _translations(
    world: PairWorld, texts: LinkTexts, rows: tuple[statuses.StatusRow, ...]
) -> Iterator[tuple[str, Translation]]:
    tracker, portal = (world.capabilities[side] for side in SideName)
    portal_of = texts.people.counterparts[SideName.TRACKER].get
    tracker_of = texts.people.counterparts[SideName.PORTAL].get
    yield TITLE, converted(TITLE, _one_line, _one_line)
    # a look compares the same long texts several times
    yield DESCRIPTION, Text(DESCRIPTION, cache(texts.patch), cache(texts.same))
    people = texts.people.names
    yield (
        ASSIGNEES,
        People(
            tracker_of,
            portal_of,
            tracker.several_assignees,
            lambda side, person: people[side].get(person) or person,
        ),
    )
    restated = statuses.restated_by(world.capabilities)
    yield STATUS, statuses.translation(rows, restated, world.capabilities)
    yield DEADLINE, replace(converted(DEADLINE, _day, _end_of_day), kept=_at_its_hour)
    label = partial(_label, divider=tracker.tag_divider)
    yield TAGS, Elements(TAGS, label, _tag, why=_UNFIT)
    yield ESTIMATE, converted(ESTIMATE, _seconds, _seconds)
    yield CHECKLIST, Text(CHECKLIST, patch_lines, same_lines)
    written, values = world.pair.priorities, tracker.choices.get(PRIORITY, ())
    if priorities := priority_table(written, values):
        names = {choice.id: choice.name for choice in portal.choices.get(PRIORITY, ())}
        lost, says_normal = lost_choice(PRIORITY, tracker), priorities_say_normal(written, values)
        yield PRIORITY, priority_translation(priorities, names, lost, says_normal=says_normal)
    yield PARENT, parent_translation(world.other_end)
    yield LINKS, links_translation(world.other_end, _common_kinds(world))
    yield (
        SPRINT,
        sprint_translation(
            tracker.choices.get(SPRINT), portal.choices.get(SPRINT), lost_choice(SPRINT, tracker)
        ),
    )
    for custom in world.pair.custom:
        yield CUSTOM + custom.portal, custom_translation(custom, tracker)


def _common_kinds(world: PairWorld) -> frozenset[str]:
    """Return the kinds of links that both sides can say, as asked."""
    tracker, portal = (
        frozenset(choice.id for choice in world.capabilities[side].choices.get(LINKS, ()))
        for side in SideName
    )
    return tracker & portal


def _one_line(value: Value) -> Value:
    return " ".join(str(value or "").split())


def _seconds(value: Value) -> Value:
    return value or None


def _day(value: Value) -> Value:
    """Return the day of a task's deadline, which is a moment in the portal's own time."""
    return str(value)[:10] if value else None


def _end_of_day(value: Value) -> Value:
    return f"{value}{END_OF_DAY}" if value else None


def _at_its_hour(to: SideName, wanted: Values, target: Values) -> Values:
    """Keep the hour of a task that is due on another day."""
    day, hour = str(wanted[DEADLINE] or "")[:10], str(target.get(DEADLINE) or "")[10:]
    return {DEADLINE: f"{day}{hour}"} if to is SideName.PORTAL and day and hour else wanted


def _label(tag: str, *, divider: str) -> str | None:
    """Return a tag as the tracker's; None for one that it would take for several."""
    name = " ".join(tag.split())
    is_several = bool(divider) and divider in name
    return name if name and not is_several and len(name) <= 255 else None


def _tag(label: str) -> str | None:
    return " ".join(label.split()) or None
