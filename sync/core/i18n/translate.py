"""The sentences people read on the portal, by key and language, with named places.

Pure but for reading its own catalogues, `locale/*.po`, once.
"""

from __future__ import annotations

import re
from pathlib import Path

from sync.core.i18n.catalogue import Catalogue, parse_catalogue
from sync.text.tree import Inline, Text, joined

LANGUAGES = ("en", "ru")

_LOCALE = Path(__file__).with_name("locale")
_CATALOGUES: dict[str, Catalogue] = {
    language: parse_catalogue((_LOCALE / f"{language}.po").read_text("utf-8"))
    for language in LANGUAGES
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def has_sentence(key: str) -> bool:
    """Whether there is such a sentence."""
    return key in _CATALOGUES["en"].keys


def get_sentence(language: str, key: str, count: object = None) -> str:
    """The sentence with its places, a plural in its form for `count`.

    An unknown language is English. Raises KeyError for a key.
    """
    return _CATALOGUES.get(language, _CATALOGUES["en"]).sentence(key, count)


def translate(language: str, key: str, **values: object) -> str:
    """The sentence as plain text. The values are data: braces in them stay as they are.

    The number in the place {count} chooses the form of a plural.
    """
    sentence = get_sentence(language, key, values.get("count"))
    return _PLACEHOLDER.sub(lambda place: str(values[place[1]]), sentence)


def translate_inline(
    language: str, key: str, **values: str | int | Inline | tuple[Inline, ...]
) -> tuple[Inline, ...]:
    """The sentence as nodes of the tree, with text, a number or nodes in its places."""
    out: list[Inline] = []
    for number, part in enumerate(
        _PLACEHOLDER.split(get_sentence(language, key, values.get("count")))
    ):
        value = values[part] if number % 2 else part
        match value:
            case str() | int():
                out.append(Text(str(value)))
            case tuple():
                out.extend(value)
            case _:
                out.append(value)
    return joined(tuple(out))
