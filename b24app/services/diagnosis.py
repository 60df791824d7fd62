"""What is right and what is wrong with this installation, each with what to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection, false, update

from b24app.cli.banner import unready_texts
from b24app.cli.context import database_file, describe_database
from b24app.clients import Clients
from b24app.services.connection_checks import check_targets
from b24app.services.finding import Finding
from b24app.services.gitlab_connections import check_connection
from b24app.services.health import (
    check_installation,
    check_portal,
    present_fingerprints,
    read_disk,
)
from b24app.services.health_check import Check
from b24app.services.health_rows import load_rows
from b24app.services.outside import ask_gitlab, ask_portal
from b24app.services.public_address import check_public_address
from b24app.services.queue_diagnosis import examine_queue
from b24app.services.youtrack_diagnosis import examine_youtrack
from b24app.texts_health import describe
from sync.bitrix24.install.registrations import EVENTS, PLACEMENT
from sync.bitrix24.install.steps import run_steps
from sync.bitrix24.rest.batch import as_mapping
from sync.bitrix24.rest.client import Portal
from sync.errors import SyncError
from sync.sentences import as_sentence, join_sentences, sentence
from sync.settings.apply import portal_domain
from sync.store import portals
from sync.store.db.database import AWAY, read, write
from sync.store.revisions import newest_revision
from sync.store.rows import ConnectionRecord, PortalRecord
from sync.store.sealed import fingerprint, opens
from sync.store.tables import program as program_table

# What the doctor calls a subject that it also tries out itself under that name.
_SUBJECTS = {"hook": "deliveries", "connection": "gitlab"}
# Of what could not be asked, whose error names nothing to change.
_TRY_AGAIN = "see that this machine reaches it (network, DNS, proxy, firewall), then repeat this"
_READING_STEPS = ("rights", "secret", "address", "scopes")  # of an installation, without writes


def examine(clients: Clients, language: str = "en") -> Iterator[Finding]:
    """Yield every finding, what is wrong with what to change."""
    for finding in _examine(clients, language):
        is_bare = not finding.ok and not finding.change
        yield replace(finding, change=_TRY_AGAIN) if is_bare else finding


def _examine(clients: Clients, language: str) -> Iterator[Finding]:
    """Yield the findings: of this machine, then of each portal and its connections."""
    now = clients.clock.now()
    with read(clients.engine) as conn:
        findings = [
            *examine_configuration(clients),
            *examine_database(clients, conn),
            examine_queue(clients.config),
            *(
                to_finding(check, language)
                for check in check_installation(
                    conn,
                    read_disk(clients.config.data_dir),
                    present_fingerprints(clients.config),
                    now,
                )
            ),
        ]
        records = [portal for portal in portals.all_portals(conn) if portal.state != "removed"]
    yield from findings
    if not records:
        yield Finding("portal", False, "no portal is installed", "open the application in Bitrix24")
    for portal in records:
        yield from examine_portal(clients, portal, language)


def examine_configuration(clients: Clients) -> Iterator[Finding]:
    """Yield what is not set."""
    texts = unready_texts(clients.config)
    for text in texts:
        yield Finding("settings", False, text, "set it in the environment file")
    if not texts:
        yield Finding("settings", True, "the environment has what is needed")


def examine_database(clients: Clients, conn: Connection) -> Iterator[Finding]:
    """Yield what the database is, and whether the keys open it."""
    name = describe_database(clients.config)
    file = database_file(clients.config)
    size = (
        sentence(", {megabytes} MB", megabytes=f"{file.stat().st_size / 1000000.0:.1f}")
        if file and file.is_file()
        else ""
    )
    refusal = _why_not_written(clients)
    yield Finding(
        "database",
        not refusal,
        sentence("{name} can be read, but not written to: {why}", name=name, why=refusal)
        if refusal
        else sentence(
            "{name}, revision {revision}{size}",
            name=name,
            revision=newest_revision(),
            size=size,
        ),
        "see whether another process holds it or hangs, whether its disk is full or read only, and "
        "whether a standby answers"
        if refusal
        else "",
    )
    keys = clients.config.current_keys()
    right = opens(conn, keys)
    yield Finding(
        "key",
        right,
        sentence(
            "the key {fingerprint} opens the database's secrets", fingerprint=fingerprint(keys)
        )
        if right
        else "the keys here do not open the database's secrets",
        "" if right else "put the right key into B24BRIDGE_SECRET_KEY or the key file",
    )


def _why_not_written(clients: Clients) -> str:
    """Return why the database takes no write, "" where it does; nothing is changed by trying."""
    nothing = update(program_table).where(false()).values(version="")
    try:
        with write(clients.engine) as conn:
            conn.execute(nothing)
    except AWAY as error:
        return str(getattr(error, "orig", error)).strip().splitlines()[0]
    return ""


def to_finding(check: Check, language: str = "en") -> Finding:
    """Return what is known from the database as a line of the doctor's. Pure."""
    words = describe(check, language)
    subject = _SUBJECTS.get(check.subject, check.subject)
    return Finding(subject, check.ok, words.what, words.change, check.place)


