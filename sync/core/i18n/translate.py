"""The sentences that people read on the portal, by key and language, with placeholders.

Pure but for reading its own catalogues, `locale/*.po`, once.
"""

from __future__ import annotations

import re
from pathlib import Path

from sync.core.i18n.catalogue import Catalogue, parse_catalogue
from sync.sentences import translated_sentence
from sync.text.tree import Inline, Text, joined

LANGUAGES = ("en", "ru")

_LOCALE = Path(__file__).with_name("locale")
_CATALOGUES: dict[str, Catalogue] = {
    language: parse_catalogue((_LOCALE / f"{language}.po").read_text("utf-8"))
    for language in LANGUAGES
}
# English sentences as earlier versions said them: records keep them for as long as they live.
_FORMER = {
    "{mr} is open for review": "step review",
    "placed into stage “{stage}”: {why}": "stage changed",
    "workgroup {group} has no stage “{stage}”: the task stays in its stage; "
    "correct the stage in the settings": "unknown stage",
    "the task is in no workgroup, so it has no stage “{stage}”": "task without workgroup",
    "completed, which for this task means awaiting its creator's control: {why}": (
        "status changed awaiting control"
    ),
    "completed, which for this task means awaiting its creator's control, by {commit}": (
        "smart commit awaiting control"
    ),
}
_KEYS_BY_ENGLISH = _FORMER | {
    _CATALOGUES["en"].sentence(key, count): key
    for key in sorted(_CATALOGUES["en"].keys)
    for count in (1, 2)
}
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def has_sentence(key: str) -> bool:
    """Tell whether the catalogues have a sentence of that key."""
    return key in _CATALOGUES["en"].keys


def get_sentence(language: str, key: str, count: object = None) -> str:
    """Return the sentence with its placeholders, a plural in its form for `count`.

    An unknown language falls back to English. Raises KeyError for an unknown key.
    """
    return _CATALOGUES.get(language, _CATALOGUES["en"]).sentence(key, count)


def translate(language: str, key: str, **values: object) -> str:
    """Return the sentence as plain text with `values` in its placeholders.

    Braces in values stay as they are. The value `count` chooses the form of a plural. What is kept
    of it, where it is kept as data, can be said in the other language.
    """
    count = values.get("count")
    text = _PLACEHOLDER.sub(lambda place: str(values[place[1]]), get_sentence(language, key, count))
    return translated_sentence(text, get_sentence("en", key, count), values)


def find_key(english: str) -> str | None:
    """Return the key of an English sentence with its placeholders, None where there is none."""
    return _KEYS_BY_ENGLISH.get(english)


def renew_english(english: str) -> str:
    """Return an English sentence of a record as it is said today."""
    key = _FORMER.get(english)
    return english if key is None else get_sentence("en", key)


def find_sentence(language: str, english: str, count: object = None) -> str | None:
    """Return the sentence of an English one in `language`, its plural form for `count`, or None."""
    key = find_key(english)
    return None if key is None else get_sentence(language, key, count)


def translate_inline(
    language: str, key: str, **values: str | int | Inline | tuple[Inline, ...]
) -> tuple[Inline, ...]:
    """Return the sentence as inline nodes with text, numbers or nodes in its placeholders."""
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
