"""The pairs that the engine keeps in step, by the settings of two-way sync. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time

from sync.core.issue_sync.mapping import (
    DEFAULT_FIELDS,
    CustomField,
    ItemFilter,
    ProjectPair,
    SprintPlace,
    StatusMatch,
    SyncMapping,
    Transition,
)
from sync.core.issue_sync.model import SideName
from sync.core.issue_sync.rules import Direction, EntryRule, FieldRule, Policy
from sync.core.rules.portal import StageRef
from sync.settings.issue_sync import (
    FIELD_NAMES,
    CommentEntrySettings,
    EntrySettings,
    FieldSettings,
    FileSettings,
    FilterSettings,
    IssueSync,
    Pair,
    PairRules,
    SprintSettings,
    StatusSettings,
)

PRIORITIES = {"low": "0", "medium": "1", "high": "2"}
CREATED = {"issues": SideName.TRACKER, "tasks": SideName.PORTAL}


def to_mapping(
    settings: IssueSync, connections: Iterable[str] = (), user_ids: Mapping[str, int] | None = None
) -> SyncMapping:
    """Return the pairs that the engine works with.

    `connections`: names, of which the only one is meant where a pair names none. `user_ids`: as
    for `to_rules`.
    """
    names = tuple(connections)
    single = names[0] if len(names) == 1 else ""
    pairs = (_pair(settings.default, pair, single, user_ids or {}) for pair in settings.pairs)
    return SyncMapping(tuple(pairs), settings.paused)


def _pair(default: PairRules, pair: Pair, connection: str, ids: Mapping[str, int]) -> ProjectPair:
    policy = pair.policy or default.policy or Policy.NEWEST
    statuses = default.statuses if pair.statuses is None else pair.statuses
    priorities = default.priorities if pair.priorities is None else pair.priorities
    files = pair.files or default.files or FileSettings()
    create = default.create if pair.create is None else pair.create
    sprint = pair.sprint or default.sprint or SprintSettings()
    transitions = default.transitions if pair.transitions is None else pair.transitions
    return ProjectPair(
        group_id=pair.workgroup,
        project=str(pair.project),
        connection=pair.connection or connection,
        fields=dict(_field_rules(default, pair, policy)),
        comments=_entry_rule(pair.comments or default.comments or CommentEntrySettings()),
        time=_entry_rule(pair.time or default.time or EntrySettings()),
        files=_entry_rule(files),
        creates=frozenset(CREATED[name] for name in create or ()),
        kind=pair.issue_type or default.issue_type or "",
        child_kind=pair.child_type or default.child_type or "",
        work_kind=pair.work_type or default.work_type or "",
        sprint=SprintPlace(sprint.issue.strip().casefold(), sprint.task),
        only=_item_filter(pair.only or default.only or FilterSettings(), ids),
        statuses=tuple(map(_status_match, statuses or ())),
        priorities={name: PRIORITIES[word] for name, word in (priorities or {}).items()},
        custom=tuple(
            CustomField(name, custom.field, _field_rule(custom, policy))
            for name, custom in {**default.custom, **pair.custom}.items()
        ),
        max_file_bytes=files.max_mb * 1_000_000,
        confidential=bool(default.confidential if pair.confidential is None else pair.confidential),
        transitions=tuple(
            Transition(each.start, each.event, each.end) for each in transitions or ()
        ),
        tracker_fields={
            FIELD_NAMES[word]: name
            for word, name in {**default.tracker_fields, **pair.tracker_fields}.items()
        },
    )


def _field_rules(
    default: PairRules, pair: PairRules, policy: Policy
) -> Iterator[tuple[str, FieldRule]]:
    named = {**default.fields, **pair.fields}
    for word, name in FIELD_NAMES.items():
        if word in named:
            yield name, _field_rule(named[word], policy)
        elif name in DEFAULT_FIELDS:
            yield name, FieldRule(policy=policy)


def _field_rule(settings: FieldSettings, policy: Policy) -> FieldRule:
    return FieldRule(Direction(settings.direction), settings.policy or policy)


def _entry_rule(settings: EntrySettings) -> EntryRule:
    since = settings.since
    return EntryRule(
        Direction(settings.direction),
        deletions=settings.deletions,
        internal=isinstance(settings, CommentEntrySettings) and settings.internal,
        since=datetime.combine(since, time(), UTC) if since else None,
        negative=frozenset([SideName.TRACKER]),
    )


def _item_filter(settings: FilterSettings, ids: Mapping[str, int]) -> ItemFilter:
    creators = (
        person if isinstance(person, int) else ids.get(person.casefold(), 0)
        for person in settings.creators
    )
    return ItemFilter(
        tuple(settings.labels),
        tuple(settings.tags),
        tuple(settings.milestones),
        tuple(settings.types),
        tuple(settings.authors),
        tuple(creators),
    )


def _status_match(row: StatusSettings) -> StatusMatch:
    stage = StageRef(row.stage.id, row.stage.type, row.stage.title) if row.stage else None
    only_pauses = row.task is None and stage is None
    direction = Direction.TO_PORTAL if only_pauses else Direction(row.direction)
    return StatusMatch(row.issue, row.task, stage, direction, row.pause)
