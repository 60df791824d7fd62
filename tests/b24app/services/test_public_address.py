"""The public address and the application's secret, tried when they are given."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from b24app import assets
from b24app.services.public_address import asked_address, check_public_address
from b24app.texts import translate
from sync.bitrix24.install.texts import translate as step_text
from tests import tls
from tests.b24app.pages import config_of, post, run


@pytest.fixture(autouse=True)
def built_pages(monkeypatch):
    monkeypatch.setattr(assets, "find_assets", lambda **_: assets.Assets("main.js", ("main.css",)))


@pytest.fixture
def stranger() -> Iterator[str]:
    """The address of a server that is not this one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"hi")

        def log_message(self, *args: object) -> None:
            return None

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def at(world, public_url):
    return replace(world.deps.clients, config=replace(world.deps.config, public_url=public_url))


def said(problem, language="en"):
    return step_text(language, problem.key, **problem.values)


def test_a_service_that_answers_at_its_address_is_right(beside):
    assert check_public_address(beside.deps.clients) is None
    asked_address.set(beside.deps.config.public_url)
    assert check_public_address(beside.deps.clients) is None


def test_no_address_is_said(beside):
    problem = check_public_address(at(beside, ""))
    assert said(problem) == ("The public address is not set: no events and no webhooks can arrive")
    assert said(problem, "ru") == "Публичный адрес не задан: ни события, ни вебхуки не придут"


def test_another_server_at_the_address_is_found(beside, stranger):
    problem = check_public_address(at(beside, stranger))
    assert problem.fatal
    assert said(problem) == f"Something else answers at {stranger} (200)"
    assert said(problem, "ru") == f"По адресу {stranger} отвечает не этот сервис (200)"


def test_an_address_where_nobody_answers_is_found(beside):
    problem = check_public_address(at(beside, "http://127.0.0.1:9"))
    assert problem.fatal
    assert said(problem) == (
        "http://127.0.0.1:9 does not answer this service itself (ConnectionError)"
    )


def test_an_address_that_only_others_reach_stops_nothing(beside):
    asked_address.set("http://127.0.0.1:9")
    problem = check_public_address(at(beside, "http://127.0.0.1:9"))
    assert not problem.fatal
    assert "that is usual behind some routers" in said(problem)


@pytest.mark.parametrize(
    ("host", "days", "trusted", "flaw"),
    [
        ("127.0.0.1", 1, False, "authority"),
        ("127.0.0.1", -1, True, "expired"),
        ("127.0.0.2", 1, True, "name"),
        ("127.0.0.1", 1, True, ""),
    ],
)
def test_a_certificate_that_bitrix24_would_not_trust_is_named(
    beside, tmp_path, host, days, trusted, flaw
):
    authority = tls.certify(tmp_path, host=host, days=days)
    port = urlsplit(beside.deps.config.public_url).port
    with tls.before(port, tmp_path) as address:
        config = replace(
            beside.deps.config,
            public_url=address,
            portal_ca_file=str(authority) if trusted else "",
        )
        asked_address.set(address)  # a browser let it pass
        problem = check_public_address(replace(beside.deps.clients, config=config))
    assert (problem.key if problem else "") == (f"address_certificate_{flaw}" if flaw else "")
    assert problem is None or problem.fatal


def test_a_page_opened_elsewhere_is_compared(beside):
    asked_address.set("https://new.example.com")
    problem = check_public_address(at(beside, "https://bridge.example.com"))
    assert said(problem) == (
        "This page was opened at https://new.example.com, but B24BRIDGE_PUBLIC_URL is "
        "https://bridge.example.com: events and webhooks would go there"
    )
    assert said(problem, "ru") == (
        "Страница открыта по адресу https://new.example.com, а в B24BRIDGE_PUBLIC_URL стоит "
        "https://bridge.example.com: события и вебхуки пойдут туда"
    )


def test_a_proxy_that_is_not_counted_is_said(beside):
    asked_address.set("http://bridge.example.com")
    problem = check_public_address(at(beside, "https://bridge.example.com"))
    assert "B24BRIDGE_TRUSTED_PROXIES" in said(problem)


@pytest.mark.parametrize(
    ("language", "text", "change"),
    [
        (
            "en",
            "The OAuth server does not accept this application's key and secret",
            "Check B24BRIDGE_CLIENT_ID and B24BRIDGE_CLIENT_SECRET",
        ),
        (
            "ru",
            "Сервер авторизации не принимает ключ и секрет приложения",
            "Проверьте B24BRIDGE_CLIENT_ID и B24BRIDGE_CLIENT_SECRET",
        ),
    ],
)
def test_a_wrong_secret_is_found_at_the_installation(beside, emulator, language, text, change):
    emulator.app.client_secret = "another"
    frame = emulator.install_page()
    page = post(beside, replace(frame, query=dict(frame.query) | {"LANG": language}))
    steps = {step["name"]: step for step in run(beside, config_of(page)["token"])}
    assert not steps["secret"]["ok"]
    assert steps["secret"]["text"].startswith(text)
    assert steps["secret"]["change"] == change
    assert steps["events"]["ok"]


def test_a_right_secret_is_tried_once(beside, emulator):
    token = config_of(post(beside, emulator.install_page()))["token"]
    before = emulator.oauth.requests["refresh_token"]
    steps = {step["name"]: step for step in run(beside, token)}
    assert steps["secret"]["text"] == "Bitrix24 accepts the application's id and secret"
    assert steps["address"]["text"] == "This service answers at its public address"
    assert emulator.oauth.requests["refresh_token"] == before + 1


def test_whoever_installs_is_told_what_that_means(beside, emulator):
    token = config_of(post(beside, emulator.install_page()))["token"]
    rights = run(beside, token, ["rights"])[0]["text"]
    assert rights.endswith(
        "The application works in this person's name: the author of every card, an observer of "
        "every linked task. A technical account is better"
    )


def test_untrusted_certificates_are_said_in_both_languages():
    text = "profile: the certificate of the portal is not trusted"
    assert translate("ru", text) == "profile: сертификату портала нет доверия"
