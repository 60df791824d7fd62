"""Sessions reach public addresses and named networks, and nothing else."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network

import pytest
import requests

from sync.addresses import is_permitted, server_key
from sync.answer_limits import MAX_ANSWER_BYTES, AnswerTooLarge
from sync.deadlines import limit_outbound, seconds_left
from sync.errors import Refused
from sync.net import TIMEOUT, guarded_session

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
        ("1.1.1.1", True),
        ("100.63.255.255", True),
        ("100.128.0.1", True),
        ("198.17.255.255", True),
        ("198.20.0.1", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("2001:4860:4860::8888", True),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::5db8:d822", True),  # 93.184.216.34 through NAT64
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("100.127.255.255", False),
        ("0.0.0.0", False),
        ("0.1.2.3", False),
        ("192.0.0.1", False),
        ("192.0.0.9", False),
        ("192.0.2.1", False),
        ("192.31.196.1", False),
        ("192.52.193.1", False),
        ("192.88.99.1", False),
        ("192.175.48.1", False),
        ("198.18.0.1", False),
        ("198.19.255.255", False),
        ("198.51.100.7", False),
        ("203.0.113.7", False),
        ("224.0.0.1", False),
        ("239.255.255.250", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("::7f00:1", False),  # IPv4-compatible
        ("::5db8:d822", False),
        ("::ffff:0:7f00:1", False),  # IPv4-translated
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("fc00::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:100.64.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::6440:1", False),
        ("64:ff9b:1::5db8:d822", False),  # NAT64 of somebody's own network
        ("2002:7f00:1::1", False),
        ("2002:5db8:d822::1", False),  # 6to4, of a public address too
        ("2001::1", False),  # Teredo
        ("2001:0:5db8:d822::1", False),
        ("2001:2::1", False),  # benchmarking
        ("2001:10::1", False),
        ("2001:20::1", False),
        ("2001:db8::1", False),
        ("2620:4f:8000::1", False),
        ("3ffe::1", False),
        ("3fff::1", False),
        ("3fff:fff::1", False),
        ("5f00::1", False),
        ("100::1", False),
        ("100:0:0:1::1", False),
        ("4000::1", False),
        ("2606:2800::5efe:a01:203", False),  # ISATAP to 10.1.2.3
        ("2606:2800::200:5efe:7f00:1", False),
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


def test_no_redirect_is_followed(server):
    assert guarded_session(LOCAL).get(f"{server}/away").status_code == 302


@pytest.mark.parametrize(
    "target",
    [b"http://169.254.169.254/", b"file:///etc/passwd", b"http://[bad", b"\xff\xfe", b"//", b""],
)
def test_where_a_redirect_leads_is_not_even_read(target: bytes) -> None:
    head = b"HTTP/1.1 307 Away\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % target
    for url in answering(head):
        headers = {"Authorization": "Bearer secret"}
        assert guarded_session(LOCAL).get(url, headers=headers).status_code == 307


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


def answering(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """Serves connections with these bytes, then as many more as anybody reads, one at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve(accepted: socket.socket) -> None:
        with accepted, suppress(OSError):
            accepted.recv(65536)
            for piece in pieces:
                accepted.sendall(piece)
            while not ended.wait(pause or 0.01) and pause:
                accepted.sendall(b"x")

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    ended.set()
    listener.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize(
    "pieces",
    [(), (b"HTTP/1.1 200 OK\r\nX-Slow: ",), (HEAD,), (HEAD, b"some of it")],
    ids=["the first line", "a header", "a body", "a body that began"],
)
def test_a_server_that_answers_byte_by_byte_is_given_up_in_time(pieces: tuple[bytes, ...]) -> None:
    for url in answering(*pieces, pause=0.05):
        began = time.monotonic()
        with limit_outbound(0.5), pytest.raises(requests.RequestException):
            guarded_session(LOCAL).get(url)
        assert 0.4 < time.monotonic() - began < 1.5


