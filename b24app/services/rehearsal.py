"""A rehearsal of changed settings of two-way sync, and what people read of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from b24app.services.issue_links import pair_name
from b24app.texts import translate as translate_reason
from sync.core.i18n.translate import translate
from sync.core.issue_sync.link import Values
from sync.core.issue_sync.mapping import SyncMapping
from sync.core.issue_sync.model import Capabilities, Value
from sync.core.issue_sync.rehearse import Difference
from sync.engine.deps import Deps
from sync.engine.issue_sync.rehearsing import RehearsedPair, rehearse_pair
from sync.settings.document import read as read_settings
from sync.settings.issue_sync import FIELD_NAMES
from sync.settings.issue_sync_mapping import to_mapping
from sync.store import connections, people
from sync.store.db.database import read
from sync.store.portals import PortalRow

_SHOWN = 5  # examples of a field
_WORDS = {name: word for word, name in FIELD_NAMES.items()}  # as the settings call a field


def parse_mapping(deps: Deps, row: PortalRow, text: str, environ: Mapping[str, str]) -> SyncMapping:
    """Return the pairs of a settings document for the portal. Raises Invalid."""
    settings = read_settings(text, environ)
    names = [connection.name for connection in settings.connections]
    with read(deps.database) as conn:
        by_email = people.active_by_email(conn, row.record.id)
    return to_mapping(settings.issue_sync, names, by_email)


def rehearse_mapping(
    deps: Deps,
    row: PortalRow,
    mapping: SyncMapping,
    since: datetime,
    *,
    workgroup: int | None = None,
    project: str | None = None,
) -> Iterator[RehearsedPair]:
    """Yield what each pair of a changed mapping would have done. Raises SyncError.

    A pair of a connection that the portal does not have is left out: it has no history.
    """
    with read(deps.database) as conn:
        by_name = {record.name: record for record in connections.by_portal(conn, row.record.id)}
    for pair in mapping.pairs:
        wanted = workgroup in (None, pair.group_id) and project in (None, pair.project)
        if wanted and pair.connection in by_name:
            yield rehearse_pair(deps, row, by_name[pair.connection], pair, since)


def rehearsal_lines(
    language: str,
    rehearsed: RehearsedPair,
    since: datetime,
    write_day: Callable[[datetime], str] = "{:%Y-%m-%d}".format,
) -> Iterator[str]:
    """Yield what a pair's changed settings would have done, for people.

    `write_day`: how a day is written, as in ISO 8601 where nobody says.
    """
    rehearsal = rehearsed.rehearsal
    yield translate(language, "rehearsal pair", pair=pair_name(rehearsed.pair))
    for text in rehearsed.problems:
        yield translate(language, "rehearsal setting", text=translate_reason(language, text))
    if rehearsal.since is None:
        day = write_day(since)
        yield translate(language, "rehearsal nothing", links=rehearsed.alive, since=day)
        return
    day = write_day(rehearsal.since)
    yield translate(
        language, "rehearsal since", changes=rehearsal.changes, links=rehearsal.links, since=day
    )
    yield from _difference_lines(language, rehearsed)
    for name in sorted(rehearsal.conflicts):
        yield translate(
            language,
            "rehearsal conflict",
            field=_word(name),
            count=rehearsal.conflicts[name],
            asked=rehearsal.asked[name],
            met=rehearsal.met[name],
        )
    for (name, side), count in sorted(rehearsal.held.items()):
        yield translate(language, f"rehearsal held {side}", field=_word(name), count=count)
    for text, count in rehearsal.problems.most_common():
        reason = translate_reason(language, text)
        yield translate(language, "rehearsal problem", count=count, text=reason)


def _difference_lines(language: str, rehearsed: RehearsedPair) -> Iterator[str]:
    differences = rehearsed.rehearsal.differences
    if not differences:
        yield translate(language, "rehearsal same")
    counts = Counter((each.field, each.side) for each in differences)
    for (name, side), count in counts.most_common():
        key = f"rehearsal differs {side}"
        yield translate(language, key, field=_word(name), count=count)
        examples = [each for each in differences if (each.field, each.side) == (name, side)]
        for each in examples[:_SHOWN]:
            yield _example(language, each, rehearsed.capabilities[side])


def _example(language: str, difference: Difference, able: Capabilities) -> str:
    is_now, would_be = difference.is_now, difference.would_be
    changed = [name for name in is_now if is_now[name] != would_be.get(name)]
    return translate(
        language,
        "rehearsal example",
        item=difference.item,
        is_now=_shown({name: is_now[name] for name in changed}, able),
        would_be=_shown({name: would_be.get(name) for name in changed}, able),
    )


def _shown(values: Values, able: Capabilities) -> str:
    """Return values by the names that people see."""
    return ", ".join(_named(able, name, value) for name, value in values.items())


def _named(able: Capabilities, name: str, value: Value) -> str:
    names = {choice.id: choice.name for choice in able.choices.get(name, ())}
    if isinstance(value, frozenset):
        return " ".join(sorted(names.get(item, item) for item in value)) or "–"
    return names.get(str(value), str(value)) if value not in (None, "") else "–"


def _word(name: str) -> str:
    return _WORDS.get(name, name.removeprefix("custom:"))
