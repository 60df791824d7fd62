"""The task lists of a Markdown text as a checklist, apart from the text around them. Pure.

A checklist is lines: `- [x] title`, two blanks before it a level below, `## name` before a list
that has a heading. Only lists of nothing but task items count, outside of quotes and the like.
https://docs.gitlab.com/user/markdown/#task-lists
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from sync.text.markdown.dialect import GITLAB, Dialect
from sync.text.markdown.reader import spans
from sync.text.markdown.writer import write
from sync.text.plain import text_of
from sync.text.spans import Span
from sync.text.tree import Document, Heading, List, Paragraph, Text

DEEPEST = 3  # levels; what is deeper stands on the last
_ITEM = re.compile(r"(?P<lead>[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+\[)(?P<box>[ xX~])(?P<rest>\].*)")
_LINE = re.compile(r"(?P<indent> *)(?:- \[(?P<box>[ xX])\] |## )(?P<title>.*\S)\s*\Z")


@dataclass(frozen=True, slots=True)
class Step:
    """An item at its depth; depth 0 is the name of a list. `source`: as the text has it."""

    depth: int
    title: str
    done: bool = False
    source: str = ""

    @property
    def line(self) -> str:
        """Return the line that says it."""
        if not self.depth:
            return f"## {self.title}"
        return f"{'  ' * (self.depth - 1)}- [{'x' if self.done else ' '}] {self.title}"


@dataclass(frozen=True, slots=True)
class _Part:
    """A list with its heading: the range of the text, and its steps."""

    start: int
    end: int
    steps: tuple[Step, ...]


def checklist_of(text: str, dialect: Dialect = GITLAB) -> str:
    """Return the checklist of a text, "" where it has none."""
    return "\n".join(step.line for part in _parts(text, dialect) for step in part.steps)


def without_checklist(text: str, dialect: Dialect = GITLAB) -> str:
    """Return the text around its checklist, to the letter."""
    return _without(text, _parts(text, dialect))


def normalized(checklist: str) -> str:
    """Return a checklist as Markdown can say it."""
    return "\n".join(step.line for step in _wanted(checklist))


def with_text(old: str, text: str, dialect: Dialect = GITLAB) -> str:
    """Return a new text with the checklist of the old one, whose lists stand where they stood."""
    parts = _parts(old, dialect)
    if not parts:
        return text
    whole, kept = text.rstrip(), checklist_of(old, dialect)
    placed = _placed(old, parts, whole, dialect)
    if without_checklist(placed, dialect) == whole and checklist_of(placed, dialect) == kept:
        return placed
    return _joined(whole, *(old[part.start : part.end] for part in parts))


def with_checklist(text: str, checklist: str, dialect: Dialect = GITLAB) -> str:
    """Return a text whose task lists say what a checklist says; the rest stays to the letter.

    Boxes are ticked, and items come and go, where they stand; another order or other names of
    lists move the whole checklist to the end.
    """
    parts, checklist_steps = _parts(text, dialect), _wanted(checklist)
    lines = "\n".join(step.line for step in checklist_steps)
    edited = _edited(text, parts, checklist_steps, dialect)
    if edited is not None and checklist_of(edited, dialect) == lines:
        return edited
    return _joined(_without(text, parts), _written(parts, checklist_steps, dialect))


def _parts(text: str, dialect: Dialect) -> list[_Part]:
    parts: list[_Part] = []
    before: Span | None = None
    for span in spans(text, dialect):
        steps = _steps(text[span.start : span.end], span)
        if steps:
            name = _name(text, before)
            start = before.start if name and before else span.start
            parts.append(_Part(start, span.end, (*name, *steps)))
        before = span
    return parts


def _name(text: str, span: Span | None) -> tuple[Step, ...]:
    match span.blocks if span else ():
        case (Heading(_, children),) if span and (title := _plain(text_of(children))):
            return (Step(0, title, source=text[span.start : span.end]),)
    return ()


def _steps(source: str, span: Span) -> tuple[Step, ...]:
    """Return the items of a list, none where something else is among them."""
    if len(span.blocks) != 1 or not isinstance(span.blocks[0], List):
        return ()
    items = list(_items(span.blocks[0], 1))
    chunks: list[str] = []
    for line in source.split("\n"):
        if _ITEM.match(line) or not chunks:
            chunks.append(line)
        else:
            chunks[-1] += f"\n{line}"
    if None in items or len(items) != len(chunks) or not _ITEM.match(chunks[0]):
        return ()
    pairs = zip(items, chunks, strict=True)
    return tuple(replace(item, source=chunk) for item, chunk in pairs if item is not None)


def _items(block: List, depth: int) -> Iterator[Step | None]:
    """Yield the items of a list with those below them; None for what is no item of a checklist."""
    for item in block.items:
        match item.blocks:
            case (Paragraph(children), *sublists) if (
                (item.checked is not None or item.dropped)
                and (title := _plain(text_of(children)))
                and all(isinstance(block_below, List) for block_below in sublists)
            ):
                yield Step(min(depth, DEEPEST), title, bool(item.checked) or item.dropped)
                for sublist in sublists:
                    if isinstance(sublist, List):
                        yield from _items(sublist, depth + 1)
            case _:
                yield None


def _plain(text: str) -> str:
    return " ".join(text.split())


def _wanted(checklist: str) -> list[Step]:
    """Read a checklist; a name without items says nothing in Markdown."""
    steps: list[Step] = []
    for match in filter(None, map(_LINE.match, checklist.split("\n"))):
        if match["box"] is None:
            steps = [*_ended(steps), Step(0, _plain(match["title"]))]
            continue
        above = steps[-1].depth if steps else 0
        depth = min(len(match["indent"]) // 2 + 1, above + 1, DEEPEST)
        steps.append(Step(depth, _plain(match["title"]), match["box"] in "xX"))
    return _ended(steps)


def _ended(steps: list[Step]) -> list[Step]:
    return steps[:-1] if steps and not steps[-1].depth else steps


def _edited(
    text: str, parts: list[_Part], checklist_steps: list[Step], dialect: Dialect
) -> str | None:
    """Change the lists in their places; None where that cannot be."""
    old_steps = [(number, step) for number, part in enumerate(parts) for step in part.steps]
    if not old_steps:
        return None
    lines: list[list[str]] = [[] for _ in parts]
    names = [(step.depth, step.title) for _, step in old_steps]
    matcher = SequenceMatcher(
        None, names, [(step.depth, step.title) for step in checklist_steps], False
    )
    for _, start, end, first, last in matcher.get_opcodes():
        if end - start == last - first and names[start:end] == [
            (step.depth, step.title) for step in checklist_steps[first:last]
        ]:
            for (number, step), other in zip(
                old_steps[start:end], checklist_steps[first:last], strict=True
            ):
                lines[number].append(_ticked(step, other.done) if step.depth else step.source)
            continue
        if not all(step.depth for _, step in old_steps[start:end]) or not all(
            step.depth for step in checklist_steps[first:last]
        ):
            return None
        number = old_steps[max(0, min(start, len(old_steps)) - 1)][0]
        lines[number] += [_item(step, dialect) for step in checklist_steps[first:last]]
    for part, own in reversed(list(zip(parts, lines, strict=True))):
        if not own:
            text = _joined(text[: part.start].rstrip(), text[part.end :].lstrip())
            continue
        head = f"{own.pop(0)}\n\n" if not part.steps[0].depth else ""
        text = text[: part.start] + head + "\n".join(own) + text[part.end :]
    return text


def _ticked(step: Step, done: bool) -> str:
    """Return an item's source with its box ticked or not; `[~]` stays as long as it is done."""
    if step.done == done:
        return step.source
    return _ITEM.sub(rf"\g<lead>{'x' if done else ' '}\g<rest>", step.source, count=1)


