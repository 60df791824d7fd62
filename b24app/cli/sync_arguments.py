"""Arguments of `sync`."""

from __future__ import annotations

import argparse

from b24app.cli.arguments import positive_int
from b24app.cli.parsers import add_portal_argument

_TARGET = "a task's number, or an issue such as acme/shop#12 or DEMO-12"


def add_sync_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `sync`."""
    actions = "preview|rehearse|run|explain|pause|resume|replay|unlink|link|conflicts"
    sub = parser.add_subparsers(dest="action", required=True, metavar=actions)
    preview = sub.add_parser("preview", help="say what an import would do; nothing is written")
    start = sub.add_parser("run", help="import now, with progress; goes on where it stopped")
    rehearse = sub.add_parser(
        "rehearse", help="say what changed settings would have done lately; nothing is written"
    )
    rehearse.add_argument("--settings", required=True, metavar="FILE", help="the changed settings")
    rehearse.add_argument("--days", type=positive_int, default=30, help="how far back (30)")
    for subparser in (preview, start, rehearse):
        subparser.add_argument("--workgroup", type=int, help="only pairs of this workgroup")
        subparser.add_argument("--project", help="only pairs of this project")
    explain = sub.add_parser("explain", help="what stands of a link, and its story")
    explain.add_argument("--limit", type=positive_int, default=50, help="newest lines (50)")
    pause = sub.add_parser("pause", help="let a link stand still")
    pause.add_argument("--reason", default="a person stopped it", help="why, for its story")
    resume = sub.add_parser("resume", help="let a link, or a pair that was halted, work again")
    resume.add_argument("target", nargs="?", help=_TARGET)
    resume.add_argument("--pair", metavar="PROJECT", help="halted pairs of this project")
    resume.add_argument("--workgroup", type=int, help="of these only the pair of this workgroup")
    others = [
        sub.add_parser("replay", help="try again what was refused"),
        sub.add_parser("unlink", help="end a link; both items stay"),
    ]
    for subparser in (explain, pause, *others):
        subparser.add_argument("target", help=_TARGET)
    link = sub.add_parser("link", help="keep a task and an issue in step that exist already")
    link.add_argument("task", help="the task's number or address")
    link.add_argument("issue", help="the issue, such as acme/shop#12 or DEMO-12, or its address")
    conflicts = sub.add_parser("conflicts", help="fields that wait for a decision")
    conflicts.add_argument("target", nargs="?", help="only of this task or issue")
    conflicts.add_argument(
        "--decide", nargs=2, metavar=("FIELD", "SIDE"), help="tracker or portal: whose value stands"
    )
    for subparser in (preview, start, rehearse, explain, pause, resume, *others, link, conflicts):
        add_portal_argument(subparser)
