"""Sessions reach public addresses and named networks, and nothing else."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
import requests

from sync.errors import Refused
from sync.net import TIMEOUT, guarded_session, is_permitted

LOCAL = ("127.0.0.0/8",)


@pytest.fixture
def server():
    """Answers every GET with its path, except /away, which redirects to an outer address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path == "/away" else 200)
            if self.path == "/away":
                self.send_header("Location", "http://[::1]:9/")
            self.send_header("Content-Length", str(len(self.path)))
            self.end_headers()
            self.wfile.write(self.path.encode())

        def log_message(self, *args: object) -> None:
            return None

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}"
    running.shutdown()
    running.server_close()


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::1", False),
    ],
)
def test_only_public_addresses_are_permitted(address, allowed):
    assert is_permitted(address, ()) is allowed


def test_a_named_network_is_permitted_and_its_neighbour_is_not():
    networks = (ip_network("10.1.0.0/16"),)
    assert is_permitted("10.1.2.3", networks)
    assert is_permitted("::ffff:10.1.2.3", networks)
    assert not is_permitted("10.2.2.3", networks)


def test_a_private_server_is_refused_before_anything_is_sent(server):
    with pytest.raises(Refused) as refused:
        guarded_session().get(server)
    assert refused.value.code == "private_address"
    assert "B24BRIDGE_ALLOWED_NETWORKS" in str(refused.value)


def test_a_private_server_in_a_named_network_answers(server):
    session = guarded_session(LOCAL)
    assert session.get(f"{server}/one").text == "/one"
    assert session.get(f"{server}/two").text == "/two"


def test_a_name_is_judged_by_the_address_it_stands_for(server, monkeypatch):
    port = int(server.rpartition(":")[2])
    real = socket.getaddrinfo

    def resolve(host, *args, **options):
        return real("127.0.0.1" if host == "portal.example" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with pytest.raises(Refused):
        guarded_session().get(f"http://portal.example:{port}/")
    assert guarded_session(LOCAL).get(f"http://portal.example:{port}/x").text == "/x"


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(server, monkeypatch):
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    real = socket.getaddrinfo
    asked = []

    def resolve(host, *args, **options):
        if host != "rebinding.example":
            asked.append(host)
            return real("127.0.0.2", *args, **options)  # refuses: nobody listens there
        return real(next(answers), *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    port = int(server.rpartition(":")[2])
    with pytest.raises(requests.ConnectionError):
        guarded_session().get(f"http://rebinding.example:{port}/", timeout=1)
    assert asked == ["93.184.216.34"]  # the checked address itself, not the name again


def test_a_redirect_into_a_private_network_is_refused_too(server):
    with pytest.raises(Refused):
        guarded_session(LOCAL).get(f"{server}/away")


def test_an_unknown_name_is_an_ordinary_connection_error(monkeypatch):
    def fail(*args, **options):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(requests.ConnectionError):
        guarded_session().get("http://nobody.example/")


def test_environment_proxies_and_passwords_are_not_used(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert guarded_session(LOCAL).get(f"{server}/direct").text == "/direct"


def test_a_private_target_behind_a_proxy_is_refused(server):
    with pytest.raises(Refused):
        guarded_session(("127.0.0.0/8",), proxy=server).get("http://10.0.0.1/")


def test_a_request_without_a_time_limit_gets_one(monkeypatch):
    seen = {}

    def send(self, request, **options):
        seen.update(options)
        raise requests.ConnectionError("stop here")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", send)
    with pytest.raises(requests.ConnectionError):
        guarded_session().get("https://portal.example/")
    assert seen["timeout"] == TIMEOUT


def test_an_own_certificate_file_is_used():
    assert guarded_session(ca_file="own.pem").verify == "own.pem"
    assert guarded_session().verify is True
