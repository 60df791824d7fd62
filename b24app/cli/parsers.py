"""Arguments of each subcommand of `b24bridge`."""

from __future__ import annotations

import argparse

from b24app.cli.arguments import (
    number_between,
    parse_pair,
    parse_since,
    person_name,
    positive_int,
)
from sync.core.model.kinds import Kind


def add_settings_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `settings`."""
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
        add_portal_argument(subparser)


def add_keys_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `keys`."""
    parser.add_argument("action", choices=["rotate"], help="encrypt everything with a new key")


def add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `replay`."""
    parser.add_argument(
        "what", nargs="*", help="failures as `status` names them; without any: all failures"
    )
    parser.add_argument(
        "--task", type=positive_int, action="append", default=[], help="look at a task anew"
    )
    parser.add_argument("--everything", action="store_true", help="look at every task anew")
    add_portal_argument(parser)


def add_rehearse_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `rehearse`."""
    parser.add_argument(
        "tasks", nargs="+", type=positive_int, metavar="TASK", help="a task's number"
    )
    add_portal_argument(parser)


def add_status_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `status`."""
    parser.add_argument("--limit", type=int, default=20, help="merge requests shown (20)")
    add_portal_argument(parser)


def add_gitlab_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `gitlab`."""
    sub = parser.add_subparsers(dest="action", required=True, metavar="test|hooks|token")
    test = sub.add_parser("test", help="who the token is, and what it may do in each project")
    hooks = sub.add_parser("hooks", help="create, repair or remove the webhooks")
    token = sub.add_parser("token", help="give the connection a new access token")
    for subparser in (test, hooks, token):
        subparser.add_argument("name", help="the connection's name in the settings")
        add_portal_argument(subparser)
    hooks.add_argument("change", nargs="?", choices=["ensure", "remove"], default="ensure")
    token.add_argument("--file", help="read it from this file (-: standard input)")
    token.add_argument("pasted", nargs="*", help=argparse.SUPPRESS)


def add_youtrack_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `youtrack`."""
    sub = parser.add_subparsers(dest="action", required=True, metavar="test|app|token")
    test = sub.add_parser("test", help="who the token is, its time zone, and each project's fields")
    app = sub.add_parser("app", help="write our YouTrack app as a ZIP; it holds a secret")
    token = sub.add_parser("token", help="give the connection a new permanent token")
    for subparser in (test, app, token):
        subparser.add_argument("name", help="the connection's name in the settings")
        add_portal_argument(subparser)
    app.add_argument("-o", "--output", help="the file to write (b24bridge-youtrack.zip)")
    token.add_argument("--file", help="read it from this file (-: standard input)")
    token.add_argument("pasted", nargs="*", help=argparse.SUPPRESS)


def add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `audit`."""
    parser.add_argument("--since", type=parse_since, help="2h, 3d, or a date: only what came later")
    parser.add_argument(
        "--system", choices=["bitrix24", "gitlab", "youtrack"], help="whom was called"
    )
    parser.add_argument("--connection", help="only this connection's calls")
    parser.add_argument("--method", help="only calls whose name holds this text, in batches too")
    parser.add_argument("--task", type=positive_int, help="only calls about this task")
    parser.add_argument("--failed", action="store_true", help="only what went wrong")
    parser.add_argument("--limit", type=positive_int, default=50, help="newest requests shown (50)")
    parser.add_argument("--json", action="store_true", help="whole, one JSON line a call")
    add_portal_argument(parser)


def add_pipeline_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `pipeline`."""
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
        add_portal_argument(subparser)


def add_alerts_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `alerts`."""
    parser.add_argument("--all", action="store_true", help="also those that are over")
    add_portal_argument(parser)
    sub = parser.add_subparsers(dest="action", metavar="ack|assign")
    ack = sub.add_parser("ack", help="say that somebody has seen it")
    assign = sub.add_parser("assign", help="give it to a person, who is told")
    for subparser in (ack, assign):
        subparser.add_argument("alert", help="as `alerts` names it")
        subparser.add_argument("--portal", default=argparse.SUPPRESS, help="domain or member id")
    ack.add_argument("--by", type=person_name, required=True, help="the name of who has seen it")
    assign.add_argument("user", type=int, help="the id of a Bitrix24 user")


def add_backfill_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `backfill`."""
    parser.add_argument("project", nargs="?", help="the project's path or id in GitLab")
    parser.add_argument("--all", action="store_true", help="every connected project, in turn")
    parser.add_argument("--connection", help="its name; not needed where there is one only")
    parser.add_argument(
        "--since", default="90d", help="how far back: 90d, 12w, or a date such as 2026-01-31 (90d)"
    )
    parser.add_argument("--parts", help="only these, separated by commas; --status names them")
    parser.add_argument("--again", action="store_true", help="also what was read already")
    parser.add_argument("--status", action="store_true", help="how far each project was read")
    add_portal_argument(parser)


def add_serving_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where and how to listen."""
    parser.add_argument("--host", help="address to listen on (B24BRIDGE_BIND)")
    parser.add_argument(
        "--port", type=number_between(0, 65535), help="port to listen on (B24BRIDGE_BIND)"
    )
    parser.add_argument(
        "--threads", type=number_between(1, 200), help="requests at once (B24BRIDGE_THREADS)"
    )


def add_web_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `web`."""
    add_serving_arguments(parser)
    parser.add_argument(
        "--processes", type=number_between(1, 64), default=1, help="web processes (1)"
    )


def add_portal_argument(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a portal."""
    parser.add_argument("--portal", help="domain or member id; not needed where there is one only")


def add_no_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the command takes no arguments."""


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what `init` asks for otherwise; there is no argument for a secret itself."""
    parser.add_argument("--public-url", help="the address people and systems reach this at")
    parser.add_argument("--client-id", help="the application's id in Bitrix24")
    parser.add_argument("--client-secret-file", help="a file with the application's secret")
    parser.add_argument("--portal", help="the portal's domain, such as acme.bitrix24.com")
    parser.add_argument("--gitlab-url", help="GitLab's address, such as https://gitlab.example.com")
    parser.add_argument(
        "--project", action="append", default=[], help="a project's path; may be repeated"
    )
    parser.add_argument("--folder", help="where to write both files, instead of the usual folder")
    parser.add_argument("--overwrite", action="store_true", help="overwrite files without asking")
    parser.add_argument("--no-input", action="store_true", help="ask nothing")


def add_completion_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the shell."""
    parser.add_argument("shell", choices=["bash", "zsh", "fish"], help="the shell")
