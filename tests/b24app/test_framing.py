"""Where a request ends, however its bytes arrive."""

from __future__ import annotations

import pytest

from b24app.framing import MAX_CHUNKS, MAX_HEAD_BYTES, BadRequest, IncomingRequest
from b24app.receiver import BODY_LIMITS
from b24app.request_pools import pool_of, pool_sizes

POST = b"POST /hooks/gitlab/key HTTP/1.1\r\nHost: here\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n"
WHOLE = [
    b"GET / HTTP/1.1\r\n\r\n",
    NEXT,
    POST + b"Content-Length: 0\r\n\r\n",
    POST + b"Content-Length: 5\r\n\r\nhello",
    POST + b"content-length:5\r\n\r\n\r\n\r\nx",
    POST + b"Content-Length: 5, 5\r\n\r\nhello",
    POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST
    + b"Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\nA;name=value\r\n0123456789\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\nTrailer: x\r\nOther: y\r\n\r\n",
]


def read(data: bytes, size: int) -> tuple[IncomingRequest, int]:
    """A request fed with pieces of `size`, and how many bytes it took to be whole."""
    request = IncomingRequest(BODY_LIMITS)
    for at in range(0, len(data), size):
        if request.feed(data[at : at + size]):
            return request, at + size
    return request, 0


@pytest.mark.parametrize("data", WHOLE, ids=range(len(WHOLE)))
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_request_is_whole_at_its_last_byte(data: bytes, size: int) -> None:
    request, taken = read(data + NEXT, size)
    assert len(data) <= taken < len(data) + size
    whole, extra = request.take()
    assert (whole, extra) == (data, (data + NEXT)[len(data) : taken])


@pytest.mark.parametrize("data", WHOLE, ids=range(len(WHOLE)))
def test_a_request_is_not_whole_a_byte_earlier(data: bytes) -> None:
    assert read(data[:-1], 1)[1] == 0


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MALFORMED, NO_LENGTH = "The chunks of this body are malformed", "Content-Length is not one number"
BAD = [
    (CHUNKED + b"zz\r\n", 400, MALFORMED),
    (CHUNKED + b"-1\r\n", 400, MALFORMED),
    (CHUNKED + b"0x5\r\n", 400, MALFORMED),
    (CHUNKED + b"\r\n", 400, MALFORMED),
    (CHUNKED + b"5 \r\nhello\r\n", 400, MALFORMED),
    (CHUNKED + b"5;\nx\r\nhello\r\n", 400, MALFORMED),
    (CHUNKED + b"5\nhello\r\n", 400, MALFORMED),
    (CHUNKED + b"5\r\nhelloXX", 400, MALFORMED),
    (CHUNKED + b"fffffffffffffffff\r\n", 400, MALFORMED),
    (CHUNKED + b"5;" + b"x" * 2000, 400, MALFORMED),
    (CHUNKED + b"0\r\n" + b"x" * 9000, 400, MALFORMED),
    (CHUNKED + b"1\r\nx\r\n" * (MAX_CHUNKS + 1), 400, "The body has more than 100000 chunks"),
    (CHUNKED + b"1900001\r\n", 413, "The body is larger than 26214400 bytes"),
    (
        b"POST /ci/report HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nf4241\r\n",
        413,
        "The body is larger than 1000000 bytes",
    ),
    (POST + b"Content-Length: x\r\n\r\n", 400, NO_LENGTH),
    (POST + b"Content-Length: -5\r\n\r\n", 400, NO_LENGTH),
    (POST + b"Content-Length: +5\r\n\r\n", 400, NO_LENGTH),
    (POST + b"Content-Length: \r\n\r\n", 400, NO_LENGTH),
    (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", 400, NO_LENGTH),
    (
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        400,
        "A request has either Content-Length or Transfer-Encoding",
    ),
    (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501, "Transfer-Encoding is understood as"),
    (POST + b"Transfer-Encoding: identity\r\n\r\n", 501, "Transfer-Encoding is understood as"),
    (POST + b"Expect: 200-ok\r\n\r\n", 417, "Expect is understood as"),
    (POST + b"X: " + b"x" * MAX_HEAD_BYTES, 431, "The headers of this request are too large"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "status", "text"), BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("size", [1, 5000])
def test_what_is_no_request_is_said(data: bytes, status: int, text: str, size: int) -> None:
    if len(data) > 100_000:
        size = 5000
    with pytest.raises(BadRequest) as refused:
        read(data, size)
    assert refused.value.status == status
    assert refused.value.text.startswith(text)


def test_a_body_that_is_said_to_be_too_large_is_not_awaited() -> None:
    request, _ = read(b"POST /ci/report HTTP/1.1\r\nContent-Length: 1000001\r\n\r\n", 5)
    assert request.too_large
    assert request.take()[0].endswith(b"1000001\r\n\r\n")


def test_a_client_that_expects_to_be_asked_for_its_body_is_asked_once() -> None:
    head = POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\n"
    request = IncomingRequest(BODY_LIMITS)
    assert not request.feed(head)
    assert request.expects_continue
    assert request.feed(b"hello")
    assert request.take() == (POST + b"Content-Length: 5\r\n\r\nhello", b"")


@pytest.mark.parametrize(
    ("line", "body", "pool"),
    [
        (b"POST /hooks/gitlab/key", b"{}", "acknowledge"),
        (b"POST http://here/hooks/gitlab/key?x=1", b"{}", "acknowledge"),
        (b"POST /b24/events", b"event=ONTASKUPDATE&data=1", "acknowledge"),
        (b"POST /b24/events", b"event=ONAPPINSTALL&data=1", "pages"),
        (b"POST /b24/app", b"AUTH_ID=1", "pages"),
        (b"POST /ci/report", b"{}", "reports"),
        (b"GET /healthz", b"", "health"),
        (b"GET /readyz?verbose", b"", "health"),
        (b"GET /hooks", b"", "acknowledge"),
        (b"POST /%68ooks/gitlab/key", b"{}", "acknowledge"),
        (b"POST /b24%2Fevents", b"event=ONTASKUPDATE&data=1", "acknowledge"),
        (b"GET /static/hooks/main.js", b"", "pages"),
        (b"GET", b"", "pages"),
        (b"\xff\xfe //[ x", b"", "pages"),
    ],
)
def test_each_request_has_its_pool(line: bytes, body: bytes, pool: str) -> None:
    head = line + b" HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    request, taken = read(head + body, 10_000)
    assert taken
    assert pool_of(request) == pool


@pytest.mark.parametrize("threads", [1, 2, 4, 16, 200])
def test_every_pool_has_threads(threads: int) -> None:
    sizes = pool_sizes(threads)
    assert all(size.threads >= 2 for size in sizes.values())
    assert sizes["acknowledge"].threads >= max(4, threads // 2)
