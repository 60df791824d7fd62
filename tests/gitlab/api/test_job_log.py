"""What people read of a job's log: no colours, no sections, no secrets, and not too much."""

from __future__ import annotations

import pytest

from sync.gitlab.api.job_log import MAX_CHARACTERS, MAX_LINES, last_lines


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
        ("DB_PASS=hunter2 make", "DB_PASS=*** make"),
        ("password: 'two words'", "password: '***'"),
        ('{"client_secret": "a b", "n": 1}', '{"client_secret": "***", "n": 1}'),
        ("mysql -uroot -phunter2 shop", "mysql -uroot -p*** shop"),
        ("deploy --password hunter2 --dry-run", "deploy --password *** --dry-run"),
        ("docker login -u bot -p hunter2 hub", "docker login -u bot -p *** hub"),
        ("curl -u admin:hunter2 https://a.test", "curl -u admin:*** https://a.test"),
        (
            "https://acme.bitrix24.ru/rest/1/a1b2c3d4e5f6/im.notify",
            "https://acme.bitrix24.ru/rest/1/***/im.notify",
        ),
        (
            "POST https://hooks.slack.com/services/T0/B0/XXXX now",
            "POST https://hooks.slack.com/services/*** now",
        ),
        ("https://0123456789abcdef0123456789abcdef@logs.test/1", "https://***@logs.test/1"),
        ("npm_0123456789abcdefghijABCDEFGHIJ012345", "***"),
        ("bot 123456789:AAabcdefghijklmnopqrstuvwxyzABCDEFGH", "bot ***"),
        ("commit 4f1c9e0a4f1c9e0a4f1c9e0a4f1c9e0a4f1c9e0a", None),
        ("--- PASS: TestPay (0.00s)", None),
        ("tests passed: 12, failed: 1", None),
        ("docker login -u bot --password-stdin", None),
        ("mkdir -p build && ssh -p 22 host", None),
        ("GET https://jira.test/rest/api/2/issue/PAY-1", None),
        ("PWD=/builds/acme/shop", None),
    ],
)
def test_secrets_in_a_log_are_masked(line: str, shown: str | None) -> None:
    assert last_lines(line.encode()) == (shown or line)


def test_a_private_key_is_masked_whole() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nabc\n-----END RSA PRIVATE KEY-----\nthen\n"
    assert last_lines(key.encode()) == "***\nthen"


def test_a_key_that_began_before_the_log_was_cut_is_masked_too() -> None:
    assert last_lines(b"MIIEow\nabc\n-----END RSA PRIVATE KEY-----\nthen\n") == "***\nthen"


def test_a_question_does_not_mask_the_line_below_it() -> None:
    assert last_lines(b"Enter password:\nerror: no terminal\n") == (
        "Enter password:\nerror: no terminal"
    )


@pytest.mark.parametrize(
    "piece",
    ["mysql ", "docker login ", "-u ", "--pass ", "token", "eyJ-", "-----END PRIVATE KEY-----"],
)
def test_a_huge_line_is_read_all_the_same(piece: str) -> None:
    assert len(last_lines((piece * (64_000 // len(piece))).encode())) <= MAX_CHARACTERS


def test_only_the_end_of_a_log_is_shown() -> None:
    many = "\n".join(f"line {number}" for number in range(100))
    assert last_lines(many.encode()).split("\n") == [f"line {n}" for n in range(85, 100)]
    long = last_lines("\n".join(f"{n}" * 400 for n in range(9)).encode())
    assert len(long) <= MAX_CHARACTERS
    assert long.endswith("8" * 400)
    assert long.count("\n") < MAX_LINES
