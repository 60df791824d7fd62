"""What answers mean: pages in place of JSON, refusals, limits, addresses."""

from __future__ import annotations

import re

import pytest
import requests
import responses

from sync.errors import Denied, Later, Refused, SyncError
from sync.net import guarded_session
from sync.youtrack.api.account import problems, read_account
from sync.youtrack.api.client import YouTrack, clean_base_url
from sync.youtrack.api.errors import error_from_response
from tests.youtrack.conftest import Site


def answer(status: int, body: bytes, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = status, body
    made.headers.update(headers)
    return made


@pytest.mark.parametrize(
    ("status", "body", "kind", "sent"),
    [
        (400, b'{"error":"bad_request","error_description":"Invalid structure"}', Refused, False),
        (401, b'{"error":"Unauthorized"}', Denied, False),
        (403, b'{"error":"Forbidden"}', Refused, False),
        (404, b'{"error":"Not Found"}', Refused, False),
        (429, b"Too many", Later, False),
        (500, b'{"error":"incompatible-issue-custom-field-name-State"}', Refused, False),
        (500, b"<html>oops</html>", Later, True),
        (502, b'{"error":"Bad Gateway"}', Later, True),
        (503, b"<html>maintenance</html>", Later, True),
        (302, b"", Later, False),
    ],
)
def test_the_status_decides(status: int, body: bytes, kind: type[SyncError], sent: bool) -> None:
    error = error_from_response(answer(status, body), request="POST /issues", write=True)
    assert type(error) is kind
    assert getattr(error, "sent", False) is sent
    assert error.code == str(status)


@pytest.mark.parametrize(("write", "kind"), [(False, Later), (True, Refused)])
@pytest.mark.parametrize("status", [403, 404])
def test_nothing_is_missing_because_a_page_says_so(
    status: int, write: bool, kind: type[SyncError]
) -> None:
    page = answer(status, b"<html>default backend</html>", **{"Content-Type": "text/html"})
    assert type(error_from_response(page, request="GET /issues", write=write)) is kind


def test_a_server_that_speaks_https_says_how_to_write_its_address() -> None:
    sent_on = answer(301, b"", Location="https://youtrack.acme.test/")
    sent_on.url = "http://youtrack.acme.test/"
    error = error_from_response(sent_on, request="GET /issues", write=False)
    assert error.change.startswith("Write https:// in the connection's `url`")


def test_the_vendor_is_quoted() -> None:
    body = b'{"error":"invalid_query","error_description":"Bad","error_children":[{"error":"X"}]}'
    error = error_from_response(answer(400, body), request="GET /issues", write=False)
    assert error.message == "GET /issues was answered 400 (Bad; X)"


def test_a_wait_that_is_asked_for_is_kept() -> None:
    error = error_from_response(
        answer(429, b"", **{"Retry-After": "7"}), request="GET /issues", write=False
    )
    assert isinstance(error, Later)
    assert error.after == 7


def test_a_page_in_place_of_json_says_what_to_change(site: Site) -> None:
    site.connect()
    wrong = YouTrack(
        site.emulator.url.removesuffix("/youtrack"),
        "perm-bridge",
        session=guarded_session(["127.0.0.0/8"]),
    )
    with pytest.raises(Later) as raised:
        wrong.get("/users/me")
    assert (raised.value.code, "context path" in raised.value.cause) == ("not_json", True)


@pytest.mark.parametrize(
    ("given", "clean"),
    [
        ("https://a.youtrack.cloud/", "https://a.youtrack.cloud"),
        ("https://a.example/youtrack/api/", "https://a.example/youtrack"),
        (" https://a.myjetbrains.com/youtrack ", "https://a.myjetbrains.com/youtrack"),
    ],
)
def test_addresses_keep_their_context_path(given: str, clean: str) -> None:
    assert clean_base_url(given) == clean


@pytest.mark.parametrize("address", ["", "a.example", "ftp://a.example", "https://u@a.example"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Refused):
        clean_base_url(address)


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (200, b"[]", "There is no YouTrack at https://yt.example.com (its API answers 200)"),
        (404, b"<html>", "There is no YouTrack at https://yt.example.com (its API answers 404)"),
        (403, b"<html>", "GET /users/me was answered 403"),
    ],
)
def test_an_address_that_is_no_youtrack_is_named(status: int, body: bytes, text: str) -> None:
    with responses.RequestsMock() as web:
        page = {"Content-Type": "application/json"} if status == 200 else {}
        web.get("https://yt.example.com/api/users/me", status=status, body=body, headers=page)
        with pytest.raises(Refused) as raised:
            read_account(YouTrack("https://yt.example.com", "perm:x", session=requests.Session()))
    assert raised.value.message == text
    assert "Give that user a role" not in str(raised.value)


@pytest.mark.parametrize(
    ("page", "root"),
    [
        ("/issues/SHOP", ""),
        ("/youtrack/agiles/1-2/current", "/youtrack"),
        ("/youtrack/api/users/me", "/youtrack"),
        ("/youtrack/dashboard?id=5", "/youtrack"),
    ],
)
def test_the_address_of_a_page_is_answered_with_that_of_youtrack(page: str, root: str) -> None:
    site = "https://yt.example.com"
    with responses.RequestsMock() as web:
        answer_page = {"Content-Type": "text/html"}
        web.get(re.compile(".*"), status=200, body=b"<html>", headers=answer_page)
        with pytest.raises(Refused) as raised:
            read_account(YouTrack(site + page, "perm:x", session=requests.Session()))
    assert raised.value.change == f"Set `url` of the connection to {site}{root}"
    assert raised.value.cause == "The address looks like that of a page in YouTrack"


def test_an_account_says_its_time_zone(site: Site) -> None:
    site.bridge.zone = "Asia/Tokyo"
    site.connect()
    account = read_account(site.client)
    assert (account.login, account.zone, account.version) == (
        "bridge",
        "Asia/Tokyo",
        "2026.1.13757",
    )
    assert [problem for problem in problems(account) if "Asia/Tokyo" in problem]


def test_a_file_of_another_server_is_not_asked_for(site: Site) -> None:
    site.connect()
    with pytest.raises(Refused):
        site.client.content("https://elsewhere.example/file", 10)


def test_a_page_is_no_file(site: Site) -> None:
    """Below the base URL all but the API is a page, with 200."""
    site.connect()
    with pytest.raises(Later) as raised:
        site.client.content("files/8-1", 1000, size=10)
    assert raised.value.code == "not_json"
    assert len(site.client.content("files/8-1", 1000)) > 10  # a file of unknown size may be one


def test_the_token_is_in_no_error(site: Site) -> None:
    site.connect()
    with pytest.raises(Refused) as raised:
        site.client.get("/issues/9-9")
    assert "perm-bridge" not in str(raised.value)