def _item(step: Step, dialect: Dialect) -> str:
    title = write(Document((Paragraph((Text(step.title),)),)), dialect)
    return replace(step, title=_plain(title)).line


def _written(parts: list[_Part], checklist_steps: list[Step], dialect: Dialect) -> str:
    """Write a checklist anew; items that were there keep their formatting."""
    sources: dict[tuple[int, str], str] = {}
    for part in parts:
        for step in part.steps:
            match = _ITEM.match(step.source)
            if match and "\n" not in step.source:
                sources[step.depth, step.title] = match["rest"].removeprefix("]").strip()
    out = ""
    for step in checklist_steps:
        raw = sources.get((step.depth, step.title))
        line = replace(step, title=raw).line if raw else _item(step, dialect)
        out += line + "\n" if step.depth else f"\n{line}\n\n"
    return out.strip("\n")


def _without(text: str, parts: list[_Part]) -> str:
    for part in reversed(parts):
        text = _joined(text[: part.start].rstrip(), text[part.end :].lstrip("\r\n"))
    return text


def _placed(old: str, parts: list[_Part], text: str, dialect: Dialect) -> str:
    """Put lists behind what stood before them, else before what stood behind them."""
    ranges = [(part.start, part.end) for part in parts]
    around = [
        (span.start, old[span.start : span.end])
        for span in spans(old, dialect)
        if not any(start <= span.start < end for start, end in ranges)
    ]
    places = {text[span.start : span.end]: span for span in spans(text, dialect)}
    inserts: list[tuple[int, str]] = []
    for part in parts:
        before = [source for at, source in around if at < part.start and source in places]
        after = [source for at, source in around if at > part.start and source in places]
        at = places[after[0]].start if after else len(text)
        if before:
            at = places[before[-1]].end
        inserts.append((at, old[part.start : part.end]))
    for at, source in reversed(inserts):
        text = _joined(text[:at].rstrip(), source, text[at:].lstrip("\r\n"))
    return text


def _joined(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
