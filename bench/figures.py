"""What was measured, as Markdown, and its place in docs/benchmarks.md. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`ok` is None where there is no target. `must`: missing it is a defect, not a slow machine."""

    name: str
    value: str
    target: str = ""
    ok: bool | None = None
    must: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A table. `how` says what was done, in sentences."""

    name: str
    title: str
    how: str
    figures: Sequence[Figure]

    @property
    def violated(self) -> bool:
        return any(one.must and one.ok is False for one in self.figures)


def at_most(name: str, value: float, limit: float, form: str = "{:.2f}") -> Figure:
    return Figure(name, form.format(value), "≤ " + form.format(limit), value <= limit)


def at_least(name: str, value: float, limit: float, form: str = "{:.2f}") -> Figure:
    return Figure(name, form.format(value), "≥ " + form.format(limit), value >= limit)


def must(name: str, value: object, wanted: object) -> Figure:
    """Something that may not differ, whatever the machine."""
    return Figure(name, str(value), str(wanted), value == wanted, must=True)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0..1) of the values do not exceed. Raises ValueError for none."""
    if not values:
        raise ValueError("there is nothing to rank")
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def markdown(part: Part) -> str:
    rows = [f"### {part.title}", "", part.how, "", "| | measured | target | |", "|---|---|---|---|"]
    rows += [
        f"| {one.name} | {one.value} | {one.target} | {_verdict(one)} |" for one in part.figures
    ]
    return "\n".join(rows)


def replaced(document: str, name: str, text: str) -> str:
    """`document` with `text` between the markers of `name`. Raises ValueError: no such markers."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    pattern = re.compile(re.escape(begin) + r"\n.*?" + re.escape(end), re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"the document has no place for {name}: {begin} … {end}")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", document)


def _verdict(figure: Figure) -> str:
    return {None: "", True: "✓", False: "**missed**"}[figure.ok]
