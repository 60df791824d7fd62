"""No sentence that the pages show has an ISO date: each is written as the reader's language does.

The command line's own lines keep ISO dates, which are sorted and searched in a terminal.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter

import pytest

from b24app.services.health_check import Check
from b24app.texts import DATES, translate, translate_with_iso
from b24app.texts_health import ENGLISH, describe
from sync.sentences import sentence

ROOT = Path(__file__).parents[2]
SAYING = {"sentence", "translate", "translate_inline"}
ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
AT = datetime(2026, 12, 1, 0, 11, tzinfo=UTC)


def test_every_date_in_a_sentence_has_a_placeholder_of_dates() -> None:
    files = [path for path in sources() if "cli" not in path.relative_to(ROOT).parts]
    assert [line for path in files for line in offenders(path)] == []


def test_the_rule_sees_a_date_under_another_name() -> None:
    code = 'def f(a):\n    day = f"{a:%Y-%m-%d}"\n    sentence("{day}: {at}", day=day, at=day)\n'
    assert list(names_of_dates(ast.parse(code))) == [(3, "day")]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_checks_and_stored_sentences_have_no_iso_dates(language: str) -> None:
    dates = {"at": AT, "good": AT, "bad": AT, "date": date(2026, 12, 1)}
    texts = [
        text
        for state, parts in ENGLISH.items()
        for text in describe(
            Check("hook", state, values=values_of(parts) | dates), language, on_page=True
        )
    ]
    stored = {
        name: translate(language, sentence(f"({{{name}}})", **{name: "2026-12-01"}))
        for name in DATES
    }
    assert [text for text in (*texts, *stored.values()) if ISO.search(text)] == []


def test_a_page_and_a_terminal_write_the_end_of_a_token_each_its_way() -> None:
    text = sentence("valid until {expires_at}", expires_at="2026-12-01")
    assert translate("en", text) == "valid until Dec 1, 2026"
    assert translate("ru", text) == "действует до 1 дек. 2026 г."
    assert translate_with_iso("ru", text) == "действует до 2026-12-01"


def values_of(parts: tuple[str, ...]) -> dict[str, object]:
    """Return a value for every placeholder of a check's texts."""
    names = {name for part in parts for _, name, _, _ in Formatter().parse(part) if name}
    return {name: 3 for name in names}


def sources() -> Iterator[Path]:
    """Yield the files of the product."""
    for room in ("sync", "b24app"):
        yield from sorted((ROOT / room).rglob("*.py"))


def offenders(path: Path) -> Iterator[str]:
    """Yield where a file puts an ISO date under a name that no reader's language is asked for."""
    source = path.read_text("utf-8")
    if "%Y-%m-%d" not in source:
        return
    for line, name in names_of_dates(ast.parse(source)):
        yield f"{path.relative_to(ROOT)}:{line} {name}"


def names_of_dates(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of values that are ISO dates, but for those of `DATES`."""
    assigned = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_iso(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SAYING:
            for keyword in node.keywords:
                value = keyword.value
                dated = is_iso(value) or (isinstance(value, ast.Name) and value.id in assigned)
                if dated and keyword.arg not in DATES:
                    yield node.lineno, keyword.arg or ""


def is_iso(node: ast.expr) -> bool:
    """Tell whether an f-string writes a date as ISO."""
    return isinstance(node, ast.JoinedStr) and "%Y-%m-%d" in ast.unparse(node)
