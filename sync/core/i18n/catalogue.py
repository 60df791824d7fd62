"""Read a gettext catalogue (.po) into the standard library's translations. Pure.

The .po text itself is installed: there is no compiled file to forget or to merge. The reader is
strict: an entry that it does not know, such as a fuzzy one, is an error and not a lost sentence.
https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from gettext import GNUTranslations
from io import BytesIO
from itertools import accumulate
from struct import pack

_STRINGS = r'(?:"(?:[^"\\\x00-\x1f]|\\["\\nt])*"\n)+'  # one string, a part in each line
_COMMENTS = r"(?:#(?: .*)?\n)*"  # a person's; `#,` `#:` `#~` mean something to tools
_TEXT = re.compile(rf"msgstr(?:\[(\d)\])? ({_STRINGS})")
_ENTRY = re.compile(
    rf"{_COMMENTS}msgid ({_STRINGS})(?:msgid_plural ({_STRINGS}))?"
    rf"((?:msgstr(?:\[\d\])? {_STRINGS})+)"
)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The sentences of one language; those in `plurals` have a form for each kind of number."""

    keys: frozenset[str]
    plurals: frozenset[str]
    translations: GNUTranslations

    def sentence(self, key: str, count: object = None) -> str:
        """Return a sentence, in the plural form for `count` where it has forms.

        Raises KeyError for an unknown key, TypeError for a plural without a whole number.
        """
        if key not in self.keys:
            raise KeyError(key)
        if key not in self.plurals:
            return self.translations.gettext(key)
        if not isinstance(count, int):
            raise TypeError(f"{key!r} needs a whole number as its count, not {count!r}")
        return self.translations.ngettext(key, key, count)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of a catalogue: a sentence, or the forms of a plural."""

    key: str
    plural: str | None
    texts: tuple[str, ...]


def parse_catalogue(text: str) -> Catalogue:
    """Parse a .po text, whose entries are parted by empty lines.

    Raises ValueError for an entry that is not understood or stands twice.
    """
    blocks = [f"{block}\n" for block in re.split(r"\n{2,}", text.strip("\n"))]
    entries = [_entry(block) for block in blocks if not re.fullmatch(_COMMENTS, block)]
    keys = [entry.key for entry in entries]
    if twice := {key for key, count in Counter(keys).items() if count > 1}:
        raise ValueError(f"there twice: {sorted(twice)}")
    return Catalogue(
        keys=frozenset(keys) - {""},
        plurals=frozenset(entry.key for entry in entries if entry.plural is not None),
        translations=GNUTranslations(BytesIO(_compile(entries))),
    )


def _entry(block: str) -> _Entry:
    match = _ENTRY.fullmatch(block)
    if not match:
        raise ValueError(f"not understood:\n{block}")
    plural = None if match[2] is None else _string(match[2])
    texts = _TEXT.findall(match[3])
    keys = [""] if plural is None else [str(number) for number in range(len(texts))]
    if [number for number, _ in texts] != keys:
        raise ValueError(f"one msgstr, or msgstr[0] and so on for a plural:\n{block}")
    return _Entry(_string(match[1]), plural, tuple(_string(text) for _, text in texts))


def _string(lines: str) -> str:
    return "".join(json.loads(line) for line in lines.split("\n")[:-1])


def _compile(entries: list[_Entry]) -> bytes:
    """Compile entries into the bytes of a .mo file, which the standard library reads.

    https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
    """
    pairs = sorted(
        (_message_id(entry).encode(), "\0".join(entry.texts).encode()) for entry in entries
    )
    strings = [string for column in zip(*pairs, strict=True) for string in column]
    ids, texts = 28, 28 + 8 * len(pairs)
    data = texts + 8 * len(pairs)
    starts = accumulate((len(item) + 1 for item in strings), initial=data)
    tables = [pack("<2I", len(string), at) for string, at in zip(strings, starts, strict=False)]
    head = pack("<7I", 0x950412DE, 0, len(pairs), ids, texts, 0, data)
    return b"".join((head, *tables, *(string + b"\0" for string in strings)))


def _message_id(entry: _Entry) -> str:
    return entry.key if entry.plural is None else f"{entry.key}\0{entry.plural}"
