"""Sentences for people as data: an English template with values, said later in any language. Pure.

A sentence is an English `str` that remembers what it was made of. What is stored keeps both
(`encode_sentence`), so that two people read one record in two languages. The English template is
the key of the catalogues, as in gettext: https://www.gnu.org/software/gettext/manual/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any

Value = str | int
_MARK = '{"sentence":'
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Sentence(str):
    """A sentence in English, with its template and the values of its placeholders.

    A value that is a sentence itself is said in the reader's language too.
    """

    __slots__ = ("template", "values")
    template: str
    values: Mapping[str, Value]

    def __new__(
        cls, template: str, values: Mapping[str, Value], text: str | None = None
    ) -> Sentence:
        """Build the English text; without values the template is the text.

        `text`: the same in the language in which it was said first, where that is another one.
        """
        self = super().__new__(cls, fill(template, values) if text is None else text)
        self.template, self.values = template, values
        return self

    def __str__(self) -> str:
        """Return the sentence itself: `str(error)` keeps what an error was raised with."""
        return self

    def __add__(self, text: str) -> Sentence:
        """Return both as one sentence."""
        return Sentence("{first}{second}", {"first": self, "second": text})

    def __radd__(self, text: str) -> Sentence:
        """Return both as one sentence."""
        return Sentence("{first}{second}", {"first": text, "second": self})

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle with template and values."""
        return Sentence, (self.template, dict(self.values), "".join(self))

    def map_text(self, change: Callable[[str], str]) -> Sentence:
        """Return the sentence with `change` applied to the values that are text, such as a mask."""
        return Sentence(
            self.template,
            {
                name: value.map_text(change)
                if isinstance(value, Sentence)
                else change(value)
                if isinstance(value, str)
                else value
                for name, value in self.values.items()
            },
        )


def translated_sentence(text: str, template: str, values: Mapping[str, object]) -> Sentence:
    """Return a sentence that was said in a language, with what it is in English."""
    return Sentence(template, {name: _value(value) for name, value in values.items()}, text)


def sentence(template: str, /, **values: object) -> Sentence:
    """Return a sentence; values that are neither text nor whole numbers become text."""
    return Sentence(template, {name: _value(value) for name, value in values.items()})


def as_sentence(text: str) -> Sentence:
    """Return a text as a sentence without values, a sentence as it is."""
    return text if isinstance(text, Sentence) else Sentence(text, {})


def join_sentences(separator: str, texts: Sequence[str]) -> str:
    """Join texts; those that are sentences are said in the reader's language each."""
    if not any(isinstance(text, Sentence) for text in texts):
        return separator.join(texts)
    values = {f"part{number}": text for number, text in enumerate(texts, 1)}
    return Sentence(separator.join(f"{{{name}}}" for name in values), values)


def fill(template: str, values: Mapping[str, Value]) -> str:
    """Return a template with values in its placeholders; braces in values stay as they are."""
    if not values:
        return template
    return _PLACEHOLDER.sub(lambda place: f"{values[place[1]]}", template)


def encode_sentence(text: str) -> str:
    """Return what is stored of a text: JSON of a sentence, a plain text as it is."""
    if isinstance(text, Sentence):
        return json.dumps(_packed(text), ensure_ascii=False, separators=(",", ":"))
    return encode_sentence(sentence("{text}", text=text)) if text.startswith(_MARK) else text


def decode_sentence(stored: str) -> str:
    """Return the text that was stored; what is no sentence, such as an older text, as it is."""
    if not stored.startswith(_MARK):
        return stored
    try:
        packed = json.loads(stored)
    except ValueError:
        return stored
    return _unpacked(packed)


def _packed(text: Sentence) -> dict[str, Any]:
    values = {
        name: _packed(value) if isinstance(value, Sentence) else value
        for name, value in text.values.items()
    }
    return {"sentence": text.template, **({"values": values} if values else {})}


def _unpacked(packed: Mapping[str, Any]) -> Sentence:
    values = {
        name: _unpacked(value) if isinstance(value, dict) else value
        for name, value in packed.get("values", {}).items()
    }
    return Sentence(packed["sentence"], values)


def _value(value: object) -> Value:
    match value:
        case Enum():
            return Sentence(str(value.value), {})  # a word of ours
        case int() if not isinstance(value, bool):
            return value
        case str():
            return value
    return as_text(value)


def as_text(value: object) -> str:
    """Return the text of anything; of an error the sentence that it was raised with."""
    if isinstance(value, BaseException) and len(value.args) == 1:
        (argument,) = value.args
        if isinstance(argument, Sentence):
            return argument
    return f"{value}"
