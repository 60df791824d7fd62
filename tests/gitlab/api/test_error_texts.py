"""Every error of a GitLab connection in Russian: what is left in Latin letters are names."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
import requests
from urllib3.exceptions import NewConnectionError

from b24app.services.connection_checks import NO_TARGETS
from b24app.services.gitlab_connections import describe_account
from b24app.texts import translate, translate_with_iso
from sync.errors import Refused, SyncError
from sync.gitlab.api import hooks, oauth
from sync.gitlab.api.account import Account, _shut_out, no_gitlab, problems
from sync.gitlab.api.client import clean_base_url
from sync.gitlab.api.connection_errors import error_from_exception
from sync.gitlab.api.errors import error_from_response, error_not_json
from sync.gitlab.api.target_checks import (
    TargetCheck,
    _check_hook,
    _missing_texts,
    no_public_address,
    too_small_role,
)
from sync.net import guarded_session

NOW = datetime(2026, 3, 2, tzinfo=UTC)
REQUEST = "GET /api/v4/user"
NAMES = {
    "B24BRIDGE_PUBLIC_URL", "B24BRIDGE_ALLOWED_NETWORKS", "GET", "api", "user", "GitLab", "API",
    "JSON", "http", "https", "gitlab", "example", "com", "PEM", "url", "Link", "Maintainer",
    "Owner", "Premium", "project", "group", "acme", "shop", "tools", "html", "text", "ann",
    "read_api", "Location", "ca_file",
}  # fmt: skip


def answered(
    status: int, url: str = "https://gitlab.example.com/a", body: bytes = b"{}", **headers: str
) -> SyncError:
    response = requests.Response()
    response.status_code, response.url, response._content = status, url, body
    response.headers.update(headers)
    return error_from_response(response, request=REQUEST, write=True)


def account(**values: object) -> Account:
    known = {
        "user_id": 1, "username": "ann", "name": "Ann", "is_bot": False, "scopes": ("api",),
        "expires_at": None, "version": "19.2.1", "can_sign": True,
    }  # fmt: skip
    return Account(**(known | values))  # type: ignore[arg-type]


def private_address() -> SyncError:
    with pytest.raises(Refused) as raised:
        guarded_session().get("http://127.0.0.1:9/", timeout=1)
    return raised.value


def bad_address() -> SyncError:
    with pytest.raises(Refused) as raised:
        clean_base_url("gitlab")
    return raised.value


def refused(code: str = "403") -> Refused:
    return Refused("x", code=code)


ERRORS: list[SyncError] = [
    *(answered(status) for status in (400, 401, 403, 404, 407, 408, 425, 429, 500, 503)),
    answered(302, Location="https://other.example.com/a"),
    answered(302, Location="/user"),
    *(answered(status, body=b"<html>") for status in (401, 403, 404)),
    _shut_out(Refused(REQUEST, code="403")),
    answered(301, "http://gitlab.example.com/a", Location="https://gitlab.example.com/a"),
    *(
        error_from_exception(error, request=REQUEST, write=True)
        for error in (
            requests.exceptions.SSLError(), requests.exceptions.ProxyError(),
            requests.exceptions.SSLError("WRONG_VERSION_NUMBER"),
            requests.exceptions.SSLError("certificate has expired"),
            requests.exceptions.SSLError("mismatch, certificate is not valid for 'x'"),
            requests.exceptions.ConnectTimeout(), requests.exceptions.ReadTimeout(),
            requests.exceptions.ConnectionError(), OSError(), requests.exceptions.InvalidURL(),
            requests.exceptions.ConnectionError(
                type("E", (), {"reason": NewConnectionError(None, "")})()  # type: ignore[arg-type]
            ),
        )
    ),
    *map(oauth._denied, oauth._MEANINGS),
    error_not_json(REQUEST, "text/html"),
    error_not_json(REQUEST, ""),
    no_gitlab("https://gitlab.example.com", "404"),
    hooks._hooks_unavailable(hooks.HookTarget("project", "acme/shop"), refused()),
    hooks._hooks_unavailable(hooks.HookTarget("group", "acme"), refused()),
]  # fmt: skip
SENTENCES = [str(error) for error in ERRORS] + [
    problem
    for tested in (
        account(scopes=("read_api",)),
        account(scopes=()),
        *(account(expires_at=NOW + timedelta(days=days)) for days in (-1, 0.5, 1.5, 12)),
        account(version=""),
        account(version="15.1.0"),
    )
    for problem in problems(tested, NOW)
]


@pytest.mark.parametrize("sentence", SENTENCES)
def test_an_error_of_a_connection_is_told_in_russian(sentence: str) -> None:
    russian = translate("ru", sentence)
    assert english_words(russian) == set()
    assert translate_with_iso("en", sentence) == sentence


def english_words(text: str) -> set[str]:
    plain = re.sub(r"https?://\S+|`[^`]+`|\([A-Z]\w+\)", " ", text)
    return {word for word in re.findall(r"[A-Za-z_0-9]{3,}", plain) if not word.isdigit()} - NAMES


TARGETS = [
    TargetCheck("project acme/shop", False, *_missing_texts(refused("404"))),
    *(_check_hook("project acme/shop", role, hooks) for role in ("Owner", "role unknown")
      for hooks in ([], [True], [False])),
    NO_TARGETS,
    TargetCheck("project acme/shop", False, *too_small_role("Developer")),
    TargetCheck("project acme/shop", False, *no_public_address("Owner")),
]  # fmt: skip


@pytest.mark.parametrize("check", TARGETS, ids=str)
def test_a_project_that_was_tested_is_told_in_russian(check: TargetCheck) -> None:
    assert english_words(translate("ru", str(check))) - {"Developer"} == set()


def test_what_has_no_answer_is_told_in_russian_too() -> None:
    for error in (private_address(), bad_address()):
        assert english_words(translate("ru", str(error))) == set()


@pytest.mark.parametrize("scopes", [("api",), None])
@pytest.mark.parametrize("until", [NOW, None])
def test_an_account_is_described_in_russian(
    scopes: tuple[str, ...] | None, until: datetime | None
) -> None:
    line = translate("ru", describe_account(account(scopes=scopes, expires_at=until)))
    assert english_words(line.replace("19.2.1", "")) == set()


def test_an_exact_sentence() -> None:
    assert translate("ru", SENTENCES[1]) == (
        "GET /api/v4/user получил ответ 401. Токен доступа неверен, отозван или просрочен. "
        "Выпустите новый токен с правом `api` и укажите его в подключении."
    )
