"""A task's checklist as lines of text, and the calls that make it say others. Pure.

`- [x] title` is an item, two blanks before it a level below; `## title` begins a checklist other
than a nameless first one. https://apidocs.bitrix24.com/api-reference/tasks/checklist-item/
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.bitrix24.rest.batch import Call, Reference, as_int

DEEPEST = 3  # levels below a checklist
_LINE = re.compile(r"(?P<indent> *)(?:- \[(?P<box>[ xX])\] |## )(?P<title>.*\S)\s*\Z")
FIRST_LIST = "BX_CHECKLIST_1"  # the portal shows "Checklist 1"
_FIRST, _NEWEST = (-1, 0), sys.maxsize
_NAMELESS = re.compile(r"BX_CHECKLIST_\d+\Z")


@dataclass(frozen=True, slots=True)
class Line:
    """An item at its depth; depth 0 is a checklist. `id` 0: it is not there yet.

    `sort`: its place among those below the same one; of two in one place the older comes first.
    """

    depth: int
    title: str
    done: bool = False
    id: int = 0
    sort: int = 0


def lines_of(rows: Any) -> tuple[Line, ...]:
    """Return the items of `task.checklistitem.getlist` in the order in which people see them."""
    children: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows or ():
        if isinstance(row, dict) and as_int(row.get("ID")):
            children.setdefault(as_int(row.get("PARENT_ID")), []).append(row)
    for siblings in children.values():
        siblings.sort(key=lambda row: (as_int(row.get("SORT_INDEX")), as_int(row["ID"])))

    def below(parent: int, depth: int) -> Iterator[Line]:
        for row in children.get(parent, ()):
            number, title = as_int(row["ID"]), str(row.get("TITLE") or "").strip()
            is_done, sort = row.get("IS_COMPLETE") == "Y", as_int(row.get("SORT_INDEX"))
            yield Line(depth, " ".join(title.split()), is_done, number, sort)
            if depth < DEEPEST + 1:
                yield from below(number, depth + 1)

    return tuple(below(0, 0))


def write_lines(lines: Sequence[Line]) -> str:
    """Return a checklist as text; the name that a portal gives a first one is left out."""
    return "\n".join(
        f"{'  ' * (line.depth - 1)}- [{'x' if line.done else ' '}] {line.title}"
        if line.depth
        else f"## {line.title}"
        for line in lines
        if line.depth or not _NAMELESS.match(line.title)
    )


def read_lines(text: str) -> tuple[Line, ...]:
    """Read such a text; what is no item in it is left out."""
    lines: list[Line] = []
    for match in filter(None, map(_LINE.match, text.split("\n"))):
        title = " ".join(match["title"].split())
        if match["box"] is None:
            lines.append(Line(0, title))
            continue
        above = lines[-1].depth if lines else 0
        depth = min(len(match["indent"]) // 2 + 1, above + 1, DEEPEST)
        lines.append(Line(depth, title, match["box"] in "xX"))
    return tuple(lines)


def checklist_calls(
    task: int | Reference, present: Sequence[Line], wanted: Sequence[Line]
) -> list[Call]:
    """Return the calls that turn the present checklist into the wanted one.

    An item stays where its title and those above it are the same, and moves where its place among
    its siblings is another. Parameters go by position.
    """
    if wanted and wanted[0].depth:
        wanted = (Line(0, FIRST_LIST), *wanted)
    free: dict[tuple[str, ...], list[Line]] = {}
    for path, line in zip(_paths(present), present, strict=True):
        free.setdefault(path, []).append(line)
    calls: list[Call] = []
    parents: list[int | Reference] = [0]  # by depth, the parent of an item there
    last = [_FIRST]  # by depth, the place and the number of the sibling before
    for place, (path, line) in enumerate(zip(_paths(wanted), wanted, strict=True)):
        del parents[line.depth + 1 :], last[line.depth + 1 :]
        behind = last[line.depth][0] + 1
        if free.get(path):
            kept = free[path].pop(0)
            at = kept.sort, kept.id
            if at <= last[line.depth]:
                calls.append(_move(task, kept.id, behind))
                at = behind, kept.id
            calls += [] if kept.done == line.done else [_toggle(task, kept.id, line.done)]
            parents.append(kept.id)
        else:
            at = max(place, behind), _NEWEST
            parents.append(_new(calls, task, line, parents[line.depth], place, at[0]))
        last[line.depth] = at
        last.append(_FIRST)
    gone = sorted((line for lines in free.values() for line in lines), key=lambda line: -line.depth)
    for line in gone:  # what is below goes first
        calls.append(Call("task.checklistitem.delete", {"TASKID": task, "ITEMID": line.id}))
    return calls


def _paths(lines: Sequence[Line]) -> list[tuple[str, ...]]:
    """Return of each item its title behind those of the items above it."""
    paths: list[tuple[str, ...]] = []
    above: list[str] = []
    for line in lines:
        title = FIRST_LIST if not line.depth and _NAMELESS.match(line.title) else line.title
        above = [*above[: line.depth], title]
        paths.append(tuple(above))
    return paths


def _toggle(task: int | Reference, item_id: int, done: bool) -> Call:
    method = f"task.checklistitem.{'complete' if done else 'renew'}"
    return Call(method, {"TASKID": task, "ITEMID": item_id})


def _move(task: int | Reference, item_id: int, sort: int) -> Call:
    params = {"TASKID": task, "ITEMID": item_id, "FIELDS": {"SORT_INDEX": sort}}
    return Call("task.checklistitem.update", params)


def _new(
    calls: list[Call],
    task: int | Reference,
    line: Line,
    parent: int | Reference,
    place: int,
    sort: int,
) -> Reference:
    fields = {
        "TITLE": line.title,
        "SORT_INDEX": sort,
        "IS_COMPLETE": "Y" if line.done else "N",
        "PARENT_ID": parent,
    }
    name = f"i{place}"
    calls.append(Call("task.checklistitem.add", {"TASKID": task, "FIELDS": fields}, name=name))
    return Reference(name)
