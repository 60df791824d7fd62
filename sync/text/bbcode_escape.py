"""Escape text in BBCode, which has no escape of its own. Pure.

The portal's parsers see a tag only where its name follows the bracket at once, and a quote only
where a line begins with `>>` or is all dashes (`https://apidocs.bitrix24.com/api-reference/chats/
messages/formatting.html`). So an invisible WORD JOINER is put behind such a bracket or before such
a line, and the reader takes exactly one of them away. A joiner that was in the text there is
doubled. It takes no width, allows no line break, and is kept by the portal as it is.

A batch replaces `$result[...]` in any value with what another command answered
(`https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html`): a joiner goes behind
that dollar sign too.
"""

from __future__ import annotations

import re

from sync.text.chars import JOINER, cleaned, cleaned_lines

_BRACKET = re.compile(r"\[(?=[A-Za-z/*\u2060]|\Z)")
_LINE_START = re.compile(r"(?=\u2060*(?:>>|-{3,}))")
_REFERENCE = re.compile(r"\$(?=\u2060*result\[)", re.IGNORECASE)
_JOINED_REFERENCE = re.compile(r"\$\u2060(?=\u2060*result\[)", re.IGNORECASE)
_CODE_BRACKET = re.compile(r"\[(?=\u2060|/code|\Z)", re.IGNORECASE)


def escaped(text: str, *, line_start: bool = False) -> str:
    """Escape `text` so that BBCode shows it as it is; `line_start`: it begins a line."""
    text = inert(_BRACKET.sub("[" + JOINER, cleaned(text)))
    return JOINER + text if line_start and _LINE_START.match(text) else text


def unescaped(text: str, *, line_start: bool = False) -> str:
    """Undo `escaped`."""
    if line_start and text.startswith(JOINER) and _LINE_START.match(text):
        text = text[1:]
    return _alive(text.replace("[" + JOINER, "["))


def inert(text: str) -> str:
    """Part `$result[` in `text` so that a batch finds nothing to replace."""
    return _REFERENCE.sub("$" + JOINER, text)


def _alive(text: str) -> str:
    return _JOINED_REFERENCE.sub("$", text)


def code_escaped(text: str) -> str:
    """Escape the inside of [code], where only its own end is a tag."""
    return inert(_CODE_BRACKET.sub("[" + JOINER, "\n".join(cleaned_lines(text))))


def code_unescaped(text: str) -> str:
    """Undo `code_escaped`."""
    return _alive(text.replace("[" + JOINER, "["))
