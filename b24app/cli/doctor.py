"""`doctor`: everything that can be wrong, tried out, and a support bundle without secrets."""

from __future__ import annotations

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from sync.config import Config
from sync.sentences import as_sentence, sentence
from sync.version import package_version

if TYPE_CHECKING:
    from b24app.clients import Clients
    from b24app.services.finding import Finding

_CALLS = 200  # of the newest failed calls in a bundle
# Variables whose values are shown in a bundle: none of them holds a secret.
_SHOWN = ("public_url", "data_dir", "host", "port", "threads", "trusted_proxies", "log_level")


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file of the support bundle."""
    parser.add_argument(
        "--bundle", type=Path, metavar="FILE", help="also write a ZIP file for support: no secrets"
    )


def run(config: Config, args: argparse.Namespace) -> int:
    """Print every finding as it is made; 1 where something is wrong. Raises NoDatabase, NoKey."""
    from b24app.cli.context import open_clients, prepare_database, print_lines, printable
    from b24app.cli.language import current_language
    from b24app.services.diagnosis import examine

    findings = []
    with open_clients(config, prepare_database(config)) as opened:
        for finding in examine(opened, current_language()):
            findings.append(finding)
            print_lines(*map(printable, describe_finding(finding)))
            sys.stdout.flush()
        if args.bundle:
            _write_bundle(opened, findings, args.bundle)
            print_lines(
                sentence(
                    "The bundle is {bundle}. It holds no secrets; read it before you send it.",
                    bundle=args.bundle,
                )
            )
    wrong = sum(not finding.ok for finding in findings)
    print_lines(
        "",
        sentence("{wrong} of {total} are wrong.", wrong=wrong, total=len(findings))
        if wrong
        else "All is right.",
    )
    return 1 if wrong else 0


def describe_finding(finding: Finding) -> list[str]:
    """Return the finding in one line, and what to change in a second one."""
    place = f"{finding.place}: " if finding.place else ""
    head = sentence(
        "{state} {subject} {place}{text}",
        state=as_sentence("ok   " if finding.ok else "WRONG"),
        subject=as_sentence(f"{finding.subject:<11}"),
        place=place,
        text=as_sentence(finding.text),
    )
    if not finding.change:
        return [head]
    return [head, sentence("                  → {change}", change=as_sentence(finding.change))]


def _write_bundle(opened: Clients, findings: Sequence[Finding], file: Path) -> None:
    """Write what support needs: findings, versions, counts and failed calls without their bodies.

    Raises FileExistsError, OSError.
    """
    from zipfile import ZIP_DEFLATED, ZipFile

    parts = {
        "findings.txt": "\n".join(line for f in findings for line in describe_finding(f)) + "\n",
        "findings.json": _json([asdict(finding) for finding in findings]),
        "versions.json": _json(_versions()),
        "configuration.json": _json({n: str(getattr(opened.config, n)) for n in _SHOWN}),
        "tables.json": _json(_count_rows(opened)),
        "failed_calls.json": _json(_failed_calls(opened)),
    }
    secrets = _all_secrets(opened)
    with file.open("xb") as target, ZipFile(target, "w", ZIP_DEFLATED) as bundle:
        file.chmod(0o600)
        for name, text in parts.items():
            bundle.writestr(name, _without(text, secrets))


def _all_secrets(opened: Clients) -> list[str]:
    """Return every secret of the installation, long ones first: a server may have echoed any."""
    from sync.store.db.database import read
    from sync.store.sealed import open_secrets

    config = opened.config
    with read(opened.engine) as conn:
        stored = open_secrets(conn, opened.vault)
    given = {*config.secret_keys, config.client_secret, config.metrics_token}
    return sorted(filter(None, stored | given), key=len, reverse=True)


def _without(text: str, secrets: Sequence[str]) -> str:
    from b24app.cli.parser import hide_secrets

    for secret in secrets:
        text = text.replace(secret, "***")
    return hide_secrets(text)


def _versions() -> dict[str, object]:
    packages = {d.metadata["Name"]: d.version for d in distributions()}
    return {
        "b24bridge": package_version(),
        "python": platform.python_version(),
        "system": platform.platform(),
        "packages": dict(sorted(packages.items())),
    }


def _count_rows(opened: Clients) -> dict[str, int]:
    from sqlalchemy import func, select

    from sync.store.db.database import read
    from sync.store.tables import metadata

    with read(opened.engine) as conn:
        return {
            table.name: conn.scalar(select(func.count()).select_from(table)) or 0
            for table in metadata.sorted_tables
        }


def _failed_calls(opened: Clients) -> list[dict[str, object]]:
    from sync.store import logs
    from sync.store.db.database import read
    from sync.store.rows import CallFilter

    with read(opened.engine) as conn:
        calls = logs.find_calls(conn, CallFilter(only_failed=True, limit=_CALLS))
    return [
        {
            "at": call.at.isoformat(),
            "system": call.system,
            "source": call.source,
            "method": call.method,
            "status": call.status,
            "milliseconds": call.milliseconds,
            "error": call.error,
        }
        for call in calls
    ]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
