"""Proving an installation, and which server may see the secret."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests
import responses

from sync.bitrix24.rest import install_proof, oauth
from sync.bitrix24.rest.credentials import OAUTH_HOSTS, AppKeys
from sync.bitrix24.rest.oauth import oauth_server
from sync.errors import Denied, Later, Refused

INFO_URL = "https://oauth.bitrix.info/rest/app.info"
TOKEN_URL = "https://oauth.bitrix.info/oauth/token/"
SDK_SHAPE = {
    "client_id": "local.6f1",
    "scope": "task,im",
    "user_id": "7",
    "install": {
        "member_id": "member-1", "client_endpoint": "https://portal.example/rest/",
        "status": "L", "version": 3, "installed": True, "scope": "task,im,placement",
    },
}  # fmt: skip
PORTAL_SHAPE = {"ID": 5, "CODE": "local.6f1", "VERSION": 4, "STATUS": "F", "INSTALLED": False}


def prove(credentials, app, now):
    return install_proof.prove_install(credentials, app, session=requests.Session(), now=now)


@pytest.mark.parametrize(
    ("endpoint", "base"),
    [
        ("https://oauth.bitrix.info/rest/", "https://oauth.bitrix.info"),
        ("https://oauth.bitrix24.tech/rest/", "https://oauth.bitrix24.tech"),
        ("https://OAUTH.bitrix.info:443/rest", "https://oauth.bitrix.info"),
        ("", "https://oauth.bitrix.info"),
    ],
)
def test_the_known_servers_are_used(endpoint, base):
    assert oauth_server(endpoint, OAUTH_HOSTS) == base


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/rest/",
        "http://oauth.bitrix.info/rest/",
        "https://oauth.bitrix.info.evil.example/rest/",
        "https://oauth.bitrix.info@evil.example/rest/",
        "https://oauth.bitrix.info:8443/rest/",
        "https://oauth.bitrix.info/other/rest/",
        "//oauth.bitrix.info/rest/",
        "https://[broken/rest/",
        "file:///etc/passwd",
    ],
)
def test_any_other_server_is_refused(endpoint):
    with pytest.raises(Refused) as refused:
        oauth_server(endpoint, OAUTH_HOSTS)
    assert refused.value.code == "foreign_oauth_host"


def test_an_operator_may_name_another_server():
    hosts = ["http://127.0.0.1:8123"]
    assert oauth_server("http://127.0.0.1:8123/rest/", hosts) == "http://127.0.0.1:8123"
    assert oauth_server("", hosts) == "http://127.0.0.1:8123"


def test_an_install_is_proven_by_app_info_alone_where_it_names_the_portal(credentials, app, desk):
    desk.http.add(responses.GET, INFO_URL, json={"result": SDK_SHAPE})
    proven = prove(replace(credentials, user_id=0), app, desk.clock.now())
    assert (proven.user_id, proven.status) == (7, "L")
    assert proven.scopes == ("task", "im", "placement")
    assert proven.access_token == "access-1"


def test_where_app_info_does_not_name_the_portal_a_renewal_does(credentials, app, desk):
    desk.http.add(responses.GET, INFO_URL, json={"result": PORTAL_SHAPE})
    desk.renews()
    proven = prove(credentials, app, desk.clock.now())
    assert (proven.member_id, proven.access_token) == ("member-1", "access-2")


@pytest.mark.parametrize("shape", [SDK_SHAPE, PORTAL_SHAPE])
@pytest.mark.parametrize(
    "claim", [{"member_id": "another"}, {"client_endpoint": "https://foreign.example/rest/"}]
)
def test_an_install_that_claims_another_portal_is_denied(credentials, app, desk, shape, claim):
    desk.http.add(responses.GET, INFO_URL, json={"result": shape})
    desk.renews()
    with pytest.raises(Denied) as denied:
        prove(replace(credentials, **claim), app, desk.clock.now())
    assert denied.value.code == "foreign_portal"
    assert all("foreign.example" not in call.request.url for call in desk.http.calls)


@pytest.mark.parametrize(
    "result",
    [
        {**SDK_SHAPE, "client_id": "local.other"},
        {**PORTAL_SHAPE, "CODE": "somebody.else"},
        {},
        [],
        None,
    ],
)
def test_a_token_of_another_application_is_denied(credentials, app, desk, result):
    desk.http.add(responses.GET, INFO_URL, json={"result": result})
    with pytest.raises(Denied) as denied:
        prove(credentials, app, desk.clock.now())
    assert denied.value.code == "foreign_application"


def test_the_applications_market_code_proves_it_too(credentials, desk):
    app = AppKeys("app.6f1", "secret", code="vendor.b24bridge")
    desk.http.add(responses.GET, INFO_URL, json={"result": {**SDK_SHAPE, "client_id": "app.6f1"}})
    assert prove(credentials, app, desk.clock.now()).user_id == 7
    info = install_proof.parse_app_info({"CODE": "vendor.b24bridge", "INSTALLED": True})
    assert (info.client_id, info.installed) == ("vendor.b24bridge", True)


def test_an_expired_or_forged_token_is_denied(credentials, app, desk):
    desk.http.add(responses.GET, INFO_URL, json={"error": "expired_token"}, status=401)
    with pytest.raises(Denied):
        prove(credentials, app, desk.clock.now())


def test_an_oauth_server_that_is_down_is_for_later(credentials, app, desk):
    desk.http.add(responses.GET, INFO_URL, body=b"<html>", status=502)
    with pytest.raises(Later):
        prove(credentials, app, desk.clock.now())


def test_a_renewal_without_tokens_is_no_renewal(credentials, app, desk):
    desk.http.add(responses.GET, TOKEN_URL, json={"access_token": "x"})
    with pytest.raises(Later):
        oauth.renew_tokens(credentials, app, session=requests.Session(), now=desk.clock.now())


def test_no_token_is_shown_by_the_values(credentials, app):
    assert "access-1" not in repr(credentials)
    assert "refresh-1" not in repr(credentials)
    assert app.client_secret not in repr(app)
