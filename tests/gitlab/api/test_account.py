from datetime import UTC, datetime, timedelta

import pytest
import requests
import responses

from sync.errors import Denied, Refused
from sync.gitlab.api.account import Account, problems, read_account
from sync.gitlab.api.client import GitLab

API = "https://git.acme.test/api/v4"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
GOOD = Account(
    user_id=51,
    username="project_7_bot_0a1b2c",
    name="b24bridge",
    is_bot=True,
    scopes=("api",),
    expires_at=datetime(2026, 12, 1, tzinfo=UTC),
    version="19.1.0-ee",
    can_sign=True,
)


def asked(*, user=None, token=None, version="19.1.0-ee"):
    user = user or {"id": 51, "username": "project_7_bot_0a1b2c", "name": "b24bridge"}
    token = token or {"json": {"scopes": ["api"], "expires_at": "2026-12-01"}}
    with responses.RequestsMock() as web:
        web.get(f"{API}/user", json=user)
        web.get(f"{API}/personal_access_tokens/self", **token)
        web.get(f"{API}/version", json={"version": version, "revision": "abc"})
        return read_account(GitLab("https://git.acme.test", "glpat-x", session=requests.Session()))


def changed(**changes):
    return Account(**({name: getattr(GOOD, name) for name in GOOD.__slots__} | changes))


def test_the_token_is_asked_who_it_is_what_it_may_and_until_when():
    assert asked() == GOOD


@pytest.mark.parametrize(
    ("username", "bot_told", "is_bot"),
    [
        ("alice", None, False),
        ("alice", True, True),
        ("group_5_bot_99ff", None, True),
        ("project_7_bot", None, True),
        ("project_7_bot1", None, True),
        ("project_7_botanist", None, False),
    ],
)
def test_a_bot_is_known_by_its_mark_or_its_name(username, bot_told, is_bot):
    assert asked(user={"id": 1, "username": username, "bot": bot_told}).is_bot is is_bot


@pytest.mark.parametrize("status", [400, 404])
def test_a_token_that_tells_nothing_of_itself_is_no_problem(status):
    told = asked(token={"status": status, "json": {"message": "Not found"}})
    assert (told.scopes, told.expires_at) == (None, None)
    assert problems(told, NOW) == ()


@pytest.mark.parametrize(
    ("version", "can_sign"),
    [("18.11.4", False), ("19.0.0-pre", True), ("19.1.2-ee", True), ("20.0", True), ("x", False)],
)
def test_deliveries_can_be_signed_from_19_0_on(version, can_sign):
    assert asked(version=version).can_sign is can_sign


def refused(**answer):
    with responses.RequestsMock() as web:
        web.get(f"{API}/user", **answer)
        with pytest.raises(Refused) as raised:
            read_account(GitLab("https://git.acme.test", "glpat-x", session=requests.Session()))
    return raised.value


@pytest.mark.parametrize("status", [400, 404, 405, 410, 418])
def test_what_answers_otherwise_than_gitlab_is_no_gitlab(status):
    error = refused(status=status, body="<html>")
    assert error.message == (
        f"There is no GitLab at https://git.acme.test (its API answers {status})"
    )


def test_an_account_that_is_shut_out_is_not_told_to_become_maintainer():
    error = refused(status=403, json={"message": "403 Forbidden - Your account has been blocked."})
    assert "Your account has been blocked" in error.message
    assert error.cause.startswith("GitLab lets this account do nothing: it is blocked")
    assert error.change == "Sign in to GitLab as this account, or ask its administrator"


def test_a_dead_token_is_denied():
    with responses.RequestsMock() as web:
        web.get(f"{API}/user", status=401, json={"message": "401 Unauthorized"})
        with pytest.raises(Denied):
            read_account(GitLab("https://git.acme.test", "glpat-x", session=requests.Session()))


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (GOOD, ()),
        (changed(scopes=None, expires_at=None), ()),
        (
            changed(scopes=("read_api", "read_user")),
            (
                "The access token lacks the scope `api` (it has: read_api, read_user). "
                "Issue a token that has it.",
            ),
        ),
        (
            changed(scopes=()),
            ("The access token lacks the scope `api` (it has: none). Issue a token that has it.",),
        ),
        (changed(expires_at=NOW + timedelta(days=30, seconds=1)), ()),
        (
            changed(expires_at=datetime(2026, 3, 9, 10, tzinfo=UTC)),
            ("The access token expires in 7 days, on 2026-03-09. Issue a new one in time.",),
        ),
        (
            changed(expires_at=datetime(2026, 3, 4, tzinfo=UTC)),
            ("The access token expires in 1 day, on 2026-03-04. Issue a new one in time.",),
        ),
        (
            changed(expires_at=datetime(2026, 3, 3, tzinfo=UTC)),
            (
                "The access token expires in less than a day, on 2026-03-03. "
                "Issue a new one in time.",
            ),
        ),
        (
            changed(expires_at=datetime(2026, 3, 2, tzinfo=UTC)),
            (
                "The access token expired on 2026-03-02. "
                "Issue a new one and put it into the connection.",
            ),
        ),
        (changed(version="15.5.0"), ()),
        (
            changed(version="15.4.6-ee"),
            ("GitLab 15.4.6-ee is too old. Upgrade it to 15.5 or later.",),
        ),
        (changed(version=""), ("The instance does not tell its version.",)),
        (
            changed(scopes=("read_api",), version="9.0.0"),
            (
                "The access token lacks the scope `api` (it has: read_api). "
                "Issue a token that has it.",
                "GitLab 9.0.0 is too old. Upgrade it to 15.5 or later.",
            ),
        ),
    ],
)
def test_what_an_administrator_must_mend_is_said_in_sentences(account, told):
    assert problems(account, NOW) == told
