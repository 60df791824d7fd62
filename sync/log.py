"""Structured logs: one JSON line an event, with everything that looks like a secret masked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

MASK = "***"

log = structlog.get_logger()

_SECRET_NAME = re.compile(
    r"(secret|token|password|passwd|authorization|cookie|hook_?key|api_?key|private_?key"
    r"|signature|credential|auth_id|refresh_id)s?$",
    re.IGNORECASE,
)

# What a secret looks like inside other text. The group that is kept stands first.
_SECRET_TEXT = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"()\bgl[a-z]{1,6}-[\w.-]{10,}",  # https://docs.gitlab.com/security/tokens/#token-prefixes
        r"()\bwhsec_[\w+/=-]+",
        r"()\bgAAAAA[\w=-]{20,}",  # Fernet
        r"()\beyJ[\w-]{1,1000}\.[\w-]+\.[\w-]+",  # JWT; a bound, as logs are long
        r"(\b(?:bearer|basic)\s+)[\w.~+/=-]{6,}",
        r"(://[^/\s:@]*:)[^/\s@]+(?=@)",
        r"(/hooks/\w+/)[\w-]{8,}",
        r"(\b(?:auth|code|AUTH_ID|REFRESH_ID|\w*token|\w*secret|\w*password)(?:%5D|\])?=)[^&\s\"']+",
        r"(\bauth(?:%5B|\[)\w*token(?:%5D|\])=)[^&\s\"']+",
        r"([\"'](?:auth|AUTH_ID|REFRESH_ID|\w*token|\w*secret|\w*password)[\"']\s*:\s*[\"'])[^\"']+",
    )
)


def setup_logging(level: str = "info", stream: TextIO = sys.stderr) -> None:
    """Send our events, and those of the libraries, to `stream` as JSON lines."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_event,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(default=str, ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    _adopt_libraries(shared, level, stream)


def mask_event(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Mask the values of an event by their names and by how they look (a structlog processor)."""
    return {key: mask_value(value, key) for key, value in event.items()}


def mask_value(value: Any, name: str = "") -> Any:
    """Return `value` without secrets; `name` is the key it stands under."""
    match value:
        case str() | bytes() if value and _SECRET_NAME.search(name):
            return MASK
        case str():
            return _mask_string(value)
        case bytes():
            return f"{len(value)} bytes"
        case Mapping():
            return {key: mask_value(item, str(key)) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [mask_value(item, name) for item in value]
        case None | bool() | int() | float():
            return value
    return _mask_string(str(value))


def _mask_string(text: str) -> str:
    for pattern in _SECRET_TEXT:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def _adopt_libraries(shared: list[Any], level: str, stream: TextIO) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                mask_event,
                structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))
