"""A self-hosted portal with a certificate of its own authority, and a proxy before it."""

from __future__ import annotations

import datetime
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sync.bitrix24.rest.errors import connection_error
from sync.net import guarded_session

LOCAL = ("127.0.0.0/8",)


@dataclass(frozen=True)
class Box:
    url: str
    authority: Path


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A server at https://127.0.0.1 whose certificate nobody but `authority` vouches for."""
    authority = _certified(tmp_path)

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


def _certified(folder: Path) -> Path:
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "corporate authority")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.pem").write_bytes(private + certificate)
    (folder / "authority.pem").write_bytes(certificate)
    return folder / "authority.pem"


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
