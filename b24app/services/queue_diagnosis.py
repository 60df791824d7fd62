"""Whether the queue that carries wake-ups is there, for the doctor."""

from __future__ import annotations

from b24app.services.finding import Finding
from sync.config import Config
from sync.engine.wake_ups import why_unreachable
from sync.sentences import sentence

_QUEUES = {
    "redis": "Redis",
    "rediss": "Redis",
    "postgres": "PostgreSQL",
    "postgresql": "PostgreSQL",
}
_CHANGE = (
    "see that B24BRIDGE_QUEUE_URL is right and that what it names runs: until then workers find "
    "what waits by looking every few seconds"
)


def examine_queue(config: Config) -> Finding:
    """Try the queue; an address may hold a password, so its kind alone is named."""
    name = _QUEUES.get(config.queue_url.partition(":")[0], "SQLite")
    why = why_unreachable(config.queue_url)
    if why:
        text = sentence("{name} carries no wake-ups: {why}", name=name, why=why)
        return Finding("wake-ups", False, text, _CHANGE)
    return Finding("wake-ups", True, sentence("{name} carries them", name=name))
