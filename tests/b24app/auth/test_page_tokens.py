"""Page tokens and the headers of every answer."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from b24app.auth.page_tokens import PageTokens, Visitor
from sync.keyfile import new_key

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
VISITOR = Visitor(3, 17, False)


def test_a_token_says_who_came_in():
    tokens = PageTokens([new_key()])
    assert tokens.read(tokens.issue(VISITOR, NOW), NOW) == VISITOR


@pytest.mark.parametrize(
    ("later", "found"),
    [(timedelta(minutes=59), VISITOR), (timedelta(hours=1), None), (timedelta(days=9), None)],
)
def test_a_token_is_over_after_an_hour(later, found):
    tokens = PageTokens([new_key()])
    assert tokens.read(tokens.issue(VISITOR, NOW), NOW + later) == found


@pytest.mark.parametrize("ahead", [timedelta(minutes=2), timedelta(days=365)])
def test_a_token_of_a_clock_that_was_put_back_is_over(ahead):
    tokens = PageTokens([new_key()])
    token = tokens.issue(VISITOR, NOW + ahead)
    assert tokens.read(token, NOW) is None
    assert tokens.renew(token, NOW, admin=True) is None
    assert tokens.read(tokens.issue(VISITOR, NOW + timedelta(seconds=30)), NOW) == VISITOR


def test_a_token_of_an_older_key_is_still_read_and_of_a_foreign_one_never():
    old, new = new_key(), new_key()
    issued = PageTokens([old]).issue(VISITOR, NOW)
    assert PageTokens([new, old]).read(issued, NOW) == VISITOR
    assert PageTokens([new]).read(issued, NOW) is None


def test_a_key_that_was_rotated_away_signs_and_opens_nothing_in_a_process_that_runs():
    old, new = new_key(), new_key()
    keys = [old]
    running, other = PageTokens(keys, reload=lambda: keys), PageTokens(keys, reload=lambda: keys)
    issued = running.issue(VISITOR, NOW)
    keys[:] = [new, old]  # while everything is encrypted anew
    assert running.read(issued, NOW) == VISITOR
    between = running.issue(VISITOR, NOW)
    keys[:] = [new]
    for tokens in (running, other):
        assert tokens.read(issued, NOW) is None
        assert tokens.renew(issued, NOW, admin=True) is None
        assert tokens.read(between, NOW) == VISITOR


def test_the_visitors_own_token_is_inside_and_nobody_reads_it_there():
    tokens = PageTokens([new_key()])
    visitor = Visitor(3, 17, False, "installation", "access-token-of-the-visitor")
    issued = tokens.issue(visitor, NOW)
    assert tokens.read(issued, NOW) == visitor
    claims = base64.urlsafe_b64decode(issued.split(".")[1] + "==").decode()
    assert "access-token" not in claims
    assert "access-token" not in repr(visitor)


def test_a_renewed_token_holds_the_visitors_newer_one():
    tokens = PageTokens([new_key()])
    issued = tokens.issue(Visitor(3, 17, False, "i", "first"), NOW)
    kept, _ = tokens.renew(issued, NOW, admin=False)
    newer, _ = tokens.renew(issued, NOW, admin=False, access_token="second")
    assert [tokens.read(token, NOW).access_token for token in (kept, newer)] == ["first", "second"]


def forged(header: dict, claims: dict, signature: str = "") -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    encoded = (base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    return ".".join([*encoded, signature])


CLAIMS = {"portal": 3, "sub": "1", "admin": True, "exp": 9_999_999_999}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "....",
        forged({"alg": "none"}, CLAIMS),
        forged({"alg": "HS256"}, CLAIMS, "AAAA"),
        forged({"alg": "RS256"}, CLAIMS, "AAAA"),
        "é" * 10,
    ],
    ids=["empty", "x", "abc", "dots", "none", "hs256", "rs256", "not-ascii"],
)
def test_a_forged_token_is_nobody(token):
    assert PageTokens([new_key()]).read(token, NOW) is None


def test_a_changed_token_is_nobody():
    tokens = PageTokens([new_key()])
    header, claims, signature = tokens.issue(VISITOR, NOW).split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    changed = base64.urlsafe_b64encode(json.dumps(told | {"admin": True}).encode()).decode()
    assert tokens.read(f"{header}.{changed.rstrip('=')}.{signature}", NOW) is None


def test_a_page_nobody_proved_may_be_framed_by_nobody(world):
    policy = world.client.get("/b24/install").headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy


@pytest.mark.parametrize("domain", ["a b", "evil.com; script-src *", "'none'", "x\r\ny", "*"])
def test_a_domain_that_is_no_host_never_gets_into_a_header(world, domain):
    frame = {"AUTH_ID": "x", "member_id": "m" * 32}
    page = world.client.post("/b24/install", query_string={"DOMAIN": domain}, data=frame)
    assert page.status_code == 400
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/healthz", "/b24/install", "/nope", "/api/status"])
def test_every_answer_has_its_headers(world, path):
    headers = world.client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "X-Frame-Options" not in headers
    assert len(headers["X-Request-Id"]) == 32


@pytest.mark.parametrize(
    ("given", "kept"),
    [("request-1234", True), ("short", False), ("a" * 65, False), ("<x>" * 4, False)],
)
def test_a_request_id_is_taken_over_where_it_is_harmless(world, given, kept):
    answer = world.client.get("/healthz", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is kept


def hours(count):
    return timedelta(hours=count)


def test_a_renewed_token_is_of_the_same_visitor_and_good_for_another_hour():
    tokens = PageTokens([new_key()])
    token, seconds = tokens.renew(tokens.issue(VISITOR, NOW), NOW + hours(0.9), admin=True)
    assert seconds == 3600
    assert tokens.read(token, NOW + hours(1.8)) == VISITOR
    assert tokens.read(token, NOW + hours(1.9)) is None


@pytest.mark.parametrize(("proven", "admin"), [(True, True), (False, False)])
def test_an_administrators_right_is_carried_on_only_where_it_was_proven(proven, admin):
    tokens = PageTokens([new_key()])
    token, _ = tokens.renew(tokens.issue(Visitor(3, 1, True), NOW), NOW, admin=proven)
    assert tokens.read(token, NOW) == Visitor(3, 1, admin)


def test_a_visit_ends_after_twelve_hours_however_often_it_is_renewed():
    tokens, at = PageTokens([new_key()]), NOW
    token, seconds = tokens.issue(VISITOR, NOW), 3600
    while at < NOW + hours(11.5):
        at += timedelta(minutes=55)
        token, seconds = tokens.renew(token, at, admin=False)
    assert at + timedelta(seconds=seconds) == NOW + hours(12)
    assert tokens.read(token, NOW + hours(12)) is None
    assert tokens.renew(token, NOW + hours(12), admin=False) is None
