"""Authlib's own habits, each of which would lose a connection, and what stands around them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from authlib.oauth2.rfc6749.wrappers import OAuth2Token

from sync.oauth import (
    SECRET_IN_QUERY,
    AnswerRefused,
    build_client,
    count_expiry,
    new_state,
    new_verifier,
)

URL = "https://gitlab.example.com/oauth/token"
NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAIR = {"access_token": "a-2", "refresh_token": "r-2", "token_type": "Bearer", "expires_in": 7200}


def client(session=None, **options):
    return build_client(session or requests.Session(), "id-1", "s3cret", **options)


def exchange(made):
    return made.fetch_token(URL, grant_type="authorization_code", code="c", allow_redirects=False)


def refresh(made):
    return made.refresh_token(URL, refresh_token="r-1", allow_redirects=False)


@pytest.mark.parametrize("ask", [exchange, refresh])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, {"message": "Retry later"}),
        (403, {"message": "403 Forbidden"}),
        (400, {"error": "invalid_grant"}),
        (200, {"error": "invalid_grant", "access_token": "a"}),
        (200, {"token_type": "Bearer"}),
        (200, {"access_token": ""}),
        (200, {"access_token": ["a"]}),
        (200, ["a"]),
        (200, "<html>"),
        (201, PAIR),
        (503, "busy"),
    ],
)
@responses.activate
def test_a_refusal_is_never_kept_as_a_token(ask, status, body):
    sent = {"body": body} if isinstance(body, str) else {"json": body}
    responses.add(responses.POST, URL, status=status, **sent)
    made = client()
    made.token = {"access_token": "a-1", "refresh_token": "r-1"}
    with pytest.raises(AnswerRefused):
        ask(made)
    assert made.token["access_token"] == "a-1"


@pytest.mark.parametrize("ask", [exchange, refresh])
@responses.activate
def test_nothing_is_followed_to_another_address(ask):
    away = {"Location": "https://evil.example/oauth/token"}
    responses.add(responses.POST, URL, status=307, headers=away)
    with pytest.raises(AnswerRefused):
        ask(client())
    assert [call.request.url for call in responses.calls] == [URL]


@responses.activate
def test_the_options_of_the_session_reach_the_refresh():
    responses.add(responses.POST, URL, json=PAIR)
    session = requests.Session()
    session.trust_env = False
    session.verify = "/etc/acme-ca.pem"
    session.proxies = {"https": "http://proxy.example.com:3128"}
    refresh(client(session))
    sent = responses.calls[0].request
    assert sent.req_kwargs["verify"] == "/etc/acme-ca.pem"
    assert sent.req_kwargs["proxies"]["https"] == "http://proxy.example.com:3128"


@responses.activate
def test_id_and_secret_are_in_the_body_and_in_no_address_or_header():
    responses.add(responses.POST, URL, json=PAIR)
    refresh(client())
    sent = responses.calls[0].request
    form = parse_qs(sent.body)
    assert (form["client_id"], form["client_secret"]) == (["id-1"], ["s3cret"])
    assert "Authorization" not in sent.headers
    assert "s3cret" not in sent.url


@responses.activate
def test_bitrix24_is_asked_as_its_documentation_says():
    responses.add(responses.GET, URL, json=PAIR)
    made = client(auth_method=SECRET_IN_QUERY)
    made.fetch_token(URL, method="GET", grant_type="refresh_token", refresh_token="r-1")
    sent = responses.calls[0].request
    assert sent.body is None
    assert parse_qs(urlsplit(sent.url).query) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["r-1"],
        "client_id": ["id-1"],
        "client_secret": ["s3cret"],
    }


def test_the_consent_page_is_asked_with_pkce_and_a_state():
    verifier = new_verifier()
    url, state = client(redirect_uri="https://b.example/cb", scope="api").create_authorization_url(
        "https://gitlab.example.com/oauth/authorize", state=new_state(), code_verifier=verifier
    )
    query = parse_qs(urlsplit(url).query)
    assert query["state"] == [state]
    assert query["code_challenge_method"] == ["S256"]
    assert query["code_challenge"] != [verifier]
    assert verifier not in url
    assert 43 <= len(verifier) <= 128
    assert len({new_state() for _ in range(50)}) == 50


def test_an_end_is_counted_once_when_the_token_is_received():
    assert count_expiry(PAIR, NOW, HOUR) == NOW + 2 * HOUR
    loaded = [OAuth2Token({"expires_in": 7200})["expires_at"] for _ in range(2)]
    assert all(isinstance(moment, int) for moment in loaded)  # it begins anew at each load


@pytest.mark.parametrize("span", [None, 0, -5, "soon", "", 10**30])
def test_an_end_that_makes_no_sense_is_the_usual_one(span):
    counted = count_expiry({"expires_in": span}, NOW, HOUR)
    assert counted in (NOW + HOUR, NOW + timedelta(days=400))


@responses.activate
def test_a_client_puts_its_token_on_no_request_of_the_session():
    responses.add(responses.POST, URL, json=PAIR)
    responses.add(responses.GET, "https://elsewhere.example/", json={})
    session = requests.Session()
    refresh(client(session))
    session.get("https://elsewhere.example/")
    assert "Authorization" not in responses.calls[1].request.headers
