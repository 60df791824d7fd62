"""The pools of threads of a web process, and which of them serves a request. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from b24app.framing import IncomingRequest


@dataclass(frozen=True, slots=True)
class PoolSize:
    """Threads, and how many requests may wait for one."""

    threads: int
    waiting: int


def pool_sizes(threads: int) -> dict[str, PoolSize]:
    """Return the pools where pages have so many threads; what acknowledges has its own."""
    pages = max(4, threads)
    return {
        "acknowledge": PoolSize(max(4, threads // 2), 2000),
        "pages": PoolSize(pages, 10 * pages),
        "reports": PoolSize(4, 100),
        "health": PoolSize(2, 50),
    }


def pool_of(request: IncomingRequest) -> str:
    """Return which pool serves a request.

    Events of the application itself are proven by calls to Bitrix24, so they wait with the pages.
    """
    match request.path.split("/")[1:2]:
        case ["hooks"]:
            return "acknowledge"
        case ["ci"]:
            return "reports"
        case ["healthz"] | ["readyz"]:
            return "health"
    if request.path == "/b24/events" and not request.begins_with(b"event=onapp"):
        return "acknowledge"
    return "pages"
