"""Keys of ours behind the texts that we write: characters that nobody sees. Pure.

A portal keeps no key of a message or of logged work, so it stands in the text: sixteen variation
selectors are the digits, between two invisible separators. Unicode calls them default ignorable
(https://www.unicode.org/reports/tr44/#Default_Ignorable_Code_Point): fonts draw nothing.
"""

from __future__ import annotations

import hashlib
import re

LONGEST_KEY = 200  # bytes; two characters each
_FENCE = "\u2063"
_DIGITS = "".join(chr(0xFE00 + digit) for digit in range(16))
_MARK = re.compile(f"{_FENCE}([{_DIGITS}]*){_FENCE}")


def marked(text: str, key: str) -> str:
    """Return `text` with the key behind it."""
    code = mark_key(key).encode()
    digits = "".join(_DIGITS[byte >> 4] + _DIGITS[byte & 15] for byte in code)
    return f"{text}{_FENCE}{digits}{_FENCE}"


def mark_key(key: str) -> str:
    """Return the key as it stands in a mark: a long one by its hash."""
    if len(key.encode()) <= LONGEST_KEY:
        return key
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def unmarked(text: str) -> tuple[str, str]:
    """Return a text without its mark, and the key; "" where there is none."""
    marks = _MARK.findall(text)
    return _MARK.sub("", text) if marks else text, _decoded(marks[-1]) if marks else ""


def _decoded(digits: str) -> str:
    values = [ord(digit) - 0xFE00 for digit in digits]
    pairs = zip(values[::2], values[1::2], strict=False)
    return bytes(high << 4 | low for high, low in pairs).decode(errors="replace")
