"""GitLab as an OAuth provider, driven by Authlib's own session and python-gitlab."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import gitlab as python_gitlab
import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from tests.emulators.gitlab.clock import StillClock
from tests.emulators.gitlab.entities import OWNER
from tests.emulators.gitlab.server import GitLabEmulator

BACK = "https://app.example/callback"
VERIFIER = "v" * 64


@pytest.fixture
def clock():
    return StillClock()


@pytest.fixture
def gitlab(clock):
    with GitLabEmulator(clock) as running:
        running.state.add_user("ann", "Ann Oak")
        running.state.add_user("bob")
        running.state.add_project("acme/shop", members={"ann": OWNER})
        yield running


@pytest.fixture
def application(gitlab):
    return gitlab.oauth.register(BACK)


def session(gitlab, application, secret="", **options):
    return OAuth2Session(
        application.client_id,
        secret or application.secret,
        redirect_uri=BACK,
        scope="api",
        code_challenge_method="S256",
        token_endpoint=f"{gitlab.url}/oauth/token",
        **options,
    )


def consent(gitlab, client, username="ann", allow=True, **options):
    url, state = client.create_authorization_url(
        f"{gitlab.url}/oauth/authorize", code_verifier=VERIFIER, **options
    )
    return gitlab.oauth.agree(url, username, allow=allow), state


def fetch(client, back, state=None, verifier=VERIFIER):
    return client.fetch_token(authorization_response=back, state=state, code_verifier=verifier)


def error_of(call) -> str:
    with pytest.raises(OAuthError) as raised:
        call()
    return raised.value.error


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_a_consent_gives_a_token_that_is_the_persons(gitlab, application, method):
    client = session(gitlab, application, token_endpoint_auth_method=method)
    back, state = consent(gitlab, client)
    assert back.startswith(f"{BACK}?")
    token = fetch(client, back, state)
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 7200, "api")
    api = python_gitlab.Gitlab(gitlab.url, oauth_token=token["access_token"])
    api.auth()
    assert api.user.username == "ann"
    project = api.projects.get("acme/shop")
    issue = project.issues.create({"title": "Slow"})
    assert issue.author["username"] == "ann"
    query = {"query": "{ currentUser { username } }"}
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    answer = requests.post(f"{gitlab.url}/api/graphql", json=query, headers=bearer, timeout=30)
    assert answer.json()["data"]["currentUser"]["username"] == "ann"
    info = requests.get(f"{gitlab.url}/oauth/token/info", headers=bearer, timeout=30).json()
    assert (info["scope"], info["expires_in"]) == (["api"], 7200)


def test_a_sign_in_is_no_access_token(gitlab, application):
    client = session(gitlab, application)
    back, state = consent(gitlab, client)
    token = fetch(client, back, state)["access_token"]
    with pytest.raises(python_gitlab.GitlabAuthenticationError):
        python_gitlab.Gitlab(gitlab.url, private_token=token).auth()


def test_a_wrong_or_missing_verifier_is_refused(gitlab, application):
    for verifier in ("w" * 64, "", "v" * 20):
        client = session(gitlab, application)
        back, state = consent(gitlab, client)
        assert error_of(lambda c=client, b=back, s=state, v=verifier: fetch(c, b, s, v)) == (
            "invalid_grant"
        )


def test_a_code_serves_once_and_its_second_use_ends_what_it_gave(gitlab, application):
    client = session(gitlab, application)
    back, state = consent(gitlab, client)
    token = fetch(client, back, state)
    assert error_of(lambda: fetch(client, back, state)) == "invalid_grant"
    bearer = {"Authorization": f"Bearer {token['access_token']}"}
    answer = requests.get(f"{gitlab.url}/api/v4/user", headers=bearer, timeout=30)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")


def test_a_code_ends_after_ten_minutes(gitlab, application, clock):
    client = session(gitlab, application)
    back, state = consent(gitlab, client)
    clock.move(601)
    assert error_of(lambda: fetch(client, back, state)) == "invalid_grant"


def test_a_refresh_token_serves_once_and_its_pair_is_dead_at_once(gitlab, application):
    client = session(gitlab, application)
    back, state = consent(gitlab, client)
    first = dict(fetch(client, back, state))
    second = dict(client.refresh_token())
    assert second["refresh_token"] != first["refresh_token"]
    bearer = {"Authorization": f"Bearer {first['access_token']}"}
    assert requests.get(f"{gitlab.url}/api/v4/user", headers=bearer, timeout=30).status_code == 401
    spent = first["refresh_token"]
    assert error_of(lambda: client.refresh_token(refresh_token=spent)) == "invalid_grant"
    assert gitlab.oauth.reused == 1
    client.refresh_token(refresh_token=second["refresh_token"])


def test_an_access_token_ends_after_two_hours(gitlab, application, clock):
    client = session(gitlab, application)
    back, state = consent(gitlab, client)
    api = python_gitlab.Gitlab(gitlab.url, oauth_token=fetch(client, back, state)["access_token"])
    clock.move(timedelta(hours=2).total_seconds())
    with pytest.raises(python_gitlab.GitlabAuthenticationError):
        api.auth()


def test_a_revoked_token_ends_with_its_pair(gitlab, application):
    client = session(gitlab, application, revocation_endpoint_auth_method="client_secret_post")
    back, state = consent(gitlab, client)
    token = fetch(client, back, state)
    url = f"{gitlab.url}/oauth/revoke"
    assert client.revoke_token(url, token=token["refresh_token"]).status_code == 200
    assert client.revoke_token(url, token="unknown").status_code == 200
    assert error_of(client.refresh_token) == "invalid_grant"
    stranger = session(gitlab, application, secret="wrong")
    assert stranger.revoke_token(url, token="t").status_code == 403


def test_a_wrong_secret_is_refused(gitlab, application):
    client = session(gitlab, application)
    back, state = consent(gitlab, client)
    other = session(gitlab, application, secret="wrong")
    assert error_of(lambda: fetch(other, back, state)) == "invalid_client"


def test_who_denies_is_sent_back_with_an_error_and_the_state(gitlab, application):
    back, state = consent(gitlab, session(gitlab, application), allow=False)
    query = parse_qs(urlsplit(back).query)
    assert (query["error"], query["state"]) == (["access_denied"], [state])


@pytest.mark.parametrize(
    ("options", "status"), [({"redirect_uri": "https://evil.example/"}, 400), ({}, 401)]
)
def test_a_wrong_address_or_application_is_sent_nowhere(gitlab, application, options, status):
    client = session(gitlab, application)
    if not options:
        client.client_id = "app-unknown"
    url, _ = client.create_authorization_url(
        f"{gitlab.url}/oauth/authorize", code_verifier=VERIFIER, **options
    )
    answer = requests.get(url, allow_redirects=False, timeout=30)
    assert (answer.status_code, "Location" in answer.headers) == (status, False)


def test_more_than_the_application_has_is_refused(gitlab, application):
    back, _ = consent(gitlab, session(gitlab, application), scope="api openid")
    assert "error=invalid_scope" in back


def test_the_consent_page_shows_in_no_frame(gitlab, application):
    url, _ = session(gitlab, application).create_authorization_url(
        f"{gitlab.url}/oauth/authorize", code_verifier=VERIFIER
    )
    assert requests.get(url, timeout=30).headers["X-Frame-Options"] == "SAMEORIGIN"
