"""What a connection's newest hint says of our app in that YouTrack: when it came, from which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from b24app.cli.worker_lines import describe_age
from sync.sentences import as_sentence, sentence
from sync.store import connections, inbox
from sync.store.rows import ConnectionRecord
from sync.version import package_version
from sync.youtrack.issues.true_authors import is_older
from sync.youtrack.webhooks.parse import app_version


@dataclass(frozen=True, slots=True)
class NewestHint:
    """The newest hint in words; `change`: what to do about its sender, "" for nothing."""

    text: str
    change: str = ""


def newest_hint(conn: Connection, record: ConnectionRecord, now: datetime) -> NewestHint:
    """Return what is kept of a connection's newest hint."""
    last = inbox.last_of_connection(conn, record.id)
    if last is None:
        return NewestHint("no hint is kept: changes are found by asking")
    at, body = last
    version = app_version(body)
    sender = (
        sentence("our app {version}", version=version)
        if version
        else sentence("another sender than our app")
    )
    text = sentence(
        "the newest hint came from {sender} at {at} UTC, {age}",
        sender=sender,
        at=f"{at:%Y-%m-%d %H:%M}",
        age=describe_age(now - at),
    )
    if not version or not is_older(version, package_version()):
        return NewestHint(text)
    return NewestHint(text, renewal(record.name))


def hint_lines(conn: Connection, portal_id: int, now: datetime) -> list[str]:
    """Return when each YouTrack hinted last, and what to do about an old app in it."""
    lines: list[str] = []
    for record in connections.of_portals(conn, [portal_id]):
        if record.kind != "youtrack":
            continue
        hint = newest_hint(conn, record, now)
        lines.append(
            sentence(
                "received YouTrack {name}: {text}", name=record.name, text=as_sentence(hint.text)
            )
        )
        if hint.change:
            lines.append(sentence("next     {change}", change=as_sentence(hint.change)))
    return lines


def renewal(name: str) -> str:
    """Return what to do where our app is older than the bridge."""
    return sentence(
        "the app is older than the bridge ({bridge}): upload it anew, `b24bridge youtrack app "
        "{name}` writes it",
        bridge=package_version(),
        name=name,
    )
