"""`pipeline run|retry|cancel`: pipelines of GitLab from the command line."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from contextlib import suppress
from datetime import date, time
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from b24app.cli.context import find_connection, open_clients, prepare_database, print_lines
from b24app.clients import Clients
from b24app.services.chosen_portal import find_portal
from sync.config import Config
from sync.errors import Later, SyncError
from sync.gitlab.api import pipelines
from sync.gitlab.api.pipelines import PipelineAnswer
from sync.sentences import as_sentence, sentence
from sync.store.db.database import read
from sync.store.rows import ConnectionRecord

_NOTHING_CHANGED = {
    "retry": as_sentence("nothing in it was to be retried"),
    "cancel": as_sentence("nothing of it was running"),
}
_CHANGED = {"retry": as_sentence("was retried"), "cancel": as_sentence("was canceled")}


def run(config: Config, args: argparse.Namespace) -> int:
    """Start, retry or cancel a pipeline. Raises SyncError and LookupError."""
    with open_clients(config, prepare_database(config)) as opened:
        with read(opened.engine) as conn:
            record = find_connection(conn, find_portal(conn, args.portal).id, args.connection)
        if args.action == "run":
            return _run(opened, record, args)
        act = pipelines.retry if args.action == "retry" else pipelines.cancel
        rehearsals = act(opened.code_host(record), args.project, args.id)
        done = _CHANGED[args.action] if rehearsals.changed else _NOTHING_CHANGED[args.action]
        _print_pipeline(
            rehearsals,
            sentence("{done}; it is {status}", done=done, status=rehearsals.status)
            if rehearsals.changed
            else sentence("is {status}: {done}", status=rehearsals.status, done=done),
        )
    return 0


def _run(opened: Clients, record: ConnectionRecord, args: argparse.Namespace) -> int:
    token = _read_secret(args.trigger_token_env)
    client = (
        opened.anonymous_code_host(record, "trigger token") if token else opened.code_host(record)
    )
    inputs = {name: _parse_input(name, value) for name, value in _unique_pairs(args.input).items()}
    try:
        answer = pipelines.run(
            client,
            args.project,
            args.ref,
            variables=_unique_pairs(args.var),
            inputs=inputs,
            trigger_token=token,
        )
    except Later as error:
        if error.sent:
            _show_newest(opened, record, args)
        raise
    _print_pipeline(
        answer,
        sentence("of {ref} was started; it is {status}", ref=answer.ref, status=answer.status),
    )
    return 0


def _print_pipeline(answer: PipelineAnswer, verb: str) -> None:
    print_lines(sentence("Pipeline {id} {verb}.", id=answer.id, verb=verb), answer.url)


def _show_newest(opened: Clients, record: ConnectionRecord, args: argparse.Namespace) -> None:
    """Print the newest pipelines, if GitLab answers; the error raised next says where to look."""
    with suppress(SyncError):
        for newest in pipelines.read_newest(opened.code_host(record), args.project, args.ref):
            print_lines(
                sentence(
                    "newest of {ref}: {id}  {status}  {url}",
                    ref=args.ref,
                    id=newest.id,
                    status=newest.status,
                    url=newest.url,
                )
            )


def _read_secret(name: str | None) -> str:
    """Return the variable's value. Raises LookupError: a missing one never means another token."""
    value = os.environ.get(name, "").strip() if name else ""
    if name and not value:
        raise LookupError(
            sentence("The environment variable {name} is not set or empty", name=name)
        )
    return value


def _unique_pairs(pairs: list[tuple[str, str]]) -> dict[str, str]:
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise LookupError(sentence("Given more than once: {twice}", twice=", ".join(twice)))
    return dict(pairs)


def _parse_input(name: str, value: str) -> Any:
    """Parse a value as YAML: 3, true, [a, b]; dates and null, which JSON lacks, stay text."""
    try:
        parsed = YAML(typ="safe", pure=True).load(value)
    except (YAMLError, ValueError):
        raise LookupError(
            sentence(
                "The input {name} cannot be read as YAML: {value}", name=name, value=value[:60]
            )
        ) from None
    if isinstance(parsed, dict):
        raise LookupError(
            sentence("The input {name} must be text, a number, true, false or a list", name=name)
        )
    return value if parsed is None or isinstance(parsed, date | time) else parsed
