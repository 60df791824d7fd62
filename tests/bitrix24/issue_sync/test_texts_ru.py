"""Every sentence of the room that people read exists in Russian."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from b24app.texts import translate
from sync.bitrix24.issue_sync.texts_ru import RUSSIAN

ROOM = Path(__file__).parents[3] / "sync/bitrix24"
FILES = [*sorted((ROOM / "issue_sync").glob("*.py")), ROOM / "rest/download.py"]
QUIET = {"texts_ru.py"}


def sentences() -> Iterator[str]:
    """Causes and advice of errors, and constants that are sentences."""
    for path in FILES:
        if path.name in QUIET:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.keyword(arg="cause" | "change", value=ast.Constant(value=str(text))):
                    yield text
                case ast.keyword(arg="cause" | "change", value=ast.JoinedStr()):
                    raise AssertionError(f"{path.name}: a sentence with values has no translation")
                case ast.Assign(value=ast.Constant(value=str(text))) if " " in text.strip():
                    yield text


def test_every_sentence_is_there_in_russian():
    texts = {text for text in sentences() if text.strip() and text[0].isupper()}
    assert len(texts) > 20
    assert texts - RUSSIAN.keys() == set()
    assert all(translate("ru", text) == RUSSIAN[text] for text in texts)
