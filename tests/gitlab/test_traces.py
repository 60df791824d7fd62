"""What people read of a job's log: no colours, no sections, no secrets, and not too much."""

from __future__ import annotations

import pytest

from sync.gitlab.traces import MOST_CHARACTERS, MOST_LINES, last_lines


@pytest.mark.parametrize(
    ("trace", "shown"),
    [
        (b"", ""),
        (b"\n \n\n", ""),
        (b"$ make\nerror: no rule\n", "$ make\nerror: no rule"),
        (b"\x1b[0K\x1b[32;1m$ make\x1b[0;m\r\n\x1b[31mfailed\x1b[0m\n", "$ make\nfailed"),
        (
            b"section_start:1560896352:after_script[collapsed=true]\r\x1b[0KCleaning up\n"
            b"section_end:1560896353:after_script\r\x1b[0K\n",
            "Cleaning up",
        ),
        (b"10 %\r50 %\r100 %\nready\n", "100 %\nready"),
        (
            b"2026-03-02T10:00:00.123456Z 01O $ make\n2026-03-02T10:00:01.5Z 01E bad\n",
            "$ make\nbad",
        ),
        (b"caf\xc3\xa9 \xff\n", "café \N{REPLACEMENT CHARACTER}"),
        (b"bell\x07 and \x00zero\n", "bell and zero"),
        (b"\x1b]8;;https://a.test\x07link\x1b]8;;\x07", "link"),
    ],
)
def test_a_log_is_shown_as_plain_lines(trace: bytes, shown: str) -> None:
    assert last_lines(trace) == shown


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("token glpat-abcdefghijklmnopqrst", "token ***"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY=***"),
        ("db_password: hunter2", "db_password: ***"),
        ('{"api_key": "abc"}', '{"api_key": "***"}'),
        ("Authorization: Bearer abcdef.ghijkl", "Authorization: Bearer ***"),
        ("git clone https://bot:s3cret@git.test/a.git", "git clone https://bot:***@git.test/a.git"),
        ("AKIAIOSFODNN7EXAMPLE is used", "*** is used"),
        ("ghp_0123456789abcdefghijABCDEFGHIJ", "***"),
        ("commit 4f1c9e0a4f1c9e0a4f1c9e0a4f1c9e0a4f1c9e0a", None),
    ],
)
def test_secrets_in_a_log_are_masked(line: str, shown: str | None) -> None:
    assert last_lines(line.encode()) == (shown or line)


def test_a_private_key_is_masked_whole() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----\nthen\n"
    assert last_lines(key.encode()) == "***\nthen"


def test_only_the_end_of_a_log_is_shown() -> None:
    many = "\n".join(f"line {number}" for number in range(100))
    assert last_lines(many.encode()).split("\n") == [f"line {n}" for n in range(85, 100)]
    long = last_lines("\n".join(f"{n}" * 400 for n in range(9)).encode())
    assert len(long) <= MOST_CHARACTERS
    assert long.endswith("8" * 400)
    assert long.count("\n") < MOST_LINES
