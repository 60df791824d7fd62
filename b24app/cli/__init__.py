"""The command `b24bridge`: its subcommands, their arguments, and their errors."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from b24app.cli import environment, parsers
from b24app.cli.backup import add_backup_arguments
from b24app.cli.doctor import add_doctor_arguments
from b24app.cli.extras import missing_extras
from b24app.cli.key_guard import config_with_key
from b24app.cli.language import LANGUAGES, choose_language, say, set_language
from b24app.cli.parser import Parser, hide_secrets
from b24app.cli.portal import add_portal_arguments
from b24app.cli.restore import add_restore_arguments
from b24app.cli.streams import prepare_streams
from b24app.cli.sync_arguments import add_sync_arguments
from b24app.cli.variables import unknown_variables
from sync.config import Config, ConfigError
from sync.sentences import as_sentence, as_text, sentence
from sync.version import package_version

Configure = Callable[[argparse.ArgumentParser], None]


# name -> module of `run(config, args) -> exit code`, help, arguments
COMMANDS: dict[str, tuple[str, str, Configure]] = {
    "init": (
        "init",
        "write the environment file and a settings file",
        parsers.add_init_arguments,
    ),
    "serve": ("serve", "web and worker in one process tree", parsers.add_serving_arguments),
    "web": ("serve", "only the web server", parsers.add_web_arguments),
    "worker": ("serve", "only a worker; several may run", parsers.add_no_arguments),
    "migrate": ("database", "bring the database to this version", parsers.add_no_arguments),
    "settings": (
        "settings",
        "a portal's settings as one YAML file",
        parsers.add_settings_arguments,
    ),
    "keys": ("database", "secrets at rest", parsers.add_keys_arguments),
    "replay": ("replay", "repeat what failed, or look at tasks anew", parsers.add_replay_arguments),
    "rehearse": (
        "rehearse",
        "say what would be written for tasks now, and why",
        parsers.add_rehearse_arguments,
    ),
    "status": (
        "status",
        "portals, connections, merge requests, failures",
        parsers.add_status_arguments,
    ),
    "alerts": (
        "alerts",
        "branches that fail: list, acknowledge, assign",
        parsers.add_alerts_arguments,
    ),
    "gitlab": (
        "gitlab",
        "a GitLab connection: test it, its webhooks, its token",
        parsers.add_gitlab_arguments,
    ),
    "youtrack": (
        "youtrack",
        "a YouTrack connection: test it, our app for it, its token",
        parsers.add_youtrack_arguments,
    ),
    "pipeline": (
        "pipeline",
        "start, retry or cancel a pipeline in GitLab",
        parsers.add_pipeline_arguments,
    ),
    "audit": (
        "audit",
        "every call that was made to Bitrix24, GitLab and YouTrack",
        parsers.add_audit_arguments,
    ),
    "doctor": (
        "doctor",
        "try out everything that can be wrong, and say what to change",
        add_doctor_arguments,
    ),
    "backup": (
        "backup",
        "copy the database to a file, while everything runs",
        add_backup_arguments,
    ),
    "restore": (
        "restore",
        "put a backup in the place of the database",
        add_restore_arguments,
    ),
    "portal": ("portal", "end a portal's open pages, or erase it", add_portal_arguments),
    "backfill": (
        "backfill",
        "read the history of projects from GitLab, silently",
        parsers.add_backfill_arguments,
    ),
    "sync": (
        "sync",
        "tasks and issues in step: import, stories, stops, decisions",
        add_sync_arguments,
    ),
    "completion": (
        "completion",
        "print a shell's completion script",
        parsers.add_completion_arguments,
    ),
}
# Commands that may create the data folder and the key in it.
_CREATING = ("serve", "web", "worker", "migrate")
# Commands that work before anything is configured.
_UNCONFIGURED = ("init", "completion")
_INPUT_ENDED = (
    "The input ended before a question was answered. Repeat the command and answer it (Enter "
    "leaves it empty), or give the answers as options: add --help to the command"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 not done (the reason is on stderr), 2 wrong usage."""
    prepare_streams()
    words = sys.argv[1:] if argv is None else list(argv)
    set_language(choose_language(words, _environment()))
    args = _parse(words)
    try:
        module = import_module(f"b24app.cli.{COMMANDS[args.command][0]}")
        if args.command in _UNCONFIGURED:
            return int(module.run(args))
        os.environ.update(environment.missing_values(os.environ))
        print_unknown(os.environ)
        config = Config.from_env(os.environ)
        if problems := missing_extras(config):
            return _fail(*problems)
        if args.command in _CREATING:
            config = config_with_key(config, os.environ)
        return int(module.run(config, args))
    except ConfigError as error:
        return _fail("The environment is not right:", *error.problems)
    except KeyboardInterrupt:
        return 130
    except EOFError:
        return _fail("", _INPUT_ENDED)
    except BrokenPipeError:
        sys.stderr.close()  # the reader has closed the pipe, such as `head`
        return 0
    except Exception as error:
        explanation = _explain_error(error)
        if explanation is None:
            raise
        return _fail(explanation)


