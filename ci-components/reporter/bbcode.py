"""Text from outside as inert BBCode: it shows as it is and never comes alive. Pure."""

from __future__ import annotations

import re

# An invisible WORD JOINER behind a bracket or before a quote mark keeps the portal's parsers off.
# https://apidocs.bitrix24.com/api-reference/chats/messages/formatting.html
JOINER = "\u2060"
URL_MARKUP = {ord(char): f"%{ord(char):02X}" for char in " []<>\"'`\\(){}|^$"}


def cleaned(text: str) -> str:
    """Return `text` in one line, without the characters that no system keeps."""
    if text.isprintable():  # as nearly all is: the patterns are compiled for the rest
        return text
    line = re.sub(r"[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+", " ", text)
    return re.sub(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]", "", line)


def escaped(text: str) -> str:
    """Return `text` as BBCode that shows as it is."""
    # A batch replaces `$result[…]` by another command's answer.
    # https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch.html
    text = re.sub(r"(?i)\$(?=result\[)", "$" + JOINER, cleaned(text))
    return re.sub(r"\[(?=[A-Za-z/*\u2060]|\Z)", "[" + JOINER, text)


def at_line_start(text: str) -> str:
    """Return the same for text that begins a line, where two marks mean a quotation."""
    text = escaped(text)
    return JOINER + text if re.match(r"\u2060*(?:>>|-{3,})", text) else text


def live_url(url: str) -> str:
    """Return the address with the characters of markup encoded, "" where it may not be a link."""
    url = url.strip().translate(URL_MARKUP).replace(JOINER, "%E2%81%A0")
    live = len(url) <= 2000 and re.match(r"(?i)https?://[^\s\x00-\x20\x7f]+\Z", url)
    return url if live else ""


def link(url: str, text: str) -> str:
    """Return `text` from outside as a link, as plain text where the address is no web address."""
    address = live_url(url)
    return f"[url={address}]{escaped(text)}[/url]" if address else escaped(text)


def clipped(text: str, most: int) -> str:
    """Return at most `most` characters of `text`."""
    return text if len(text) <= most else text[: most - 1] + "…"


def quoted(text: str, safe: str = "") -> str:
    """Return `text` percent-encoded, but for letters, digits, `-._~` and the set `safe`."""
    raw, other = text.encode("utf-8", "replace"), rf"[^\w.~{safe}-]".encode()
    return re.sub(other, lambda byte: b"%%%02X" % ord(byte[0]), raw).decode()