_BOT_CHANGE = "the application writes itself; say `author: installer` if that is meant"


def examine_portal(
    clients: Clients, portal: PortalRecord, language: str = "en"
) -> Iterator[Finding]:
    """Yield what is right and wrong with a portal and with each of its connections."""
    domain = portal_domain(portal)
    if portal.bot_problem:
        yield Finding("bot", False, portal.bot_problem, _BOT_CHANGE, domain)
    with read(clients.engine) as conn:
        rows = load_rows(conn, [portal.id])
    records = rows.connections.get(portal.id, ())
    checks = [*check_portal(portal, rows, clients.clock.now())]
    of_portal = [check for check in checks if check.place == domain]
    yield from (to_finding(check, language) for check in of_portal)
    yield from _examine_grant(clients, portal, language)
    for record in records:
        place = f"{domain} {record.name}"
        yield from _examine_connection(clients, record, place)
        for check in checks:
            if check.place == place and check.subject != "token":  # that is tried out
                yield to_finding(check, language)


def _examine_grant(clients: Clients, portal: PortalRecord, language: str) -> Iterator[Finding]:
    domain = portal_domain(portal)
    try:
        client = clients.portal(portal.id)
    except SyncError as error:
        yield Finding("rights", False, error.message, error.change, domain)
        return
    for step in run_steps(
        client,
        clients.config.public_url,
        language,
        _READING_STEPS,
        lambda: check_public_address(clients),
    ):
        yield Finding(step.name, step.ok, step.text, step.change, domain)
    yield from _examine_bindings(client, clients.config.public_url, domain)
    try:
        asked = ask_portal(clients, portal, client)
    except SyncError as error:
        yield Finding("outside", False, error.message, error.change, domain)
        return
    yield Finding("outside", asked.ok, asked.text, asked.change, domain)


def _examine_bindings(client: Portal, public_url: str, domain: str) -> Iterator[Finding]:
    """Yield whether the portal calls us: our events and the tab, at our address."""
    repair = "open the application in Bitrix24 as an administrator: it binds what is missing"
    wanted: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
        ("events", "event.get", "event", f"{public_url}/b24/events", EVENTS),
        ("placements", "placement.get", "placement", f"{public_url}/b24/task", (PLACEMENT,)),
    )
    for subject, method, column, handler, names in wanted:
        try:
            result = client.call(method, {}, write=False).get("result")
        except SyncError as error:
            yield Finding(subject, False, error.message, error.change, domain)
            continue
        rows = [as_mapping(row) for row in result] if isinstance(result, list) else []
        bound = {str(row.get(column)).upper() for row in rows if row.get("handler") == handler}
        missing = [name for name in names if name not in bound]
        text = (
            sentence("not bound: {missing}", missing=", ".join(missing))
            if missing
            else sentence("all {count} are bound", count=len(names))
        )
        yield Finding(subject, not missing, text, repair if missing else "", domain)


def _examine_connection(
    clients: Clients, record: ConnectionRecord, place: str
) -> Iterator[Finding]:
    if record.kind == "youtrack":
        yield from examine_youtrack(clients, record, place)
        return
    tested = check_connection(clients, record)
    if tested.account:
        yield Finding(
            "token", tested.ok, tested.account, join_sentences(". ", tested.problems), place
        )
    else:
        what, *change = tested.problems or ("the token was not accepted",)
        yield Finding("token", False, what, join_sentences(". ", change), place)
        return
    try:
        for check in check_targets(clients, record):
            yield Finding(
                "hook",
                check.ok,
                sentence("{target}: {text}", target=check.target, text=as_sentence(check.text)),
                check.change,
                place,
            )
        asked = ask_gitlab(clients, record)
        if asked is not None:
            text = sentence("{target}: {text}", target=asked.target, text=as_sentence(asked.text))
            yield Finding("outside", asked.ok, text, asked.change, place)
    except SyncError as error:
        yield Finding("hook", False, error.message, error.change, place)