def test_a_streamed_answer_ends_in_time_too() -> None:
    for url in answering(HEAD, pause=0.05):
        began = time.monotonic()
        with limit_outbound(0.5):
            answer = guarded_session(LOCAL).get(url, stream=True)
            with pytest.raises(requests.RequestException):
                for _ in answer.iter_content(1024):
                    pass
        assert time.monotonic() - began < 1.5


def test_several_calls_have_one_limit(server: str) -> None:
    session = guarded_session(LOCAL)
    with limit_outbound(0.3):
        assert session.get(f"{server}/one").text == "/one"
        time.sleep(0.35)
        with pytest.raises(requests.ConnectTimeout, match="no time is left"):
            session.get(f"{server}/two")
    assert session.get(f"{server}/three").text == "/three"


def test_an_inner_limit_only_shortens_the_outer_one() -> None:
    with limit_outbound(5):
        with limit_outbound(60):
            assert seconds_left(100) <= 5
        with limit_outbound(1):
            assert seconds_left(100) <= 1
    assert seconds_left(100) == 100


def test_a_resolver_that_hangs_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    hung = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: hung.wait(10) and [])
    began = time.monotonic()
    with limit_outbound(0.3), pytest.raises(requests.ConnectTimeout):
        guarded_session(LOCAL).get("http://slow.example/")
    assert time.monotonic() - began < 1.5
    hung.set()


def test_an_answer_that_unpacks_to_very_much_is_given_up_early() -> None:
    packed = gzip.compress(bytes(400_000_000), 1)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    for url in answering(head.encode(), packed):
        with pytest.raises(AnswerTooLarge):
            guarded_session(LOCAL).get(url)


def test_an_answer_without_an_end_is_given_up() -> None:
    for url in answering(b"HTTP/1.1 200 OK\r\n\r\n", bytes(MAX_ANSWER_BYTES + 1)):
        with pytest.raises(AnswerTooLarge):
            guarded_session(LOCAL).get(url)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    "answer",
    [
        CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"zz\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nhel",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        GZIP % (b"gzip", 5, b"hello"),
        GZIP % (b"gzip, gzip", 48, gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
        GZIP % (b", ".join([b"gzip"] * 100), 5, b"hello"),
    ],
    ids=["negative", "no number", "cut chunk", "cut", "lengths", "no gzip", "twice", "often"],
)
def test_an_answer_that_cannot_be_read_is_one_that_was_cut_off(answer: bytes, stream: bool) -> None:
    """Whatever is wrong with it: it may be whole the next time, and nothing else is raised."""
    for url in answering(answer):
        with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            for _ in guarded_session(LOCAL).get(url, stream=stream).iter_content(1024):
                pass


def test_a_head_that_does_not_end_is_no_empty_answer() -> None:
    for url in answering(b"HTTP/1.1 200 OK\r\n", pause=0.05):
        with limit_outbound(0.3), pytest.raises(requests.RequestException):
            guarded_session(LOCAL).get(url, stream=True)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://git.example.com", "git.example.com"),
        ("http://git.example.com", "git.example.com"),
        ("HTTPS://Git.Example.com:443/", "git.example.com"),
        ("http://git.example.com.:80//", "git.example.com"),
        ("https://git.example.com/api/v4/", "git.example.com"),
        ("https://git.example.com/Root", "git.example.com/Root"),
        ("https://git.example.com:8443", "git.example.com:8443"),
        ("http://git.example.com:443", "git.example.com:443"),
        ("https://[2001:DB8:0::1]:443/", "2001:db8::1"),
        ("https://пример.рф/", "xn--e1afmkfd.xn--p1ai"),
        ("https://git.example.com:99999", "https://git.example.com:99999"),
    ],
)
def test_all_spellings_of_a_servers_address_are_one(url, key):
    assert server_key(url) == key
