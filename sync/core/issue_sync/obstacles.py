"""Find why a decided value cannot be written now: refused before, not writable, too long. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from sync.core.issue_sync.entries import awaited_file
from sync.core.issue_sync.fields import Carried, Translation
from sync.core.issue_sync.link import LinkState, ValuePair, Values, field_word
from sync.core.issue_sync.merge import Decision
from sync.core.issue_sync.model import SideName
from sync.core.issue_sync.rules import LinkRules
from sync.core.issue_sync.sets import as_set
from sync.core.issue_sync.texts import Text
from sync.core.issue_sync.writes import SetChange
from sync.sentences import sentence


def find_obstacles(
    link: LinkState, name: str, decision: Decision, pair: ValuePair, rules: LinkRules
) -> Mapping[SideName, str]:
    """Return why what was decided cannot be written now, by side."""
    obstacles = {
        to: _obstacle(link, name, to, carried, pair, rules)
        for to, carried in decision.writes.items()
    }
    return {to: text for to, text in obstacles.items() if text}


def _obstacle(
    link: LinkState,
    name: str,
    to: SideName,
    carried: Carried,
    pair: ValuePair,
    rules: LinkRules,
) -> str:
    place = f"{to}/{name}"
    if _is_refused(link.refused.get(place), carried):
        return link.reasons.get(place, sentence("the {to} refused it", to=to))
    if file := _awaited(link, to, rules.translations[name], pair):
        return sentence('the file "{file}" is copied first', file=file)
    capabilities = rules.capabilities.get(to)
    if capabilities is None:
        return ""
    for field, change in carried.changes.items():
        if field not in capabilities.writable:
            return capabilities.missing.get(
                field,
                sentence("{field} cannot be written on the {to}", field=field_word(field), to=to),
            )
        longest = capabilities.longest.get(field)
        if longest and isinstance(change, str) and len(change) > longest:
            return sentence(
                "longer than the {to} takes, shorten it or attach it as a file: {field}, "
                "{count} of {longest} characters",
                to=to,
                field=field_word(field),
                count=len(change),
                longest=longest,
            )
    return ""


def _is_refused(refused: Values | None, carried: Carried) -> bool:
    """Whether a side refused this before: the same value, or all elements that are to change."""
    if refused is None or refused == carried.source:
        return refused is not None
    return all(
        isinstance(change, SetChange)
        and change.add <= as_set(refused.get(f"+{field}"))
        and change.remove <= as_set(refused.get(f"-{field}"))
        for field, change in carried.changes.items()
    )


def _awaited(link: LinkState, to: SideName, translation: Translation, pair: ValuePair) -> str:
    if not isinstance(translation, Text):
        return ""
    text = pair.of(to.other).get(translation.name)
    return awaited_file(link, to.other, text) if isinstance(text, str) else ""
