"""The portal's limits: a leaky bucket of hits and a budget of seconds a method.

https://apidocs.bitrix24.com/limits.html
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from tests.emulators.bitrix24.errors import RestError

WINDOW_SECONDS = 600


@dataclass
class Limits:
    """`rate` hits a second leak out of a bucket of `burst`; times are unix seconds.

    `costs` are the seconds a call of a method is said to take (default `cost`).
    """

    on: bool = True
    rate: float = 2.0
    burst: float = 50.0
    operating_limit: float = 480.0
    cost: float = 0.01
    costs: dict[str, float] = field(default_factory=dict)
    level: float = 0.0
    at: float = 0.0
    used: dict[str, deque[tuple[float, float]]] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)
    refused: int = 0

    def hit(self, now: float) -> None:
        """Count one HTTP request. A refused one does not fill the bucket further."""
        if not self.on:
            return
        self.level = max(0.0, self.level - (now - self.at) * self.rate)
        self.at = now
        if self.level + 1 > self.burst:
            self.refused += 1
            raise RestError(503, "QUERY_LIMIT_EXCEEDED", "Too many requests")
        self.level += 1

    def operate(self, method: str, now: float) -> float:
        """Count one call of the method; the seconds it has used in the last ten minutes."""
        spent = self.operating(method, now)
        if self.on and spent >= self.operating_limit:
            text = "Method is blocked due to operation time limit."
            raise RestError(429, "OPERATION_TIME_LIMIT", text)
        cost = self.costs.get(method, self.cost)
        self.used.setdefault(method, deque()).append((now, cost))
        self.totals[method] = spent + cost
        return spent + cost

    def operating(self, method: str, now: float) -> float:
        rows = self.used.get(method)
        if not rows:
            return 0.0
        while rows and rows[0][0] <= now - WINDOW_SECONDS:
            self.totals[method] -= rows.popleft()[1]
        return self.totals[method] if rows else 0.0

    def reset_at(self, method: str, now: float) -> int:
        rows = self.used.get(method)
        return int((rows[0][0] if rows else now) + WINDOW_SECONDS)

    def time_block(self, method: str, now: float) -> dict[str, float | int]:
        return {
            "operating_reset_at": self.reset_at(method, now),
            "operating": round(self.operating(method, now), 6),
        }
