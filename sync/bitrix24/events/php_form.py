"""Forms as PHP reads them: `data[FIELDS][ID]=5` becomes nested maps. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus

MAX_BYTES = 1_000_000
MAX_FIELDS = 2_000
MAX_DEPTH = 8
_KNOWN_LENGTH = 100  # characters of a name that is remembered

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SUBKEY = re.compile(r"\[([^\[\]]*)\]")


class BadForm(ValueError):
    """The request is not a form that Bitrix24 would send; the text says what is wrong."""


def parse_form(body: bytes) -> dict[str, Any]:
    """Return the nested maps of a urlencoded body; of repeated fields the last one counts.

    Raises BadForm for more than a megabyte, 2,000 fields or 8 levels, and for text not in UTF-8.
    """
    if len(body) > MAX_BYTES:
        raise BadForm(f"the form has {len(body)} bytes; {MAX_BYTES} are accepted")
    if body.count(b"&") >= MAX_FIELDS:
        raise BadForm(f"the form has more than {MAX_FIELDS} fields")
    form: dict[str, Any] = {}
    try:
        for name, _, value in (field.partition("=") for field in body.decode().split("&") if field):
            path = _known_path(name) if len(name) <= _KNOWN_LENGTH else _path(_unquoted(name))
            _put_value(form, path, _unquoted(value))
    except UnicodeDecodeError:
        raise BadForm("the form is not in UTF-8") from None
    return form


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


@lru_cache(maxsize=512)
def _known_path(name: str) -> tuple[str, ...]:
    """Return the path of a name; the same few dozen come with every event."""
    return _path(_unquoted(name))


def text(form: Mapping[str, Any], *path: str) -> str:
    """Return the text at `path`, "" where there is none (Bitrix24 writes "undefined")."""
    value: Any = form
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return "" if not isinstance(value, str) or value == "undefined" else value


def submap(form: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Return the map at `path`, empty where there is none."""
    value: Any = form
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def number(form: Mapping[str, Any], *path: str) -> int:
    """Return the whole number at `path`, 0 where there is none."""
    digits = text(form, *path)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else 0


def _path(key: str) -> tuple[str, ...]:
    parsed = _KEY.fullmatch(key)
    if parsed is None:
        return (key,)  # unbalanced brackets: PHP takes such a name as it is
    path = (parsed[1], *_SUBKEY.findall(parsed[2]))
    if len(path) > MAX_DEPTH:
        raise BadForm(f"the form is nested deeper than {MAX_DEPTH} levels")
    return path


def _put_value(form: dict[str, Any], path: tuple[str, ...], value: str) -> None:
    *outer, last = path
    for step in outer:
        inner = form.get(step or str(len(form)))
        if not isinstance(inner, dict):
            inner = {}
            form[step or str(len(form))] = inner
        form = inner
    form[last or str(len(form))] = value
