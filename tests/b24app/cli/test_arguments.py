"""Moments, numbers and pairs as they are typed into commands."""

from __future__ import annotations

import argparse
import socket
from datetime import UTC, datetime

import pytest

from b24app.cli import main
from b24app.cli.arguments import parse_pair, parse_since, person_name, positive_int, resolve_since
from b24app.cli.serve import require_free_address
from sync.config import ConfigError

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("30m", "2026-03-02T09:30:00+00:00"),
        ("2h", "2026-03-02T08:00:00+00:00"),
        ("3d", "2026-02-27T10:00:00+00:00"),
        ("2w", "2026-02-16T10:00:00+00:00"),
        ("2026-01-31", "2026-01-31T00:00:00+00:00"),
        (" 2026-01-31T12:30 ", "2026-01-31T12:30:00+00:00"),
        ("2026-01-31T12:30:00+03:00", "2026-01-31T12:30:00+03:00"),
    ],
)
def test_a_moment_is_a_span_back_from_now_or_a_date(text: str, moment: str) -> None:
    assert resolve_since(parse_since(text), NOW).isoformat() == moment


@pytest.mark.parametrize(
    ("read", "text"),
    [
        *((parse_since, text) for text in ("", "h", "2", "2y", "-2h", "999999d", "2026-13-01")),
        *((positive_int, text) for text in ("", "0", "-1", "1.5", "x", "\u0661", "9" * 30)),
        *((person_name, text) for text in ("", " \n", "\x1b[2J", "Vera\u202e")),
        *((parse_pair, text) for text in ("", "NAME", "=value", " =value")),
    ],
)
def test_anything_else_is_refused(read, text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read(text)


@pytest.mark.parametrize(
    ("text", "found"), [("A=1", ("A", "1")), ("A=", ("A", "")), (" A =x=y ", ("A", "x=y "))]
)
def test_a_pair_ends_its_name_at_the_first_sign(text: str, found: tuple[str, str]) -> None:
    assert parse_pair(text) == found


def test_somebody_has_a_name_on_one_line() -> None:
    assert person_name(" Vera\nOak ") == "Vera Oak"


@pytest.mark.parametrize(
    "words",
    [
        ["glpat-ABCDEFGH12"],
        ["gitlab", "hooks", "a", "perm:ABCDEFGH12"],
        ["serve", "--port", "99999"],
    ],
)
def test_a_wrong_argument_is_refused_and_no_token_is_shown(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    shown = capsys.readouterr().err
    assert (ended.value.code, "ABCDEFGH12" in shown, "error:" in shown) == (2, False, True)


def test_an_address_that_is_taken_is_named_before_anything_starts() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigError, match="another program listens there"),
    ):
        require_free_address("127.0.0.1", taken.getsockname()[1])
    require_free_address("127.0.0.1", 0)
