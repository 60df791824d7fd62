"""deploy/nginx.conf and deploy/Caddyfile played: real programs before a real server."""

from __future__ import annotations

import contextlib
import getpass
import os
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_connection

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from demo.service import Service, free_port
from tests.emulators.bitrix24.server import BitrixEmulator

ROOT = Path(__file__).parents[2]
NAME = "bridge.example.com"
DEADLINE = 2.0  # seconds, in place of the files' own
PATIENCE = 20.0

pytestmark = pytest.mark.needs("nginx", "caddy")


@dataclass(frozen=True)
class Proxy:
    """A proxy that listens on loopback with a certificate of its own."""

    port: int
    certificate: Path

    def send(self, method: str, path: str, body: bytes = b"") -> requests.Response:
        url = f"https://localhost:{self.port}{path}"
        return requests.request(
            method,
            url,
            data=body,
            headers={"Host": NAME},
            verify=self.certificate,
            timeout=PATIENCE,
        )

    def connect(self) -> ssl.SSLSocket:
        context = ssl.create_default_context(cafile=str(self.certificate))
        return context.wrap_socket(
            create_connection(("127.0.0.1", self.port), PATIENCE), server_hostname=NAME
        )


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a self-signed certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert, private


def replaced(text: str, **changes: str) -> str:
    """The file with each text in the place of another that it holds."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx_command(folder: Path, backend: str, port: int) -> tuple[list[str], list[str]]:
    cert, key = certificate(folder)
    text = replaced(
        (ROOT / "deploy/nginx.conf").read_text(),
        **{
            "listen 80;": f"listen 127.0.0.1:{free_port()};",
            "    listen [::]:80;\n": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
            "    listen [::]:443 ssl;\n": "",
            f"/etc/letsencrypt/live/{NAME}/fullchain.pem": str(cert),
            f"/etc/letsencrypt/live/{NAME}/privkey.pem": str(key),
            "http://127.0.0.1:8000": backend,
            "client_header_timeout 15s": f"client_header_timeout {DEADLINE:.0f}s",
            "client_body_timeout 15s": f"client_body_timeout {DEADLINE:.0f}s",
        },
    )
    folders = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = folder / "nginx.conf"
    whole.write_text(
        f"{_worker()}daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{folders}{text}}}\n"
    )
    command = ["nginx", "-p", str(folder), "-c", str(whole)]
    return [*command, "-t"], command


def _worker() -> str:
    """Return who the workers are: started as root they would be somebody without our folder."""
    return f"user {getpass.getuser()};\n" if os.geteuid() == 0 else ""


def caddy_command(folder: Path, backend: str, port: int) -> tuple[list[str], list[str]]:
    cert, key = certificate(folder)
    text = replaced(
        (ROOT / "deploy/Caddyfile").read_text(),
        **{
            "{\n\tservers {": "{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {",
            f"{NAME} {{\n": f"https://{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {cert} {key}\n",
            "127.0.0.1:8000": backend.removeprefix("http://"),
            "read_header 15s": f"read_header {DEADLINE:.0f}s",
            "read_body 60s": f"read_body {DEADLINE:.0f}s",
        },
    )
    file = folder / "Caddyfile"
    file.write_text(text)
    options = ["--config", str(file), "--adapter", "caddyfile"]
    return ["caddy", "validate", *options], ["caddy", "run", *options]


COMMANDS: dict[str, Callable[[Path, str, int], tuple[list[str], list[str]]]] = {
    "nginx": nginx_command,
    "caddy": caddy_command,
}


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    portal = BitrixEmulator()
    more = {"B24BRIDGE_TRUSTED_PROXIES": "1", "B24BRIDGE_PUBLIC_URL": f"https://{NAME}"}
    service = Service(tmp_path_factory.mktemp("home"), portal, more=more)
    service.start()
    yield service.url
    service.stop()


@pytest.fixture(scope="module", params=list(COMMANDS))
def proxy(
    request: pytest.FixtureRequest, backend: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    check, command = COMMANDS[request.param](folder, backend, port)
    checked = subprocess.run(check, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    home = {"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen(command, stdout=log, stderr=log, env=home)
    proxy = Proxy(port, folder / "cert.pem")
    try:
        _wait_for(proxy, running, folder / "log")
        yield proxy
    finally:
        running.terminate()
        running.wait(PATIENCE)


def _wait_for(proxy: Proxy, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert running.poll() is None, log.read_text()
        with contextlib.suppress(OSError), proxy.connect():
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


def test_the_server_answers_through_the_proxy(proxy: Proxy) -> None:
    assert proxy.send("GET", "/healthz").status_code == 200


def test_a_body_of_a_megabyte_arrives_whole(proxy: Proxy) -> None:
    answer = proxy.send("POST", "/hooks/gitlab/nobodys-key", b"x" * 1_000_000)
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_hook"


def test_a_body_that_is_too_large_is_refused(proxy: Proxy) -> None:
    try:
        status = proxy.send("POST", "/hooks/gitlab/nobodys-key", b"x" * 33_000_000).status_code
    except requests.ConnectionError:
        status = 413  # the answer may be lost where the connection is closed at once
    assert status == 413


@pytest.mark.parametrize(
    "start",
    [
        b"GET /healthz HTTP/1.1\r\nHost: ",
        b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx",
    ],
    ids=["headers", "body"],
)
def test_a_client_that_stops_is_cut_and_others_are_served(proxy: Proxy, start: bytes) -> None:
    slow = [proxy.connect() for _ in range(40)]  # more than the server has threads
    try:
        for connection in slow:
            connection.sendall(start)
        assert proxy.send("GET", "/healthz").status_code == 200
        began = time.monotonic()
        for connection in slow:
            connection.settimeout(PATIENCE)
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while connection.recv(4096):
                    pass
        assert time.monotonic() - began < DEADLINE + 8
    finally:
        for connection in slow:
            connection.close()
    assert proxy.send("GET", "/healthz").status_code == 200
