"""Text from outside as inert BBCode: it shows as it is and never comes alive. Pure."""

from __future__ import annotations

import re

# An invisible WORD JOINER behind a bracket or before a quote mark keeps the portal's parsers off.
# https://apidocs.bitrix24.com/api-reference/chats/messages/formatting.html
JOINER = "\u2060"
BRACKET = re.compile(r"\[(?=[A-Za-z/*\u2060]|\Z)")
LINE_START = re.compile(r"(?=\u2060*(?:>>|-{3,}))")
LINE_ENDS = re.compile(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
NEVER = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
# A batch replaces `$result[…]` by another command's answer.
# https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
BATCH_REFERENCE = re.compile(r"\$(?=result\[)", re.IGNORECASE)
URL_CHARS = {char: f"%{ord(char):02X}" for char in " []<>\"'`\\(){}|^$"}
URL_MARKUP = str.maketrans({**URL_CHARS, JOINER: "%E2%81%A0"})
LIVE_URL = re.compile(r"https?://[^\s\x00-\x20\x7f]+\Z", re.IGNORECASE)


def cleaned(text: str) -> str:
    """One line of `text`, without characters that no system keeps."""
    return NEVER.sub("", LINE_ENDS.sub(" ", text))


def escaped(text: str, *, line_start: bool = False) -> str:
    """`text` as BBCode that shows as it is; `line_start`: it stands at the start of a line."""
    text = BRACKET.sub("[" + JOINER, BATCH_REFERENCE.sub("$" + JOINER, cleaned(text)))
    return JOINER + text if line_start and LINE_START.match(text) else text


def live_url(url: str) -> str:
    """The address with the characters of markup encoded; "" where it may not be a link."""
    url = url.strip().translate(URL_MARKUP)
    return url if len(url) <= 2000 and LIVE_URL.match(url) else ""


def link(url: str, text: str) -> str:
    """`text` from outside as a link, or as plain text where the address is no web address."""
    address = live_url(url)
    return f"[url={address}]{escaped(text)}[/url]" if address else escaped(text)


def clipped(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
