"""ID tokens: what is believed, what is not, and when an issuer is asked for its keys."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from sync.errors import Later
from sync.gitlab.ci_reports import id_tokens
from sync.gitlab.ci_reports.id_tokens import (
    Claims,
    InvalidToken,
    is_project_allowed,
    verify_token,
)
from sync.gitlab.ci_reports.issuer_keys import IssuerKeys, KeySource, fetch_keys
from sync.net import guarded_session
from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.identity import public, signed
from tests.emulators.gitlab.server import GitLabEmulator

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ISSUER, OURS = "https://gitlab.acme.example", "https://bridge.acme.example"
TOLD = {
    "iss": ISSUER, "aud": OURS, "exp": int(NOW.timestamp()) + 300, "nbf": int(NOW.timestamp()) - 5,
    "iat": int(NOW.timestamp()), "jti": "one", "project_id": "7", "project_path": "acme/web/shop",
    "namespace_id": "4", "namespace_path": "acme/web", "pipeline_id": "12", "sha": "c0ffee" * 6,
    "pipeline_source": "push", "ref": "main", "ref_type": "branch", "user_id": "5",
    "user_login": "ann",
}  # fmt: skip
KEYS = (public(1),)
SOURCE = KeySource(ISSUER)


def check(token: str, now: datetime = NOW) -> Claims:
    return verify_token(token, KEYS, issuer=ISSUER, audience=OURS, now=now)


def test_a_token_of_a_job_says_which_project_and_pipeline_speak() -> None:
    assert check(signed(TOLD, 1)) == Claims(
        ISSUER, "one", 7, "acme/web/shop", 4, "acme/web", 12, "push", "c0ffee" * 6, "main",
        "branch", 5, "ann", NOW,
    )  # fmt: skip


def test_one_of_several_audiences_is_enough() -> None:
    assert check(signed(TOLD | {"aud": ["https://vault.example", OURS]}, 1)).jti == "one"


def seconds(number: float) -> int:
    return int((NOW + timedelta(seconds=number)).timestamp())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://evil.example"}, "another issuer"),
        ({"aud": "https://other.example"}, "the token is for somebody else (aud)"),
        ({"aud": [f"{OURS}/"]}, "the token is for somebody else (aud)"),
        ({"aud": None}, "the token is for somebody else (aud)"),
        ({"exp": None}, "the token is over, or has no end"),
        ({"exp": seconds(-60)}, "the token is over, or has no end"),
        ({"exp": "soon"}, "the token is over, or has no end"),
        ({"nbf": seconds(61)}, "the token is not valid yet"),
        ({"jti": None}, "the token lacks"),
        ({"project_id": None}, "the token lacks"),
        ({"project_id": "seven"}, "the token lacks"),
        ({"pipeline_id": None}, "the token lacks"),
        ({"iat": None}, "the token lacks"),
    ],
    ids=str,
)
def test_what_a_token_must_say(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidToken) as caught:
        check(signed(TOLD | changes, 1))
    assert caught.value.reason.startswith(reason)


@pytest.mark.parametrize("changes", [{"exp": seconds(-59)}, {"nbf": seconds(60)}], ids=str)
def test_clocks_may_differ_by_a_minute(changes: dict[str, object]) -> None:
    assert check(signed(TOLD | changes, 1)).jti == "one"


def _none() -> str:
    head, claims, _ = signed(TOLD, 1, alg="none").split(".")
    return f"{head}.{claims}."


def _hmac_with_public_key() -> str:
    """The classic: the public key taken for a shared secret."""
    return signed(TOLD, 1, alg="HS256")


def _changed() -> str:
    head, _, mac = signed(TOLD, 1).split(".")
    other = base64.urlsafe_b64encode(json.dumps(TOLD | {"project_id": "8"}).encode())
    return f"{head}.{other.decode().rstrip('=')}.{mac}"


@pytest.mark.parametrize(
    "token",
    [
        "", "one", "a.b", "a.b.c", "....", "é.é.é", "x" * 20_000,
        _none(), _hmac_with_public_key(), _changed(),
        signed(TOLD, 2), signed(TOLD, 2, kid="key-1"), signed(TOLD, 1, kid=""),
        signed(TOLD, 1, alg="RS512"), signed(TOLD, 1, kid=["key-1"]),
    ],
    ids=range(15),
)  # fmt: skip
def test_what_the_issuer_did_not_sign_is_not_believed(token: str) -> None:
    with pytest.raises(InvalidToken):
        check(token)


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({}, None),
        ({"projects": [], "groups": []}, None),
        ({"projects": [7]}, True),
        ({"projects": ["acme/web/shop"]}, True),
        ({"projects": ["ACME/web/Shop"]}, True),
        ({"projects": [8, "acme/web", "acme/web/shop2"]}, False),
        ({"groups": ["acme"]}, True),
        ({"groups": ["acme/web"]}, True),
        ({"groups": [4]}, True),
        ({"groups": ["acm", "acme/web/shop", "web"]}, False),
    ],
    ids=str,
)
def test_a_connections_choice_decides(options: dict[str, object], answer: bool | None) -> None:
    assert is_project_allowed(options, check(signed(TOLD, 1))) is answer


def test_keys_are_asked_for_once_an_hour_and_anew_for_an_unknown_one() -> None:
    asked: list[int] = []
    generation = 1

    def ask(source: KeySource) -> tuple[dict[str, str], ...]:
        asked.append(generation)
        return (public(generation),)

    keys = IssuerKeys(ask)
    assert keys.get(SOURCE, "key-1", NOW) == keys.get(SOURCE, "key-1", NOW) == (public(1),)
    generation = 2
    keys.get(SOURCE, "key-2", NOW + timedelta(seconds=59))
    assert asked == [1]
    assert keys.get(SOURCE, "key-2", NOW + timedelta(seconds=60)) == (public(2),)
    keys.get(SOURCE, "made up", NOW + timedelta(seconds=61))
    assert asked == [1, 2]
    keys.get(SOURCE, "key-2", NOW + timedelta(minutes=62))
    assert asked == [1, 2, 2]


def test_an_issuer_that_does_not_answer_is_left_alone_for_a_minute() -> None:
    asked: list[KeySource] = []

    def ask(source: KeySource) -> tuple[dict[str, str], ...]:
        asked.append(source)
        raise Later("no answer")

    keys = IssuerKeys(ask)
    for later in (0, 30, 59, 60):
        with pytest.raises(Later):
            keys.get(SOURCE, "key-1", NOW + timedelta(seconds=later))
    assert len(asked) == 2


def test_keys_that_are_known_outlive_an_issuer_that_does_not_answer() -> None:
    answers = [(public(1),)]

    def ask(source: KeySource) -> tuple[dict[str, str], ...]:
        if not answers:
            raise Later("no answer")
        return answers.pop()

    keys = IssuerKeys(ask)
    keys.get(SOURCE, "key-1", NOW)
    assert keys.get(SOURCE, "key-1", NOW + timedelta(hours=2)) == (public(1),)


def test_an_instance_tells_its_keys_and_signs_with_them() -> None:
    with GitLabEmulator(StillClock()) as gitlab:
        gitlab.state.add_user("ann")
        shop = gitlab.state.add_project("acme/shop", members={"ann": 40})
        run = gitlab.run_pipeline(shop)
        token = gitlab.identity.mint(run, OURS)
        keys = fetch_keys(guarded_session(["127.0.0.0/8"]), gitlab.url)
        now = gitlab.state.now()
        claims = verify_token(token, keys, issuer=gitlab.url, audience=OURS, now=now)
        assert (claims.project_path, claims.pipeline_id) == ("acme/shop", run.id)
        assert id_tokens.issuer_of(token) == gitlab.url


@pytest.mark.parametrize("failing", [404, 502])
def test_an_instance_that_tells_no_keys_is_asked_later(failing: int) -> None:
    with GitLabEmulator(StillClock()) as gitlab:
        gitlab.failing = failing
        with pytest.raises(Later, match=f"answered {failing}"):
            fetch_keys(guarded_session(["127.0.0.0/8"]), gitlab.url)
