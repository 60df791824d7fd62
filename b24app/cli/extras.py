"""Packages that only some databases and queues need: what is missing, in one sentence each."""

from __future__ import annotations

from importlib.util import find_spec

from sync.config import Config
from sync.sentences import sentence

_METRICS = "/metrics"
# package -> (extra, beginnings of the addresses that need it, what they name)
_EXTRAS = {
    "psycopg": ("postgres", ("postgres",), "PostgreSQL"),
    "redis": ("redis", ("redis",), "Redis"),
    "prometheus_client": ("metrics", (_METRICS,), "B24BRIDGE_METRICS_TOKEN"),
}


def missing_extras(config: Config) -> list[str]:
    """Return a sentence for each package that the configured addresses need and that is missing."""
    addresses = (config.database_url, config.queue_url, _METRICS if config.metrics_token else "")
    return [
        sentence(
            "{system} needs the package {package}, which is not installed: pip install "
            "'b24bridge[{extra}]' (in a checkout: pip install '.[{extra}]')",
            system=system,
            package=package,
            extra=extra,
        )
        for package, (extra, starts, system) in _EXTRAS.items()
        if any(address.startswith(starts) for address in addresses) and find_spec(package) is None
    ]
