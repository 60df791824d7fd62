"""The OAuth server of the emulator: pairs rotate, secrets count, app.info has two shapes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.emulators.bitrix24 import BitrixEmulator, HandClock
from tests.emulators.bitrix24.rest import Rest

KEYS = {"client_id": "local.b24bridge", "client_secret": "client-secret"}
PAIR = {
    "access_token", "client_endpoint", "domain", "expires", "expires_in", "member_id",
    "refresh_token", "scope", "server_endpoint", "status", "user_id",
}  # fmt: skip


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def b24(clock: HandClock) -> Iterator[BitrixEmulator]:
    with BitrixEmulator(clock) as emulator:
        yield emulator


def exchange(b24: BitrixEmulator, **params: str) -> tuple[int, dict]:
    answer = requests.get(f"{b24.oauth_url}/oauth/token/", params=KEYS | params, timeout=30)
    return answer.status_code, answer.json()


def refresh(b24: BitrixEmulator, token: str, **params: str) -> tuple[int, dict]:
    return exchange(b24, grant_type="refresh_token", refresh_token=token, **params)


def test_a_refresh_gives_a_new_pair_that_names_the_oauth_host_as_domain(b24):
    status, pair = refresh(b24, b24.token().refresh)
    assert (status, set(pair)) == (200, PAIR)
    assert pair["domain"] == b24.oauth_url.removeprefix("http://")
    assert pair["client_endpoint"] == f"{b24.portal_url}/rest/"
    assert pair["server_endpoint"] == f"{b24.oauth_url}/rest/"
    assert (pair["expires_in"], pair["user_id"]) == (3600, 1)


def test_a_refresh_token_works_once(b24):
    first = b24.token().refresh
    _, pair = refresh(b24, first)
    assert refresh(b24, first)[1]["error"] == "invalid_grant"
    assert refresh(b24, pair["refresh_token"])[0] == 200


@pytest.mark.parametrize(("keeps", "status"), [(False, 401), (True, 200)])
def test_a_refresh_may_end_the_old_access_token(b24, keeps, status):
    b24.oauth.keeps_old_access = keeps
    rest, token = Rest(b24), b24.token()
    rest.access = token.access
    refresh(b24, token.refresh)
    assert rest("profile")[0] == status


@pytest.mark.parametrize(
    ("params", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "other"}, 401, "invalid_client"),
        ({"refresh_token": "unknown"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "invalid_request"),
    ],
)
def test_wrong_keys_are_refused(b24, params, status, error):
    given = {"grant_type": "refresh_token", "refresh_token": b24.token().refresh} | params
    assert exchange(b24, **given)[0] == status
    assert exchange(b24, **given)[1]["error"] == error


def test_a_wrong_secret_does_not_burn_the_refresh_token(b24):
    token = b24.token().refresh
    refresh(b24, token, client_secret="wrong")
    assert refresh(b24, token)[0] == 200


def test_a_refresh_token_lives_180_days(b24, clock):
    token = b24.token().refresh
    clock.advance(180 * 86400)
    assert refresh(b24, token)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(("seconds", "status"), [(30, 200), (31, 400)])
def test_a_code_lives_thirty_seconds(b24, clock, seconds, status):
    code = b24.code(1)
    clock.advance(seconds)
    assert exchange(b24, grant_type="authorization_code", code=code)[0] == status


def test_the_browser_comes_back_with_a_code_that_works(b24):
    b24.app.redirect_url = "http://app.test/back"
    url = f"{b24.portal_url}/oauth/authorize/?client_id=local.b24bridge&state=xyz"
    back = requests.get(url, timeout=30, allow_redirects=False).headers["Location"]
    given = parse_qs(urlsplit(back).query)
    assert (given["state"], given["member_id"]) == (["xyz"], [b24.state.member_id])
    assert exchange(b24, grant_type="authorization_code", code=given["code"][0])[0] == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda b24: b24.require_payment(), "PAYMENT_REQUIRED"),
        (lambda b24: setattr(b24.app, "present", False), "NOT_INSTALLED"),
    ],
)
def test_a_lapsed_or_removed_application_gets_no_pair(b24, change, error):
    token = b24.token().refresh
    change(b24)
    assert refresh(b24, token)[1]["error"] == error


def test_app_info_has_the_shape_that_was_chosen(b24):
    def info() -> dict:
        url = f"{b24.oauth_url}/rest/app.info"
        return requests.get(url, params={"auth": b24.token().access}, timeout=30).json()["result"]

    assert set(info()) == {"client_id", "scope", "expires", "install", "user_id"}
    assert info()["install"]["member_id"] == b24.state.member_id
    b24.oauth.info_shape = "portal"
    assert info()["CODE"] == "local.b24bridge"


def test_app_info_of_an_unknown_token_is_refused(b24):
    url = f"{b24.oauth_url}/rest/app.info"
    answer = requests.get(url, params={"auth": "forged"}, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (401, "INVALID_TOKEN")


def test_two_portals_share_one_oauth_server(b24):
    with BitrixEmulator(b24.state.clock, member_id="f" * 32, oauth_of=b24) as other:
        pair = refresh(b24, other.token().refresh)[1]
    assert (pair["member_id"], pair["client_endpoint"]) == ("f" * 32, f"{other.portal_url}/rest/")
