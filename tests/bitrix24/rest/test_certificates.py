"""A self-hosted portal with a certificate of its own authority, and a proxy before it."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from sync.bitrix24.rest.errors import classify, connection_error
from sync.gitlab.api.connection_errors import error_from_exception
from sync.net import guarded_session
from tests.tls import certify, pour

LOCAL = ("127.0.0.0/8",)


@dataclass(frozen=True)
class Box:
    url: str
    authority: Path


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A server at https://127.0.0.1 whose certificate nobody but `authority` vouches for."""
    authority = certify(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            return None

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")
    running.socket = context.wrap_socket(running.socket, server_side=True)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield Box(f"https://127.0.0.1:{running.server_port}", authority)
    running.shutdown()
    running.server_close()


def test_an_untrusted_certificate_has_a_sentence_of_its_own(box):
    with pytest.raises(requests.exceptions.SSLError) as raised:
        guarded_session(LOCAL).get(box.url)
    error = connection_error(raised.value, "the portal", method="profile", write=True)
    assert str(error) == (
        "profile: the certificate of the portal is not trusted. It has expired, or it is of an "
        "authority of your own, as self-hosted Bitrix24 often has. Renew it, or name the "
        "authority's file (PEM) in B24BRIDGE_PORTAL_CA_FILE."
    )
    assert not error.sent


def test_a_further_authority_is_trusted_beside_the_public_ones(box):
    session = guarded_session(LOCAL, further_ca_file=str(box.authority))
    assert session.get(box.url).status_code == 200
    context = session.get_adapter(box.url)._tls_options["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.cert_store_stats()["x509_ca"] > 20


def test_a_proxy_that_does_not_answer_has_a_sentence_of_its_own(box):
    session = guarded_session(LOCAL, proxy="http://127.0.0.1:9")
    with pytest.raises(requests.exceptions.ProxyError) as raised:
        session.get(box.url)
    error = connection_error(raised.value, "the OAuth server", method="oauth/token", write=False)
    assert str(error) == (
        "oauth/token: the proxy before the OAuth server does not answer. The proxy is down, or "
        "its address is wrong. Check B24BRIDGE_PORTAL_PROXY."
    )


@pytest.fixture
def locked_proxy() -> Iterator[str]:
    """A proxy (RFC 9110, 9.3.6) that lets nobody through but ann, whose password is s3cret."""
    expected = "Basic " + base64.b64encode(b"ann:s3cret").decode()

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            if self.headers.get("Proxy-Authorization") != expected:
                self.send_response(407)
                self.send_header("Proxy-Authenticate", 'Basic realm="corp"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as peer:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=pour, args=(peer, self.connection), daemon=True)
                back.start()
                pour(self.connection, peer)
                back.join(5)
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            return None

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


def test_a_proxy_that_works_leads_to_the_portal_under_its_own_authority(box, locked_proxy):
    proxy = f"http://ann:s3cret@{locked_proxy}"
    with guarded_session(LOCAL, proxy=proxy, further_ca_file=str(box.authority)) as session:
        assert session.get(box.url).status_code == 200
    with (
        guarded_session(LOCAL, proxy=proxy) as session,
        pytest.raises(requests.exceptions.SSLError),
    ):
        session.get(box.url)


def test_a_proxy_that_wants_a_login_is_named_as_such(box, locked_proxy):
    session = guarded_session(LOCAL, proxy=f"http://ann:wrong@{locked_proxy}")
    with pytest.raises(requests.exceptions.ProxyError) as raised:
        session.get(box.url)
    error = connection_error(raised.value, "the portal", method="profile", write=True)
    assert str(error) == (
        "profile: the proxy wants a name and a password. "
        "Check B24BRIDGE_PORTAL_PROXY, such as http://user:password@proxy:3128."
    )
    assert (error.code, error.sent) == ("proxy", False)
    assert str(classify(407, b"<html>", method="profile")) == str(error)  # of a plain http:// way
    gitlab = error_from_exception(raised.value, request="GET /version", write=False)
    assert str(gitlab) == (
        "GET /version failed at the proxy. The proxy wants a name and a password. "
        "Check `proxy` of the connection, such as http://user:password@proxy:3128."
    )
    assert "wrong" not in f"{error} {gitlab}"
