"""Logs are JSON lines without secrets."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from sync.log import log, mask_value, setup_logging


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    root = logging.getLogger()
    before, configuration = (root.handlers, root.level), structlog.get_config()
    setup_logging("info", stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()
    root.handlers, root.level = before[0], before[1]


def test_an_event_is_one_json_line(lines: Any) -> None:
    structlog.contextvars.bind_contextvars(request_id="r1", portal_id=3)
    log.info("delivery_stored", delivery_id=7, text="две\nстроки")
    log.debug("not at this level")
    (line,) = lines()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "delivery_stored",
        "level": "info",
        "request_id": "r1",
        "portal_id": 3,
        "delivery_id": 7,
        "text": "две\nстроки",
    }


def test_an_exception_is_told_with_its_traceback_and_without_its_secret(lines: Any) -> None:
    try:
        raise RuntimeError("refused https://x.test/rest?auth=5ecret5ecret&x=1")
    except RuntimeError:
        log.exception("call_failed")
    (line,) = lines()
    assert "Traceback" in line["exception"]
    assert "refused https://x.test/rest?auth=***&x=1" in line["exception"]


def test_libraries_write_the_same_way(lines: Any) -> None:
    logging.getLogger("some.library").warning("went to %s", "https://u:hunter2@host/")
    logging.getLogger("some.library").info("chatter")
    (line,) = lines()
    assert (line["event"], line["logger"]) == ("went to https://u:***@host/", "some.library")
    assert line["level"] == "warning"


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("access_token", "abc", "***"),
        ("application_token", b"abc", "***"),
        ("X-Gitlab-Token", "abc", "***"),
        ("client_secret", "abc", "***"),
        ("AUTH_ID", "abc", "***"),
        ("Authorization", "abc", "***"),
        ("passwords", ["a", "b"], ["***", "***"]),
        ("token_expires_at", "2026-03-02", "2026-03-02"),
        ("tokens", 3, 3),
        ("token", "", ""),
        ("headers", {"Cookie": "abc", "Accept": "x"}, {"Cookie": "***", "Accept": "x"}),
        ("body", b"abc", "3 bytes"),
        ("error", ValueError("Bearer abcdef123"), "Bearer ***"),
        ("nothing", None, None),
    ],
)
def test_values_are_masked_by_their_name(name: str, value: object, shown: object) -> None:
    assert mask_value(value, name) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("using glpat-AbCd1234-efgh5678", "using ***"),
        ("key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "key ***"),
        ("Authorization: Bearer eyJhbGciOi", "Authorization: Bearer ***"),
        ("postgresql://app:hunter2@db/b24", "postgresql://app:***@db/b24"),
        ("POST /hooks/gitlab/q1w2e3r4t5y6", "POST /hooks/gitlab/***"),
        ("auth=abc&refresh_token=def&id=5", "auth=***&refresh_token=***&id=5"),
        ("auth[access_token]=abc&data[ID]=5", "auth[access_token]=***&data[ID]=5"),
        ("auth%5Bapplication_token%5D=abc&x=1", "auth%5Bapplication_token%5D=***&x=1"),
        ('{"access_token": "abc", "scope": "task"}', '{"access_token": "***", "scope": "task"}'),
        (
            "grant_type=refresh_token&client_secret=abc",
            "grant_type=refresh_token&client_secret=***",
        ),
        ("moved task 2103 to review", "moved task 2103 to review"),
    ],
)
def test_secrets_inside_text_are_masked(text: str, shown: str) -> None:
    assert mask_value(text) == shown
