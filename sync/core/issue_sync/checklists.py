"""Lines of a checklist that both sides change, merged item by item. Pure.

An item is known by its title, its level, and which of its like it is; a renamed one is another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from sync.core.issue_sync.model import SideName
from sync.text.patch import Patched

Item = tuple[str, int]  # a line without its box, and which of such lines it is
_BOX = re.compile(r"^( *- \[)[ x](\] )")


def patch_lines(to: SideName, before: str, after: str, held: str) -> Patched:
    """Write the change from `before` to `after` into the lines that `to` holds now.

    An overlap is an item that both changed in different ways, or an order that both changed.
    """
    if before == held or after == held:
        return Patched(after)
    old, new, kept = map(_items, (before, after, held))
    clashes = [
        item for item in old | new if _is_clash(*(lines.get(item) for lines in (old, new, kept)))
    ]
    result = {item: line for item, line in kept.items() if item in new or item not in old}
    result |= {item: line for item, line in new.items() if old.get(item) != line}
    orders = [
        [item for item in lines if all(item in each for each in (old, new, kept))]
        for lines in (old, new, kept)
    ]
    is_moved = orders[1] != orders[0]
    first, second = (new, kept) if is_moved else (kept, new)
    order = _woven(
        [item for item in first if item in result], [item for item in second if item in result]
    )
    overlaps = len(clashes) + (is_moved and orders[2] not in orders[:2])
    return Patched("\n".join(result[item] for item in order), overlaps)


def same_lines(side: SideName, before: str, after: str) -> bool:
    """Tell whether two checklists are one."""
    return before == after


def _items(text: str) -> dict[Item, str]:
    amounts: Counter[str] = Counter()
    items: dict[Item, str] = {}
    for line in filter(None, text.split("\n")):
        name = _BOX.sub(r"\1 \2", line)
        amounts[name] += 1
        items[name, amounts[name]] = line
    return items


def _is_clash(old: str | None, new: str | None, kept: str | None) -> bool:
    return new not in (old, kept) and kept != old


def _woven(order: list[Item], others: Iterable[Item]) -> list[Item]:
    """Put the others in, each behind the one that it stands behind there."""
    woven, place = list(order), 0
    for item in others:
        if item in woven:
            place = woven.index(item) + 1
        else:
            woven.insert(place, item)
            place += 1
    return woven
