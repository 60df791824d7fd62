"""The command `b24bridge`: its subcommands, their arguments, and their errors."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Any

from b24app.cli.arguments import parse_pair, parse_since, person_name, positive_int
from b24app.cli.portal import add_portal_arguments
from sync.config import Config, ConfigError
from sync.core.model.kinds import Kind

Configure = Callable[[argparse.ArgumentParser], None]


def _add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    sub = parser.add_subparsers(dest="action", required=True, metavar="export|apply|preview")
    export = sub.add_parser("export", help="print a portal's settings as YAML")
    export.add_argument("-o", "--output", help="write to this file instead")
    apply = sub.add_parser("apply", help="check a settings file and apply it, whole or not at all")
    apply.add_argument("file", help="the YAML file; - reads standard input")
    apply.add_argument(
        "--offline", action="store_true", help="do not ask the portal for stages and users"
    )
    apply.add_argument(
        "--check", action="store_true", help="show the whole difference, apply nothing"
    )
    apply.add_argument(
        "--remove",
        action="append",
        default=[],
        metavar="NAME",
        help="remove this connection, which the file does not name any more",
    )
    preview = sub.add_parser("preview", help="show what people would be told of a sample")
    kinds = [kind.value for kind in Kind]
    preview.add_argument("kind", choices=kinds, metavar="KIND", help=", ".join(kinds))
    text = preview.add_mutually_exclusive_group()
    text.add_argument("--template", help="with this text of your own")
    text.add_argument("--file", help="as this settings file says")
    preview.add_argument("--language", choices=["en", "ru"], help="in this language")
    for subparser in (export, apply, preview):
        _add_portal_argument(subparser)


def _add_keys_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["rotate"], help="encrypt everything with a new key")


def _add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", nargs="*", help="failures as `status` names them; without any: all failures"
    )
    parser.add_argument("--task", type=int, action="append", default=[], help="look at a task anew")
    parser.add_argument("--everything", action="store_true", help="look at every task anew")
    _add_portal_argument(parser)


def _add_rehearse_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "tasks", nargs="+", type=positive_int, metavar="TASK", help="a task's number"
    )
    _add_portal_argument(parser)


def _add_status_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--limit", type=int, default=20, help="merge requests shown (20)")
    _add_portal_argument(parser)


def _add_gitlab_arguments(parser: argparse.ArgumentParser) -> None:
    sub = parser.add_subparsers(dest="action", required=True, metavar="test|hooks")
    test = sub.add_parser("test", help="who the token is, what it may do and until when")
    hooks = sub.add_parser("hooks", help="create, repair or remove the webhooks")
    for subparser in (test, hooks):
        subparser.add_argument("name", help="the connection's name in the settings")
        _add_portal_argument(subparser)
    hooks.add_argument("change", nargs="?", choices=["ensure", "remove"], default="ensure")


def _add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--since", type=parse_since, help="2h, 3d, or a date: only what came later")
    parser.add_argument("--system", choices=["bitrix24", "gitlab"], help="whom was called")
    parser.add_argument("--connection", help="only this connection's calls")
    parser.add_argument("--method", help="only calls whose name holds this text")
    parser.add_argument("--failed", action="store_true", help="only what went wrong")
    parser.add_argument("--limit", type=positive_int, default=50, help="newest calls shown (50)")
    parser.add_argument("--json", action="store_true", help="whole, one JSON line a call")
    _add_portal_argument(parser)


def _add_pipeline_arguments(parser: argparse.ArgumentParser) -> None:
    sub = parser.add_subparsers(dest="action", required=True, metavar="run|retry|cancel")
    start = sub.add_parser("run", help="start a pipeline of a branch or tag")
    again = sub.add_parser("retry", help="run the failed and canceled jobs of a pipeline again")
    end = sub.add_parser("cancel", help="end what runs of a pipeline")
    for subparser in (start, again, end):
        subparser.add_argument("project", help="path or id of the project")
    start.add_argument("ref", help="branch or tag")
    for option, text in (("--var", "a variable"), ("--input", "an input, typed as in YAML")):
        start.add_argument(
            option, type=parse_pair, action="append", default=[], metavar="NAME=VALUE", help=text
        )
    start.add_argument(
        "--trigger-token-env",
        metavar="NAME",
        help="environment variable with a trigger token, used instead of the connection's token",
    )
    for subparser in (again, end):
        subparser.add_argument("id", type=positive_int, help="the pipeline's number")
    for subparser in (start, again, end):
        subparser.add_argument("--connection", help="not needed where there is one only")
        _add_portal_argument(subparser)


def _add_alerts_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all", action="store_true", help="also those that are over")
    _add_portal_argument(parser)
    sub = parser.add_subparsers(dest="action", metavar="ack|assign")
    ack = sub.add_parser("ack", help="say that somebody has seen it")
    assign = sub.add_parser("assign", help="give it to a person, who is told")
    for subparser in (ack, assign):
        subparser.add_argument("alert", help="as `alerts` names it")
        subparser.add_argument("--portal", default=argparse.SUPPRESS, help="domain or member id")
    ack.add_argument("--by", type=person_name, required=True, help="the name of who has seen it")
    assign.add_argument("user", type=int, help="the id of a Bitrix24 user")


def _add_backfill_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", nargs="?", help="the project's path or id in GitLab")
    parser.add_argument("--all", action="store_true", help="every connected project, in turn")
    parser.add_argument("--connection", help="its name; not needed where there is one only")
    parser.add_argument(
        "--since", default="90d", help="how far back: 90d, 12w, or a date such as 2026-01-31 (90d)"
    )
    parser.add_argument("--parts", help="only these, separated by commas; --status names them")
    parser.add_argument("--again", action="store_true", help="also what was read already")
    parser.add_argument("--status", action="store_true", help="how far each project was read")
    _add_portal_argument(parser)


def _add_serving_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="address to listen on (B24BRIDGE_BIND)")
    parser.add_argument("--port", type=int, help="port to listen on (B24BRIDGE_BIND)")
    parser.add_argument("--threads", type=int, help="requests at once (B24BRIDGE_THREADS)")


def _add_web_arguments(parser: argparse.ArgumentParser) -> None:
    _add_serving_arguments(parser)
    parser.add_argument("--processes", type=int, default=1, help="web processes (1)")


def _add_portal_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--portal", help="domain or member id; not needed where there is one only")


def _add_no_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


# name -> module of `run(config, args) -> exit code`, help, arguments
COMMANDS: dict[str, tuple[str, str, Configure]] = {
    "serve": ("serve", "web and worker in one process tree", _add_serving_arguments),
    "web": ("serve", "only the web server", _add_web_arguments),
    "worker": ("serve", "only a worker; several may run", _add_no_arguments),
    "migrate": ("database", "bring the database to this version", _add_no_arguments),
    "settings": ("settings", "a portal's settings as one YAML file", _add_settings_arguments),
    "keys": ("database", "secrets at rest", _add_keys_arguments),
    "replay": ("status", "repeat what failed, or look at tasks anew", _add_replay_arguments),
    "rehearse": (
        "rehearse",
        "say what would be written for tasks now, and why",
        _add_rehearse_arguments,
    ),
    "status": ("status", "portals, connections, merge requests, failures", _add_status_arguments),
    "alerts": ("alerts", "branches that fail: list, acknowledge, assign", _add_alerts_arguments),
    "gitlab": (
        "gitlab",
        "a GitLab connection: test it, set up its webhooks",
        _add_gitlab_arguments,
    ),
    "pipeline": (
        "pipeline",
        "start, retry or cancel a pipeline in GitLab",
        _add_pipeline_arguments,
    ),
    "portal": ("portal", "end a portal's open pages, or erase it", add_portal_arguments),
    "audit": ("audit", "every call that was made to Bitrix24 and GitLab", _add_audit_arguments),
    "backfill": (
        "backfill",
        "read the history of projects from GitLab, silently",
        _add_backfill_arguments,
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 not done (the reason is on stderr), 2 wrong usage."""
    args = _build_parser().parse_args(argv)
    try:
        config = Config.from_env(os.environ)
        module = import_module(f"b24app.cli.{COMMANDS[args.command][0]}")
        return int(module.run(config, args))
    except ConfigError as error:
        return _fail("The environment is not right:", *error.problems)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader has closed the pipe, such as `head`
        return 0
    except Exception as error:
        explanation = _explain_error(error)
        if explanation is None:
            raise
        return _fail(explanation)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="b24bridge", description="GitLab merge requests kept in step with Bitrix24 tasks."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('b24bridge')}")
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, text, configure) in COMMANDS.items():
        configure(sub.add_parser(name, help=text, description=text))
    return parser


def _explain_error(error: Exception) -> str | None:
    """Return the message of an error that is not a bug; None for one that is."""
    from sqlalchemy.exc import OperationalError

    from sync.errors import SyncError
    from sync.settings.problems import Invalid
    from sync.settings.secrets import UnresolvedSecret
    from sync.store.vault import VaultError

    if isinstance(error, OperationalError):
        return f"The database cannot be used: {str(error.orig).strip().splitlines()[0]}"
    if isinstance(error, LookupError) and not isinstance(error, KeyError | IndexError):
        return str(error)
    if isinstance(error, SyncError | Invalid | UnresolvedSecret | VaultError | OSError):
        return str(error)
    return None


def _fail(*lines: Any) -> int:
    print(*lines, sep="\n", file=sys.stderr)
    return 1
