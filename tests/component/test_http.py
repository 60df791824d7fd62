"""As much of HTTP as a report speaks: what servers and proxies may answer."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from reporter.errors import Problem
from reporter.http import Answer, Http

Serve = Callable[[bytes], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Answer every connection with the same bytes; the address, and what came in `asked`."""
    listening = socket.create_server(("127.0.0.1", 0))
    asked.clear()

    def start(answer: bytes) -> str:
        def work() -> None:
            for _ in range(8):
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(65_536))
                    connection.sendall(answer)

        Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    yield start
    listening.close()


asked: list[bytes] = []
OK = b"HTTP/1.1 200 OK\r\n"
BODIES = {
    "by its length": OK + b'Content-Length: 8\r\n\r\n{"a": 1}and more',
    "by the connection's end": OK + b'\r\n{"a": 1}',
    "in chunks": OK + b'Transfer-Encoding: chunked\r\n\r\n3;x=y\r\n{"a\r\n5\r\n": 1}\r\n0\r\n\r\n',
    "with headers in other cases": OK + b'cOnTent-LENGTH:8\r\n\r\n{"a": 1}',
}


@pytest.mark.parametrize("answer", list(BODIES.values()), ids=BODIES)
def test_a_body_is_read_to_its_end(serve: Serve, answer: bytes) -> None:
    assert http().ask(f"{serve(answer)}/x", {}) == Answer(200, {"a": 1}, "", 1.0)


def http(**environ: str) -> Http:
    return Http(environ, 10, "b24bridge/test")


BROKEN = {
    "an answer that is cut off": OK + b"Content-Length: 99\r\n\r\n{}",
    "no HTTP": b"SSH-2.0-OpenSSH\r\n",
    "nothing": b"",
    "a chunk without a length": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("answer", list(BROKEN.values()), ids=BROKEN)
def test_what_is_no_answer_may_have_landed(serve: Serve, answer: bytes) -> None:
    with pytest.raises(Problem, match="what was sent may have landed") as caught:
        http().ask(f"{serve(answer)}/x", {}, {"a": 1})
    assert (caught.value.code, caught.value.again) == ("UNREACHABLE", False)


def test_what_was_never_sent_may_be_sent_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Problem, match="Connection refused") as caught:
        http().ask(f"http://127.0.0.1:{port}/x", {})
    assert caught.value.again


def test_a_dead_proxy_is_named_and_nothing_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        proxy = f"127.0.0.1:{closed.getsockname()[1]}"
    environ = {"http_proxy": f"http://user:word@{proxy}", "no_proxy": ""}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Problem) as caught:
        http(**environ).ask("http://portal.test/x", {}, {"a": 1})
    assert str(caught.value) == (
        f"portal.test cannot be reached: [Errno 111] Connection refused, {proxy} (UNREACHABLE)."
    )
    assert caught.value.again


def test_what_a_proxy_took_and_did_not_answer_may_have_landed(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"http_proxy": serve(b""), "no_proxy": ""}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Problem, match="what was sent may have landed") as caught:
        http(**environ).ask("http://portal.test/x", {}, {"a": 1})
    assert not caught.value.again


@pytest.mark.parametrize("url", ["ftp://x/y", "/projects/1/jobs", "file:///etc/passwd"])
def test_what_is_no_web_address_is_not_asked(url: str) -> None:
    with pytest.raises(Problem, match="UNREACHABLE"):
        http().ask(url, {})


def test_a_redirect_is_not_followed(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 302 Found\r\nLocation: https://other.test/\r\nContent-Length: 0\r\n\r\n")
    answer = http().ask(f"{url}/x", {})
    assert (answer.status, answer.location) == (302, "https://other.test/")
    through = http(http_proxy=url, no_proxy="").ask(f"{url}/x", {})
    assert (through.status, through.location) == (302, "https://other.test/")


def test_a_value_of_a_header_ends_no_line(serve: Serve) -> None:
    url = serve(OK + b"Content-Length: 2\r\n\r\n{}")
    http().ask(f"{url}/x", {"JOB-TOKEN": "b\r\nEvil: 1"})
    assert b"\r\nJOB-TOKEN: bEvil: 1\r\n" in asked[-1]


def test_a_request_says_who_asks_and_closes(serve: Serve) -> None:
    url = serve(OK + b"Content-Length: 2\r\n\r\n{}")
    http().ask(f"{url}/a?b=c", {}, {"text": "Привет"})
    head, _, body = asked[-1].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /a?b=c HTTP/1.1"
    assert {"User-Agent: b24bridge/test", "Connection: close", "Content-Length: 24"} <= {*lines}
    assert body.decode() == '{"text": "Привет"}'


PROXIED = [({}, False), ({"no_proxy": "127.0.0.1"}, True), ({"no_proxy": "*"}, True)]


@pytest.mark.parametrize(("more", "direct"), PROXIED)
def test_a_proxy_is_asked_unless_the_host_is_excepted(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], direct: bool
) -> None:
    """The standard library reads the process's own environment."""
    url = serve(OK + b"Content-Length: 2\r\n\r\n{}")
    environ = {"http_proxy": url, **more}
    monkeypatch.setenv("no_proxy", "")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert http(**environ).ask(f"{url}/x", {}).status == 200
    assert asked[-1].startswith(b"GET /x " if direct else f"GET {url}/x ".encode())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_once_more_when_it_says(serve: Serve, status: int) -> None:
    url = serve(f"HTTP/1.1 {status} No\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n".encode())
    asking = http()
    assert asking.ask_twice(f"{url}/x", {}).status == status
    assert asking.count == 2


def test_who_asks_for_more_time_than_there_is_is_not_waited_for(serve: Serve) -> None:
    url = serve(b"HTTP/1.1 429 No\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n")
    asking = http()
    with pytest.raises(Problem, match="TROUBLE"):
        asking.ask_twice(f"{url}/x", {})
    assert asking.count == 1