def print_unknown(environ: Mapping[str, str]) -> None:
    """Say which variables are ignored, on standard error: the output may be read by a program."""
    for text in unknown_variables(environ):
        print(say(text), file=sys.stderr)


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line; values of what is no argument are not shown: they may be secrets."""
    parser = build_parser()
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        options = [word.partition("=")[0] for word in unknown if word.startswith("-")]
        listed = " ".join(options) or sentence(
            "a word too many, not shown as it may be a secret: see `b24bridge {command} --help`",
            command=args.command,
        )
        parser.error(say(sentence("unrecognized arguments: {listed}", listed=listed)))
    return args


def _environment() -> dict[str, str]:
    """Return the environment with what its file says; a file with mistakes is named later."""
    try:
        return {**environment.missing_values(os.environ), **os.environ}
    except ConfigError:
        return dict(os.environ)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog="b24bridge", description="GitLab merge requests kept in step with Bitrix24 tasks."
    )
    parser.add_argument(
        "--language", choices=LANGUAGES, help="of what is printed (B24BRIDGE_LANGUAGE, the locale)"
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"%(prog)s {package_version()}",
        help="print the version",
    )
    sub = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (_, text, configure) in COMMANDS.items():
        configure(sub.add_parser(name, help=text, description=text, allow_abbrev=False))
    return parser


# https://www.sqlite.org/rescode.html
_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")


def _explain_error(error: Exception) -> str | None:
    """Return the message of an error that is not a bug; None for one that is."""
    from sqlalchemy.exc import DatabaseError, InterfaceError, InternalError, OperationalError

    from sync.errors import SyncError
    from sync.settings.problems import Invalid
    from sync.settings.secrets import UnresolvedSecret
    from sync.store.vault import VaultError

    if (
        isinstance(error, OperationalError | InterfaceError | InternalError)
        or type(error) is DatabaseError
    ):
        why = str(error.orig).strip().splitlines()[0]
        if getattr(error.orig, "sqlite_errorname", "") in _DAMAGED:
            return sentence(
                "The database is damaged: {why}. Stop every b24bridge process and put a backup in "
                "its place: b24bridge restore FILE",
                why=why,
            )
        if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            return sentence(
                "The database cannot be used: {why}. Another process holds it and does not let go: "
                "see whether one of b24bridge hangs or was stopped, end it, then repeat the "
                "command",
                why=why,
            )
        return sentence("The database cannot be used: {why}", why=why)
    if isinstance(error, LookupError) and not isinstance(error, KeyError | IndexError):
        return as_text(error)
    if isinstance(error, OSError) and error.filename and error.strerror:
        return sentence("{file}: {why}", file=error.filename, why=as_sentence(error.strerror))
    if isinstance(error, SyncError | Invalid | UnresolvedSecret | VaultError | OSError):
        return as_text(error)
    return None


def _fail(*lines: Any) -> int:
    print(*(hide_secrets(say(line)) for line in lines), sep="\n", file=sys.stderr)
    return 1
