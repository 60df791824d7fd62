"""The metrics of what is right and wrong: the same checks as those of `status` and the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from b24app.services.health import Disk
from b24app.services.health_check import Check

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def build_health_metrics(checks: Sequence[Check], disk: Disk) -> Iterator[Metric]:
    """Yield the metrics of the checks. Pure.

    Every kind of thing that is looked at has a value, so that a missing one is seen.
    """
    from prometheus_client.core import GaugeMetricFamily

    wrong = GaugeMetricFamily(
        "b24bridge_wrong",
        "How many are wrong of what a check looks at; state: which of them, empty where none is.",
        labels=["portal", "connection", "subject", "state", "urgent"],
    )
    counts: Counter[tuple[str, ...]] = Counter()
    for check in checks:
        portal, _, name = check.place.partition(" ")
        state, urgent = ("", "") if check.ok else (check.state, "yes" if check.urgent else "no")
        counts[portal, name, check.subject, state, urgent] += not check.ok
    for labels, count in sorted(counts.items()):
        wrong.add_metric(list(labels), count)
    yield wrong
    days = GaugeMetricFamily(
        "b24bridge_token_days",
        "Whole days until the end of a connection's token; none where it has no end.",
        labels=["portal", "connection"],
    )
    fewest: dict[str, float] = {}
    for check in checks:
        if check.subject == "token" and check.values.get("date"):
            left = float(str(check.values["days"]))
            fewest[check.place] = min(left, fewest.get(check.place, left))
    for place, left in sorted(fewest.items()):
        portal, _, name = place.partition(" ")
        days.add_metric([portal, name], left)
    yield days
    free = GaugeMetricFamily("b24bridge_disk_free_bytes", "Free bytes on the data folder's disk.")
    free.add_metric([], disk.free)
    yield free
