"""What is right and what is wrong with a YouTrack connection and our app there."""

from __future__ import annotations

from collections.abc import Iterator

from b24app.clients import Clients
from b24app.services.finding import Finding
from b24app.services.youtrack_connections import APP_ABSENT, app_versions
from b24app.services.youtrack_hints import newest_hint, renewal
from sync.errors import SyncError
from sync.sentences import as_sentence, join_sentences, sentence
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord
from sync.version import package_version
from sync.youtrack.api.account import problems, read_account
from sync.youtrack.issues.true_authors import is_older


def examine_youtrack(clients: Clients, record: ConnectionRecord, place: str) -> Iterator[Finding]:
    """Yield whose token it is, our app in each project, and the newest hint of a connection."""
    client = clients.youtrack(record)
    try:
        account = read_account(client)
    except SyncError as error:
        yield Finding("token", False, error.message, error.change, place)
        return
    text = sentence("{login} at YouTrack {version}", login=account.login, version=account.version)
    flaws = join_sentences(" ", list(problems(account)))
    yield Finding("token", not flaws, text, flaws, place)
    for project, version in app_versions(clients, client, record):
        is_old = bool(version) and is_older(version, package_version())
        named = sentence("our app: {version}", version=version) if version else APP_ABSENT
        text = sentence("{target}: {text}", target=project, text=as_sentence(named))
        yield Finding("app", not is_old, text, renewal(record.name) if is_old else "", place)
    with read(clients.engine) as conn:
        hint = newest_hint(conn, record, clients.clock.now())
    yield Finding("hint", not hint.change, hint.text, hint.change, place)
